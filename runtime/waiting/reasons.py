"""What a run waits for before any job of it may start, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable

from jobmon.runtime.board import Board
from jobmon.runtime.model import RUN_TERMINAL, Run, Wait
from jobmon.runtime.scheduling.overlap import active, going_on
from jobmon.runtime.waiting import found
from jobmon.runtime.words import command

Clock = Callable[[float | None], str]
_AT_LAST = {"start": "starts all the same", "fail": "fails"}


def waits_for(board: Board, run: Run, clock: Clock) -> list[str]:
    """A sentence for each wait, with what is known of it; `clock` makes a time readable.

    A run that is over waits for nothing: what became of it is its reason.
    """
    waits = () if run.state in RUN_TERMINAL else run.waits
    return [_WORDS[wait.kind](board, run, wait, clock) for wait in waits if wait.kind in _WORDS]


def ways_on(run: Run) -> list[str]:
    """Commands that end its waiting; once it is over, those that start what it waited for."""
    flows = dict.fromkeys(wait.flow for wait in run.waits if wait.kind == "after")
    starts = [command("run", flow) for flow in flows]
    if run.state in RUN_TERMINAL:
        return starts
    return [*starts, command("release", run.key)] if run.waits else []


def _until(_board: Board, _run: Run, wait: Wait, clock: Clock) -> str:
    return f"it starts at {clock(wait.until)}"


def _overlap(board: Board, run: Run, wait: Wait, _clock: Clock) -> str:
    runs = active(board.runs.values(), run.line, run.flow)
    ahead = [other for other in runs if other.id != run.id and _came(other) < (wait.since, run.id)]
    rest = f": {going_on(ahead)}" if ahead else ""
    return f"it waits until the runs before it are over{rest}"


def _came(run: Run) -> tuple[float, int]:
    """The place of a run in its line; what does not wait is before all that do."""
    return next((w.since for w in run.waits if w.kind == "overlap"), 0.0), run.id


def _after(board: Board, _run: Run, wait: Wait, clock: Clock) -> str:
    there = found.newest(board.runs.values(), wait)
    known = found.words(there) or f"there is no run of {wait.flow} yet"
    last = _AT_LAST.get(wait.if_missing) if wait.until is not None else None
    rest = f"; at {clock(wait.until)} it {last}" if last else ""
    return f"it waits for {found.aim(wait)}: {known}{rest}"


_WORDS: dict[str, Callable[[Board, Run, Wait, Clock], str]] = {
    "until": _until,
    "overlap": _overlap,
    "after": _after,
}
