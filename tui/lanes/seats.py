"""Which slot each open attempt has. Pure.

A runtime counts its slots, it does not number them; the lanes do. All starts and ends that are
known are played through in their order, and each start takes the lowest slot that is free then. So
a job keeps its lane for as long as it runs, a free lane stays free until something starts, and the
same world always gives the same lanes. The job runs tell starts and ends of newest attempts, the
events those of earlier ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush
from math import inf
from typing import NamedTuple

from jobmon.runtime.model import JobRun
from jobmon.runtime.states import ACTIVE, State
from jobmon.tui.world import RowKey, Site, World


class LaneKey(NamedTuple):
    """An attempt wherever it stands on a screen."""

    site: int
    run: int
    job: int
    attempt: int

    @property
    def row(self) -> RowKey:
        """Its job run."""
        return RowKey(self.site, self.run, self.job)


class Stay(NamedTuple):
    """A slot was taken from `start` to `end` (inf: it still is)."""

    start: float
    key: LaneKey
    end: float


_ENDS = frozenset(f"job.{n}" for n in ("voided", "succeed", "fail", "retry", "stopped", "lose"))


def seats(world: World) -> dict[LaneKey, int]:
    """The slot of every open attempt, over all sites."""
    return played(stay for site in world.sites for stay in stays(site))


def played(known: Iterable[Stay]) -> dict[LaneKey, int]:
    """Who sits where at the end of these stays."""
    free: list[int] = []
    taken: list[tuple[float, int]] = []
    slots = 0
    found: dict[LaneKey, int] = {}
    for start, key, end in sorted(known):
        while taken and taken[0][0] <= start:
            heappush(free, heappop(taken)[1])
        if free:
            slot = heappop(free)
        else:
            slot, slots = slots, slots + 1
        heappush(taken, (end, slot))
        if end == inf:
            found[key] = slot
    return found


def stays(site: Site) -> list[Stay]:
    """The stays at one runtime, by our clock."""
    starts, ends = _told(site)
    for job in site.board.jobs.values():
        key = LaneKey(site.number, job.run, job.index, job.attempt)
        if job.state in ACTIVE:
            starts[key], ends[key] = _start(job), inf
        elif job.ended is not None and job.started is not None and not job.by_operator:
            starts[key], ends[key] = job.started, job.ended
    skew = site.skew
    both = ((start, key, ends[key]) for key, start in starts.items() if key in ends)
    return [Stay(start - skew, key, end - skew) for start, key, end in both if end > start]


def _start(job: JobRun) -> float:
    return job.since if job.started is None or job.state is State.STARTING else job.started


def _told(site: Site) -> tuple[dict[LaneKey, float], dict[LaneKey, float]]:
    """When attempts started and ended, as far as the events tell."""
    starts: dict[LaneKey, float] = {}
    ends: dict[LaneKey, float] = {}
    for event in site.events:
        key = LaneKey(site.number, event.run, event.job, event.attempt)
        if event.kind == "job.launch":
            starts[key] = event.at
        elif event.kind == "job.started":
            starts[key] = event.data.get("at", event.at)
        elif event.kind in _ENDS:
            ends[key] = event.data.get("ended") or event.at
    return starts, ends
