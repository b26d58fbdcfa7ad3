"""Run a whole flow in virtual time, in milliseconds, without starting a process.

    from jobmon.runtime.testing import simulate

    def test_b_is_retried():
        sim = simulate(flow, fail={"B": 2})
        assert sim.outcome == "succeeded"
        assert sim.attempts["B"] == 3

The board, the decisions and the verbs are those of the runtime; only clock and executor are fake.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from jobmon.jobs import params as parameters
from jobmon.jobs.definition import FlowDef
from jobmon.runtime import settle
from jobmon.runtime.board import Board
from jobmon.runtime.decide import decide, next_time, outputs
from jobmon.runtime.errors import NotFoundError, UsageError
from jobmon.runtime.executors.contract import AttemptSpec, Ended, Report, Started, Stopping
from jobmon.runtime.fakes import End, FakeClock, FakeExecutor, Script
from jobmon.runtime.given import UnfitError, output_of, references
from jobmon.runtime.model import Event, ExitRecord, JobRun, Limits, Run
from jobmon.runtime.results import Results
from jobmon.runtime.states import ACTIVE, Effect, State
from jobmon.runtime.testing.messages import Messages, Notification
from jobmon.runtime.testing.said import HasDefinition, check_names, moment_of
from jobmon.runtime.verbs import Command, Plan, plan

MOST_STEPS = 1_000_000


def simulate(flow: FlowDef | HasDefinition, **options: Any) -> Simulation:
    """Run `flow` to its end and return what happened. Options: those of `Simulation`."""
    simulation = Simulation(flow, **options)
    simulation.run()
    return simulation


class Simulation(Results):
    """One run of a flow in virtual time: `start`, then `run`, or `until` and `verb` in between.

    `fail`: {"B": 2} lets the first two attempts of B exit with 1; {"B": [75, 0]} tells each
    attempt's exit code (or ExitRecord). `durations`: seconds by job name, 1.0 for the others.
    `outputs`: JSON by job name, or a function of the attempt's number that tells it. What is told
    of a map goes for its children, unless they are named: `fetch[tokyo]`. `lost`: jobs whose first
    attempt is lost. `skip`, `hold`: jobs that a person skips or holds before anything starts.
    `manual`: "done" answers manual steps at once, "wait" leaves them to `verb("done", ...)`.
    `at`: the logical time, ISO 8601; without an offset in the zone of the flow's schedule, else
    UTC. Times in results are seconds since the run was created.
    Raises NotFoundError for a job that is not in the flow.
    """

    def __init__(
        self,
        flow: FlowDef | HasDefinition,
        *,
        fail: Mapping[str, int | Sequence[End]] | None = None,
        params: Mapping[str, Any] | None = None,
        at: str = "2026-11-01 01:30",
        durations: Mapping[str, float] | None = None,
        outputs: Mapping[str, Any] | None = None,
        slots: int = 8,
        pools: Mapping[str, int] | None = None,
        lost: Collection[str] = (),
        skip: Collection[str] = (),
        hold: Collection[str] = (),
        manual: str = "done",
    ) -> None:
        self.flow = flow if isinstance(flow, FlowDef) else flow.definition()
        for given in (fail, durations, outputs, lost, skip, hold):
            check_names(self.flow, given or ())
        if manual not in ("done", "wait"):
            raise UsageError(f"simulate {self.flow.name}", f"manual={manual!r}", "done or wait")
        self.moment = moment_of(self.flow, at)
        self.clock = FakeClock(self.moment.timestamp())
        script = Script(
            fail=fail or {}, durations=durations or {}, outputs=outputs or {}, lost=lost
        )
        self.executor = FakeExecutor(self.clock, script)
        self.executor.listen(self._take)
        self.board = Board()
        self.limits = Limits(slots=slots, pools=dict(pools or {}))
        self.events: list[Event] = []
        self._params, self._manual = dict(params or {}), manual
        self._before = {"skip": tuple(skip), "hold": tuple(hold)}
        self._messages = Messages(self.board)
        self._acts: list[tuple[Effect, JobRun, Event]] = []

    # Going on

    def start(self) -> Simulation:
        """Create the run; what can start, starts."""
        given = parameters.resolve(self.flow.params, self._params, self.moment.date())
        run = Run(
            id=1,
            key=f"{self.flow.name}#1",
            flow=self.flow.name,
            definition=self.board.add_definition(self.flow),
            time=self.moment.isoformat(timespec="seconds"),
            params=given,
            created=self.clock.now,
        )
        data = {"run": msgspec.to_builtins(run)}
        self._fold(Event(kind="run.created", at=self.clock.now, run=1, data=data))
        self._begun = True
        for verb, jobs in self._before.items():
            if jobs:
                self._order(verb, jobs)
        self._turn()
        return self

    def step(self) -> bool:
        """Go to the next thing that happens; False when nothing will."""
        times = (self.executor.next_time(), next_time(self.board, self.clock.now))
        coming = [time for time in times if time is not None]
        if not coming:
            return False
        self.clock.now = max(self.clock.now, min(coming))
        self.executor.advance()
        self._turn()
        return True

    def until(self, job: str, state: str) -> Simulation:
        """Go on until `job` is in `state`. AssertionError when it never gets there."""
        check_names(self.flow, [job])
        self._go(lambda: self.states.get(job) == state)
        now = self.states.get(job, "not there")
        assert now == state, f"{job} is {now}, never became {state}"
        return self

    def run(self) -> Simulation:
        """Go on until nothing more happens by itself."""
        self._go(lambda: False)
        return self

    def _go(self, arrived: Callable[[], bool]) -> None:
        if not self.events:
            self.start()
        for _ in range(MOST_STEPS):
            if arrived() or not self.step():
                return
        raise AssertionError(f"{self.flow.name} does not come to an end")

    def verb(self, verb: str, *jobs: str, why: str = "", **options: Any) -> Plan:
        """What a person does now: `verb("hold", "C")`, `verb("rerun", "B", only=True)`.

        Without jobs it is about the run. Raises RefusedError like the command does.
        """
        planned = self._order(verb, jobs, why, options)
        self._turn()
        return planned

    @property
    def notifications(self) -> list[Notification]:
        """What people would have been told, in order."""
        return self._messages.found

    def _order(
        self,
        verb: str,
        jobs: Sequence[str],
        why: str = "",
        options: Mapping[str, Any] | None = None,
    ) -> Plan:
        command = Command(
            verb=verb,
            target_run=1,
            jobs=self._indices(verb, jobs) or None,
            options=dict(options or {}),
            who="tester",
            why=why,
            definition=self.flow.hash,
        )
        planned = plan(self.board, command, self.clock.now)
        for event in planned.events:
            self._fold(event)
        return planned

    def _indices(self, verb: str, jobs: Sequence[str]) -> tuple[int, ...]:
        check_names(self.flow, jobs)
        names = self.board.shape_of(1).names
        if early := [job for job in jobs if job not in names]:
            why = f"{early[0]} is not there before the list of its map is known"
            raise NotFoundError(f"{verb} in {self.flow.name}", why, "go until the map has children")
        return tuple(names[job] for job in jobs)

    # What the runtime does

    def _turn(self) -> None:
        """Decide until nothing follows, then act."""
        while True:
            while events := decide(self.board, self.clock.now, self.limits):
                for event in events:
                    self._fold(event)
            self._messages.look(self.events, self.clock.now)
            if self._manual != "done" or not self._answer():
                break
        acts, self._acts = self._acts, []
        for effect, job, event in acts:
            self._act(effect, job, event)

    def _answer(self) -> bool:
        """Finish the manual steps that wait; whether there were any."""
        asked = [j.index for j in self.board.jobs_of(1) if j.state is State.WAITING_HUMAN]
        if asked:
            command = Command(verb="done", target_run=1, jobs=tuple(asked), who="tester")
            for event in plan(self.board, command, self.clock.now).events:
                self._fold(event)
        return bool(asked)

    def _fitted(self, event: Event) -> Event:
        """A launch, or why the runtime could not make it."""
        job = self.board.jobs[event.run, event.job]
        jobdef, left = self.board.jobdef(job.key), outputs(self.board.books[1], job.index)
        try:
            for ref in references(jobdef):
                output_of(jobdef, ref, self.board.runs[1].key, left)
        except UnfitError as error:
            data = {"reason": error.reason}
            return msgspec.structs.replace(event, kind="job.unfit", attempt=job.attempt, data=data)
        return event

    def _fold(self, event: Event) -> None:
        if event.kind == "job.launch":
            event = self._fitted(event)
        self.events.append(event)
        self._acts += [(effect, job, event) for effect, job in self.board.apply(event)]
        if event.kind == "job.lose":
            job = self.board.jobs[event.run, event.job]
            jobdef, cancelled = self.board.jobdef(job.key), bool(self.board.runs[1].cancel)
            step = settle.after_lost(jobdef, job, event.at, cancelled=cancelled)
            if isinstance(step, Event):
                self._fold(step)

    def _act(self, effect: Effect, job: JobRun, event: Event) -> None:
        attempt = f"{job.run}.{job.index}.{job.attempt}"
        jobdef = self.board.jobdef(job.key)
        if effect is Effect.LAUNCH:
            self.executor.submit(
                AttemptSpec(
                    attempt=attempt,
                    argv=(),
                    env={},
                    cwd="",
                    timeout=jobdef.timeout,
                    grace=jobdef.grace,
                    first={"job": jobdef.name, "of": jobdef.of},
                )
            )
        elif event.data.get("reason") != "timeout":
            self.executor.cancel(attempt, event.data.get("grace", jobdef.grace))

    def _take(self, report: Report) -> None:
        run, index, n = map(int, report.attempt.split("."))
        job = self.board.jobs[run, index]
        if job.attempt != n or job.state not in ACTIVE:
            return
        if isinstance(report, Started):
            self._news("job.started", job, {"at": report.at})
        elif isinstance(report, Stopping):
            self._news("job.stop", job, {"reason": report.reason})
        elif isinstance(report, Ended):
            self._end(job, report.exit)
        else:
            evidence = self.executor.probe([report.attempt])[report.attempt]
            found = settle.settle(job, evidence)
            assert isinstance(found, settle.Lost)
            self._news("job.lose", job, {"reason": found.reason})

    def _end(self, job: JobRun, record: ExitRecord) -> None:
        jobdef = self.board.jobdef(job.key)
        params = self.board.runs[1].params
        self._fold(settle.conclude(jobdef, job, record, self.clock.now, params=params))

    def _news(self, kind: str, job: JobRun, data: dict[str, Any]) -> None:
        self._fold(
            Event(
                kind=kind,
                at=self.clock.now,
                run=job.run,
                job=job.index,
                attempt=job.attempt,
                who="runtime",
                data=data,
            )
        )
