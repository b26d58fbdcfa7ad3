"""The lines job runs stand in: to be launched (by what they need), and to be retried when due.

Lists kept sorted: the next to go is read without changing anything, and a line refilled from
stored rows is the same line.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

Entry = tuple[int, int, int]
"""(-priority, run id, job index): the smallest goes first."""


class Group(NamedTuple):
    """The children of one map in one run, `most` of which may go at once."""

    run: int
    of: str
    most: int


class Needs(NamedTuple):
    """All a job needs at once to start; "" and None: nothing of that kind.

    `slotless`: it starts no process, so it takes none of the slots.
    """

    pool: str = ""
    rate: str = ""
    lock: str = ""
    group: Group | None = None
    slotless: bool = False


class Place(NamedTuple):
    """Where a job waits for its start."""

    entry: Entry
    needs: Needs


class LaunchLine:
    """Queued jobs in launch order: a line, `ready[needs]`, for those that need the same.

    `active` counts open attempts that have a slot, `busy[pool]`, `taken[lock]` and
    `grouped[group]` open attempts; `slots` are those they have.
    """

    __slots__ = ("active", "busy", "grouped", "ready", "slots", "taken")

    def __init__(self) -> None:
        self.ready: dict[Needs, list[Entry]] = {}
        self.busy: dict[str, int] = {}
        self.taken: dict[str, int] = {}
        self.grouped: dict[Group, int] = {}
        self.slots: set[int] = set()
        self.active = 0

    def enter(self, place: Place) -> None:
        """A job is queued and may start."""
        insort(self.ready.setdefault(place.needs, []), place.entry)

    def leave(self, place: Place) -> None:
        """A job left the line: launched, held, skipped..."""
        line = self.ready[place.needs]
        del line[bisect_left(line, place.entry)]
        if not line:
            del self.ready[place.needs]

    def waiting(self, lock: str) -> int:
        """Queued jobs that need the lock."""
        return sum(len(line) for needs, line in self.ready.items() if needs.lock == lock)

    def free_slots(self) -> Iterator[int]:
        """Those no open attempt has, the lowest first."""
        return (slot for slot in count() if slot not in self.slots)

    def take(self, needs: Needs, slot: int) -> None:
        """An attempt opens."""
        if not needs.slotless:
            self.active += 1
            self.slots.add(slot)
        self._count(needs, 1)

    def give(self, needs: Needs, slot: int) -> None:
        """An attempt's end is known."""
        if not needs.slotless:
            self.active -= 1
            self.slots.discard(slot)
        self._count(needs, -1)

    def _count(self, needs: Needs, by: int) -> None:
        _count(self.busy, needs.pool, by)
        if needs.lock:
            _count(self.taken, needs.lock, by)
        if needs.group:
            _count(self.grouped, needs.group, by)


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


def _count(counts: dict[Any, int], name: Any, by: int) -> None:
    left = counts.get(name, 0) + by
    if left:
        counts[name] = left
    else:
        del counts[name]
