"""The duty that lets runs go that wait for a time or for earlier runs, and ends those too late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jobmon.runtime.board import Board
from jobmon.runtime.model import RUN_TERMINAL, Event, Run, Wait
from jobmon.runtime.scheduling.starting import expired
from jobmon.runtime.store import Batch
from jobmon.runtime.waiting.found import aim

LOOK = 20.0
"""Seconds between two looks at runs that wait for a time: the clock may be set anew."""
KINDS = ("until", "overlap")


class Turns:
    """See `Duty`. Watches the runs that wait, or that have to start by a time."""

    def __init__(self, board: Board) -> None:
        self.due: float | None = 0.0
        self._board = board
        self._watched: set[int] | None = None
        self._ahead: set[int] = set()  # runs that others wait for

    def attend(self, now: float, batch: Batch) -> Iterator[Event]:
        """What is over of what runs wait for, and the runs that began too late."""
        del batch
        if self._watched is None:
            self._watched = set(self._board.runs)
        runs = [run for i in sorted(self._watched) if (run := self._board.runs.get(i))]
        runs = [run for run in runs if _concerned(run)]
        queued = any(_queued(run) is not None for run in runs)
        lines = _Lines(self._board) if queued else None
        self._watched = {run.id for run in runs}
        self._ahead = {ahead for run in runs if lines and (ahead := lines.before(run)) is not None}
        self.due = min((_next(run, now) for run in runs), default=None)
        for run in runs:
            if run.start_by is not None and run.started is None and run.start_by <= now:
                yield expired(run, f"it did not start in time{_waited(run)}", now)
            else:
                yield from _ready(run, lines, now)

    def heard(self, events: Sequence[Event]) -> None:
        """Look again when a run is new, starts anew, or one that others wait for is over."""
        for event in events:
            if event.kind in ("run.created", "run.rerun"):
                self._take(event.run)
            elif event.run in self._ahead and self._over(event.run):
                self._ahead.discard(event.run)
                self.due = 0.0

    def _take(self, run_id: int) -> None:
        run = self._board.runs.get(run_id)
        if run is not None and _concerned(run) and self._watched is not None:
            self._watched.add(run_id)
            self.due = 0.0

    def _over(self, run_id: int) -> bool:
        run = self._board.runs.get(run_id)
        return run is None or run.state in RUN_TERMINAL


class _Lines:
    """Who is in the way of a run that waits: those of its line, or of its flow, that do not wait
    themselves, and those that wait for longer.
    """

    def __init__(self, board: Board) -> None:
        self._going: dict[tuple[str, str], int] = {}
        self._waiting: dict[tuple[str, str], tuple[float, int]] = {}
        for run in board.runs.values():
            if run.state not in RUN_TERMINAL:
                self._enter(run, ("line", run.line))
                self._enter(run, ("flow", run.flow))

    def _enter(self, run: Run, where: tuple[str, str]) -> None:
        since = _queued(run)
        if since is None:
            self._going.setdefault(where, run.id)
        else:
            place = (since, run.id)
            self._waiting[where] = min(place, self._waiting.get(where, place))

    def before(self, run: Run) -> int | None:
        """One that has to be over first, if there is any."""
        if _queued(run) is None:
            return None
        where = ("line", run.line) if run.line else ("flow", run.flow)
        ahead = self._going.get(where, self._waiting[where][1])
        return None if ahead == run.id else ahead


def _concerned(run: Run) -> bool:
    late = run.start_by is not None and run.started is None
    return run.state not in RUN_TERMINAL and (late or any(w.kind in KINDS for w in run.waits))


def _queued(run: Run) -> float | None:
    """Since when it waits for others of its line; None when it does not."""
    return next((wait.since for wait in run.waits if wait.kind == "overlap"), None)


def _ready(run: Run, lines: _Lines | None, now: float) -> Iterator[Event]:
    """One event for each wait that is over, from the last: the places of those before stay."""
    for place, wait in reversed(list(enumerate(run.waits))):
        queued = wait.kind == "overlap" and lines is not None and lines.before(run) is None
        if queued or (wait.kind == "until" and _past(wait, now)):
            yield Event(kind="run.ready", at=now, run=run.id, who="policy", data={"wait": place})


def _past(wait: Wait, now: float) -> bool:
    """Also when the clock was set back to before it began to wait: it shall not wait anew."""
    return wait.until is None or not wait.since <= now < wait.until


def _next(run: Run, now: float) -> float:
    """When to look at it again, if nothing happens before."""
    times = [wait.until for wait in run.waits if wait.kind == "until" and wait.until is not None]
    if run.start_by is not None and run.started is None:
        times.append(run.start_by)
    to_come = [time for time in times if time > now]
    return min([now + LOOK, *to_come])


def _waited(run: Run) -> str:
    if run.held:
        return ": it was held"
    if _queued(run) is not None:
        return ": it waited for an earlier run"
    others = [aim(wait) for wait in run.waits if wait.kind == "after"]
    return f": it waited for {', '.join(others)}" if others else ""
