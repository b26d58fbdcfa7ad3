"""Short ways to make flows and to drive a board by hand, for tests of the pure core."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from jobmon.jobs.definition import FlowDef, JobDef
from jobmon.runtime.board import Board
from jobmon.runtime.board.triggers import OPEN, Tally
from jobmon.runtime.decide import decide
from jobmon.runtime.model import Event, ExitRecord, JobRun, Limits, Run
from jobmon.runtime.settle import conclude
from jobmon.runtime.states import Effect, State
from jobmon.runtime.verbs import Command, Plan, plan

MANY = Limits(slots=1000)


def job(name: str, *after: str, **options: Any) -> JobDef:
    """A job that waits for `after`."""
    fields: dict[str, Any] = {"kind": "shell", "shell": f"run {name}", "source": f"run {name}"}
    fields |= options
    return JobDef(name=name, after=after, **fields)


def flow(*jobs: JobDef, **options: Any) -> FlowDef:
    """A flow called f."""
    return FlowDef(name="f", jobs=jobs, **options)


def diamond(**options: Any) -> FlowDef:
    """A->B->C, B->D, C,D->E: the seed story. `options` by job name."""
    edges = {"A": (), "B": ("A",), "C": ("B",), "D": ("B",), "E": ("C", "D")}
    return flow(*(job(name, *after, **options.get(name, {})) for name, after in edges.items()))


def counted(kinds: Sequence[int]) -> Tally:
    """Parents of these classes, counted one by one."""
    ok, branched, fired, cancelled = (kinds.count(kind) for kind in range(OPEN))
    return Tally(ok, branched, fired, cancelled, len(kinds))


def new_run(number: int, digest: str, at: float = 0.0, **fields: Any) -> Event:
    """The event that creates run `number` of a known flow version."""
    run = Run(
        id=number,
        key=f"f#{number}",
        flow="f",
        definition=digest,
        time="2026-11-23T06:10:00+09:00",
        created=at,
        **fields,
    )
    return Event(kind="run.created", at=at, run=number, data={"run": msgspec.to_builtins(run)})


class Driver:
    """One run on a board, moved by saying what happens to jobs by name."""

    def __init__(self, definition: FlowDef, limits: Limits = MANY, **run: Any) -> None:
        self.board = Board()
        self.limits = limits
        self.now = 100.0
        self.names = {each.name: i for i, each in enumerate(definition.jobs)}
        self.effects: list[tuple[Effect, str, dict[str, Any]]] = []
        digest = self.board.add_definition(definition)
        self.fold(new_run(1, digest, self.now, **run))

    def __getitem__(self, name: str) -> JobRun:
        return self.board.jobs[1, self.names[name]]

    @property
    def run(self) -> Run:
        return self.board.runs[1]

    @property
    def states(self) -> dict[str, str]:
        return {name: self[name].state.value for name in self.names}

    def fold(self, *events: Event) -> Driver:
        for event in events:
            for effect, run in self.board.apply(event):
                self.effects.append((effect, self.board.name(run.key), event.data))
        return self

    def settle(self) -> Driver:
        """Decide until nothing follows."""
        while events := decide(self.board, self.now, self.limits):
            self.fold(*events)
        return self

    def news(self, kind: str, name: str, **data: Any) -> Driver:
        """Something about the newest attempt of a job, or an input that needs none."""
        event = Event(
            kind=f"job.{kind}",
            at=self.now,
            run=1,
            job=self.names[name],
            attempt=self[name].attempt,
            data=data,
        )
        return self.fold(event)

    def start(self, *names: str) -> Driver:
        """The attempts of these jobs are seen running."""
        self.settle()
        for name in names:
            self.news("started", name)
        return self

    def end(self, name: str, code: int = 0, **fields: Any) -> Driver:
        """The job's process ends by itself with this exit code."""
        record = ExitRecord(reason="exit", code=code, ended=self.now, **fields)
        key = (1, self.names[name])
        self.fold(conclude(self.board.jobdef(key), self[name], record, self.now))
        return self.settle()

    def ends(self, **codes: int) -> Driver:
        """Each job in turn is started and ends with its code."""
        for name, code in codes.items():
            self.start(name)
            self.end(name, code)
        return self

    def stopped(self, name: str) -> Driver:
        """Nothing of the job's attempt is alive after its stop."""
        record = ExitRecord(reason="stop", signal=15, ended=self.now)
        key = (1, self.names[name])
        self.fold(conclude(self.board.jobdef(key), self[name], record, self.now))
        return self.settle()

    def plan(self, verb: str, *names: str, definition: str = "", **options: Any) -> Plan:
        """What a verb would do."""
        command = Command(
            verb=verb,
            target_run=1,
            jobs=tuple(self.names[name] for name in names) or None,
            options=options,
            who="anna",
            why="because",
            definition=definition,
        )
        return plan(self.board, command, self.now)

    def verb(self, verb: str, *names: str, definition: str = "", **options: Any) -> Driver:
        """Do it."""
        self.fold(*self.plan(verb, *names, definition=definition, **options).events)
        return self.settle()

    def in_state(self, state: State | str) -> list[str]:
        """The names of the jobs in a state."""
        return [name for name, each in self.states.items() if each == state]
