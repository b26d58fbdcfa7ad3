"""Rows that the report is made of: events, and what runs and jobs are called."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple

Document = dict[str, Any]


class Row(NamedTuple):
    """An event, as far as it is needed."""

    kind: str
    run: int
    body: Document


class Names:
    """What runs and jobs are called, read once each."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.runs: dict[int, Document] = {}
        self.jobs: dict[int, list[tuple[str, str]]] = {}

    def run(self, run_id: int) -> Document | None:
        """The record of a run; None when it is removed."""
        if run_id not in self.runs:
            row = self._db.execute("SELECT body FROM runs WHERE id = ?", (run_id,)).fetchone()
            if row is None:
                return None
            self.runs[run_id] = json.loads(row[0])
        return self.runs[run_id]

    def job(self, run_id: int, index: int) -> tuple[str, str]:
        """Name and state of a job; "" for one that is not there."""
        if run_id not in self.jobs:
            query = "SELECT name, state FROM job_runs WHERE run = ? ORDER BY job"
            self.jobs[run_id] = self._db.execute(query, (run_id,)).fetchall()
        known = self.jobs[run_id]
        return known[index] if 0 <= index < len(known) else ("", "")


def line_of(run: Mapping[str, Any]) -> str:
    """The backfill or the deployment a run belongs to, or its flow."""
    return run.get("batch") or run.get("line") or run["flow"]
