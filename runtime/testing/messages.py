"""What people would be told of a simulated run: the rules of the runtime, and nobody to send to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jobmon.runtime.board import Board
from jobmon.runtime.model import RUN_TERMINAL, Event
from jobmon.runtime.notify.rules import ENDS, TRIGGERS, Known, Look, judge


class Notification(NamedTuple):
    """A message. `kind` is a word of `on` in [[notify]], `job` "" for the run as a whole.

    `at` is in seconds since the run was created; `others`: how many more jobs it stands for.
    """

    kind: str
    job: str
    at: float
    others: int = 0


class Messages:
    """Looks at run 1 as often as a notifier would; what there is to tell is in `found`."""

    def __init__(self, board: Board) -> None:
        self.found: list[Notification] = []
        self._board, self._known, self._seen = board, Known(), 0

    def look(self, events: Sequence[Event], now: float) -> None:
        """Judge the run as the events left it, those that were there before not again."""
        fresh, self._seen = events[self._seen :], len(events)
        run, shape = self._board.runs[1], self._board.shape_of(1)
        over = run.state in RUN_TERMINAL
        if not any(e.kind in TRIGGERS or (over and e.kind in ENDS) for e in fresh):
            return
        rerun = any(event.kind == "run.rerun" for event in fresh)
        look = Look(run, self._board.jobs_of(1), shape)
        news, self._known = judge(look, self._known, now, rerun=rerun)
        for one in news:
            name = shape.jobs[one.job].name if one.job >= 0 else ""
            at = round(one.at - run.created, 6)
            self.found.append(Notification(one.kind, name, at, one.others))
