"""The lively demo: what a person is to find on its screen is there, and soon."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobmon.jobs.loader import load_folder
from jobmon.jobs.samples import lay
from tests.batch import Batch, until
from tests.tui.terminal import Terminal, hostile_free

FAST = 20.0
FLOWS = {"morning", "clock", "price-watch", "日次売上", "parcels", "画像変換", "アクセス解析"}


@pytest.fixture
def lively(tmp_path: Path) -> Iterator[Batch]:
    batch = Batch(tmp_path / "batch")
    lay(batch.home, lively=True)
    yield batch
    batch.close()


def runs(batch: Batch, flow: str) -> list[dict[str, Any]]:
    """Its runs, newest first."""
    return batch.call("view", name="ls", args={"flow": flow, "limit": 50})["runs"]


def in_state(batch: Batch, run: str, job: str, state: str) -> bool:
    """Whether the run is there and its job in this state."""
    there = run in {row["run"] for row in runs(batch, run.partition("#")[0])}
    return there and batch.states(run)[job] == state


def test_all_its_flows_load(tmp_path: Path) -> None:
    lay(tmp_path, lively=True)
    loaded = load_folder(tmp_path)
    assert loaded.mistakes == []
    assert set(loaded.flows) == FLOWS | {"月次締め"}
    assert {name for name, flow in loaded.flows.items() if flow.schedule} == set(loaded.flows) - {
        "morning",
        "clock",
    }


def test_laid_over_the_plain_sample_and_back(tmp_path: Path) -> None:
    lay(tmp_path)
    written = {str(path.relative_to(tmp_path)) for path in lay(tmp_path, lively=True)}
    assert "flows/clock.py" in written
    assert "jobmon.toml" in written, "more slots"
    assert "scripts/shop.py" not in written
    assert lay(tmp_path) == [tmp_path / "jobmon.toml"]


def test_within_moments_there_is_something_of_everything(lively: Batch) -> None:
    """A failure to mend, a hold with its reason, a person waited for, a retry, and a past."""
    clock = lively.run("clock", speed=FAST)
    for run, job, state in (
        ("morning#2", "collect", "failed"),
        ("月次締め#1", "承認", "waiting_human"),
        ("月次締め#1", "請求書作成", "queued"),
        ("parcels#1", "配達状況", "succeeded"),
        ("画像変換#12", "公開", "succeeded"),
        ("日次売上#4", "朝便通知", "succeeded"),
    ):
        until(lambda a=(run, job, state): in_state(lively, *a), f"{job} of {run} is {state}")
    held = {row["job"] for row in lively.show("月次締め#1")["jobs"] if row["held"]}
    assert held == {"請求書作成"}
    tries = {row["job"]: row["attempt"] for row in lively.show("parcels#1")["jobs"]}
    assert tries["ask the carrier"] == 3
    assert len(runs(lively, "morning")) == 2, "the failed one is left for a person"
    lively.verb("cancel", clock)
    lively.wait(clock)
    assert lively.states(clock) == {"start the others": "cancelled"}


def test_a_person_sees_it_at_work_and_leaves_nothing_going(tmp_path: Path) -> None:
    """The demo in a terminal: the monitor opens, q gives the terminal back, the clock stops."""
    batch = Batch(tmp_path / "batch")
    jobmon = str(Path(sys.executable).with_name("jobmon"))
    env = {"JOBMON_DEMO_SPEED": str(FAST), "XDG_STATE_HOME": str(tmp_path)}
    try:
        with Terminal([jobmon, "demo", str(batch.home)], env, 100, 30) as terminal:
            terminal.wait(lambda t: "succeeded" in t.text(), 30)
            terminal.press("q")
            assert terminal.end(30) == 0
            assert terminal.sane()
            assert hostile_free(terminal.raw)
            assert "jobmon run clock" in terminal.text()
        batch.wait("clock#1", "cancelled")
    finally:
        batch.close()
