"""What came of a simulated run, read from its board and its events."""

from __future__ import annotations

from jobmon.jobs.definition import FlowDef
from jobmon.runtime.board import Board
from jobmon.runtime.model import Event, JobRun


class Results:
    """Run 1 of a board, by job names. Times are seconds since the run was created."""

    flow: FlowDef
    board: Board
    events: list[Event]
    _begun: bool = False

    def __repr__(self) -> str:
        """What became of each job: a test that fails shows it."""
        if not self._begun:
            return f"<{self.flow.name}: not begun>"
        jobs = ", ".join(f"{name} {state}" for name, state in self.states.items())
        return f"<{self.flow.name} {self.outcome}: {jobs}>"

    @property
    def outcome(self) -> str:
        """The run's state: succeeded, failed, cancelled; blocked when it waits for a person."""
        return self.board.runs[1].state

    @property
    def states(self) -> dict[str, str]:
        """Each job's state."""
        return {self._name(job): job.state.value for job in self.board.jobs_of(1)}

    @property
    def attempts(self) -> dict[str, int]:
        """How many attempts each job had."""
        return {self._name(job): job.attempt for job in self.board.jobs_of(1)}

    @property
    def jobs(self) -> dict[str, JobRun]:
        """Each job's whole record."""
        return {self._name(job): job for job in self.board.jobs_of(1)}

    @property
    def order(self) -> list[str]:
        """The jobs that started, in the order they first did."""
        return list(self.starts)

    @property
    def starts(self) -> dict[str, list[float]]:
        """When each attempt started (for a manual step: when a person was asked)."""
        found: dict[str, list[float]] = {}
        for event in self.events:
            if event.kind in {"job.launch", "job.ask"}:
                found.setdefault(self._job_name(event), []).append(self._since_start(event.at))
        return found

    @property
    def ended(self) -> dict[str, float]:
        """When each job that has ended did, earliest first."""
        over = [job for job in self.board.jobs_of(1) if job.ended is not None]
        over.sort(key=lambda job: (job.ended or 0.0, job.index))
        return {self._name(job): self._since_start(job.ended or 0.0) for job in over}

    def _name(self, job: JobRun) -> str:
        return self.board.name(job.key)

    def _job_name(self, event: Event) -> str:
        return self.board.name((event.run, event.job))

    def _since_start(self, at: float) -> float:
        return round(at - self.board.runs[1].created, 6)
