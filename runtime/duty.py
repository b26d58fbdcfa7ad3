"""What the runtime attends to beside the jobs themselves: schedules, files, forecasts, messages.

A duty is asked when it is due, tells what follows as events, and hears what was committed. What it
must remember goes into the batch as notes, so it is committed together with its events.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from jobmon.runtime.model import Event
from jobmon.runtime.store import Batch


class Duty(Protocol):
    """One of them. Nothing in it may block; whatever it raises is logged and shown as a trouble."""

    @property
    def due(self) -> float | None:
        """When `attend` is to be called, by the engine's clock; None: not before something happens.

        An attribute, or worked out when it is asked for.
        """
        ...

    @due.setter
    def due(self, at: float | None) -> None: ...

    def attend(self, now: float, batch: Batch) -> Iterable[Event]:
        """What follows now. Called at the beginning of a turn when `due` is past; sets `due` anew.

        Each event is folded as it comes: a generator sees on the board what its earlier ones did.
        `batch` takes definitions, counters and notes.
        """
        ...

    def heard(self, events: Sequence[Event]) -> None:
        """These are committed. May set `due`."""
        ...
