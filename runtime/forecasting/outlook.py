"""A run on the clock: the timeline of its jobs as they stand on the board. Pure.

The monitor, the documents and the warnings of the runtime all forecast through this module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from jobmon.runtime.board import Board
from jobmon.runtime.forecasting.forecast import FlowHistory, Leg, Timeline, left_of, timeline
from jobmon.runtime.model import JobRun, Run
from jobmon.runtime.states import ACTIVE, TERMINAL, Input, State

Told = Callable[[JobRun], float | None]
"""How far a running job says it is, 0 to 1; None: it says nothing."""


class Outlook(NamedTuple):
    """A run at the moment `now`, by the history of its flow."""

    board: Board
    run: Run
    history: FlowHistory
    now: float
    told: Told = lambda _job: None

    @property
    def timeline(self) -> Timeline:
        """When its jobs begin and end."""
        shape = self.board.shape_of(self.run.id)
        parents = [
            [] if rule == "always" else ups
            for ups, rule in zip(shape.parents, shape.rules, strict=True)
        ]
        legs = [self._leg(job) for job in self.board.jobs_of(self.run.id)]
        return timeline(parents, shape.order, legs, self.now)

    def elapsed(self, job: JobRun) -> float | None:
        """Seconds since its start; None when it has not started or has ended."""
        if job.started is None or job.ended is not None:
            return None
        return max(0.0, self.now - job.started)

    def left(self, job: JobRun) -> float | None:
        """Seconds until a running job ends, negative when it is over its time; None: unknown."""
        elapsed = self.elapsed(job)
        if job.state is not State.RUNNING or elapsed is None:
            return None
        return left_of(self.history.of(self._name(job)), elapsed, self.told(job))

    def _name(self, job: JobRun) -> str:
        return self.board.name(job.key)

    def _leg(self, job: JobRun) -> Leg | None:
        if job.state in TERMINAL:
            begun = job.started if job.started is not None else job.ended
            return Leg(begun, job.ended, open=job.state is State.LOST)
        if job.state in ACTIVE:
            return self._running(job)
        if job.state is State.WAITING_HUMAN:
            return Leg(job.since, open=True)
        if not self._expected(job):
            return None
        if self.board.shape_of(job.run).jobs[job.index].expanded:  # its children take the time
            return Leg(None, None, 0.0, 0.0, open=job.held or self.run.held)
        history = self.history.of(self._name(job))
        first = self.board.shape_of(job.run).rules[job.index] == "one_success"
        held = job.held or self.run.held
        return Leg(self._start(job), None, history.median, history.p90, first=first, open=held)

    def _running(self, job: JobRun) -> Leg:
        """What it says of itself counts more than what earlier runs took."""
        history, elapsed = self.history.of(self._name(job)), self.elapsed(job)
        if elapsed is None:
            return Leg(job.since, None, history.median, history.p90)
        left = left_of(history, elapsed, self.told(job))
        expected = None if left is None else elapsed + max(0.0, left)
        return Leg(job.started, None, expected, history.p90)

    def _start(self, job: JobRun) -> float | None:
        """The earliest it may begin: when its retry is due, when its run may start."""
        starts = [wait.until for wait in self.run.waits if wait.kind == "until"]
        return max((at for at in (job.due, *starts) if at is not None), default=None)

    def _expected(self, job: JobRun) -> bool:
        """Whether it will run as things stand: what answers a failure waits for one."""
        if self.board.shape_of(job.run).rules[job.index] != "one_failed":
            return True
        return self.board.books[job.run].verdict(job.index) is Input.READY
