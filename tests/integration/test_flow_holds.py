"""A hold of a flow: of one that is there, seen by everybody, with a runtime and without."""

from __future__ import annotations

import time
from typing import Any

import pytest

from jobmon.runtime import client, config
from jobmon.runtime.errors import NotFoundError
from tests.batch import Batch


@pytest.fixture
def night(batch: Batch) -> Batch:
    batch.flow('flow = Flow("night")\nflow.shell("a", "true")', "night")
    batch.flow('flow = Flow("day")\nflow.shell("a", "true")', "day")
    return batch


def flows(batch: Batch) -> dict[str, dict[str, Any]]:
    body = client.view(config.load(batch.home, {}), "flows")
    return {row["flow"]: row for row in body["flows"]}


@pytest.mark.parametrize("verb", ["hold", "release"])
def test_a_flow_nobody_wrote_is_not_held(night: Batch, verb: str) -> None:
    with pytest.raises(NotFoundError, match="did you mean night"):
        night.call("verb", verb=verb, flow="nigth")
    assert not any(row["held"] for row in flows(night).values())


def test_a_flow_whose_file_is_gone_can_still_be_held_and_released(night: Batch) -> None:
    night.wait(night.run("night"))
    (night.home / "flows" / "night.py").unlink()
    assert night.call("verb", verb="hold", flow="night")["applied"]
    assert night.call("verb", verb="release", flow="night")["applied"]


def test_a_flow_whose_file_is_broken_still_starts_by_itself_and_can_be_held(night: Batch) -> None:
    night.call("view", name="flows")
    (night.home / "flows" / "night.py").write_text("flow = Flow(")
    assert night.call("verb", verb="hold", flow="night")["applied"]
    assert flows(night)["night"]["held"]


def test_a_hold_is_seen_with_a_runtime_and_without(night: Batch) -> None:
    until = time.time() + 3600
    night.call("verb", verb="hold", flow="night", options={"until": until}, why="inventory")
    seen = flows(night)
    assert (seen["night"]["held"], seen["night"]["until"]) == (True, until)
    assert "@" in seen["night"]["by"]
    assert (seen["day"]["held"], seen["day"]["until"], seen["day"]["by"]) == (False, None, None)
    night.close()
    assert flows(night) == seen
