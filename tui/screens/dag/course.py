"""The course of one run at a moment: its jobs, what earlier runs say of them, when it ends. Pure.

It is made anew at most once a second: clocks, bars and forecasts of a screen then agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache

from jobmon.runtime.board.shape import Shape
from jobmon.runtime.forecasting.forecast import FlowHistory, Timeline
from jobmon.runtime.forecasting.outlook import Outlook
from jobmon.runtime.model import RUN_TERMINAL, JobRun, Run
from jobmon.runtime.states import ACTIVE, State
from jobmon.tui.tree import Graph, Hanging, hanging, linked
from jobmon.tui.world import Row, RowKey, Site

PAST = 20
"""Earlier runs that are told of."""
UNKNOWN = 1.0
"""Seconds of a job without a history, where only an order is wanted."""
_NOTABLE = (
    State.FAILED, State.LOST, State.WAITING_HUMAN, State.STOPPING, State.RUNNING, State.STARTING,
    State.RETRY_WAIT,
)  # fmt: skip
_WELL = (State.SUCCEEDED, State.SKIPPED)


class Course:
    """A run of a site as it stands at `now`, by the site's clock.

    `stamp` stays the same while nothing but the clock went on.
    """

    def __init__(self, site: Site, run: Run, now: float, version: int = 0) -> None:
        self.site, self.run, self.now, self.version = site, run, now, version
        self.shape = site.board.shape_of(run.id)
        self.jobs: Sequence[JobRun] = site.board.jobs_of(run.id)
        self.history = site.histories.get(run.flow, FlowHistory())
        self.over = run.state in RUN_TERMINAL
        self.stamp = (site.number, run.id, id(self.shape), id(self.history.jobs), version)

    def row(self, index: int) -> Row:
        """The job as other screens know it."""
        return Row(self.site, self.run, self.jobs[index], self.now)

    def key(self, index: int) -> RowKey:
        """What a job, or the run (-1), is known by."""
        return RowKey(self.site.number, self.run.id, index)

    def name(self, index: int) -> str:
        """The job's name, not yet fit to be shown."""
        return self.shape.jobs[index].name

    @cached_property
    def past_runs(self) -> tuple[str, ...]:
        """The keys of the last runs of its flow, oldest first."""
        return tuple(run.run for run in self.history.runs[-PAST:])

    @cached_property
    def counts(self) -> dict[str, int]:
        """Jobs by state."""
        return self.site.board.counts(self.run.id)

    @property
    def done(self) -> int:
        """Jobs that ended well."""
        return sum(self.counts.get(state, 0) for state in _WELL)

    @property
    def moving(self) -> bool:
        """Something of it runs, or begins when a clock says so."""
        clocked = (*ACTIVE, State.RETRY_WAIT)
        return any(self.counts.get(state) for state in clocked)

    @cached_property
    def timeline(self) -> Timeline:
        """When its jobs begin and end."""
        board = self.site.board
        return Outlook(board, self.run, self.history, self.now, self._told).timeline

    def _told(self, job: JobRun) -> float | None:
        meter = self.row(job.index).meter
        return meter.at(self.now).progress if meter else None

    @cached_property
    def span(self) -> tuple[float, float]:
        """From its beginning to when it ended or may end."""
        there = [s for s in self.timeline.stretches if s is not None]
        begun = self.run.created if self.run.started is None else self.run.started
        start = min([begun, *(s.start for s in there)])
        end = max([begun + 1, *(max(s.end, s.late or 0.0) for s in there)])
        return start, end if self.over else max(end, self.now)

    @cached_property
    def critical(self) -> frozenset[int]:
        """The jobs that decide when it ends."""
        return frozenset(self.timeline.path)

    @property
    def notable(self) -> int:
        """The job to look at first: one that failed or needs somebody, one that runs, the run."""
        ranks = {job.index: _NOTABLE.index(job.state) for job in self.jobs if job.state in _NOTABLE}
        return min(ranks, key=lambda i: (ranks[i], i), default=-1)

    @cached_property
    def slowest(self) -> tuple[int, float] | None:
        """The job that took, or takes, most seconds more than its median, and how many."""
        found: tuple[int, float] | None = None
        for job in self.jobs:
            if job.started is None or job.index in self.shape.staying:
                continue
            median = self.history.of(self.name(job.index)).median
            taken = (self.now if job.ended is None else job.ended) - job.started
            if median is not None and taken - median > (found[1] if found else 0.0):
                found = (job.index, taken - median)
        return found

    @property
    def edges(self) -> Sequence[Sequence[int]]:
        """The parents of each job without those that a longer way implies."""
        return _graph(self.shape).parents

    def hanging(self) -> tuple[Graph, Hanging]:
        """The tree: each job under the one of its parents that ends last.

        By real ends where there are any and by usual durations else, never by the clock: the tree
        stands still while nothing ends.
        """
        found = _bare(self.shape)
        ends = [0.0] * len(self.jobs)
        for i in found.order:
            job = self.jobs[i]
            if job.ended is not None:
                ends[i] = job.ended
                continue
            median = self.history.of(self.name(i)).median
            above = max((ends[p] for p in found.parents[i]), default=self.run.created)
            begun = above if job.started is None else job.started
            ends[i] = begun + (UNKNOWN if median is None else median)
        timed = found._replace(finish=ends)
        return timed, hanging(timed)


@lru_cache(maxsize=8)
def _graph(shape: Shape) -> Graph:
    """The edges that are drawn, of the flow versions looked at last."""
    return linked([list(ups) for ups in shape.parents], [UNKNOWN] * len(shape.parents))


@lru_cache(maxsize=8)
def _bare(shape: Shape) -> Graph:
    """Those of the tree: what runs last waits for all, and is drawn after all, under none.

    A map stands where it was declared and its children under it, though it waits for them.
    """
    last = [job.finally_ for job in shape.jobs]
    entries = [shape.entry(i)[0] for i in range(len(shape.jobs))]
    parents = [[p for p in ups if last[p] or not last[i]] for i, ups in enumerate(entries)]
    for i, job in enumerate(shape.jobs):
        if job.of:
            parents[i] = [shape.names[job.of]]
    return linked(parents, [UNKNOWN] * len(parents))
