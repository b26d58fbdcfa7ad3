"""What `ls` and `show` tell of the future of runs that are not over."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from jobmon.runtime.board import Board
from jobmon.runtime.forecasting.forecast import FlowHistory, history_of
from jobmon.runtime.forecasting.outlook import Outlook
from jobmon.runtime.history import history
from jobmon.runtime.store import load_definition, load_run

MOST = 50
"""Runs that are forecast; of more, the first in the document."""


def fill(db: sqlite3.Connection, rows: Sequence[dict[str, Any]], now: float) -> None:
    """Put the forecast into rows of runs that are not over, and into those of their jobs.

    A run gets `eta` (by medians) and `eta_late` (by p90), seconds since the epoch; a job `median`,
    `p90` and `left`, seconds. What too few runs tell stays None.
    """
    past: dict[str, FlowHistory] = {}
    for row in rows[:MOST]:
        flow = row["flow"]
        if flow not in past:
            past[flow] = history_of(history(db, flow=flow))
        if past[flow].jobs:
            _fill(_outlook(db, row["id"], past[flow], now), row)


def _outlook(db: sqlite3.Connection, run_id: int, past: FlowHistory, now: float) -> Outlook:
    board = Board()
    run, jobs = load_run(db, run_id)
    for digest in {run.definition, *(job.definition for job in jobs if job.definition)}:
        board.add_definition(load_definition(db, digest))
    board.load(run, jobs)
    return Outlook(board, board.runs[run_id], past, now)


def _fill(outlook: Outlook, row: dict[str, Any]) -> None:
    end = outlook.timeline.end
    if end is not None and end.sure:
        row |= {"eta": end.end, "eta_late": end.late}
    for job in row.get("jobs") or ():
        history = outlook.history.of(job["job"])
        own = outlook.board.jobs[outlook.run.id, job["index"]]
        job |= {"median": history.median, "p90": history.p90, "left": outlook.left(own)}
