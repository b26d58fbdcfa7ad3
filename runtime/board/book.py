"""What the board keeps of one run beside its records: counters, and which jobs want deciding.

Everything here follows from the job runs; a book made from stored rows equals the live one.
"""

from __future__ import annotations

from collections.abc import Sequence

from jobmon.runtime.board.outcome import BAD, Standing, outcome
from jobmon.runtime.board.shape import Shape
from jobmon.runtime.board.triggers import OPEN, Tally, class_of, verdict
from jobmon.runtime.model import JobRun, Run
from jobmon.runtime.states import Input, State

LINED = frozenset({State.QUEUED, State.RETRY_WAIT})
"""States in which a job stands in a line, unless it is held."""

UNSTARTED = LINED | {State.WAITING, State.WAITING_HUMAN}
"""Neither ended nor with an open attempt: what a cancel of the run ends at once."""

_JUDGED = UNSTARTED | {State.UPSTREAM_FAILED, State.SKIPPED}
"""States that the parents' outcomes may still change."""


class Book:
    """Counters of one run.

    `jobs`: the job runs by index. `tallies[class][index]`: how many parents of the job are in that
    class. `counts`: jobs by state. `ripe`: indices about which `pending` has something to say.
    `parked`: held jobs in a LINED state. `warned`: jobs with a warning. `probing`: lost jobs whose
    probe has not answered.
    """

    __slots__ = ("counts", "jobs", "parked", "probing", "ripe", "shape", "tallies", "warned")

    def __init__(self, shape: Shape, jobs: Sequence[JobRun]) -> None:
        self.shape = shape
        self.jobs = list(jobs)
        self.tallies = tuple([0] * len(self.jobs) for _ in range(OPEN))
        self.counts = dict.fromkeys(State, 0)
        self.ripe: set[int] = set()
        self.parked = 0
        self.warned = 0
        self.probing = 0
        for job in self.jobs:
            self._count(job, 1)
            self._tell_children(job.index, class_of(job), 1)

    def swap(self, new: JobRun) -> Sequence[int]:
        """Put `new` in the place of its former self; the jobs that see a parent changed."""
        old = self.jobs[new.index]
        self.jobs[new.index] = new
        self._count(old, -1)
        self._count(new, 1)
        before, after = class_of(old), class_of(new)
        if before == after:
            return ()
        self._tell_children(new.index, before, -1)
        self._tell_children(new.index, after, 1)
        return self.shape.children[new.index]

    def tally(self, index: int) -> Tally:
        """The outcomes of the job's parents, counted."""
        ok, branched, fired, cancelled = self.tallies
        total = len(self.shape.parents[index])
        return Tally(ok[index], branched[index], fired[index], cancelled[index], total)

    def verdict(self, index: int) -> Input | None:
        """What its parents mean for the job by its trigger rule: READY, BRANCH, DOOM or None."""
        return verdict(self.shape.rules[index], self.tally(index))

    def pending(self, run: Run, index: int) -> Input | None:
        """The input that the parents' outcomes call for in the job's present state, if any."""
        job = self.jobs[index]
        if job.state not in _JUDGED:
            return None
        if run.cancel and job.state in UNSTARTED and not self.spared(run.cancel, index):
            return Input.CANCEL
        if run.waits:
            return None
        found = self.verdict(index)
        if job.state is State.WAITING:
            return self._for_waiting(run, job, found)
        if job.state in UNSTARTED:
            return None if found is Input.READY else Input.RESET
        return self._for_settled(run, job, found)

    def spared(self, cancel: str, index: int) -> bool:
        """Whether a cancel of the run ("soft" or "hard") leaves the job alone."""
        return cancel == "soft" and self.shape.jobs[index].finally_

    def standing(self, run: Run) -> Standing:
        """The counts a run's state follows from."""
        counts = self.counts
        lined = counts[State.QUEUED] + counts[State.RETRY_WAIT]
        active = counts[State.STARTING] + counts[State.RUNNING] + counts[State.STOPPING]
        unfinished = lined + counts[State.WAITING] + counts[State.WAITING_HUMAN] + self.probing
        free = 0 if run.held else lined - self.parked
        free += len(run.waits)  # it goes on by itself
        return Standing(active, unfinished, free + self.probing + len(self.ripe))

    def outcome(self, run: Run) -> tuple[str, bool]:
        """(final state, warn); O(1) when nothing went wrong."""
        if run.cancel or any(self.counts[state] for state in BAD):
            return outcome(run, self.shape, self.jobs)
        return "succeeded", self.warned > 0

    def _for_waiting(self, run: Run, job: JobRun, found: Input | None) -> Input | None:
        jobdef = self.shape.jobs[job.index]
        if found is not Input.READY or (jobdef.kind != "manual" and jobdef.map is None):
            return found
        if jobdef.expanded:
            return Input.COLLECT
        kept = job.held or run.held
        return None if kept else Input.READY if jobdef.map else Input.ASK

    def _for_settled(self, run: Run, job: JobRun, found: Input | None) -> Input | None:
        """What doomed it or skipped it may have been repaired."""
        if job.stale or run.cancel:
            return None
        if job.state is State.UPSTREAM_FAILED:
            return None if found is Input.DOOM else Input.REVIVE
        if job.state is State.SKIPPED and not job.by_operator:
            kept = Input.READY if job.cause == "condition" else Input.BRANCH
            return None if found is kept else Input.REVIVE
        return None

    def _count(self, job: JobRun, by: int) -> None:
        self.counts[job.state] += by
        if job.held and job.state in LINED:
            self.parked += by
        if job.warn:
            self.warned += by
        if job.probing:
            self.probing += by

    def _tell_children(self, index: int, kind: int, by: int) -> None:
        if kind != OPEN:
            tally = self.tallies[kind]
            for child in self.shape.children[index]:
                tally[child] += by
