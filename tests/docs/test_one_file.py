"""One flow file, three ways: in the foreground, in the runtime, and in the user's own pytest."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from jobmon.jobs.samples import lay
from tests.batch import Batch

DAY = "2026-11-23"
OWN_TEST = """
from flows.morning import flow
from jobmon.runtime.testing import simulate

LEFT = {"load": {"rows": 90}, "アクセス集計": {"views": 7}}

def test_a_shop_that_refuses_twice():
    night = simulate(flow, fail={"collect": [75, 75, 0]}, outputs=LEFT)
    assert night.outcome == "succeeded"
    assert night.attempts["collect"] == 3
"""


@pytest.fixture
def morning(batch: Batch) -> Batch:
    lay(batch.home)
    return batch


def python(batch: Batch, *args: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(batch.home), "LANG": "C.UTF-8"}
    env |= {"POLITE_SECONDS": "0", "JOBMON_PASS_ENV": "POLITE_SECONDS"}
    return subprocess.run(
        [sys.executable, *args],
        cwd=batch.home,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_in_the_foreground_without_a_runtime(morning: Batch) -> None:
    done = python(morning, "flows/morning.py", "-p", f"day={DAY}", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (morning.home / "out" / DAY / "statistics.csv").is_file()
    assert not morning.state.exists()


def test_in_the_runtime(morning: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLITE_SECONDS", "0")
    monkeypatch.setenv("JOBMON_PASS_ENV", "POLITE_SECONDS")
    run = morning.run("morning", day=DAY)
    morning.wait_job(run, "adjust statuses", "waiting_human")
    morning.verb("done", run, "adjust statuses")
    assert morning.wait(run)["state"] == "succeeded"
    assert (morning.home / "out" / DAY / "statistics.csv").is_file()


def test_in_pytest(morning: Batch) -> None:
    (morning.home / "test_morning.py").write_text(OWN_TEST, encoding="utf-8")
    done = python(morning, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert not morning.state.exists()
