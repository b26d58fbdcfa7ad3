"""What wrapped commands were seen to do: from the state, and from records nobody took in yet."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from jobmon.runtime.model import Attempt, Run
from jobmon.runtime.store import load_definition
from jobmon.runtime.wrapped import logged, spool
from jobmon.runtime.wrapped.intake import seen_files
from jobmon.runtime.wrapped.runs import flow_of


class Seen(NamedTuple):
    """One run of a command. Times in seconds since the epoch; `ok`: its exit code was 0.

    `files` are those its command line named: whether each changed while it ran.
    """

    name: str
    begun: float
    ended: float
    ok: bool
    files: dict[str, bool]
    argv: tuple[str, ...]
    cwd: str


def observed(state: Path, since: float) -> list[Seen]:
    """All that began at `since` or later, in the order of their beginnings."""
    database = state / "state.db"
    found = list(_recorded(database, since)) if database.exists() else []
    found += _waiting(state / spool.SPOOL, since)
    return sorted(found, key=lambda one: one.begun)


def _recorded(path: Path, since: float) -> Iterator[Seen]:
    query = """
        SELECT r.body, a.body FROM runs r JOIN attempts a ON a.run = r.id
        WHERE r.created >= ? AND json_extract(r.body, '$.origin') = 'exec' AND a.job = 0
        ORDER BY r.id, a.n"""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        rows = db.execute(query, (since,)).fetchall()
        runs: dict[int, tuple[Run, list[Attempt]]] = {}
        for run_body, attempt_body in rows:
            run = msgspec.json.decode(run_body, type=Run)
            attempt = msgspec.json.decode(attempt_body, type=Attempt)
            runs.setdefault(run.id, (run, []))[1].append(attempt)
        for run, attempts in runs.values():
            if (one := _of_run(db, run, attempts)) is not None:
                yield one
    finally:
        db.close()


def _of_run(db: sqlite3.Connection, run: Run, attempts: list[Attempt]) -> Seen | None:
    """None for one whose end nobody knows."""
    first, last = attempts[0], attempts[-1]
    if first.started is None or last.ended is None or last.outcome not in ("succeeded", "failed"):
        return None
    job = load_definition(db, run.definition).jobs[0]
    argv = tuple(str(getattr(value, "value", "")) for value in job.argv)
    files: dict[str, bool] = last.fingerprint.get("seen") or {}
    ok = last.outcome == "succeeded"
    return Seen(run.flow, first.started, last.ended, ok, files, argv, job.cwd)


def _waiting(folder: Path, since: float) -> Iterator[Seen]:
    for number in spool.ids(str(folder)):
        found = spool.read(str(folder), number) if spool.begun_at(number) >= since else None
        if found is None or found.ended.get("outcome") not in ("succeeded", "failed"):
            continue
        try:
            flow = flow_of(found)
            began = _started(found) or float(found.begun["at"])
            ended = float(found.ended["ended"])
        except (ValueError, TypeError, KeyError, OSError):
            continue
        argv = tuple(str(word) for word in found.begun["argv"])
        ok = found.ended["outcome"] == "succeeded"
        yield Seen(flow.name, began, ended, ok, seen_files(found), argv, flow.jobs[0].cwd)


def _started(found: spool.Found) -> float | None:
    path = next(iter(found.attempts.values()), None)
    second: dict[str, Any] = logged.head(path)[1] if path else {}
    started = second.get("spawned")
    return started.get("t") if isinstance(started, dict) else None
