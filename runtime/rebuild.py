"""A new database from the event stream, when the old one is damaged: `jobmon doctor --rebuild`.

The state is the fold of the events, so folding them again makes the same rows. The old files are
kept beside the new one. Idempotency keys are not events: a request from before is not remembered.
"""

from __future__ import annotations

import contextlib
import heapq
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from jobmon.runtime import attempts, disk, stream
from jobmon.runtime.board import Board
from jobmon.runtime.config import Settings
from jobmon.runtime.errors import JobmonError, StateError
from jobmon.runtime.keeping.cleaning import BASE, base_of
from jobmon.runtime.model import RUN_TERMINAL, Event
from jobmon.runtime.notify.outbox import ROOMS
from jobmon.runtime.reader import DB_NAME
from jobmon.runtime.store import Batch, Store, guarded
from jobmon.runtime.triggers import outcomes
from jobmon.runtime.triggers import seen as files
from jobmon.runtime.versions import Versions

MADE = "rebuilt.db"
PARTS = ("", "-wal", "-shm")
A_COMMIT = 1000
"""Events folded between two commits."""


class Rebuilt(NamedTuple):
    """What came of it: how much was folded, until when, and where the old file lies ("" = none)."""

    events: int
    runs: int
    until: float
    aside: str


def rebuild(settings: Settings) -> Rebuilt:
    """Make state.db anew. Raises OtherRuntimeError, or StateError and leaves all as it was."""
    state = settings.state_dir
    what = f"rebuild {state / DB_NAME}"
    if not stream.newest(state / "log"):
        hint = f"to begin anew, keeping what is there: mv {state} {state}.old"
        raise StateError(what, f"there is no event stream in {state / 'log'}", hint)
    disk.prepare_state(state)
    lock = disk.WriterLock(state)
    lock.acquire()
    try:
        return guarded(what, lambda: _rebuild(state))
    finally:
        lock.release()


def _rebuild(state: Path) -> Rebuilt:
    _remove(state / MADE)
    if base_of(state / "log"):  # the stream goes on from that copy of the whole state
        shutil.copyfile(state / "log" / BASE, state / MADE)
    store = Store(state, MADE)
    try:
        _forget_what_is_old(store)
        folded = _Fold(store, Versions(state)).all(_events(state, store.seq))
    except BaseException:
        store.close()
        _remove(state / MADE)
        raise
    store.close()
    aside = _put_in_place(state)
    return folded._replace(aside=aside)


def _forget_what_is_old(store: Store) -> None:
    """What a copy remembers was gone on with since: its messages were sent, and files and outcomes
    that it does not know started their runs. They count from now on.
    """
    rooms = (*ROOMS, files.FIRST, outcomes.FIRST)
    keys = [(room, key) for room in rooms for key in store.notes(room)]
    if keys:
        store.commit(Batch(notes=dict.fromkeys(keys)))


def _put_in_place(state: Path) -> str:
    """The old files get the ending .bad-<time>, the new one their name; the old one's new name."""
    old = [part for part in PARTS if (state / (DB_NAME + part)).exists()]
    aside = f"{DB_NAME}.bad-{time.strftime('%Y%m%d-%H%M%S')}"
    for part in old:
        os.rename(state / (DB_NAME + part), state / (aside + part))
    os.rename(state / MADE, state / DB_NAME)
    with disk.folder(state) as fd:
        os.fsync(fd)
    return str(state / aside) if old else ""


def _remove(path: Path) -> None:
    for part in PARTS:
        path.with_name(path.name + part).unlink(missing_ok=True)


# The events, in the order of their numbers


def _events(state: Path, last: int) -> Iterator[Event]:
    """Every committed event after number `last` once. StateError at the first that is missing."""
    streams = [stream.events(path) for path in stream.files(state / "log")]
    for event in heapq.merge(*streams, key=lambda event: event.seq):
        if event.seq > last + 1:
            raise _gap(state, last + 1, event.seq - 1)
        if event.seq == last + 1:
            yield event
            last = event.seq
    for event in _left_behind(state / DB_NAME, last):
        if event.seq != last + 1:
            return
        yield event
        last = event.seq


def _gap(state: Path, first: int, last: int) -> StateError:
    which = f"event {first} is" if first == last else f"events {first} to {last} are"
    why = f"{which} missing in the event stream: what followed cannot be known"
    hint = (
        f"put {state / 'log'}/events-*.jsonl back from a backup and try again, "
        f"or begin anew, keeping what is there: mv {state} {state}.old"
    )
    return StateError(f"rebuild {state / DB_NAME}", why, hint)


def _left_behind(path: Path, last: int) -> list[Event]:
    """Events after `last` that the stream did not get any more, as far as the old file tells."""
    found: list[Event] = []
    with contextlib.suppress(sqlite3.Error, msgspec.DecodeError, UnicodeDecodeError, OSError):
        if not path.is_file() or not path.stat().st_size:
            return found
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        with contextlib.closing(db):
            query = "SELECT body FROM events WHERE seq > ? ORDER BY seq"
            for (body,) in db.execute(query, (last,)):
                found.append(msgspec.json.decode(body, type=Event))
    return found


class _Fold:
    """Folds events into rows, a batch at a time; runs that are over leave memory again."""

    def __init__(self, store: Store, versions: Versions) -> None:
        self._store, self._versions = store, versions
        self._board, self._batch = Board(), Batch()
        self._attempts = {(a.run, a.job): a for a in store.open_attempts()}
        self._keys = store.keys()
        self._board.held_flows.update((hold.flow, hold) for hold in store.holds())

    def all(self, events: Iterator[Event]) -> Rebuilt:
        """Fold every event and commit the rows."""
        until = 0.0
        for event in events:
            self._fold(event)
            until = event.at
            if len(self._batch.events) >= A_COMMIT:
                self._commit()
        self._commit()
        return Rebuilt(self._store.seq, len(self._keys), until, "")

    def _fold(self, event: Event) -> None:
        self._prepare(event)
        try:
            self._board.apply(event)
        except JobmonError as error:
            why = f"event {event.seq} does not follow from those before it: {error}"
            raise StateError("fold the event stream", why, "jobmon doctor") from error
        self._batch.events.append(event)
        self._fold_attempt(event)
        if event.kind == "runtime.gc":
            self._forget_removed(event.data.get("runs", ()))

    def _prepare(self, event: Event) -> None:
        """Have on the board what the event is about."""
        if event.kind == "run.created":
            run = event.data["run"]
            self._know(run["definition"])
            self._count(run["flow"], run["key"])
            self._keys[run["key"]] = run["id"]
        elif event.run and event.run not in self._board.runs:
            run, jobs = self._store.run(event.run)
            for digest in {run.definition, *(j.definition for j in jobs if j.definition)}:
                self._know(digest)
            self._board.load(run, jobs)
        if event.kind == "job.definition" and event.data.get("definition"):
            self._know(event.data["definition"])

    def _know(self, digest: str) -> None:
        if digest not in self._board.definitions:
            definition = self._store.known_version(digest) or self._versions.load(digest)
            self._board.add_definition(definition)
            self._batch.definitions.append(definition)

    def _count(self, flow: str, key: str) -> None:
        number = key.removeprefix(f"{flow}#")
        if number.isdecimal():
            self._batch.counters[flow] = int(number)

    def _fold_attempt(self, event: Event) -> None:
        key = (event.run, event.job)
        attempt = attempts.fold(self._attempts.get(key), event)
        if attempt is None:
            return
        self._batch.attempts[attempt.run, attempt.job, attempt.n] = attempt
        if attempt.outcome:
            self._attempts.pop(key, None)
        else:
            self._attempts[key] = attempt

    def _forget_removed(self, keys: list[str]) -> None:
        self._commit()
        gone = [self._keys.pop(key) for key in keys if key in self._keys]
        for run_id in gone:
            self._board.forget_if_over(run_id)
        self._batch.forget.extend(gone)
        self._commit()

    def _commit(self) -> None:
        batch, self._batch = self._batch, Batch()
        changed, board = self._board.drain(), self._board
        batch.definitions += [board.definitions[d] for d in sorted(changed.definitions)]
        batch.runs = [board.runs[i] for i in sorted(changed.runs)]
        batch.jobs = [
            (board.jobs[key], board.runs[key[0]].flow, board.name(key))
            for key in sorted(changed.jobs)
        ]
        batch.holds = {flow: board.held_flows.get(flow) for flow in changed.flows}
        if not batch.empty:
            self._store.commit(batch)
        for run in batch.runs:
            if run.state in RUN_TERMINAL:
                board.forget(run.id)
