"""Collects everything a folder shows after a campaign, for the accounts to judge."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from jobmon.runtime import stream
from tests.crash.accounts import Account, AttemptRow, Found, settle_up
from tests.crash.ground import Ground


def audit(ground: Ground, accepted: list[str], orphans: set[str]) -> Account:
    """Settle the books of a folder nothing runs in any more.

    `accepted`: keys of the runs the runtime acknowledged. `orphans`: attempts that lost their
    initiator before it wrote their exit record.
    """
    code = "json_extract(body, '$.code')"
    jobs = ground.rows(f"SELECT run, job, state, {code} FROM job_runs")
    runs = ground.rows("SELECT id, key, flow, state FROM runs")
    found = Found(
        effects=ground.effects(),
        attempts=[
            AttemptRow(*row)
            for row in ground.rows(f"SELECT run, job, n, outcome, {code} FROM attempts")
        ],
        jobs={(run, job): (state, code) for run, job, state, code in jobs},
        runs={run: (key, flow, state) for run, key, flow, state in runs},
        accepted=accepted,
        orphans=orphans,
        seqs=[seq for (seq,) in ground.rows("SELECT seq FROM events ORDER BY seq")],
        stream=_stream(ground.state / "log"),
        integrity=_integrity(ground.state / "state.db"),
        left_over=_left_over(ground),
    )
    return settle_up(ground.plan, found)


def _stream(log: Path) -> list[int]:
    lines = [line for path in stream.files(log) for line in path.read_bytes().splitlines()]
    return [json.loads(line)["seq"] for line in lines]


def _integrity(path: Path) -> str:
    db = sqlite3.connect(path)
    try:
        return db.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        db.close()


def _left_over(ground: Ground) -> list[str]:
    found = [f"process {pid} is still there" for pid in ground.processes()]
    said = (ground.home / "runtime.err").read_text().strip()
    return found + ([f"a runtime said: {said[-500:]}"] if said else [])
