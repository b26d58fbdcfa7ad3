"""Runs started by how runs of another flow ended, on a real runtime."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.batch import Batch, until

LOAD = 'load = Flow("読込")\nload.shell("go", "test -e ok")'
FOLLOW = """
flow = Flow("follow", params={"of": ""}, triggers=Outcome("読込", param="of"))
flow.shell("go", "true")
alarm = Flow("alarm", params={"of": ""}, triggers=[Outcome("読込", on="failure", param="of")])
alarm.shell("go", "true")
"""


@pytest.fixture
def batch(tmp_path: Path, brisk: None) -> Iterator[Batch]:
    batch = Batch(tmp_path)
    batch.flow(LOAD, "load")
    yield batch
    batch.close()


def of(batch: Batch, flow: str) -> list[dict[str, Any]]:
    return [row for row in reversed(batch.runs()) if row["flow"] == flow]


def params(batch: Batch, flow: str) -> list[str]:
    return [row["params"]["of"] for row in of(batch, flow)]


def test_each_ending_starts_one_run_and_a_rerun_that_ends_again_is_a_new_one(batch: Batch) -> None:
    before = batch.run("読込")
    batch.wait(before)
    batch.flow(FOLLOW, "follow")
    batch.call("status")  # the new flows are read
    failed = batch.run("読込")
    until(lambda: params(batch, "alarm") == [failed], "the alarm ran")
    (batch.home / "ok").touch()
    batch.verb("rerun", failed, failed=True)
    until(lambda: params(batch, "follow") == [failed], "its success started one")
    batch.verb("rerun", failed, "go")
    until(lambda: params(batch, "follow") == [failed, failed], "its second success another")
    batch.kill()
    batch.wait(batch.run("読込"))
    until(lambda: len(of(batch, "follow")) == 3, "the new runtime goes on")
    row = of(batch, "follow")[0]
    assert (row["origin"], row["why"]) == ("flow", f"{failed} succeeded")
    assert row["time"] == batch.show(failed)["time"]  # the same day, also when it is a late one
    assert params(batch, "alarm") == [failed]


def test_an_ending_is_acted_on_once_however_often_the_runtime_is_killed(batch: Batch) -> None:
    batch.flow(FOLLOW, "follow")
    (batch.home / "ok").touch()
    batch.call("verb", verb="hold", flow="follow")
    keys = []
    for _ in range(2):  # while the flow is held endings wait: killed now, they must be found again
        keys.append(batch.run("読込"))
        batch.wait(keys[-1])
        batch.kill()
    batch.call("verb", verb="release", flow="follow")
    until(lambda: params(batch, "follow") == keys, "each started one")
    batch.kill()
    batch.wait(batch.run("読込"))
    until(lambda: len(of(batch, "follow")) == 3, "and only one")


def test_an_ending_that_could_start_nothing_does_once_its_flow_is_mended(batch: Batch) -> None:
    batch.flow(FOLLOW.replace('"of": ""', '"of": 0'), "follow")
    (batch.home / "ok").touch()
    batch.call("status")
    first = batch.run("読込")
    told = until(lambda: batch.call("status")["troubles"], "it is told")
    assert "follow by the success of 読込" in told[0]
    batch.flow(FOLLOW, "follow")
    until(lambda: params(batch, "follow") == [first], "the flow as it is now takes it")
    assert batch.call("status")["troubles"] == []


def test_flows_that_start_each_other_do_not(batch: Batch) -> None:
    batch.flow(
        'a = Flow("a", triggers=Outcome("b", on="end"))\na.shell("x", "true")\n'
        'b = Flow("b", triggers=Outcome("a", on="end"))\nb.shell("x", "true")\n'
        'c = Flow("c", triggers=Outcome("a", on="end"))\nc.shell("x", "true")\n'
    )
    batch.wait(batch.run("a"))
    until(lambda: of(batch, "c"), "who is in no circle starts")
    assert of(batch, "b") == []
    troubles = batch.call("status")["troubles"]
    assert sum("a -> b -> a" in text for text in troubles) == 2
