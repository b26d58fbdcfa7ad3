"""The period a run belongs to, in its own zone, also where the clocks change."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from jobmon.jobs.definition import AfterDef, CronDef
from jobmon.runtime.births import new_run
from jobmon.runtime.model import Wait
from jobmon.runtime.waiting.periods import name, period
from tests.core import flow, job

HOUR, DAY = 3600, 86400


def at(text: str, zone: str = "Asia/Tokyo", fold: int = 0) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def utc(text: str) -> float:
    return dt.datetime.fromisoformat(text + "+00:00").timestamp()


@pytest.mark.parametrize(
    ("same", "moment", "since", "before", "said"),
    [
        ("day", "2026-11-23T06:10", "2026-11-22T15:00", "2026-11-23T15:00", "2026-11-23"),
        ("hour", "2026-11-23T06:10:05", "2026-11-22T21:00", "2026-11-22T22:00", "2026-11-23 06h"),
        ("week", "2026-11-29T23:59", "2026-11-22T15:00", "2026-11-29T15:00", "week 2026-W48"),
        ("week", "2027-01-01T00:00", "2026-12-27T15:00", "2027-01-03T15:00", "week 2026-W53"),
        ("month", "2026-12-31T23:59", "2026-11-30T15:00", "2026-12-31T15:00", "2026-12"),
        ("month", "2028-02-29T12:00", "2028-01-31T15:00", "2028-02-29T15:00", "2028-02"),
    ],
)
def test_the_periods_of_tokyo(same: str, moment: str, since: str, before: str, said: str) -> None:
    assert period(same, at(moment)) == (utc(since), utc(before))
    assert name(same, at(moment)) == said


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2027-03-14", 23),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("America/Santiago", "2026-09-06", 23),  # its midnight is left out
        ("America/Santiago", "2026-04-04", 25),
    ],
)
def test_a_day_is_as_long_as_its_zone_says(zone: str, day: str, hours: float) -> None:
    since, before = period("day", at(f"{day}T12:00", zone))
    assert before - since == hours * HOUR
    assert period("day", at(f"{day}T23:59:59", zone)) == (since, before)
    first = dt.datetime.fromtimestamp(since, ZoneInfo(zone))
    assert (first.date().isoformat(), period("day", first)) == (day, (since, before))
    assert period("day", at(f"{day}T12:00", zone) + dt.timedelta(days=1))[0] == before


def test_an_hour_is_one_of_elapsed_time_also_when_the_wall_shows_it_twice() -> None:
    first = period("hour", at("2026-10-25T02:30", "Europe/Berlin"))
    second = period("hour", at("2026-10-25T02:30", "Europe/Berlin", fold=1))
    assert first == (utc("2026-10-25T00:00"), utc("2026-10-25T01:00"))
    assert second == (utc("2026-10-25T01:00"), utc("2026-10-25T02:00"))


def test_a_week_over_the_change_of_the_clocks() -> None:
    since, before = period("week", at("2026-03-25T00:00", "Europe/Berlin"))
    assert before - since == 7 * DAY - HOUR


AFTER = flow(
    job("A"),
    after=(AfterDef("load", timeout=60.0, if_missing="fail"),),
    schedule=CronDef("0 6 * * *", "Asia/Tokyo"),
)


def born(**fields: Any) -> tuple[Wait, ...]:
    moment = dt.datetime.fromtimestamp(utc("2026-11-22T23:00"), dt.UTC)
    return new_run(AFTER, run_id=1, key="f#1", moment=moment, now=5.0, given={}, **fields).waits


def test_a_run_by_hand_has_the_day_of_its_flows_schedule() -> None:
    (wait,) = born()
    assert (wait.since, wait.before) == (utc("2026-11-22T15:00"), utc("2026-11-23T15:00"))
    assert (wait.flow, wait.until, wait.if_missing, wait.period) == (
        "load",
        65.0,
        "fail",
        "2026-11-23",
    )


def test_a_slot_keeps_its_own_zone_and_its_other_waits() -> None:
    other = Wait(kind="until", until=9.0)
    first, second = born(slot=1.0, waits=(other,))
    assert first is other
    assert second.period == "2026-11-22"


def test_a_run_told_not_to_wait_does_not() -> None:
    assert born(wait=False) == ()
