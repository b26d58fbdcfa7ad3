"""What its jobs make of a run: its state while it goes on, its outcome when all have ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jobmon.runtime.board.shape import Shape
from jobmon.runtime.board.triggers import OK, OPEN, class_of
from jobmon.runtime.model import JobRun, Run
from jobmon.runtime.states import State

BAD = (State.FAILED, State.LOST, State.UPSTREAM_FAILED, State.EXPIRED, State.CANCELLED)
"""Ends that count against a run unless they are excused."""


class Standing(NamedTuple):
    """Counts of a run's jobs that its state follows from.

    `active`: with an open attempt; `unfinished`: neither active nor ended; `moving`: those of the
    unfinished that go on by themselves (queued, waiting for a retry, about to be decided).
    """

    active: int
    unfinished: int
    moving: int


def state_of(run: Run, now: Standing, *, begun: bool) -> str:
    """The state of a run that is not over; `begun`: some job of it has started."""
    if not now.active and not now.moving:
        return "blocked"
    if run.cancel:
        return "stopping"
    return "running" if begun else "queued"


def outcome(run: Run, shape: Shape, jobs: Sequence[JobRun]) -> tuple[str, bool]:
    """(final state, warn) of a run whose jobs have all ended; looks at every job, O(edges).

    Failed if any job is failed, lost, expired or upstream_failed and not excused. An excused
    failure leaves the run succeeded with a warning.
    """
    excused = excuses(shape, jobs)
    bad = [job for job in jobs if job.state in BAD]
    if bad and len(bad) == len(jobs) and all(job.state is State.EXPIRED for job in bad):
        return "expired", False
    unexcused = {job.state for job in bad if job.index not in excused}
    if unexcused - {State.CANCELLED}:
        return "failed", False
    if unexcused or run.cancel:
        return "cancelled", False
    return "succeeded", bool(bad) or any(job.warn for job in jobs)


def excuses(shape: Shape, jobs: Sequence[JobRun]) -> set[int]:
    """Indices of the jobs whose bad end does not count against the run."""
    found: set[int] = set()
    for index in shape.order:
        job = jobs[index]
        if job.state in BAD and (
            excused_itself(shape, jobs, index)
            or (job.state is State.UPSTREAM_FAILED and _inherited(shape, jobs, index, found))
        ):
            found.add(index)
    return found


def excused_itself(shape: Shape, jobs: Sequence[JobRun], index: int) -> bool:
    """Declared tolerable, or the job that handles its failure did so."""
    handler = shape.handler[index]
    consumed = handler >= 0 and class_of(jobs[handler]) == OK
    return shape.jobs[index].tolerate or consumed


def undecided(shape: Shape, jobs: Sequence[JobRun], index: int) -> bool:
    """Its failure may yet be consumed: the handler has not ended."""
    handler = shape.handler[index]
    return handler >= 0 and class_of(jobs[handler]) == OPEN


def _inherited(shape: Shape, jobs: Sequence[JobRun], index: int, excused: set[int]) -> bool:
    causes = [up for up in shape.parents[index] if jobs[up].state in BAD]
    return bool(causes) and all(up in excused for up in causes)
