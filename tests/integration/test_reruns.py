"""What a rerun says of the code and the files it uses, and of what it leaves as it is."""

from __future__ import annotations

import pytest

from jobmon.runtime.errors import UsageError
from tests.batch import Batch

FLOW = """
flow = Flow("night", params={"day": Param("date")})
load = flow.shell("load", "sh load.sh")
send = flow.shell("send", "sh send.sh")
load >> send
"""


def test_changed_files_are_listed_and_what_is_kept_is_flagged(batch: Batch) -> None:
    (batch.home / "load.sh").write_text("true\n")
    (batch.home / "send.sh").write_text("exit 3\n")
    batch.flow(FLOW)
    run = batch.run("night", day="2026-11-23")
    assert batch.wait(run)["state"] == "failed"
    (batch.home / "load.sh").write_text("echo better\n")
    (batch.home / "send.sh").write_text("echo mended\n")
    answer = batch.verb("rerun", run, "send")
    assert answer["notes"] == [
        "uses the current code (changed since: send)", "done with old code, kept: load",
    ]  # fmt: skip
    assert answer["touched"][0]["note"] == "attempt 2; changed files: send.sh"
    assert batch.wait(run)["state"] == "succeeded"
    assert [row["old_code"] for row in batch.show(run)["jobs"]] == [True, False]


def test_a_wrong_parameter_is_answered_with_a_line_that_starts_the_flow(batch: Batch) -> None:
    batch.flow(FLOW)
    with pytest.raises(UsageError) as caught:
        batch.run("night", day="2026-11-31")
    assert caught.value.hint == "its parameters: jobmon run night -p day=DATE"
