"""Slots that come, are missed, held, in each other's way: exactly the runs and the records."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobmon.jobs.definition import AfterDef, CronDef, FlowDef, ParamDef
from jobmon.runtime.model import Event
from jobmon.runtime.scheduling import scheduler, starts
from jobmon.runtime.scheduling.starting import Wanted, again
from jobmon.runtime.settings.declared import Deployment
from jobmon.runtime.store import Batch
from tests.core import job
from tests.slots import Night, scheduled

HOUR, DAY = 3600.0, 86400.0


def at(text: str, zone: str = "UTC") -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


NOON = at("2026-11-23T12:00")


def missed(catchup: str, hours: float, **options: Any) -> dict[str, str]:
    """An hourly plan whose runtime was down; {slot: state} without the day."""
    night = Night(scheduled("0 * * * *", catchup=catchup, **options), at=NOON - HOUR / 2)
    night.wall += hours * HOUR
    night.up()
    return {key[8:13] if hours > 24 else key[11:13]: s for key, s in night.states().items()}


def test_a_slot_becomes_a_run_that_knows_it() -> None:
    night = Night(
        scheduled("0 6 * * *", "Asia/Tokyo", params=(ParamDef("day", "date", "today"),)),
        at=at("2026-11-23T05:00", "Asia/Tokyo"),
    )
    assert night.runs == {}
    night.at(at("2026-11-24T06:00:03", "Asia/Tokyo"))
    run = night.runs["f@2026-11-24T06:00+0900"]
    assert run.time == "2026-11-24T06:00:00+09:00"
    assert (run.slot, run.line, run.origin) == (night.wall - 3, "f", "schedule")
    assert run.params == {"day": "2026-11-24"}
    assert run.state == "queued"
    assert not run.waits


@pytest.mark.parametrize(
    ("catchup", "options", "expected"),
    [
        ("latest", {}, {"12": "expired", "13": "expired", "14": "queued"}),
        ("none", {}, {"12": "expired", "13": "expired", "14": "expired"}),
        ("all", {"overlap": "allow"}, {"12": "queued", "13": "queued", "14": "queued"}),
        ("all", {"overlap": "queue"}, {"12": "queued", "13": "waits", "14": "waits"}),
        ("all", {}, {"12": "queued", "13": "expired", "14": "expired"}),
        (
            "all",
            {"overlap": "allow", "catchup_max": 2},
            {"12": "expired", "13": "queued", "14": "queued"},
        ),
        (
            "all",
            {"overlap": "allow", "catchup_window": 2 * HOUR},
            {"12": "expired", "13": "queued", "14": "queued"},
        ),
        (
            "latest",
            {"catchup_window": 60.0},
            {"12": "expired", "13": "expired", "14": "expired"},
        ),
        (
            "all",
            {"overlap": "allow", "start_within": 1.6 * HOUR},
            {"12": "expired", "13": "queued", "14": "queued"},
        ),
    ],
)
def test_down_for_three_hours(
    catchup: str, options: dict[str, Any], expected: dict[str, str]
) -> None:
    assert missed(catchup, 3, **options) == expected


@pytest.mark.parametrize(
    ("catchup", "started", "options"),
    [
        ("latest", ["26T11"], {}),
        ("none", [], {}),
        ("all", [f"25T{h}" for h in range(12, 24)] + [f"26T{h:02}" for h in range(12)], {}),
        ("all", ["26T10", "26T11"], {"catchup_max": 2}),
    ],
)
def test_down_for_three_days(catchup: str, started: list[str], options: dict[str, Any]) -> None:
    found = missed(catchup, 72, overlap="allow", **options)
    assert len(found) == 72, "one for each slot"
    running = [slot for slot, state in found.items() if state != "expired"]
    assert running == started


def test_a_slot_that_is_met_makes_the_missed_ones_before_it_records() -> None:
    night = Night(scheduled("0 * * * *"), at=NOON - 1)
    night.wall += 2 * HOUR + 30
    night.up()
    assert list(night.states().values()) == ["expired", "expired", "queued"]


def test_a_restart_of_moments_misses_nothing_even_with_catchup_none() -> None:
    night = Night(scheduled("0 * * * *", catchup="none"), at=NOON - 1)
    night.wall += 31
    night.up()
    assert list(night.states().values()) == ["queued"]


@pytest.mark.parametrize(
    ("cron", "down", "up", "slots"),
    [  # the clocks of New York: forward on 2027-03-14 at 2, back on 2026-11-01 at 2
        ("30 2", "2027-03-13T12:00", "2027-03-15T12:00", ["14T03:00-0400", "15T02:30-0400"]),
        ("30 1", "2026-10-31T12:00", "2026-11-02T12:00", ["01T01:30-0400", "02T01:30-0500"]),
    ],
)
def test_down_across_a_change_of_the_clocks(
    cron: str, down: str, up: str, slots: list[str]
) -> None:
    zone = "America/New_York"
    flow = scheduled(f"{cron} * * *", zone, catchup="all", overlap="allow")
    night = Night(flow, at=at(down, zone))
    night.wall = at(up, zone)
    night.up()
    states = {key[8:]: state for key, state in night.states().items()}
    assert states == dict(zip(slots, ["expired", "queued"], strict=True)), "the window is a day"


def test_hourly_slots_across_the_fold_come_25_times() -> None:
    zone = "America/New_York"
    night = Night(scheduled("0 * * * *", zone, catchup="none"), at=at("2026-11-01T00:00", zone) - 1)
    night.wall = at("2026-11-02T00:00", zone) - 1
    night.up()
    assert len(night.runs) == 25
    assert {"2026-11-01T01:00-0400", "2026-11-01T01:00-0500"} < set(night.states())


def test_what_was_missed_starts_one_after_the_other() -> None:
    flows = [scheduled("0 12 * * *", name=f"f{i:02}") for i in range(10)]
    night = Night(*flows, at=NOON - 1)
    night.wall = NOON + HOUR
    night.up()
    waits = [run.waits[0].until if run.waits else None for run in night.runs.values()]
    assert waits == [None] * starts.AT_ONCE + [night.wall + second for second in range(1, 7)]
    night.at(night.wall + 3)
    assert sum(bool(run.waits) for run in night.runs.values()) == 3
    night.at(night.wall + 60)
    assert not any(run.waits for run in night.runs.values())


def test_a_clock_set_back_does_not_keep_what_is_staggered() -> None:
    flows = [scheduled("0 12 * * *", name=f"f{i:02}") for i in range(10)]
    night = Night(*flows, at=NOON - 1)
    night.wall = NOON + HOUR
    night.up()
    night.at(night.wall - 200)
    assert not any(run.waits for run in night.runs.values())


def test_more_than_anybody_wants_to_see_is_told_in_one_event() -> None:
    night = Night(scheduled("* * * * *"), at=NOON - 30)
    night.wall += 30 * DAY
    night.up()
    (dropped,) = [e for e in night.shelf.events if e.kind == "schedule.dropped"]
    assert len(night.runs) == scheduler.MOST_RECORDS
    first = min(run.slot or 0 for run in night.runs.values())
    assert (dropped.data["from"], dropped.data["to"]) == (NOON, first - 60)
    assert dropped.data["exact"] is False


def test_a_new_plan_and_a_changed_one_begin_now() -> None:
    night = Night(at=NOON + 60)
    night.change(scheduled("0 12 * * *", name="new"))
    night.look()
    assert night.runs == {}
    night.change(scheduled("0 11 * * *", name="new"))
    assert [e.kind for e in night.at(NOON + HOUR)] == ["schedule.changed"]
    assert night.runs == {}
    night.at(NOON + 23 * HOUR)
    assert list(night.runs) == ["new@2026-11-24T11:00+0000"]


def test_a_plan_that_rests_makes_nothing_and_misses_nothing() -> None:
    flow = scheduled("0 12 * * *")
    off = {"f": Deployment("f", "f", active=False)}
    night = Night(flow, at=NOON - 1)
    night.change(flow, deployments=off)
    night.at(NOON + 5)
    night.change(flow)
    night.at(NOON + 10)
    assert night.runs == {}
    night.at(NOON + DAY)
    assert len(night.runs) == 1


def test_deployments_run_a_flow_under_their_own_names() -> None:
    flow = scheduled("0 12 * * *", params=(ParamDef("shop", "str", "east"),), tags=("a",))
    west = Deployment("西店", "f", cron="30 12 * * *", params={"shop": "west"}, tags=("b",))
    night = Night(flow, at=NOON - 1, deployments={"西店": west})
    night.at(NOON)
    night.at(NOON + HOUR / 2)
    runs = night.runs
    assert list(runs) == ["f@2026-11-23T12:00+0000", "西店@2026-11-23T12:30+0000"]
    run = runs["西店@2026-11-23T12:30+0000"]
    assert (run.flow, run.line, run.params, run.tags) == ("f", "西店", {"shop": "west"}, ("a", "b"))
    assert not run.waits, "another line"


def hold(night: Night, until: float | None = None) -> Event:
    data = {"flow": "f"} | ({"until": until} if until else {})
    return Event(kind="flow.hold", at=night.wall, who="anna", why="棚卸し", data=data)


def test_a_held_flow_keeps_its_slots_as_records() -> None:
    night = Night(scheduled("0 * * * *"), at=NOON - 1)
    night.fold(hold(night))
    night.at(NOON)
    (run,) = night.runs.values()
    assert (run.state, run.reason) == ("expired", "held by anna: 棚卸し")
    night.fold(Event(kind="flow.release", at=night.wall, data={"flow": "f"}))
    night.at(NOON + HOUR)
    assert list(night.states().values()) == ["expired", "queued"]


def test_a_hold_until_a_time_covers_the_slots_before_it() -> None:
    night = Night(scheduled("0 * * * *", catchup="all", overlap="allow"), at=NOON - 1)
    night.fold(hold(night, until=NOON + HOUR))
    held = hold(night, until=NOON + HOUR)
    night.wall = NOON + 2 * HOUR
    night.up(held)
    assert list(night.states().values()) == ["expired", "queued", "queued"]


def test_a_hold_that_ended_before_its_slots_were_decided_covers_them() -> None:
    night = Night(scheduled("0 * * * *"), at=NOON - 1)
    held = hold(night, until=NOON + HOUR / 2)
    night.wall, known = NOON + HOUR / 2 + 1, night.given.known
    night.given.known = None  # the flows are not loaded yet
    night.up(held)
    night.fold(Event(kind="flow.release", at=night.wall, why="until", data={"flow": "f"}))
    night.given.known = known
    night.at(night.wall + 1)
    (run,) = night.runs.values()
    assert (run.state, run.reason.partition(" (")[0]) == ("expired", "held by anna: 棚卸し")
    night.at(NOON + HOUR)
    assert list(night.states().values()) == ["expired", "queued"]


def test_a_hold_that_was_lifted_early_covers_nothing_more() -> None:
    night = Night(scheduled("0 * * * *"), at=NOON - 1)
    night.fold(hold(night, until=NOON + 3 * HOUR))
    night.at(NOON)
    night.fold(Event(kind="flow.release", at=night.wall, who="anna", data={"flow": "f"}))
    night.at(NOON + HOUR)
    assert list(night.states().values()) == ["expired", "queued"]


@pytest.mark.parametrize(
    ("policy", "second", "first"),
    [
        ("skip", "expired", "queued"),
        ("queue", "waits", "queued"),
        ("allow", "queued", "queued"),
        ("cancel_running", "queued", "cancelled"),
    ],
)
def test_a_slot_while_the_earlier_run_goes_on(policy: str, second: str, first: str) -> None:
    night = Night(scheduled("0 * * * *", overlap=policy), at=NOON - 1)
    night.at(NOON)
    night.at(NOON + HOUR)
    assert list(night.states().values()) == [first, second]
    if policy == "skip":
        reason = night.runs["f@2026-11-23T13:00+0000"].reason
        assert "f@2026-11-23T12:00+0000 is still queued" in reason
    if policy == "queue":
        night.finish("f@2026-11-23T12:00+0000")
        night.look()
        assert list(night.states().values()) == ["succeeded", "queued"]


def test_a_run_that_does_not_start_in_time_expires() -> None:
    night = Night(scheduled("0 * * * *", overlap="queue", start_within=2 * HOUR), at=NOON - 1)
    night.at(NOON)
    night.at(NOON + HOUR)
    night.fold(Event(kind="run.hold", at=night.wall, run=1, who="anna"))
    night.at(NOON + 2 * HOUR)
    assert night.runs["f@2026-11-23T12:00+0000"].state == "expired"
    assert night.runs["f@2026-11-23T12:00+0000"].reason == "it did not start in time: it was held"
    assert night.states()["2026-11-23T13:00+0000"] == "queued", "its turn has come"


def test_what_a_run_waited_for_that_did_not_start_in_time_is_named() -> None:
    waiting = scheduled("0 * * * *", start_within=60.0, after=(AfterDef("load"),))
    night = Night(waiting, at=NOON - 1)
    night.at(NOON)
    night.at(NOON + 61)
    (run,) = night.runs.values()
    assert run.state == "expired"
    assert run.reason.endswith(": it waited for load of 2026-11-23 to succeed")


def test_a_schedule_that_cannot_be_followed_is_told_and_the_others_go_on() -> None:
    broken = scheduled("0 12 * * *", name="broken", params=(ParamDef("n", "int", required=True),))
    night = Night(scheduled("0 12 * * *"), broken, at=NOON - 1)
    night.at(NOON)
    assert list(night.runs) == ["f@2026-11-23T12:00+0000"]


# Clocks that are set


def test_a_clock_set_back_an_hour_fires_no_slot_twice() -> None:
    night = Night(scheduled("*/15 * * * *", overlap="allow"), at=NOON - 1)
    for minute in range(0, 61, 5):
        night.at(NOON + 60 * minute)
    before = len(night.runs)
    for minute in range(0, 91, 5):
        night.at(NOON + 60 * minute)
    assert before == 5
    assert len(night.runs) == 7
    assert set(night.states().values()) == {"queued"}


def test_a_clock_set_back_in_the_dark_fires_no_slot_twice() -> None:
    night = Night(scheduled("*/15 * * * *", overlap="allow"), at=NOON - 1)
    night.at(NOON)
    night.at(NOON + HOUR)
    night.wall = NOON
    night.up()
    night.at(NOON + HOUR)
    assert len(night.runs) == 5


def test_a_clock_set_forward_a_year_and_back_again_costs_no_slot() -> None:
    night = Night(scheduled("0 12 * * *"), at=NOON - 1)
    night.at(NOON)
    night.finish()
    night.at(NOON + 365 * DAY)
    made = len(night.runs)
    night.finish()
    assert made == 366
    night.at(NOON + 60)
    for day in range(1, 4):
        night.at(NOON + day * DAY)
        assert night.runs[f"f@2026-11-{23 + day}T12:00+0000"].state == "queued"
        night.finish()
    assert len(night.runs) == made, "the records the wrong clock made are started"
    night.wall = NOON + 6 * DAY + HOUR
    night.up()
    states = [night.runs[f"f@2026-11-{day}T12:00+0000"].state for day in (27, 28, 29)]
    assert states == ["expired", "expired", "queued"]
    assert len(night.runs) == made


# Whatever happens


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("pass"), st.integers(1, 4000)),
            st.tuples(st.just("jump"), st.integers(-20_000, 20_000)),
            st.tuples(st.just("down"), st.integers(0, 100_000)),
            st.tuples(st.just("die"), st.integers(0, 4000)),
            st.tuples(st.just("finish"), st.just(0)),
        ),
        max_size=14,
    ),
    st.sampled_from(["latest", "none", "all"]),
    st.sampled_from(["skip", "queue", "cancel_running", "allow"]),
)
def test_no_slot_is_two_runs_and_none_is_lost(
    steps: list[tuple[str, int]], catchup: str, overlap: str
) -> None:
    """Each slot of the time gone by is a run, a record, or within what an event says of many."""
    flow = scheduled("*/10 * * * *", catchup=catchup, overlap=overlap)
    night = Night(flow, at=NOON - 1)
    known: dict[str, tuple[float | None, float]] = {}
    for what, seconds in steps:
        if what == "finish":
            night.finish()
        elif what == "pass":
            for part in range(0, seconds, 600):
                night.at(night.wall + min(600, seconds - part))
        else:
            night.wall += seconds
            if what == "die":  # in the middle of a turn: nothing of it was committed
                next(iter(night.scheduler.attend(night.wall, Batch())), None)
            if what != "jump":
                night.up()
            night.look()
        for run in night.runs.values():  # no slot twice: the shelf takes no key twice either
            assert known.setdefault(run.key, (run.slot, run.created)) == (run.slot, run.created)
    dropped = [e.data for e in night.shelf.events if e.kind == "schedule.dropped"]
    there = {run.slot for run in night.runs.values()}
    for slot in range(int(NOON), int(night.wall) + 1, 600):
        told = any(data["from"] <= slot <= data["to"] for data in dropped)
        assert slot in there or told, dt.datetime.fromtimestamp(slot, dt.UTC)


def test_a_clock_that_begins_in_1970_and_is_put_right_makes_no_heap_of_records() -> None:
    night = Night(scheduled("0 12 * * *"), at=NOON - 1)
    night.at(NOON)
    night.finish()
    night.wall = 5.0
    night.up()
    night.at(NOON + 6 * HOUR)
    assert len(night.runs) == 1
    assert not [e for e in night.shelf.events if e.kind == "schedule.dropped"]
    night.at(NOON + DAY)
    assert len(night.runs) == 2


def test_a_calendar_nobody_knows_is_told_and_the_others_go_on() -> None:
    lost = scheduled("0 12 * * *", name="lost")
    strange = {"lost": Deployment("lost", "lost", calendar="XQ")}
    night = Night(scheduled("0 12 * * *"), lost, at=NOON - 1, deployments=strange)
    assert [e.kind for e in night.shelf.events] == ["schedule.failed"]
    night.at(NOON)
    assert list(night.runs) == ["f@2026-11-23T12:00+0000"]


def test_runs_that_queue_go_in_the_order_in_which_they_came_whatever_their_numbers() -> None:
    flow = scheduled("0 * * * *", catchup="none")
    night = Night(flow, at=NOON - 1)
    night.wall = NOON + HOUR + 100
    night.up()
    moment = dt.datetime.fromtimestamp(NOON, dt.UTC)
    for number in (2, 1):
        night._bring_back(number)
        wanted = Wanted(flow, "hand", moment, "queue", "x", who="anna")
        night.wall += 1
        night.fold(
            *again(night.board, Batch(), night.board.runs[number], wanted, night.wall).events
        )
        night.look()
    assert list(night.states().values()) == ["waits", "queued"]
    night.finish("f@2026-11-23T13:00+0000")
    night.look()
    assert list(night.states().values()) == ["queued", "succeeded"]


def test_a_flow_of_very_many_jobs_gets_fewer_records_and_several_turns() -> None:
    flow = FlowDef(
        name="f",
        jobs=tuple(job(f"j{i}") for i in range(1000)),
        schedule=CronDef("* * * * *", "UTC"),
        catchup="none",
    )
    night = Night(flow, at=NOON - 30)
    night.wall += HOUR
    night.up()
    records = scheduler.MOST_ROWS // 1000
    assert len(night.runs) == records
    (dropped,) = [e for e in night.shelf.events if e.kind == "schedule.dropped"]
    assert dropped.data["count"] == 60 - records
