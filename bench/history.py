"""A long history made from a short one: the rows of one run, copied under new numbers."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

JOBS = 100
Database = sqlite3.Connection


def multiply(path: Path, runs: int) -> None:
    """Make `runs` runs of the one in the file; nothing may have it open."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        for setting in _IN_A_HURRY:
            db.execute(f"PRAGMA {setting}")
        (events,) = db.execute("SELECT max(seq) FROM events").fetchone()
        (run,) = db.execute("SELECT max(id) FROM runs").fetchone()
        db.execute("CREATE TEMP TABLE copies(step INTEGER PRIMARY KEY)")
        db.executemany("INSERT INTO copies VALUES (?)", ((n,) for n in range(1, runs)))
        for copy in _COPIES:
            db.execute(copy, {"run": run, "events": events})
        db.commit()
        (newest,) = db.execute("SELECT body FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    _end_stream(path.parent / "log", newest)


def _end_stream(folder: Path, newest: str) -> None:
    """The copy of the events in files ends where the table does, else it would be caught up."""
    last = max(folder.glob("events-*.jsonl"))
    with last.open("a", encoding="utf-8") as stream:
        stream.write(newest + "\n")


_IN_A_HURRY = ("journal_mode=OFF", "synchronous=OFF", "cache_size=-500000")
# CROSS JOIN: copy after copy, so that rows come in the order in which they lie.
_BODY = "replace(body, '\"run\":' || :run || ',', '\"run\":' || (:run + step) || ',')"
_COPIES = (
    "INSERT INTO runs SELECT id + step, flow || '#' || (id + step), flow, state,"
    " created + step, ended + step,"
    " json_set(body, '$.id', id + step, '$.key', flow || '#' || (id + step))"
    " FROM copies CROSS JOIN runs WHERE id = :run",
    f"INSERT INTO job_runs SELECT run + step, job, flow, name, state, {_BODY}"
    " FROM copies CROSS JOIN job_runs WHERE run = :run",
    f"INSERT INTO attempts SELECT run + step, job, n, outcome, {_BODY}"
    " FROM copies CROSS JOIN attempts WHERE run = :run",
    "INSERT INTO events SELECT seq + step * :events, at + step, kind, run + step,"
    f" replace({_BODY}, '\"seq\":' || seq || ',', '\"seq\":' || (seq + step * :events) || ',')"
    " FROM copies CROSS JOIN events WHERE run = :run",
)


def last_of_a_job(db: Database) -> list[dict[str, object]]:
    """The last 50 runs of one job, decoded."""
    one = "flow = 'nightly' AND name = 'j7'"
    query = f"SELECT body FROM job_runs WHERE {one} ORDER BY run DESC LIMIT 50"
    found = [json.loads(body) for (body,) in db.execute(query)]
    assert len(found) == 50
    return found
