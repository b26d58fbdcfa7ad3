"""A running job is skipped by what a runtime can do: held, stopped, skipped, let go."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jobmon.tui.reach import Reach, skip_running
from tests.batch import Batch

STEPS = """
flow = Flow("steps")
flow.shell("ぐずる仕事", "sleep 600", grace=1) >> flow.shell("after", "true")
"""


@pytest.mark.parametrize("held", [False, True])
def test_a_running_job_that_is_skipped_stays_held_only_if_it_was(batch: Batch, held: bool) -> None:
    batch.flow(STEPS)
    run = batch.run("steps")
    batch.wait_job(run, "ぐずる仕事", "running")
    if held:
        batch.verb("hold", run, "ぐずる仕事")
    row: Any = SimpleNamespace(
        run=SimpleNamespace(key=run), name="ぐずる仕事", job=SimpleNamespace(index=0),
        jobdef=SimpleNamespace(grace=1.0),
    )  # fmt: skip
    answer = skip_running(Reach(state_dir=batch.state), row, "it never ends")
    assert answer["touched"][0]["becomes"] == "skipped"
    batch.wait_job(run, "after", "succeeded")
    job = batch.show(run)["jobs"][0]
    assert (job["state"], job["held"]) == ("skipped", held)
