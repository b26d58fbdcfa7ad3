"""The runtime's sign of life: a file it touches every half minute, for whoever looks from outside.

Light to import.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobmon.runtime.model import Event
    from jobmon.runtime.store import Batch

NAME = "alive"
EVERY = 30.0
"""Seconds between two signs."""


def seen(state_dir: Path) -> float | None:
    """When a runtime of this folder last gave a sign, in seconds since the epoch; None: never."""
    try:
        return (state_dir / NAME).stat().st_mtime
    except OSError:
        return None


class Heartbeat:
    """The duty that gives the sign: it proves that the engine turns, not only that it is there."""

    def __init__(self, state_dir: Path) -> None:
        self.due: float | None = 0.0
        self._path = state_dir / NAME

    def attend(self, now: float, batch: Batch) -> Sequence[Event]:
        """Touch the file. A folder that takes no writes is told of by others."""
        self.due = now + EVERY
        try:
            os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
            os.utime(self._path)
        except OSError:
            return []
        return []

    def heard(self, events: Sequence[Event]) -> None:
        """Nothing that happens matters to it."""
