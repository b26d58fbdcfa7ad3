"""kill -9 between the making of a slot and its start, again and again: still exactly one run."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.batch import Batch, until

FLOW = """
flow = Flow("夜間", schedule=Cron("0 * * * *", tz="UTC"), catchup="all", overlap="allow")
flow.shell("a", "echo $JOBMON_TIME >> done; sleep 0.1")
"""
STEPS = ("slotted:1", "submitting:1", "slotted:1", "submitting:2")
"""Slots decided and not committed; committed and not launched. Both again after new downtime."""


@pytest.fixture
def batch(tmp_path: Path, brisk: None) -> Iterator[Batch]:
    found = Batch(tmp_path / "batch")
    found.flow(FLOW)
    yield found
    found.close()


def rows(batch: Batch, query: str) -> list[tuple[str, ...]]:
    with sqlite3.connect(f"file:{batch.state / 'state.db'}?mode=ro", uri=True) as db:
        return db.execute(query).fetchall()


def moved_back(batch: Batch, hours: int) -> list[str]:
    """As if the runtime had been down for so long; the slots it missed."""
    now = int(time.time())
    with sqlite3.connect(batch.state / "state.db") as db:
        ((body,),) = db.execute("SELECT body FROM notes WHERE room = 'ticket'").fetchall()
        ticket = json.loads(body) | {"cursor": now - hours * 3600.0}
        db.execute("UPDATE notes SET body = ? WHERE room = 'ticket'", (json.dumps(ticket),))
    last = now - now % 3600
    return [time.strftime("%Y-%m-%dT%H:%M", time.gmtime(last - 3600 * n)) for n in range(hours)]


def test_killed_between_making_a_slot_and_starting_it(batch: Batch) -> None:
    batch.call("status")
    until(lambda: rows(batch, "SELECT 1 FROM notes WHERE room = 'ticket'"), "the plan is known")
    batch.kill()
    slots = []
    for step in STEPS:
        if step.startswith("slotted"):
            slots = moved_back(batch, 3 + len(slots))
        assert batch.dies_at(step)
    keys = {f"夜間@{slot}+0000" for slot in slots}
    for key in keys:
        batch.client().close()
        until(lambda key=key: (key,) in rows(batch, "SELECT key FROM runs"), f"{key} is there")
        batch.wait(key, "succeeded")
    runs = rows(batch, "SELECT key FROM runs WHERE flow = '夜間'")
    assert len(runs) == len(set(runs))
    assert keys <= {key for (key,) in runs}
    written = (batch.home / "done").read_text().split()
    assert sorted(written) == sorted(set(written)), "a job of a slot ran twice"
    assert {text[:16] for text in written} >= set(slots)
