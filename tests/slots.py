"""A runtime's memory without disk, and a scheduler on it whose clock is set at will."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jobmon.jobs.definition import CronDef, FlowDef
from jobmon.jobs.loader import Loaded
from jobmon.runtime.board import Board
from jobmon.runtime.config import Settings
from jobmon.runtime.model import RUN_TERMINAL, Event, JobRun, Run
from jobmon.runtime.scheduling.scheduler import Scheduler
from jobmon.runtime.scheduling.turns import Turns
from jobmon.runtime.store import Batch
from tests.core import job


class Shelf:
    """What a `Store` keeps, in memory: only whole batches, and no key twice."""

    def __init__(self) -> None:
        self.runs: dict[int, tuple[Run, list[JobRun]]] = {}
        self.keys: dict[str, int] = {}
        self.noted: dict[tuple[str, str], Any] = {}
        self.counters: dict[str, int] = {}
        self.events: list[Event] = []
        self.last = 0

    def commit(self, batch: Batch, board: Board) -> None:
        changed = board.drain()
        for run_id in sorted(changed.runs | {run for run, _ in changed.jobs}):
            run = board.runs[run_id]
            assert self.keys.setdefault(run.key, run_id) == run_id, f"{run.key} became two runs"
            self.runs[run_id] = (run, list(board.jobs_of(run_id)))
        self.noted |= batch.notes
        self.counters |= batch.counters
        self.events += batch.events

    def notes(self, room: str) -> dict[str, Any]:
        noted = self.noted.items()
        return {key: body for (place, key), body in noted if place == room and body is not None}

    def run_of_key(self, key: str) -> Run | None:
        found = self.keys.get(key)
        return self.runs[found][0] if found else None

    def new_run_id(self) -> int:
        self.last += 1
        return self.last

    def last_number(self, flow: str) -> int:
        return self.counters.get(flow, 0)


class _Shelves:
    """Where flows and settings come from."""

    def __init__(self, flows: Iterable[FlowDef], **settings: Any) -> None:
        self.good = {flow.name: flow for flow in flows}
        self.known: Loaded | None = Loaded(flows=self.good)
        fields: dict[str, Any] = dict.fromkeys(Settings._fields)
        fields |= {"deployments": {}, "calendars": {}, **settings}
        self.now = Settings(**fields)


class Night:
    """Runs made by a scheduler as the clock on the wall goes by, jumps, or nothing is up."""

    def __init__(self, *flows: FlowDef, at: float, **settings: Any) -> None:
        self.shelf, self.wall = Shelf(), at
        self.change(*flows, **settings)
        self.up()

    def change(self, *flows: FlowDef, **settings: Any) -> None:
        """Other flows and settings, from the next look on."""
        self.given: Any = _Shelves(flows, **settings)
        if hasattr(self, "scheduler"):
            self.scheduler._library = self.given
            self.scheduler._configuration = self.given

    def up(self, held: Event | None = None) -> None:
        """A runtime starts on what was committed; what was not is lost. `held`: a flow's hold."""
        self.board = Board()
        for flow in self.given.good.values():
            self.board.add_definition(flow)
        for run, jobs in self.shelf.runs.values():
            if run.state not in RUN_TERMINAL:
                self.board.load(run, jobs)
        if held:
            self.board.apply(held)
            self.board.drain()
        store: Any = self.shelf
        self.scheduler = Scheduler(
            store,
            self.board,
            self.given,
            self.given,
            lambda: self.wall,
            self._bring_back,
        )
        self.turns = Turns(self.board)
        self.look()

    def _bring_back(self, run_id: int) -> None:
        if run_id not in self.board.runs:
            self.board.load(*self.shelf.runs[run_id])

    def at(self, wall: float) -> list[Event]:
        """The clock shows `wall`, and the runtime looks at it."""
        self.wall = wall
        return self.look()

    def look(self) -> list[Event]:
        """Turns until nothing is due; what was committed."""
        made: list[Event] = []
        while True:
            batch = Batch()
            for duty in (self.scheduler, self.turns):
                for event in duty.attend(self.wall, batch):
                    self.board.apply(event)
                    batch.events.append(event)
            rest = (self.scheduler.due or 0.0) > self.wall
            if rest and not batch.events and not batch.notes:
                return made
            self.commit(batch)
            made += batch.events

    def commit(self, batch: Batch) -> None:
        self.shelf.commit(batch, self.board)
        for duty in (self.scheduler, self.turns):
            duty.heard(batch.events)

    def fold(self, *events: Event) -> None:
        """Something else happened."""
        batch = Batch(events=list(events))
        for event in events:
            self.board.apply(event)
        self.commit(batch)

    def finish(self, *keys: str) -> None:
        """These runs (all, when none is named) are over."""
        for run in list(self.board.runs.values()):
            if (run.key in keys or not keys) and run.state not in RUN_TERMINAL:
                for each in list(self.board.jobs_of(run.id)):
                    kind = "job.mark_success"
                    self.fold(Event(kind=kind, at=self.wall, run=run.id, job=each.index, who="me"))

    @property
    def runs(self) -> dict[str, Run]:
        """Every run that was ever committed, by key."""
        return {run.key: run for run, _ in self.shelf.runs.values()}

    def states(self) -> dict[str, str]:
        """{key without the plan: state}; what waits is told so."""
        return {
            key.partition("@")[2]: ("waits" if run.waits else run.state)
            for key, run in self.runs.items()
        }


def scheduled(cron: str, tz: str = "UTC", name: str = "f", **options: Any) -> FlowDef:
    """A flow of one job with a schedule."""
    return FlowDef(name=name, jobs=(job("A"),), schedule=CronDef(cron, tz), **options)
