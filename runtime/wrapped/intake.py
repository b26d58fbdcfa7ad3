"""The duty that takes in what wrapped commands left, as runs of origin "exec": each exactly once.

Which record became which run is committed together with the run. Only then its logs are moved and
the record removed; a runtime that is killed in between finds the note, and goes on there.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from jobmon.runtime import births, disk, failpoint
from jobmon.runtime.attempts import end_data
from jobmon.runtime.board import Board
from jobmon.runtime.executors.attempts import AttemptFiles, exit_record
from jobmon.runtime.model import Event, ExitRecord, Run
from jobmon.runtime.scheduling.starting import expired
from jobmon.runtime.settle import conclude
from jobmon.runtime.store import Batch, Store
from jobmon.runtime.wrapped import spool
from jobmon.runtime.wrapped.logged import head
from jobmon.runtime.wrapped.runs import flow_of
from jobmon.runtime.wrapped.spool import Found

ROOM = "exec"
"""The room of notes with the run that each record became, until the record is gone."""
EVERY = 2.0
"""Seconds between two looks at the spool."""
MOST_AT_ONCE = 20
"""Records taken in one turn; the jobs have their turn in between."""


class Intake:
    """See `Duty`."""

    def __init__(self, state: Path, store: Store, board: Board) -> None:
        self.due: float | None = 0.0
        self.troubles: list[str] = []
        self._spool = str(state / spool.SPOOL)
        self._files = AttemptFiles(state)
        self._store, self._board = store, board
        self._taken: dict[str, int] = store.notes(ROOM)
        self._fresh: set[str] = set()  # not committed yet

    def attend(self, now: float, batch: Batch) -> Iterator[Event]:
        """Put away what is committed, take in what is new."""
        self.due = now + EVERY
        self._put_away(batch)
        left = MOST_AT_ONCE
        for found in spool.over(self._spool, now):
            if found.id in self._taken:
                continue
            if left == 0:
                self.due = now
                return
            left -= 1
            yield from self._take(found, batch)
            failpoint.reached("taken")

    def heard(self, events: Sequence[Event]) -> None:
        """What was taken in is committed: its record may go."""
        if self._fresh:
            self._fresh.clear()
            self.due = 0.0

    def _put_away(self, batch: Batch) -> None:
        self.troubles = [_senseless(path) for path in spool.aside(self._spool)]
        for number, run_id in list(self._taken.items()):
            if number in self._fresh:
                continue
            try:
                self._move(os.path.join(self._spool, number), run_id)
            except OSError as error:
                self.troubles.append(f"the log of run {run_id} stays in {self._spool}: {error}")
                continue
            del self._taken[number]
            batch.notes[ROOM, number] = None

    def _move(self, path: str, run_id: int) -> None:
        """The attempts' files to where those of runs lie; then the record goes. May be repeated."""
        if not os.path.isdir(path):
            return
        failpoint.reached("moving")
        found = spool.attempts(path)
        with disk.folder(self._files.root) as root:
            os.close(disk.open_folder(str(run_id), root))
        for n, file in found.items():
            with contextlib.suppress(FileExistsError):
                os.link(file, self._files.path(f"{run_id}.0.{n}"))
        failpoint.reached("moved")
        spool.remove(path)

    # One record

    def _take(self, found: Found, batch: Batch) -> Iterator[Event]:
        try:
            run = self._run(found, batch)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            self._set_aside(found, error)
            return
        self._taken[found.id] = batch.notes[ROOM, found.id] = run.id
        self._fresh.add(found.id)
        yield births.created(run, run.created)
        if found.ended.get("outcome") == "busy" or not found.attempts:
            reason = found.ended.get("reason") or "it was ended before it began"
            yield expired(run, str(reason), run.created)
            return
        yield Event(kind="job.ready", at=run.created, run=run.id, job=0, who="exec")
        for n in found.attempts:
            yield from self._attempt(run, found, n)

    def _run(self, found: Found, batch: Batch) -> Run:
        flow = flow_of(found)
        number = (batch.counters.get(flow.name) or self._store.last_number(flow.name)) + 1
        at = float(found.begun["at"])
        run = births.new_run(
            flow,
            run_id=self._store.new_run_id(),
            key=f"{flow.name}#{number}",
            moment=dt.datetime.fromtimestamp(at).astimezone(),
            now=at,
            given={},
            origin="exec",
            who=str(found.begun.get("who", "")),
            told=bool(found.ended.get("told", not found.begun.get("notify"))),
        )
        batch.counters[flow.name] = number
        batch.definitions.append(flow)
        self._board.add_definition(flow)
        return run

    def _set_aside(self, found: Found, error: Exception) -> None:
        """What makes no sense is kept for people, where it is not looked at again."""
        aside = os.path.join(self._spool, f"{spool.ASIDE}{found.id}")
        shutil.move(found.path, aside)
        self.troubles.append(f"{_senseless(aside)}: {error}")

    def _attempt(self, run: Run, found: Found, n: int) -> Iterator[Event]:
        path = found.attempts[n]
        first, spawned = head(path)
        record = exit_record(Path(path))
        began = _time(first.get("t"), run.created)
        data: dict[str, Any] = {"boot": str(first.get("boot", "")), "outside": True}
        here: dict[str, Any] = {"run": run.id, "job": 0, "attempt": n, "who": "exec"}
        if n > 1:
            yield Event(kind="job.due", at=began, **here)
        data["fingerprint"] = {"seen": seen_files(found)}
        yield Event(kind="job.launch", at=began, data=data, **here)
        if isinstance(started := spawned.get("spawned"), dict):
            at = _time(started.get("t"), began)
            yield Event(kind="job.started", at=at, data={"at": at}, **here)
        if record is None:
            reason = "initiator" if n == max(found.attempts) else "file"
            yield Event(kind="job.lose", at=_changed(path), data={"reason": reason}, **here)
            return
        yield self._end(run, record, n, last=n + 1 not in found.attempts)

    def _end(self, run: Run, record: ExitRecord, n: int, *, last: bool) -> Event:
        """What an exit record makes of the attempt; whether another follows, the wrapper said."""
        job = self._board.jobdef((run.id, 0))
        if last:
            job = msgspec.structs.replace(job, retry=None)
        event = conclude(job, self._board.jobs[run.id, 0], record, record.ended)
        return msgspec.structs.replace(event, data=event.data | end_data(record))


def _senseless(path: str) -> str:
    return f"a record of jobmon exec makes no sense; look at it, then remove it: {path}"


def seen_files(found: Found) -> dict[str, bool]:
    """The files that its command line named: whether each changed meanwhile."""
    before, after = found.begun.get("files") or {}, found.ended.get("files") or {}
    return {path: after.get(path) != changed for path, changed in before.items()}


def _time(value: Any, usual: float) -> float:
    return float(value) if isinstance(value, int | float) else usual


def _changed(path: str) -> float:
    return os.stat(path).st_mtime
