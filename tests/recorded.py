"""A board that is driven by hand and recorded in a store, as a runtime's is."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from msgspec.structs import replace

from jobmon.jobs.definition import FlowDef
from jobmon.runtime import disk
from jobmon.runtime.model import Event, ExitRecord, Limits
from jobmon.runtime.reader import open_reader
from jobmon.runtime.settle import conclude
from jobmon.runtime.states import State
from jobmon.runtime.store import Batch, Store
from tests.core import MANY, Driver, new_run


class Recorded(Driver):
    """Each call of `fold` is a commit; between two of them a second passes."""

    def __init__(self, state: Path, definition: FlowDef, limits: Limits = MANY, **run: Any) -> None:
        disk.prepare_state(state)
        self.store = Store(state)
        self.db = open_reader(state)
        super().__init__(definition, limits, **run)

    def fold(self, *events: Event) -> Self:
        super().fold(*events)
        first = self.store.seq + 1
        batch, changed = Batch(), self.board.drain()
        batch.events = [replace(event, seq=first + i) for i, event in enumerate(events)]
        batch.definitions = list(self.board.definitions.values())
        batch.runs = [self.board.runs[i] for i in changed.runs]
        batch.jobs = [(self.board.jobs[k], "f", self.board.name(k)) for k in changed.jobs]
        batch.holds = {flow: self.board.held_flows.get(flow) for flow in changed.flows}
        self.store.commit(batch)
        self.now += 1.0
        return self

    def begin(self, number: int, **fields: Any) -> None:
        """A further run of the flow."""
        self.fold(new_run(number, self.run.definition, self.now, **fields))

    def succeed(self, number: int, seconds: float = 0.0) -> None:
        """Every job of the run takes so long and ends well."""
        while True:
            self.settle()
            open_ones = [j for j in self.board.jobs_of(number) if j.state is State.STARTING]
            if not open_ones:
                return
            for job in open_ones:
                fields = {"at": self.now, "run": number, "job": job.index, "attempt": job.attempt}
                self.fold(Event(kind="job.started", **fields))
                self.now += seconds
                end = ExitRecord(reason="exit", code=0, ended=self.now, output={"n": number})
                running = self.board.jobs[job.key]
                self.fold(conclude(self.board.jobdef(job.key), running, end, self.now))

    def remove(self, number: int) -> None:
        """The rows of a finished run go, as by `jobmon gc`."""
        seq, key = self.store.seq + 1, self.board.runs[number].key
        event = Event(kind="runtime.gc", at=self.now, seq=seq, data={"runs": [key]})
        self.store.commit(Batch(events=[event], forget=[number]))
        self.now += 1.0

    def close(self) -> None:
        """Close the files."""
        self.db.close()
        self.store.close()
