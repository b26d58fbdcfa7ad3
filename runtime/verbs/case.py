"""A verb about to act: what was asked, of what, and how its plan or its refusal is put together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Any, NoReturn

import msgspec

from jobmon.jobs import expansion
from jobmon.jobs.definition import JobDef
from jobmon.runtime.board import Board
from jobmon.runtime.board.shape import Shape
from jobmon.runtime.errors import NotFoundError, RefusedError
from jobmon.runtime.model import Event, JobRun, Run
from jobmon.runtime.states import Input
from jobmon.runtime.verbs import maps
from jobmon.runtime.words import command


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks for.

    `verb`: hold, release, skip, cancel, kill, rerun, mark, done. `target_run` with `jobs` (indices;
    None = the run itself), or `flow` for hold and release. `options`: only, failed (rerun), hard,
    grace (cancel), outcome "success" or "failed" (mark), value (skip, mark, done: the output),
    until (hold of a flow). `definition`: hash of the flow's current version, known to the board;
    "" = no newer code is at hand. `files`: for a rerun, by job index, the files that a job's words
    name and that changed since its newest attempt. `offset`: seconds east of UTC of the times in
    words that no run gives an offset to.
    """

    verb: str
    target_run: int | None = None
    jobs: tuple[int, ...] | None = None
    flow: str | None = None
    options: dict[str, Any] = {}
    who: str = ""
    why: str = ""
    definition: str = ""
    files: dict[int, tuple[str, ...]] = {}
    offset: float = 0.0


class Touch(msgspec.Struct, frozen=True):
    """One job, run (job -1) or flow (run 0) that a verb acts on, and what becomes of it."""

    run: int
    job: int
    name: str
    state: str
    becomes: str
    note: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a verb will do: the events to fold, what they touch, and what else to know."""

    events: tuple[Event, ...]
    touched: tuple[Touch, ...]
    notes: tuple[str, ...] = ()


class Step(msgspec.Struct, frozen=True):
    """A verb's act on one job."""

    event: Event
    touch: Touch


class Case:
    """The board, the command and the time, with short ways to speak about them."""

    def __init__(self, board: Board, command: Command, now: float) -> None:
        self.board, self.command, self.now = board, command, now
        self.options = command.options

    @cached_property
    def run(self) -> Run:
        """The run it is about. Raises NotFoundError when none was named or it is not there."""
        if self.command.target_run is None:
            raise NotFoundError(self.command.verb, "no run was named", "jobmon ls")
        return self.board.run_of(self.command.target_run)

    @cached_property
    def shape(self) -> Shape:
        """The graph of the run."""
        return self.board.shape_of(self.run.id)

    @cached_property
    def jobs(self) -> list[JobRun]:
        """The jobs it means, each once."""
        every = self.board.jobs_of(self.run.id)
        named = dict.fromkeys(self.command.jobs or ())
        missing = [index for index in named if not 0 <= index < len(every)]
        if missing:
            why = f"{self.run.key} has jobs 0 to {len(every) - 1}"
            raise NotFoundError(f"find job {missing[0]}", why, self.line("show"))
        verb = self.command.verb
        children = {index: [every[at] for at in self.children(index)] for index in named}
        indices = dict.fromkeys(at for i in named for at in maps.meant(verb, i, children[i]))
        return [every[index] for index in indices]

    def children(self, index: int) -> list[int]:
        """The jobs that a map has made of its list; of another job none."""
        own = self.shape.jobs[index]
        return expansion.children(self.shape.flow, index) if own.map else []

    def current(self, index: int) -> JobDef:
        """The job by the flow's current code, or by what it has where that does not know it."""
        digest, own = self.command.definition, self.shape.jobs[index]
        known = self.board.shape(digest).like(own) if digest else None
        return known or self.board.jobdef((self.run.id, index))

    @cached_property
    def living(self) -> set[int]:
        """The children of maps whose keys are in the list."""
        return {at for index in range(len(self.shape.jobs)) for at in self.children(index)}

    def name(self, job: JobRun) -> str:
        """The job's name."""
        return self.shape.jobs[job.index].name

    def names(self, indices: Sequence[int], most: int = 5) -> str:
        """The names of jobs, at most `most` of them in full."""
        shown = ", ".join(self.shape.jobs[i].name for i in indices[:most])
        more = len(indices) - most
        return f"{shown} and {more} more" if more > 0 else shown

    def line(self, verb: str, job: JobRun | None = None, *rest: str) -> str:
        """The command line of a verb on this run or job, to be offered as a way on."""
        return command(verb, self.run.key, self.name(job) if job else "", *rest)

    def judgements(self, job: JobRun) -> list[str]:
        """The two lines by which a person says how a lost job ended."""
        return [self.line("mark", job, outcome) for outcome in ("success", "failed")]

    def refuse(self, job: JobRun | None, why: str, hint: str = "") -> NoReturn:
        """Say why the verb may not act."""
        target = f"{self.run.key} {self.name(job)}" if job else self.run.key
        raise RefusedError(f"{self.command.verb} {target}", why, hint)

    def event(self, kind: str, job: JobRun | None = None, **data: Any) -> Event:
        """An event of this command."""
        command = self.command
        run = self.run.id if command.target_run is not None else 0
        index = -1 if job is None else job.index
        return Event(
            kind=kind, at=self.now, run=run, job=index, who=command.who, why=command.why, data=data
        )

    def step(self, given: Input, job: JobRun, becomes: str, note: str = "", **data: Any) -> Step:
        """One input to one job."""
        event = self.event(f"job.{given}", job, **data)
        return Step(event, self.touch(job, becomes, note))

    def touch(self, job: JobRun, becomes: str, note: str = "") -> Touch:
        """What becomes of a job."""
        return Touch(job.run, job.index, self.name(job), job.state.value, becomes, note)

    def clock(self, at: float | None) -> str:
        """A time in the offset of the run, or of the command: `2026-11-23 06:10 +0900`."""
        zone = timezone(timedelta(seconds=self.command.offset))
        if self.command.target_run is not None and self.run.time:
            zone = datetime.fromisoformat(self.run.time).tzinfo or zone
        return f"{datetime.fromtimestamp(at or 0.0, zone):%Y-%m-%d %H:%M %z}"


def planned(steps: Sequence[Step], *notes: str) -> Plan:
    """A plan of acts on jobs."""
    return Plan(
        events=tuple(step.event for step in steps),
        touched=tuple(step.touch for step in steps),
        notes=tuple(note for note in notes if note),
    )
