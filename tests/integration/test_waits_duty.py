"""Waiting runs decided on a board and a store, in times that are given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobmon.jobs.definition import FlowDef
from jobmon.runtime.model import Wait
from jobmon.runtime.store import Batch
from jobmon.runtime.waiting.duty import Waits
from tests.core import flow, job
from tests.recorded import Recorded

# The runs of tests.core have the logical time 2026-11-23T06:10+09:00.
SINCE, BEFORE = 1795359600.0, 1795446000.0


def wait(**fields: Any) -> Wait:
    return Wait(kind="after", since=SINCE, before=BEFORE, **fields)


class Waiting:
    """Run 1 is what is waited for, run 2 waits."""

    def __init__(self, state: Path, definition: FlowDef, *waits: Wait) -> None:
        self.driver = Recorded(state, definition)
        self.driver.now = SINCE
        self.driver.begin(2, waits=waits)
        self.elapsed = 0.0
        self.duty = Waits(self.driver.board, self.driver.store, lambda: self.elapsed)

    def look(self, now: float) -> float | None:
        for event in self.duty.attend(now, Batch()):
            self.driver.fold(event)
        return self.duty.due

    @property
    def left(self) -> int:
        return len(self.driver.board.runs[2].waits)

    def states(self) -> list[str]:
        return [job.state.value for job in self.driver.board.jobs_of(2)]


def test_the_store_knows_the_newest_run_of_a_period(tmp_path: Path) -> None:
    waiting = Waiting(tmp_path, flow(job("A")), wait(flow="g"))
    waiting.look(0.0)
    assert waiting.left == 1
    other = waiting.driver.store.newest_run("f", SINCE, BEFORE)
    assert other is not None
    assert other.id == 2
    assert waiting.driver.store.newest_run("f", BEFORE, BEFORE + 86400) is None
    assert waiting.driver.store.newest_run("g", SINCE, BEFORE) is None
    waiting.driver.close()


def test_who_waits_for_a_run_that_is_missing_reads_no_long_history(tmp_path: Path) -> None:
    waiting = Waiting(tmp_path, flow(job("A")))
    store = waiting.driver.store
    rows = [(n, f"f#{n}", "f", "succeeded", float(n), float(n), "{}") for n in range(3, 3000)]
    store.db.executemany("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    steps: list[int] = []
    store._reader.set_progress_handler(lambda: steps.append(1), 100)
    assert store.newest_run("f", SINCE, BEFORE) is None
    assert len(steps) < 5
    waiting.driver.close()


def test_a_timeout_is_elapsed_time_whatever_becomes_of_the_clock(tmp_path: Path) -> None:
    late = wait(flow="g", until=160.0, if_missing="start")
    waiting = Waiting(tmp_path, flow(job("A")), late)
    assert waiting.look(100.0) == 160.0
    waiting.elapsed = 59.0
    assert waiting.look(3e7) == pytest.approx(3e7 + 1.0)  # set forward by a year: too early still
    assert waiting.left == 1
    waiting.elapsed = 60.0
    waiting.look(-3600.0)
    assert waiting.left == 0
    assert "started all the same: g of" in waiting.driver.board.runs[2].reason
    waiting.driver.close()


def test_several_waits_are_over_one_by_one_and_a_failure_ends_them_all(tmp_path: Path) -> None:
    definition = flow(
        job("A"),
        job("B", "A"),
        job("help", "A", trigger="one_failed"),
        job("last", finally_=True),
    )
    waits = (wait(flow="g"), wait(flow="h", until=10.0, if_missing="fail"))
    waiting = Waiting(tmp_path, definition, *waits)
    waiting.look(0.0)
    assert waiting.left == 2
    waiting.elapsed = 10.0
    waiting.look(10.0)
    assert waiting.left == 0
    waiting.driver.settle()
    assert waiting.states()[:2] == ["failed", "failed"]
    assert waiting.states()[2] == "starting"
    waiting.driver.close()
