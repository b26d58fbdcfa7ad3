"""Which lane each open attempt has. Pure.

The runtime records which of its slots an attempt took, so a job keeps its lane for as long as it
runs, and a free lane stays free until something starts. The lanes of several runtimes alternate.
"""

from __future__ import annotations

from itertools import count
from typing import NamedTuple

from jobmon.runtime.model import JobRun
from jobmon.runtime.states import ACTIVE
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


def seats(world: World) -> dict[int, LaneKey]:
    """The open attempt on every lane that is taken, over all sites.

    One whose slot was not recorded, by an earlier version, has the lowest lane that is left.
    """
    found: dict[int, LaneKey] = {}
    others: list[tuple[float, LaneKey]] = []
    for site in world.sites:
        for job in site.board.jobs.values():
            if job.state in ACTIVE:
                key = LaneKey(site.number, job.run, job.index, job.attempt)
                lane = job.slot * len(world.sites) + site.number
                if job.slot < 0 or found.setdefault(lane, key) != key:
                    others.append((_start(site, job), key))
    left = (lane for lane in count() if lane not in found)
    found.update([(next(left), key) for _, key in sorted(others)])
    return found


def _start(site: Site, job: JobRun) -> float:
    return (job.since if job.started is None else job.started) - site.skew
