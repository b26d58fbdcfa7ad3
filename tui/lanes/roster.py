"""Who is on the lanes, who comes next and how things ended lately, over all sites. Pure.

All of it follows from the boards and changes only when they do, so it is made once a version.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from jobmon.runtime.model import JobRun
from jobmon.runtime.states import State
from jobmon.tui.lanes.seats import LaneKey, seats
from jobmon.tui.world import RowKey, Site, World

DEAD = (State.FAILED, State.LOST)
_AHEAD = (State.WAITING_HUMAN, State.RETRY_WAIT, State.QUEUED)
"""Who comes next, in the order in which a person cares."""
_ENDED = (State.SUCCEEDED, State.FAILED, State.LOST, State.RETRY_WAIT, State.CANCELLED)
HOUR = 3600.0


class End(NamedTuple):
    """An attempt ended, by our clock; `again`: it was not its first try, or a next one follows."""

    at: float
    state: State
    again: bool


class Roster(NamedTuple):
    """`seated`: the attempt in each slot that is taken. `dead`: failed and lost, newest first.

    `ahead`: who comes next, `retries`: how many of them wait for their next try. `waiting`: who
    waits for other jobs, `held`: how many are. `ends`: oldest first.
    """

    seated: Mapping[int, LaneKey]
    dead: tuple[LaneKey, ...]
    ahead: tuple[RowKey, ...]
    waiting: tuple[RowKey, ...]
    held: int
    retries: int
    ends: tuple[End, ...]

    def since(self, at: float) -> tuple[End, ...]:
        """How attempts ended from that moment on."""
        return self.ends[bisect_left(self.ends, (at,)) :]


def roster(world: World) -> Roster:
    """It all, as the boards stand."""
    dead: list[tuple[float, LaneKey]] = []
    ahead: list[tuple[int, float, RowKey]] = []
    ends: list[End] = []
    waiting: list[RowKey] = []
    held = 0
    for site in world.sites:
        for job in site.board.jobs.values():
            held += job.held
            row = RowKey(site.number, job.run, job.index)
            if job.state is State.WAITING:
                waiting.append(row)
            elif job.state in _AHEAD:
                ahead.append((*_rank(site, job), row))
            if job.ended is None:
                continue
            at = job.ended - site.skew
            if job.state in DEAD:
                dead.append((at, LaneKey(*row, job.attempt)))
            if job.state in _ENDED:
                ends.append(End(at, job.state, job.tries > 1 or job.state is State.RETRY_WAIT))
    return Roster(
        seated=seats(world),
        dead=tuple(key for _, key in sorted(dead, reverse=True)),
        ahead=tuple(row for *_, row in sorted(ahead)),
        retries=sum(rank == _AHEAD.index(State.RETRY_WAIT) for rank, *_ in ahead),
        waiting=tuple(waiting),
        held=held,
        ends=tuple(sorted(ends)),
    )


def _rank(site: Site, job: JobRun) -> tuple[int, float]:
    """Retries by when they are due, queued ones as the runtime starts them, people by patience."""
    rank = _AHEAD.index(job.state)
    if job.state is State.QUEUED:
        own = site.board.jobdef(job.key).priority
        return rank, -float(site.board.runs[job.run].priority + own)
    return rank, job.since if job.due is None else job.due


class Kept:
    """The roster of a world, made anew when that is another one or changed."""

    def __init__(self) -> None:
        self._of: tuple[World, int] | None = None
        self._roster: Roster

    def of(self, world: World) -> Roster:
        """The roster as the world is now."""
        if self._of is None or self._of[0] is not world or self._of[1] != world.version:
            self._of, self._roster = (world, world.version), roster(world)
        return self._roster


def tally(ends: tuple[End, ...]) -> Counter[str]:
    """How many of them were ok, failed, lost and retried."""
    found = Counter(end.state.value for end in ends)
    found["retried"] = sum(end.again for end in ends)
    return found
