"""Room on the disk: with less than `min_free` nothing new is launched; what runs goes on."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from jobmon.runtime.configuration import Configuration
from jobmon.runtime.journal import Journal
from jobmon.runtime.model import Event
from jobmon.runtime.store import Batch
from jobmon.runtime.words import size

log = logging.getLogger("jobmon")

EVERY = 5.0
"""Seconds between looks while something runs or wants to."""


def free_of(folder: Path) -> int:
    """Bytes that are free on the folder's disk. OSError when nobody can tell."""
    return shutil.disk_usage(folder).free


def complaint(folder: Path, free: int, wanted: int) -> str:
    """Why nothing is launched, with figures; "" when there is room enough."""
    if not wanted or free >= wanted:
        return ""
    return (
        f"nothing is launched: {size(free)} are free on the disk of {folder}, "
        f"runtime.min_free wants {size(wanted)}; free some room, or jobmon gc"
    )


class RoomGuard:
    """The duty. `pause` takes why nothing may be launched, "" to go on."""

    def __init__(
        self,
        configuration: Configuration,
        journal: Journal,
        pause: Callable[[str], None],
        free: Callable[[Path], int] = free_of,
    ) -> None:
        self.free = free
        self._configuration, self._journal, self._pause = configuration, journal, pause
        self._folder = configuration.now.state_dir
        self._next = 0.0
        self._full = False

    @property
    def due(self) -> float | None:
        """At once when something wants to start after a rest; None while nothing does."""
        board = self._journal.board
        if board.restless or board.launch_line.ready or self._journal.attempts:
            return self._next
        self._next = 0.0
        return None

    @due.setter
    def due(self, at: float | None) -> None:
        self._next = at or 0.0

    def heard(self, events: Sequence[Event]) -> None:
        """Nothing that happens tells of room."""

    def attend(self, now: float, batch: Batch) -> Sequence[Event]:
        """Look at the disk; tell when launching stops and when it goes on."""
        self._next = now + EVERY
        wanted = self._configuration.now.min_free
        try:
            free = self.free(self._folder)
        except OSError:
            return []
        why = complaint(self._folder, free, wanted)
        if bool(why) == self._full:
            return []
        self._full = bool(why)
        self._pause(why)
        data = {"free": free, "wanted": wanted, "paused": self._full}
        told = why or "there is room on the disk again"
        log.warning("%s", told)
        return [Event(kind="runtime.room", at=now, who="runtime", why=told, data=data)]
