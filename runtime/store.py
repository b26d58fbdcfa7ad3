"""SQLite: the events and the rows they made, written in one transaction by one writer.

The runtime is the only writer, for as long as it holds the folder's lock. Everyone else reads
through `reader.open_reader`.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from jobmon.jobs.definition import FlowDef
from jobmon.runtime import reader, schema
from jobmon.runtime.errors import StateError
from jobmon.runtime.model import RUN_TERMINAL, Attempt, Event, FlowHold, JobRun, Run
from jobmon.runtime.reader import DB_NAME
from jobmon.runtime.versions import Versions

ANSWERS_KEPT = 86400.0
"""Seconds an answer is remembered for who asks again with the same idempotency key."""
CLOCK_SLACK = 86400.0
"""Seconds by which a clock may have been set back between a slot and its run."""
_encode = msgspec.json.Encoder().encode
_T = TypeVar("_T")


class Rubbish(msgspec.Struct):
    """What no run needs any more: the events of runs that are gone, those of no run up to number
    `alone` (but for holds of flows), and flow versions by their hashes."""

    runs: list[int] = []
    alone: int = 0
    versions: list[str] = []


class Batch(msgspec.Struct):
    """What one turn of the engine made: it is committed whole or not at all."""

    events: list[Event] = []
    definitions: list[FlowDef] = []
    runs: list[Run] = []
    jobs: list[tuple[JobRun, str, str]] = []  # with the flow's and the job's name
    attempts: dict[tuple[int, int, int], Attempt] = {}
    holds: dict[str, FlowHold | None] = {}
    counters: dict[str, int] = {}
    answers: list[tuple[str, float, dict[str, Any]]] = []
    forget: list[int] = []  # runs whose every row goes (gc)
    rubbish: Rubbish | None = None
    notes: dict[tuple[str, str], Any] = {}  # (room, key) -> what a duty remembers; None: no more

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (
            self.events
            or self.runs
            or self.jobs
            or self.answers
            or self.forget
            or self.notes
            or self.rubbish
        )


class Store:
    """The writer's side. Errors are StateError: what was written, why not, what to do.

    `seq` is the number of the last committed event; `commit_seconds` how long commits take lately.
    """

    def __init__(self, state_dir: Path, name: str = DB_NAME) -> None:
        self.path = state_dir / name
        self.db = guarded(f"open {self.path}", lambda: _open_writer(self.path))
        # What is under way in a commit must not be read: other questions go another way.
        self._reader = guarded(f"read {self.path}", lambda: reader.connect(self.path))
        self.commit_seconds = 0.0
        self.versions_used: set[str] = set()
        """Flow versions that were committed with a run since somebody emptied it."""
        self._versions = Versions(state_dir)
        self.seq: int = self._one("SELECT coalesce(max(seq), 0) FROM events")
        self.last_run: int = self._one("SELECT coalesce(max(id), 0) FROM runs")
        # Ids of runs that gc removed are never given again: attempt folders carry them.
        self.last_run = max(self.last_run, self._one("SELECT coalesce(max(run), 0) FROM events"))
        self.last_run = max(self.last_run, _newest_folder(state_dir / "attempts"))
        self._file = _inode(self.path)

    def _one(self, query: str, *values: Any) -> Any:
        return self._rows(query, *values)[0][0]

    def _rows(self, query: str, *values: Any) -> list[Any]:
        return guarded(f"read {self.path}", lambda: self._reader.execute(query, values).fetchall())

    def in_place(self) -> bool:
        """False once the file was removed or replaced: what is written would be lost."""
        return self._file == _inode(self.path)

    def commit(self, batch: Batch) -> None:
        """Write `batch` durably. Raises StateError and writes nothing when it cannot."""
        begun = time.perf_counter()
        guarded(f"write {self.path}", lambda: self._write(batch))
        took = time.perf_counter() - begun
        self.commit_seconds += 0.2 * (took - self.commit_seconds)
        if batch.events:
            self.seq = batch.events[-1].seq

    def _write(self, batch: Batch) -> None:
        db = self.db
        # What a run has for itself follows from its events.
        self._versions.keep(flow for flow in batch.definitions if not flow.base)
        db.execute("BEGIN IMMEDIATE")
        try:
            _insert(db, batch)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        self.versions_used.update(definition.hash for definition in batch.definitions)
        if batch.rubbish:
            self._versions.drop(batch.rubbish.versions)

    def last_number(self, flow: str) -> int:
        """The number of the newest run of `flow` started by hand; 0 before the first."""
        rows = self._rows("SELECT last FROM counters WHERE flow = ?", flow)
        return rows[0][0] if rows else 0

    def new_run_id(self) -> int:
        """An id no run had before, whether it is used or not."""
        self.last_run += 1
        return self.last_run

    def answered(self, idem: str) -> dict[str, Any] | None:
        """What was answered to this idempotency key before, if anything."""
        rows = self._rows("SELECT body FROM answers WHERE idem = ?", idem)
        return msgspec.json.decode(rows[0][0]) if rows else None

    def open_runs(self) -> Iterator[tuple[Run, list[JobRun]]]:
        """Every run that is not over, with its job runs in index order."""
        states = tuple(sorted(_OPEN_STATES))
        marks = ",".join("?" * len(states))
        query = f"SELECT id FROM runs WHERE state IN ({marks}) ORDER BY id"
        for (run_id,) in self._rows(query, *states):
            yield self.run(run_id)

    def run(self, run_id: int) -> tuple[Run, list[JobRun]]:
        """One run and its job runs in index order."""
        return guarded(f"read {self.path}", lambda: load_run(self._reader, run_id))

    def definition(self, digest: str) -> FlowDef:
        """The flow version of that hash."""
        return guarded(f"read {self.path}", lambda: load_definition(self._reader, digest))

    def known_version(self, digest: str) -> FlowDef | None:
        """The flow version of that hash, if it was committed here."""
        if not self._rows("SELECT 1 FROM definitions WHERE hash = ?", digest):
            return None
        return self.definition(digest)

    def open_attempts(self) -> list[Attempt]:
        """Attempts whose end is not recorded."""
        rows = self._rows("SELECT body FROM attempts WHERE outcome = ''")
        return [msgspec.json.decode(body, type=Attempt) for (body,) in rows]

    def keys(self) -> dict[str, int]:
        """The id of every run by its key."""
        return dict(self._rows("SELECT key, id FROM runs"))

    def holds(self) -> list[FlowHold]:
        """The flows on hold."""
        return guarded(f"read {self.path}", lambda: load_holds(self._reader))

    def notes(self, room: str) -> dict[str, Any]:
        """What is remembered in a room, by key."""
        rows = self._rows("SELECT key, body FROM notes WHERE room = ? ORDER BY key", room)
        return {key: msgspec.json.decode(body) for key, body in rows}

    def run_of_key(self, key: str) -> Run | None:
        """The run of that key, if there is or was one that is still kept."""
        rows = self._rows("SELECT body FROM runs WHERE key = ?", key)
        return msgspec.json.decode(rows[0][0], type=Run) if rows else None

    def inner_run(self, flow: str, parent: str, after: int) -> Run | None:
        """The newest run of `flow` that the run/job `parent` started; its id is above `after`."""
        query = """SELECT body FROM runs WHERE flow = ? AND id > ?
            AND json_extract(body, '$.parent') = ? ORDER BY id DESC LIMIT 1"""
        rows = self._rows(query, flow, after, parent)
        return msgspec.json.decode(rows[0][0], type=Run) if rows else None

    def attempts_told(self, run: int, job: int) -> list[float]:
        """When the attempts of a job ended that said themselves how, by an exit code."""
        query = "SELECT body FROM attempts WHERE run = ? AND job = ? AND outcome IN (?, ?)"
        rows = self._rows(query, run, job, "succeeded", "failed")
        found = [msgspec.json.decode(body, type=Attempt) for (body,) in rows]
        return [attempt.ended or 0.0 for attempt in found if attempt.code is not None]

    def newest_run(self, flow: str, since: float, before: float) -> Run | None:
        """The newest run of `flow` whose logical time lies there, expired ones left out."""
        what = f"read {self.path}"
        return guarded(what, lambda: newest_run(self._reader, flow, since, before))

    def runs_ended(self, flow: str, states: Collection[str], since: float) -> list[Run]:
        """The runs of `flow` that ended so at `since` or later, in the order of their ends."""
        marks = ",".join("?" * len(states))
        query = f"""SELECT body FROM runs WHERE flow = ? AND ended >= ? AND state IN ({marks})
            ORDER BY ended, id"""
        rows = self._rows(query, flow, since, *states)
        return [msgspec.json.decode(body, type=Run) for (body,) in rows]

    def events_after(self, seq: int, limit: int) -> list[Event]:
        """The first `limit` committed events with a larger number, in order."""
        rows = self._rows("SELECT body FROM events WHERE seq > ? ORDER BY seq LIMIT ?", seq, limit)
        return [msgspec.json.decode(body, type=Event) for (body,) in rows]

    def close(self) -> None:
        """Fold the write-ahead log in and close."""
        self._reader.close()
        self.db.close()


_OPEN_STATES = {"queued", "running", "blocked", "stopping"} - RUN_TERMINAL


def load_run(db: sqlite3.Connection, run_id: int) -> tuple[Run, list[JobRun]]:
    """One run and its job runs in index order."""
    (body,) = db.execute("SELECT body FROM runs WHERE id = ?", (run_id,)).fetchone()
    jobs = db.execute("SELECT body FROM job_runs WHERE run = ? ORDER BY job", (run_id,))
    run = msgspec.json.decode(body, type=Run)
    return run, [msgspec.json.decode(job, type=JobRun) for (job,) in jobs]


def load_definition(db: sqlite3.Connection, digest: str) -> FlowDef:
    """The flow version of that hash. Raises StateError when it is not there."""
    row = db.execute("SELECT body FROM definitions WHERE hash = ?", (digest,)).fetchone()
    if row is None:
        raise StateError(f"read flow version {digest}", "it is not in state.db", "jobmon doctor")
    return msgspec.json.decode(row[0], type=FlowDef).known_as(digest)


def load_holds(db: sqlite3.Connection) -> list[FlowHold]:
    """The flows on hold."""
    rows = db.execute("SELECT body FROM flow_holds").fetchall()
    return [msgspec.json.decode(body, type=FlowHold) for (body,) in rows]


def load_attempt(db: sqlite3.Connection, run: int, job: int, n: int) -> Attempt | None:
    """One attempt, if it was ever made."""
    query = "SELECT body FROM attempts WHERE run = ? AND job = ? AND n = ?"
    row = db.execute(query, (run, job, n)).fetchone()
    return msgspec.json.decode(row[0], type=Attempt) if row else None


def newest_run(db: sqlite3.Connection, flow: str, since: float, before: float) -> Run | None:
    """The newest run of `flow` whose logical time lies in [since, before), expired ones left out.

    No run is made before its logical time: they are looked into from the newest to one before it.
    """
    query = """
        SELECT id, created, state != 'expired'
          AND CAST(strftime('%s', json_extract(body, '$.time')) AS INTEGER) >= ?
          AND CAST(strftime('%s', json_extract(body, '$.time')) AS INTEGER) < ?
        FROM runs WHERE flow = ? ORDER BY id DESC LIMIT 5000"""
    with contextlib.closing(db.execute(query, (since, before, flow))) as rows:
        for run_id, created, counts in rows:
            if created < since - CLOCK_SLACK:
                return None
            if counts:
                return load_run(db, run_id)[0]
    return None


def last_success(db: sqlite3.Connection, flow: str, name: str, before: int) -> Attempt | None:
    """The newest succeeded attempt of that job in runs up to id `before`."""
    query = """
        SELECT a.body FROM job_runs j JOIN attempts a ON a.run = j.run AND a.job = j.job
        WHERE j.flow = ? AND j.name = ? AND j.run <= ? AND a.outcome = 'succeeded'
        ORDER BY j.run DESC, a.n DESC LIMIT 1"""
    row = db.execute(query, (flow, name, before)).fetchone()
    return msgspec.json.decode(row[0], type=Attempt) if row else None


def _open_writer(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA journal_size_limit=67108864")
    schema.prepare(db)
    path.chmod(0o600)
    return db


def guarded(what: str, action: Callable[[], _T]) -> _T:
    """The outcome of `action`; what goes wrong with the database becomes a StateError."""
    return reader.guarded(what, lambda: _decoded(action))


def _decoded(action: Callable[[], _T]) -> _T:
    try:
        return action()
    except msgspec.DecodeError as error:  # a row that is no record any more
        raise sqlite3.DatabaseError(str(error)) from error


def _inode(path: Path) -> tuple[int, int]:
    try:
        about = path.stat()
    except OSError:
        return (0, 0)
    return (about.st_dev, about.st_ino)


def _newest_folder(attempts: Path) -> int:
    """The largest run id that has files: a database from before that run must not give it again."""
    try:
        return max((int(name) for name in os.listdir(attempts) if name.isdecimal()), default=0)
    except OSError:
        return 0


def _insert(db: sqlite3.Connection, batch: Batch) -> None:
    _many(
        db,
        "INSERT INTO events VALUES (?, ?, ?, ?, ?)",
        ((e.seq, e.at, e.kind, e.run, _text(e)) for e in batch.events),
    )
    for definition in batch.definitions:
        _insert_version(db, definition)
    _many(db, "INSERT OR REPLACE INTO counters VALUES (?, ?)", batch.counters.items())
    _many(
        db,
        "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET"
        " state = excluded.state, ended = excluded.ended, body = excluded.body",
        ((r.id, r.key, r.flow, r.state, r.created, r.ended, _text(r)) for r in batch.runs),
    )
    _many(
        db,
        "INSERT INTO job_runs VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT(run, job) DO UPDATE SET"
        " state = excluded.state, body = excluded.body",
        ((j.run, j.index, flow, name, j.state.value, _text(j)) for j, flow, name in batch.jobs),
    )
    _many(
        db,
        "INSERT INTO attempts VALUES (?, ?, ?, ?, ?) ON CONFLICT(run, job, n) DO UPDATE SET"
        " outcome = excluded.outcome, body = excluded.body",
        ((a.run, a.job, a.n, a.outcome, _text(a)) for a in batch.attempts.values()),
    )
    _insert_rest(db, batch)


def _insert_version(db: sqlite3.Connection, flow: FlowDef) -> None:
    """Most runs are of a version that is there; asking takes less than encoding a large one."""
    if not db.execute("SELECT 1 FROM definitions WHERE hash = ?", (flow.hash,)).fetchone():
        db.execute("INSERT INTO definitions VALUES (?, ?, ?)", (flow.hash, flow.name, _text(flow)))


def _insert_rest(db: sqlite3.Connection, batch: Batch) -> None:
    for flow, hold in batch.holds.items():
        db.execute("DELETE FROM flow_holds WHERE flow = ?", (flow,))
        if hold:
            db.execute("INSERT INTO flow_holds VALUES (?, ?)", (flow, _text(hold)))
    _many(
        db,
        "INSERT OR IGNORE INTO answers VALUES (?, ?, ?)",
        ((idem, at, _text(answer)) for idem, at, answer in batch.answers),
    )
    for _idem, at, _answer in batch.answers[:1]:
        db.execute("DELETE FROM answers WHERE at < ?", (at - ANSWERS_KEPT,))
    for (room, key), body in batch.notes.items():
        if body is None:
            db.execute("DELETE FROM notes WHERE room = ? AND key = ?", (room, key))
        else:
            db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", (room, key, _text(body)))
    for run in batch.forget:
        for table, column in (("attempts", "run"), ("job_runs", "run"), ("runs", "id")):
            db.execute(f"DELETE FROM {table} WHERE {column} = ?", (run,))
    if batch.rubbish:
        _delete(db, batch.rubbish)


def _delete(db: sqlite3.Connection, rubbish: Rubbish) -> None:
    _many(db, "DELETE FROM events WHERE run = ?", ((run,) for run in rubbish.runs))
    _many(db, "DELETE FROM definitions WHERE hash = ?", ((one,) for one in rubbish.versions))
    db.execute(
        "DELETE FROM events WHERE run = 0 AND seq <= ?"
        " AND kind NOT IN ('flow.hold', 'flow.release')",
        (rubbish.alone,),
    )


def _many(db: sqlite3.Connection, query: str, rows: Iterable[Sequence[Any]]) -> None:
    db.executemany(query, rows)  # row by row: 10,000 of them need not exist at once


def _text(record: Any) -> str:
    return _encode(record).decode()
