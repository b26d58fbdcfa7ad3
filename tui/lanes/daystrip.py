"""The last 24 hours in a row of cells: in each the worst that ended in it. Pure."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import NamedTuple

from jobmon.runtime.states import State
from jobmon.tui.ink import Ink
from jobmon.tui.lanes.gauges import joined, signs
from jobmon.tui.lanes.roster import End, Roster
from jobmon.tui.look import job_look
from jobmon.tui.picture import Line
from jobmon.tui.text import Span

DAY = 86400
LABEL = "24h "
STEPS = (600, 1200, 1800, 3600)
"""Seconds of a cell: the first that fits."""
_RANKS = (State.SUCCEEDED, State.CANCELLED, State.RETRY_WAIT, State.FAILED, State.LOST)
"""From good to worst; what was retried and then went well counts as a retry."""


class Grid(NamedTuple):
    """Cells of `step` seconds each, from number `first` on; the last one is the present."""

    step: int
    first: int
    cells: int


def grid_of(now: float, width: int) -> Grid:
    """The cells of the last day in `width`, on round times so that they stand still."""
    room = max(1, width - len(LABEL))
    step = next((s for s in STEPS if DAY // s <= room), STEPS[-1])
    count = min(room, DAY // step)
    return Grid(step, int(now // step) - count + 1, count)


def strip(ink: Ink, roster: Roster, grid: Grid) -> list[Line]:
    """The row of cells, and under it the hours."""
    worst = [-1] * grid.cells
    for end in roster.since(grid.first * grid.step):
        at = int(end.at // grid.step) - grid.first
        if 0 <= at < grid.cells:
            worst[at] = max(worst[at], _rank(end))
    spans: list[Span] = [(LABEL, "dim"), *(_cell(ink, rank) for rank in worst)]
    return [joined(spans), ((" " * len(LABEL) + _hours(grid), "dim"),)]


def _rank(end: End) -> int:
    state = State.RETRY_WAIT if end.again and end.state is State.SUCCEEDED else end.state
    return _RANKS.index(state)


def _cell(ink: Ink, rank: int) -> Span:
    if rank < 0:
        return (ink.lines.dot if ink.unicode else " ", "bar.back")
    if rank == 0:
        return (signs(ink).rise[2], "ok")
    look = job_look(_RANKS[rank].value)
    return (ink.sign(look), look.style)


@lru_cache(maxsize=16)
def _hours(grid: Grid) -> str:
    """The hour under the cell in which it begins, every second or third one."""
    found = [" "] * grid.cells
    every = 2 if 3600 // grid.step >= 3 else 3
    for at in range(grid.cells - 1):
        start = (grid.first + at) * grid.step
        hour = time.localtime(start).tm_hour
        begins = hour != time.localtime(start - grid.step).tm_hour
        if begins and hour % every == 0:
            found[at : at + 2] = f"{hour:02}"
    return "".join(found)
