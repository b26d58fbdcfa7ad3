"""The lines job runs stand in: to be launched (by pool and lock), and to be retried when due.

Lists kept sorted: the next to go is read without changing anything, and a line refilled from
stored rows is the same line.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

Entry = tuple[int, int, int]
"""(-priority, run id, job index): the smallest goes first."""


class Place(NamedTuple):
    """Where a job waits for its start."""

    entry: Entry
    pool: str
    lock: str


class LaunchLine:
    """Queued jobs in launch order.

    `ready[pool]`: those that only need a slot of that pool. Of the jobs that want a lock the first
    one stands there while the lock is free, none while it is taken; all of them are in
    `mates[lock]`. `active`, `busy[pool]`, `taken[lock]` count open attempts; `slots` are theirs.
    """

    __slots__ = ("active", "busy", "mates", "ready", "slots", "taken")

    def __init__(self) -> None:
        self.ready: dict[str, list[Entry]] = {}
        self.mates: dict[str, list[tuple[Entry, str]]] = {}
        self.busy: dict[str, int] = {}
        self.taken: dict[str, int] = {}
        self.slots: set[int] = set()
        self.active = 0

    def enter(self, place: Place) -> None:
        """A job is queued and may start."""
        if not place.lock:
            insort(self.ready.setdefault(place.pool, []), place.entry)
            return
        self._hide(place.lock)
        insort(self.mates.setdefault(place.lock, []), (place.entry, place.pool))
        self._show(place.lock)

    def leave(self, place: Place) -> None:
        """A job left the line: launched, held, skipped..."""
        if not place.lock:
            _remove(self.ready, place.pool, place.entry)
            return
        self._hide(place.lock)
        _remove(self.mates, place.lock, (place.entry, place.pool))
        self._show(place.lock)

    def free_slots(self) -> Iterator[int]:
        """Those no open attempt has, the lowest first."""
        return (slot for slot in count() if slot not in self.slots)

    def take(self, pool: str, lock: str, slot: int) -> None:
        """An attempt opens."""
        self.active += 1
        self.slots.add(slot)
        _count(self.busy, pool, 1)
        if lock:
            self._hide(lock)
            _count(self.taken, lock, 1)

    def give(self, pool: str, lock: str, slot: int) -> None:
        """An attempt's end is known."""
        self.active -= 1
        self.slots.discard(slot)
        _count(self.busy, pool, -1)
        if lock:
            _count(self.taken, lock, -1)
            self._show(lock)

    def _hide(self, lock: str) -> None:
        if lock in self.mates and lock not in self.taken:
            entry, pool = self.mates[lock][0]
            _remove(self.ready, pool, entry)

    def _show(self, lock: str) -> None:
        if lock in self.mates and lock not in self.taken:
            entry, pool = self.mates[lock][0]
            insort(self.ready.setdefault(pool, []), entry)


class DueLine:
    """Retries in the order they fall due: (due, run id, job index)."""

    __slots__ = ("entries",)

    def __init__(self) -> None:
        self.entries: list[tuple[float, int, int]] = []

    def enter(self, due: float, run: int, index: int) -> None:
        """A retry is committed for `due`."""
        insort(self.entries, (due, run, index))

    def leave(self, due: float, run: int, index: int) -> None:
        """It started, or was held or cancelled."""
        del self.entries[bisect_left(self.entries, (due, run, index))]


def _remove(lines: dict[str, list], name: str, entry: tuple) -> None:
    line = lines[name]
    del line[bisect_left(line, entry)]
    if not line:
        del lines[name]


def _count(counts: dict[str, int], name: str, by: int) -> None:
    left = counts.get(name, 0) + by
    if left:
        counts[name] = left
    else:
        del counts[name]
