"""Which plans flows and deployments make, and why others make none."""

from __future__ import annotations

from typing import Any

import pytest

from jobmon.jobs.definition import CronDef, FlowDef, ParamDef
from jobmon.runtime.config import Settings
from jobmon.runtime.model import Run
from jobmon.runtime.scheduling.overlap import Queue, Refuse, Replace, Start, overlap
from jobmon.runtime.scheduling.plans import plans, wrong
from jobmon.runtime.settings.declared import Deployment
from tests.slots import scheduled


def settings(*rows: Deployment) -> Settings:
    fields: dict[str, Any] = dict.fromkeys(Settings._fields)
    return Settings(**fields | {"deployments": {row.name: row for row in rows}, "calendars": {}})


FLOW = scheduled(
    "0 6 * * *", "Asia/Tokyo", name="朝", overlap="queue", catchup="all", tags=("a",),
    params=(ParamDef("n", "int", 1),), deadline="07:00", start_within=60.0,
)  # fmt: skip
BARE = FlowDef(name="bare", jobs=FLOW.jobs)
FLOWS = {flow.name: flow for flow in (FLOW, BARE)}


def test_a_flow_with_a_schedule_is_a_plan_of_its_name() -> None:
    (plan,) = plans(FLOWS, settings()).values()
    assert (plan.name, plan.flow, plan.cron) == ("朝", FLOW, CronDef("0 6 * * *", "Asia/Tokyo"))
    assert (plan.overlap, plan.catchup, plan.deadline) == ("queue", "all", "07:00")
    assert (plan.start_within, plan.active, plan.tags) == (60.0, True, ("a",))


def test_a_row_of_the_flows_name_changes_its_plan_and_keeps_the_rest() -> None:
    row = Deployment("朝", "朝", cron="30 7 * * *", overlap="allow", tags=("b", "a"), active=False)
    (plan,) = plans(FLOWS, settings(row)).values()
    assert plan.cron == CronDef("30 7 * * *", "Asia/Tokyo")
    assert (plan.overlap, plan.catchup, plan.tags) == ("allow", "all", ("a", "b"))
    assert not plan.active


def test_further_rows_are_further_plans() -> None:
    rows = (
        Deployment("西店", "朝", params={"n": 2}, priority=5),
        Deployment("night", "bare", cron="0 1 * * *", tz="UTC", catchup_window=5.0, deadline=""),
    )
    found = plans(FLOWS, settings(*rows))
    assert set(found) == {"朝", "西店", "night"}
    assert (found["西店"].params, found["西店"].priority) == ({"n": 2}, 5)
    assert found["night"].cron == CronDef("0 1 * * *", "UTC")
    assert (found["night"].catchup, found["night"].catchup_window) == ("latest", 5.0)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (Deployment("x", "asa", cron="0 1 * * *"), "there is no flow asa"),
        (Deployment("x", "bar", cron="0 1 * * *"), "did you mean bare?"),
        (Deployment("x", "bare"), "flow bare has no schedule"),
        (Deployment("x", "朝", cron="0 1 * *"), "five fields"),
        (Deployment("x", "朝", cron="99 1 * * *"), "99"),
        (Deployment("x", "朝", tz="Mars/Base"), "no time zone 'Mars/Base'"),
        (Deployment("x", "朝", params={"n": "viele"}), "'n' cannot be 'viele'"),
        (Deployment("x", "朝", params={"m": 1}), "unknown parameter 'm'"),
    ],
)
def test_a_broken_row_is_told_and_takes_nothing_with_it(row: Deployment, said: str) -> None:
    given = settings(row)
    assert set(plans(FLOWS, given)) == {"朝"}
    (text,) = wrong(FLOWS, given).values()
    assert said in text


def run(number: int, state: str = "running") -> Run:
    fields: dict[str, Any] = {"flow": "f", "definition": "", "time": "", "state": state}
    return Run(id=number, key=f"f#{number}", **fields)


def test_the_policies() -> None:
    going = [run(1), run(2, "blocked")]
    for policy in ("skip", "queue", "cancel_running", "allow"):
        assert overlap(policy, []) == Start()
    assert overlap("allow", going) == Start()
    assert overlap("queue", going) == Queue(tuple(going))
    assert overlap("cancel_running", going) == Replace(tuple(going))
    refused = overlap("skip", going)
    assert isinstance(refused, Refuse)
    assert refused.reason == 'overlap = "skip": f#1 is still running, f#2 is still blocked'
    many = overlap("skip", [run(n) for n in range(9)])
    assert isinstance(many, Refuse)
    assert many.reason.endswith("and 4 more")
