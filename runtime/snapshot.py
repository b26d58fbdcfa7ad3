"""The whole state at one moment as a document: the present, or a moment of the past made again.

A screen begins with it: `load` puts it on a board, and the events after its `seq` keep that board
current.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from jobmon.jobs.definition import FlowDef
from jobmon.runtime import views
from jobmon.runtime.board import Board
from jobmon.runtime.errors import JobmonError, StateError
from jobmon.runtime.model import RUN_TERMINAL, Event, FlowHold, JobRun, Run
from jobmon.runtime.reader import one_moment
from jobmon.runtime.store import load_definition, load_holds, load_run

FINISHED = 50
"""Finished runs in it when nobody says how many."""
ENOUGH_JOBS = 6_000
"""With more job runs in it no further finished run is added."""

_event = msgspec.json.Decoder(Event).decode
RunRows = tuple[Run, Sequence[JobRun]]


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All that is not over and the newest of what is: exactly the fold of events 1 to `seq`.

    `at` is the moment asked for, None for the present. `jobs` are those of each run, in the order
    of `runs`; their outputs are left out. `hashes` are those the flow versions are recorded with,
    in the order of `definitions`. Made from a document by `msgspec.convert`.
    """

    seq: int
    at: float | None
    runs: list[Run]
    jobs: list[list[JobRun]]
    definitions: list[FlowDef]
    hashes: list[str]
    holds: list[FlowHold]


def load(board: Board, snapshot: Snapshot) -> None:
    """Put all of it on an empty board: the events after `seq` may follow."""
    for digest, definition in zip(snapshot.hashes, snapshot.definitions, strict=True):
        board.add_definition(definition.known_as(digest))
    for run, jobs in zip(snapshot.runs, snapshot.jobs, strict=True):
        board.load(run, jobs)
    board.held_flows.update((hold.flow, hold) for hold in snapshot.holds)


def take(
    db: sqlite3.Connection, *, limit: int = FINISHED, at: float | None = None
) -> dict[str, Any]:
    """The document, with up to `limit` finished runs: of now, or of a moment of the past.

    Its `seq` and its rows are of the same commit: to subscribe from there loses no event.
    """
    with one_moment(db):
        seq = views.newest_event(db, at)
        source = _Stored(db) if at is None else _Past(db, seq)
        chosen = _chosen(source, limit)
        hashes = list(_versions(chosen))
        snapshot = Snapshot(
            seq=seq,
            at=at,
            runs=[run for run, _ in chosen],
            jobs=[[replace(job, output=None) for job in jobs] for _, jobs in chosen],
            definitions=[source.version(digest) for digest in hashes],
            hashes=hashes,
            holds=list(source.holds()),
        )
    return {"schema": "jobmon.snapshot/1", **msgspec.to_builtins(snapshot)}


class _Source(Protocol):
    """Where runs are taken from."""

    def open(self) -> Iterator[int]:
        """Ids of the runs that are not over."""
        ...

    def over(self) -> Iterator[int]:
        """Ids of the others, newest first."""
        ...

    def unmended(self) -> Iterator[int]:
        """Ids of failed runs after which no run of their flow was started."""
        ...

    def run(self, run_id: int) -> RunRows:
        """One run with its jobs."""
        ...

    def holds(self) -> Sequence[FlowHold]:
        """The flows on hold."""
        ...

    def version(self, digest: str) -> FlowDef:
        """The flow version of that hash."""
        ...


def _chosen(source: _Source, limit: int) -> list[RunRows]:
    """Every open run and the newest of the others, in the order of their ids."""
    chosen = {run_id: source.run(run_id) for run_id in source.open()}
    count = sum(len(jobs) for _, jobs in chosen.values())
    for run_id in islice(source.over(), max(0, limit)):
        if count > ENOUGH_JOBS:
            break
        chosen[run_id] = source.run(run_id)
        count += len(chosen[run_id][1])
    for run_id in source.unmended():
        chosen.setdefault(run_id, source.run(run_id))
    return [chosen[run_id] for run_id in sorted(chosen)]


def _versions(chosen: Sequence[RunRows]) -> list[str]:
    """The hashes of the flow versions they need, each once."""
    found = {run.definition: None for run, _ in chosen}
    found |= {job.definition: None for _, jobs in chosen for job in jobs if job.definition}
    return list(found)


_OPEN = ", ".join(f"'{state}'" for state in views.OPEN)


class _Stored:
    """The runs as their rows have them: now."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def open(self) -> Iterator[int]:
        return (i for (i,) in self._db.execute(f"SELECT id FROM runs WHERE state IN ({_OPEN})"))

    def over(self) -> Iterator[int]:
        newest = f"SELECT id FROM runs WHERE state NOT IN ({_OPEN}) ORDER BY id DESC"
        return (i for (i,) in self._db.execute(newest))

    def unmended(self) -> Iterator[int]:
        newest = "SELECT max(id) FROM runs GROUP BY flow"
        failed = f"SELECT id FROM runs WHERE state = 'failed' AND id IN ({newest})"
        return (i for (i,) in self._db.execute(failed))

    def run(self, run_id: int) -> RunRows:
        return load_run(self._db, run_id)

    def holds(self) -> Sequence[FlowHold]:
        return load_holds(self._db)

    def version(self, digest: str) -> FlowDef:
        return load_definition(self._db, digest)


_SPANS = """
    WITH RECURSIVE each(run) AS (
      SELECT max(run) FROM events
      UNION ALL
      SELECT (SELECT max(run) FROM events WHERE run < each.run) FROM each WHERE each.run > 0)
    SELECT run, (SELECT max(seq) FROM events WHERE run = each.run) FROM each
    WHERE run > 0 AND (SELECT min(seq) FROM events WHERE run = each.run) <= ?"""
"""Every run that was created up to an event, removed ones too, newest first; its last event.
From index entry to index entry: no event is read."""


class _Past:
    """The runs as they were when event `seq` was the last.

    Rows tell that of a run to which nothing happened since. The others, and those whose rows are
    gone, are the fold of their events up to there.
    """

    def __init__(self, db: sqlite3.Connection, seq: int) -> None:
        self._db, self._seq = db, seq
        self._board = Board()
        self._over: list[int] = []
        self._open: list[int] = []
        still = set(_Stored(db).open())
        for run_id, last in db.execute(_SPANS, (seq,)).fetchall():
            is_open = self._was_open(run_id) if last > seq else run_id in still
            (self._open if is_open else self._over).append(run_id)

    def open(self) -> Iterator[int]:
        return iter(self._open)

    def over(self) -> Iterator[int]:
        return iter(self._over)

    def unmended(self) -> Iterator[int]:
        return iter(())  # what failed long before the moment is not what was looked at then

    def run(self, run_id: int) -> RunRows:
        if run_id not in self._board.runs:
            stored = self._db.execute("SELECT 1 FROM runs WHERE id = ?", (run_id,)).fetchone()
            if stored:
                return load_run(self._db, run_id)
            self._fold(run_id)
        return self._board.runs[run_id], self._board.jobs_of(run_id)

    def holds(self) -> Sequence[FlowHold]:
        self._fold(0, "AND kind IN ('flow.hold', 'flow.release')")
        return list(self._board.held_flows.values())

    def version(self, digest: str) -> FlowDef:
        """One that a run came to in between may be stored no more: then its events made it."""
        return self._board.definitions.get(digest) or load_definition(self._db, digest)

    def _was_open(self, run_id: int) -> bool:
        self._fold(run_id)
        return self._board.runs[run_id].state not in RUN_TERMINAL

    def _fold(self, run_id: int, only: str = "") -> None:
        query = f"SELECT body FROM events WHERE run = ? AND seq <= ? {only} ORDER BY seq"
        for (body,) in self._db.execute(query, (run_id, self._seq)):
            event = _event(body)
            try:
                self._know(event)
                self._board.apply(event)
            except JobmonError as error:
                why = f"event {event.seq} does not follow from those before it: {error}"
                raise StateError("fold the recorded events", why, "jobmon doctor") from error

    def _know(self, event: Event) -> None:
        """Have the flow version on the board that the event is the first to need."""
        if event.kind not in ("run.created", "job.definition"):
            return
        digest = event.data.get("run", event.data)["definition"]
        if digest and digest not in self._board.definitions:
            self._board.add_definition(load_definition(self._db, digest))
