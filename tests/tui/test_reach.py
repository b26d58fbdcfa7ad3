"""A running job is stopped and skipped by one order."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jobmon.tui.reach import Reach, skip_running
from tests.batch import Batch, until

STEPS = """
flow = Flow("steps")
flow.shell("ぐずる仕事", "sleep 600", grace=1) >> flow.shell("after", "true")
"""


def test_a_killed_runtime_leaves_it_neither_held_nor_cancelled(batch: Batch) -> None:
    batch.flow("""
flow = Flow("steps")
stubborn = "trap '' TERM; touch began; while ! test -e go; do sleep 0.05; done"
flow.shell("頑固", stubborn, grace=60) >> flow.shell("after", "true")
""")
    run = batch.run("steps")
    until((batch.home / "began").exists, "it began")
    batch.verb("skip", run, "頑固", stop=True)
    batch.wait_job(run, "頑固", "stopping")
    batch.kill()
    (batch.home / "go").touch()
    batch.pid()
    assert batch.wait(run)["state"] == "succeeded"
    first, after = batch.show(run)["jobs"]
    assert (first["state"], first["held"], after["state"]) == ("skipped", False, "succeeded")
    assert batch.show(run)["attempts"][0]["outcome"] == "cancelled"


@pytest.mark.parametrize("held", [False, True])
def test_a_running_job_that_is_skipped_stays_held_only_if_it_was(batch: Batch, held: bool) -> None:
    batch.flow(STEPS)
    run = batch.run("steps")
    batch.wait_job(run, "ぐずる仕事", "running")
    if held:
        batch.verb("hold", run, "ぐずる仕事")
    row: Any = SimpleNamespace(run=SimpleNamespace(key=run), name="ぐずる仕事")
    answer = skip_running(Reach(state_dir=batch.state), row, "it never ends")
    assert answer["touched"][0]["becomes"] == "skipped"
    batch.wait_job(run, "after", "succeeded")
    job = batch.show(run)["jobs"][0]
    assert (job["state"], job["held"]) == ("skipped", held)
