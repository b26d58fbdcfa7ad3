"""The earlier runs of a flow as a document: how each ended, and how long its jobs took.

Standard library only; SQLite takes what is needed out of the rows, so that no row is decoded.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from jobmon.runtime.views import OPEN

RUNS = 50
"""Runs in it when nobody says how many."""
MOST_JOBS = 20_000
"""Job rows in it at most, but for those of the newest run."""

_OPEN = ", ".join(f"'{state}'" for state in OPEN)
_RUNS = f"""
    SELECT id, key, state, created, json_extract(body, '$.started'), ended,
      json_extract(body, '$.params'), json_extract(body, '$.warn'),
      (SELECT count(*) FROM job_runs WHERE run = id)
    FROM runs WHERE flow = :flow AND state NOT IN ({_OPEN}) AND (:until IS NULL OR ended <= :until)
    ORDER BY id DESC LIMIT :limit"""
_JOBS = """
    SELECT * FROM (
      SELECT name, state, json_extract(body, '$.started'), json_extract(body, '$.ended') AS ended,
        json_extract(body, '$.code')
      FROM job_runs WHERE run = :run ORDER BY job)
    WHERE :until IS NULL OR ended <= :until"""

_SILENCES = """
    SELECT j.name, max(json_extract(a.body, '$.quiet')), count(*)
    FROM attempts a JOIN job_runs j ON j.run = a.run AND j.job = a.job
    WHERE a.run IN (SELECT id FROM runs WHERE flow = ? ORDER BY id DESC LIMIT ?)
      AND a.outcome = 'succeeded' AND json_extract(a.body, '$.quiet') IS NOT NULL
    GROUP BY j.name"""


def silences(
    db: sqlite3.Connection, *, flow: str, limit: int = RUNS
) -> dict[str, tuple[float, int]]:
    """By job: the longest (seconds) that a successful attempt wrote nothing, and how many tell."""
    return {name: (longest, count) for name, longest, count in db.execute(_SILENCES, (flow, limit))}


def history(
    db: sqlite3.Connection, *, flow: str, until: float | None = None, limit: int = RUNS
) -> dict[str, Any]:
    """The newest `limit` runs of the flow that are over, oldest first, and their jobs by name.

    With `until` what ended later is left out.
    """
    runs: list[dict[str, Any]] = []
    room = MOST_JOBS
    for *fields, jobs in db.execute(_RUNS, {"flow": flow, "until": until, "limit": max(0, limit)}):
        room -= jobs
        if room < 0 and runs:
            break
        runs.append(_run(*fields))
    runs.reverse()
    return {
        "schema": "jobmon.history/1",
        "flow": flow,
        "runs": runs,
        "jobs": _jobs(db, [run["id"] for run in runs], until),
    }


def _run(
    run_id: int, key: str, state: str, created: float, started: float, ended: float, params: str,
    warn: int,
) -> dict[str, Any]:  # fmt: skip
    return {
        "run": key,
        "id": run_id,
        "state": state,
        "created": created,
        "started": started,
        "ended": ended,
        "params": json.loads(params),
        "warn": bool(warn),
    }


def _jobs(
    db: sqlite3.Connection, runs: list[int], until: float | None
) -> dict[str, list[list[Any]]]:
    found: dict[str, list[list[Any]]] = {}
    for run in runs:
        for name, *fields in db.execute(_JOBS, {"run": run, "until": until}):
            found.setdefault(name, []).append([run, *fields])
    return found
