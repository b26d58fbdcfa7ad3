"""Failure cards from what is stored: the attempt, the end of its log, the last time it was good."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from jobmon.runtime import failure, logs
from jobmon.runtime.model import JobRun, Run
from jobmon.runtime.states import State
from jobmon.runtime.store import last_success, load_attempt, load_run

CARD_RECORDS = 400
"""Log records at the end of an attempt that the failure card looks through."""
CARD_BYTES = 512 << 10
"""And bytes: also a job that writes lines of megabytes has its card at once."""
CARD_STATES = (State.FAILED, State.LOST, State.RETRY_WAIT, State.CANCELLED)


def card(
    db: sqlite3.Connection, state_dir: Path, run: Run, job_run: JobRun, name: str
) -> dict[str, Any]:
    """The card of one job run, as `failure.card` makes it."""
    attempt = load_attempt(db, *job_run.key, job_run.attempt)
    before = last_success(db, run.flow, name, run.id)
    path = state_dir / "attempts" / str(run.id) / f"{job_run.index}.{job_run.attempt}.jsonl"
    records = logs.tail(path, CARD_RECORDS, CARD_BYTES) if path.exists() else []
    since = load_run(db, before.run)[0].key if before else None
    return failure.card(run, name, job_run, attempt, records, before, since=since)
