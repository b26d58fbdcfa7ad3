"""The document `schedule`, what is printed of it, and the next fire times of flows."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from jobmon.jobs import Cron, Flow
from jobmon.jobs.definition import FlowDef
from jobmon.jobs.loader import Loaded
from jobmon.runtime import config
from jobmon.runtime.config import Settings
from jobmon.runtime.errors import NotFoundError, UsageError
from jobmon.runtime.model import FlowHold
from jobmon.runtime.scheduling.agenda import Agenda
from jobmon.runtime.scheduling.planchecks import untimely
from jobmon.runtime.scheduling.schedule import Asked, Known, schedule
from jobmon.runtime.settings.declared import Deployment
from jobmon.tui import firing
from jobmon.tui.ink import Ink

NOW = dt.datetime(2027, 4, 28, 3, tzinfo=dt.UTC).timestamp()


def flow(name: str, schedule: Any = None) -> FlowDef:
    made = Flow(name, schedule=schedule) if schedule else Flow(name)
    made.shell("a", "true")
    return made.definition()


def flows(*made: FlowDef) -> dict[str, FlowDef]:
    return {one.name: one for one in made}


def settings(**rows: Deployment) -> Settings:
    return config.load(Path(), {})._replace(deployments=rows)


def answer(known: dict[str, FlowDef], asked: Asked, given: Settings, **state: Any) -> Any:
    return schedule(known, given, Known(**state), asked, now=NOW, local="Europe/Berlin")


def printed(body: Any, *, explain: bool = False) -> list[str]:
    return firing.page(Ink(), body, NOW, explain=explain)


MORNING = flow("朝", Cron("10 6 * * *", tz="Asia/Tokyo"))


def test_what_fires_next_stands_first_in_local_and_in_zone_time() -> None:
    noon = flow("noon", "0 12 * * *")
    body = answer(flows(noon, MORNING, flow("by hand")), Asked(), settings())
    assert printed(body) == [
        "LOCAL TIME                 ZONE TIME                  NAME  SCHEDULE",
        "Wed 2027-04-28 12:00+0200                             noon  0 12 * * *",
        "Wed 2027-04-28 23:10+0200  Thu 06:10+0900 Asia/Tokyo  朝    10 6 * * *",
    ]
    assert body["schedules"][1]["next"] == [
        {
            "at": dt.datetime(2027, 4, 28, 21, 10, tzinfo=dt.UTC).timestamp(),
            "time": "2027-04-29T06:10+09:00",
            "local": "2027-04-28T23:10+02:00",
            "run": "朝@2027-04-29T06:10+0900",
        }
    ]


def test_a_deployment_is_told_with_its_flow_its_hold_and_its_last_run() -> None:
    night = Deployment("night", "朝", cron="0 1 * * *", params={})
    given = settings(night=night, off=Deployment("off", "朝", active=False))
    hold = FlowHold(flow="朝", at=0.0, who="anna", why="audit")
    last = {"run": "night@2027-04-27T01:00+0900", "state": "failed", "at": 1.0}
    state = {"last": lambda _plan: last, "missed": lambda _plan: ["a", "b"]}
    body = answer(flows(MORNING), Asked(flow="night"), given, **state)
    assert [row["name"] for row in body["schedules"]] == ["night"]
    assert "last night@2027-04-27T01:00+0900 failed, 2 slots missed" in printed(body)[1]
    lines = printed(answer(flows(MORNING), Asked(), given, holds={"朝": hold}))
    assert sum("held by anna: audit" in line for line in lines) == 2
    assert sum("off inactive" in line for line in lines) == 1


def test_all_slots_of_some_days_from_a_day_in_the_zone_of_the_schedule() -> None:
    asked = Asked(flow="朝", start="2027-05-01", days=3)
    (row,) = answer(flows(MORNING), asked, settings())["schedules"]
    assert [slot["time"][:16] for slot in row["next"]] == [
        "2027-05-01T06:10", "2027-05-02T06:10", "2027-05-03T06:10",
    ]  # fmt: skip
    first = Asked(flow="朝", start="2027-05-01T06:10", most=1)
    (row,) = answer(flows(MORNING), first, settings())["schedules"]
    assert row["next"][0]["time"] == "2027-05-01T06:10+09:00"


def test_more_than_can_be_told_is_said() -> None:
    body = answer(flows(flow("m", "* * * * *")), Asked(days=10, explain=True), settings())
    (row,) = body["schedules"]
    assert (len(row["next"]), row["more"]) == (5000, True)
    assert any("there are more" in line for line in printed(body))


HEAD = "DAY             PLANNED  FATE     FIRES                 WHY"
SHIFTED = {
    "skip": [
        "DAY             PLANNED  FATE      WHY",
        "Wed 2027-04-28  06:10    fires",
        "Thu 2027-04-29  06:10    left out  昭和の日",
        "Fri 2027-04-30  06:10    fires",
        "Sat 2027-05-01  06:10    left out  Saturday",
        "Sun 2027-05-02  06:10    left out  Sunday",
        "Mon 2027-05-03  06:10    left out  憲法記念日",
        "Tue 2027-05-04  06:10    left out  みどりの日",
        "Wed 2027-05-05  06:10    left out  こどもの日",
        "Thu 2027-05-06  06:10    fires",
    ],
    "next": [
        HEAD,
        "Wed 2027-04-28  06:10    fires",
        "Thu 2027-04-29  06:10    shifted  Fri 2027-04-30 06:10  昭和の日",
        "Fri 2027-04-30  06:10    fires",
        "Sat 2027-05-01  06:10    shifted  Thu 2027-05-06 06:10  Saturday",
        "Sun 2027-05-02  06:10    shifted  Thu 2027-05-06 06:10  Sunday",
        "Mon 2027-05-03  06:10    shifted  Thu 2027-05-06 06:10  憲法記念日",
        "Tue 2027-05-04  06:10    shifted  Thu 2027-05-06 06:10  みどりの日",
        "Wed 2027-05-05  06:10    shifted  Thu 2027-05-06 06:10  こどもの日",
        "Thu 2027-05-06  06:10    fires",
        "  those that come to the same time are one slot",
    ],
    "previous": [
        HEAD,
        "Wed 2027-04-28  06:10    fires",
        "Thu 2027-04-29  06:10    shifted  Wed 2027-04-28 06:10  昭和の日",
        "Fri 2027-04-30  06:10    fires",
        "Sat 2027-05-01  06:10    shifted  Fri 2027-04-30 06:10  Saturday",
        "Sun 2027-05-02  06:10    shifted  Fri 2027-04-30 06:10  Sunday",
        "Mon 2027-05-03  06:10    shifted  Fri 2027-04-30 06:10  憲法記念日",
        "Tue 2027-05-04  06:10    shifted  Fri 2027-04-30 06:10  みどりの日",
        "Wed 2027-05-05  06:10    shifted  Fri 2027-04-30 06:10  こどもの日",
        "Thu 2027-05-06  06:10    fires",
        "  those that come to the same time are one slot",
    ],
}


@pytest.mark.parametrize("shift", SHIFTED)
def test_golden_week_is_printed_day_by_day(shift: str) -> None:
    cron = Cron("10 6 * * *", tz="Asia/Tokyo", calendar="JP", shift=shift)
    asked = Asked(flow="月次", start="2027-04-28", days=9, explain=True)
    body = answer(flows(flow("月次", cron)), asked, settings())
    title = f"月次  10 6 * * * Asia/Tokyo; business days of JP, others: {shift}"
    assert printed(body, explain=True) == [title, *SHIFTED[shift]]
    fires = [slot["time"][:10] for slot in body["schedules"][0]["next"]]
    assert fires == ["2027-04-28", "2027-04-30", "2027-05-06"]


def test_both_comings_of_an_hour_are_told_apart() -> None:
    asked = Asked(start="2026-11-01", days=1, explain=True)
    cron = Cron("30 * * * *", tz="America/New_York")
    lines = printed(answer(flows(flow("ny", cron)), asked, settings()), explain=True)
    assert any("01:30-0400 01:30-0500  the clocks are set back" in line for line in lines)


def test_a_schedule_that_cannot_be_read_does_not_hide_the_others() -> None:
    lost = flow("lost", Cron("0 6 * * *", calendar="XQ"))
    given = settings(x=Deployment("x", "nobody", cron="0 1 * * *"))
    lines = printed(answer(flows(lost, MORNING), Asked(), given))
    assert any("朝" in line for line in lines)
    assert any("lost" in line and "there is no calendar 'XQ'" in line for line in lines)
    assert any("not planned: x: there is no flow nobody" in line for line in lines)


def test_a_calendar_that_ends_is_told_where_the_fire_times_would_be() -> None:
    japan = flow("japan", Cron("0 6 * * *", tz="Asia/Tokyo", calendar="JP"))
    lines = printed(answer(flows(japan, MORNING), Asked(start="2100-01-01"), settings()))
    assert any("朝" in line for line in lines)
    assert any("japan does not start: no holidays are known for JP in 2100" in x for x in lines)


def test_what_has_no_schedule_is_an_error_that_says_what_to_do() -> None:
    known = flows(MORNING, flow("hand"))
    with pytest.raises(NotFoundError, match="nothing starts it by itself") as error:
        answer(known, Asked(flow="hand"), settings())
    assert "[deployments]" in error.value.hint
    with pytest.raises(NotFoundError, match="no flow and no deployment") as error:
        answer(known, Asked(flow="hans"), settings())
    assert error.value.hint == "did you mean hand?"
    with pytest.raises(UsageError, match="nobody"):
        answer(known, Asked(flow="x"), settings(x=Deployment("x", "nobody")))


@pytest.mark.parametrize(
    "start", ["tomorrow", "0001-01-01", "9999-12-31", "2027-05-01T00:00+09:00"]
)
def test_a_beginning_that_cannot_be_is_an_error(start: str) -> None:
    with pytest.raises(UsageError, match="begin at"):
        answer(flows(MORNING), Asked(start=start), settings())


@pytest.mark.parametrize(
    "asked", [Asked(most=0), Asked(most=10**12), Asked(days=0), Asked(days=367)]
)
def test_more_than_anybody_reads_is_refused(asked: Asked) -> None:
    with pytest.raises(UsageError, match="must be from 1 to"):
        answer(flows(MORNING), asked, settings())


def test_check_finds_schedules_that_never_fire() -> None:
    known = flows(
        MORNING,
        flow("lost", Cron("0 6 * * *", calendar="XQ")),
        flow("sunday", Cron("0 6 * * sun", tz="Asia/Tokyo", calendar="JP")),
        flow("dark", Cron("30 1 * * *", blackout="01:00-02:00")),
    )
    loaded = Loaded(flows=known, lines=dict.fromkeys(known, 7))
    given = settings(
        x=Deployment("x", "nobody"),
        y=Deployment("y", "朝", calendar="Japan"),
        z=Deployment("z", "朝", shift="next"),
    )
    said = [(m.line, m.text) for m in untimely(loaded, given) if not m.warning]
    assert [text.partition(": ")[0] for _, text in said] == [
        "flow 'lost'", "flow 'sunday'", "flow 'dark'", "deployment 'x'", "deployment 'y'",
        "deployment 'z'",
    ]  # fmt: skip
    assert said[0] == (7, "flow 'lost': schedule '0 6 * * *': there is no calendar 'XQ'")
    assert "leave nothing" in said[1][1]


def test_check_warns_of_a_calendar_that_ends_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    now = dt.datetime(2099, 11, 1, tzinfo=dt.UTC).timestamp()
    monkeypatch.setattr("jobmon.runtime.scheduling.planchecks.time.time", lambda: now)
    known = flows(flow("f", Cron("0 6 * * *", tz="Asia/Tokyo", calendar="JP")))
    (said,) = untimely(Loaded(flows=known, lines={"f": 3}), settings())
    assert said.warning
    assert "no holidays are known for JP in 2100" in said.text


def test_the_next_fire_times_of_a_flow_are_those_of_all_its_active_plans() -> None:
    night = Deployment("night", "朝", cron="0 1 * * *")
    given = settings(night=night, off=Deployment("off", "朝", cron="* * * * *", active=False))
    known, agenda = flows(MORNING, flow("hand")), Agenda()
    slots = agenda.next(known, given, NOW)
    assert list(slots) == ["朝"]
    tokyo = [dt.datetime.fromtimestamp(at, dt.UTC) + dt.timedelta(hours=9) for at in slots["朝"]]
    assert [f"{at:%d %H:%M}" for at in tokyo] == ["29 01:00", "29 06:10", "30 01:00", "30 06:10"]
    later = agenda.next(known, given, slots["朝"][0])
    assert later["朝"][0] == slots["朝"][1]
    assert agenda.next(known, given, NOW) == slots  # also after the clock was set back
