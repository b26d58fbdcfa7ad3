"""`jobmon schedule` with and without a runtime."""

from __future__ import annotations

import json
from typing import Any

from tests.batch import Batch
from tests.integration.test_cli import jobmon

FLOWS = """
flow = Flow("閏日", schedule=Cron("0 0 29 2 *", tz="Asia/Tokyo"))
flow.shell("集計", "true")
hand = Flow("hand")
hand.shell("a", "true")
"""
SETTINGS = """
[deployments."年末"]
flow = "hand"
cron = "0 22 31 12 *"
tz = "America/New_York"
calendar = "office"
shift = "previous"
[calendars.office]
holidays = ["2027-12-31"]
"""


def asked(batch: Batch, *more: str) -> list[Any]:
    rows = jobmon(batch, "schedule", "--json", *more).json["schedules"]
    return [{key: row[key] for key in ("name", "flow", "next", "held", "by")} for row in rows]


def test_the_schedule_is_the_same_with_and_without_a_runtime(batch: Batch) -> None:
    batch.flow(FLOWS)
    (batch.home / "jobmon.toml").write_text(SETTINGS, encoding="utf-8")
    without = asked(batch, "--from", "2027-12-30")
    assert [row["name"] for row in without] == ["年末", "閏日"]
    assert without[0]["next"][0]["run"] == "年末@2027-12-30T22:00-0500"
    jobmon(batch, "up")
    assert asked(batch, "--from", "2027-12-30") == without
    jobmon(batch, "hold", "--flow", "hand", "--why", "棚卸し")
    (held,) = asked(batch, "年末")
    assert held["held"]
    assert "棚卸し" in held["by"]
    flows = json.loads(jobmon(batch, "ls", "--flows", "--json").out)["flows"]
    assert {row["flow"]: len(row["next"]) for row in flows} == {"閏日": 4, "hand": 4}
    jobmon(batch, "down")
    assert asked(batch, "年末") == [held]
