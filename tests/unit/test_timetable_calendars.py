"""Business days, shifts, blackout windows, and what is said of each day."""

from __future__ import annotations

import datetime as dt
from itertools import islice, takewhile

import pytest

from jobmon.jobs.definition import CronDef
from jobmon.jobs.mistakes import WrongError
from jobmon.jobs.windows import window
from jobmon.runtime.settings.declared import CalendarSettings
from jobmon.runtime.timetable import Told, explain_days, fire_times
from jobmon.runtime.timetable.calendars import calendar

GOLDEN_WEEK = {
    "2027-04-28": "",
    "2027-04-29": "昭和の日",
    "2027-04-30": "",
    "2027-05-01": "Saturday",
    "2027-05-02": "Sunday",
    "2027-05-03": "憲法記念日",
    "2027-05-04": "みどりの日",
    "2027-05-05": "こどもの日",
    "2027-05-06": "",
}
OFFICE = CalendarSettings(
    "office",
    country="JP",
    holidays=("2026-12-29", "2026-12-30", "2026-12-31"),
    workdays=("2026-11-28",),
    blackout=("2026-12-24",),
)


def tokyo(day: str) -> float:
    return dt.datetime.fromisoformat(f"{day}T00:00+09:00").timestamp()


def days(cron: CronDef, first: str, end: str, own: CalendarSettings = OFFICE) -> list[str]:
    """The days (and hours) of the slots in [first, end)."""
    times = fire_times(cron, tokyo(first) - 1, "Asia/Tokyo", {own.name: own})
    slots = takewhile(lambda slot: slot.at < tokyo(end), times)
    return [f"{slot.moment:%m-%d}" for slot in slots]


def test_golden_week_2027_is_as_the_law_says() -> None:
    japan = calendar("JP", {})
    closed = {day: japan.closed(dt.date.fromisoformat(day)) for day in GOLDEN_WEEK}
    assert closed == GOLDEN_WEEK
    assert japan.closed(dt.date(2027, 3, 22)) == "振替休日"  # the 21st is a Sunday


@pytest.mark.parametrize(
    ("expression", "shift", "fires"),
    [
        ("10 6 * * *", "skip", ["04-28", "04-30", "05-06"]),
        ("10 6 * * *", "next", ["04-28", "04-30", "05-06"]),  # each day once, whoever comes to it
        ("10 6 * * *", "previous", ["04-28", "04-30", "05-06"]),
        ("10 6 * * sat", "skip", []),
        ("10 6 * * sat", "next", ["05-06"]),
        ("10 6 * * sat", "previous", ["04-30"]),
        ("10 6 29 4 *", "next", ["04-30"]),
        ("10 6 29 4 *", "previous", ["04-28"]),
        ("10 6 1,3,5 5 *", "next", ["05-06"]),
        ("10 6 1,3,5 5 *", "previous", ["04-30"]),
        ("10 6 1,30 4,5 *", "previous", ["04-30"]),
    ],
)
def test_golden_week_by_each_rule(expression: str, shift: str, fires: list[str]) -> None:
    cron = CronDef(expression, "Asia/Tokyo", "JP", shift)
    assert days(cron, "2027-04-28", "2027-05-07") == fires


def test_asking_from_the_middle_of_a_holiday_week_finds_what_is_shifted_over_it() -> None:
    cron = CronDef("10 6 29 4 *", "Asia/Tokyo", "JP", "next")
    late = CronDef("10 6 1 5 *", "Asia/Tokyo", "JP", "next")
    assert days(cron, "2027-04-30", "2027-05-31") == ["04-30"]
    assert days(late, "2027-05-04", "2027-05-31") == ["05-06"]
    back = CronDef("10 6 1 5 *", "Asia/Tokyo", "JP", "previous")
    assert days(back, "2027-04-30", "2027-05-31") == ["04-30"]
    assert days(back, "2027-05-01", "2027-05-31") == []


def test_the_days_of_an_own_calendar_go_before_those_of_its_country() -> None:
    cron = CronDef("0 9 * * *", "Asia/Tokyo", "office")
    assert days(cron, "2026-11-27", "2026-12-01") == ["11-27", "11-28", "11-30"]  # a working Sat
    assert days(cron, "2026-12-24", "2027-01-05") == ["12-25", "12-28", "01-04"]


def test_an_own_calendar_may_have_another_weekend_and_no_country() -> None:
    shop = CalendarSettings("店", weekend=("tue",), holidays=("2026-11-26",))
    cron = CronDef("0 9 * * *", "Asia/Tokyo", "店")
    assert days(cron, "2026-11-22", "2026-11-29", shop) == [
        "11-22", "11-23", "11-25", "11-27", "11-28",
    ]  # fmt: skip


def test_the_weekend_of_a_country_is_its_own() -> None:
    own = {"own": CalendarSettings("own", country="IL")}
    for israel in (calendar("IL", {}), calendar("own", own)):
        assert israel.closed(dt.date(2027, 1, 8)) == "Friday"
        assert israel.closed(dt.date(2027, 1, 10)) == ""


def test_a_part_of_a_country_has_its_own_holidays() -> None:
    chavez = dt.date(2027, 3, 31)
    assert calendar("US-CA", {}).closed(chavez) != ""
    assert calendar("US", {}).closed(chavez) == ""


@pytest.mark.parametrize(
    ("name", "own", "told", "hint"),
    [
        ("XQ", None, "no calendar 'XQ'", "[calendars]"),
        ("jp", None, "no calendar 'jp'", "did you mean 'JP'?"),
        ("offices", OFFICE, "no calendar 'offices'", "did you mean 'office'?"),
        ("US-XX", None, "no holidays are known for 'US-XX'", "CA"),
        ("own", CalendarSettings("own", country="XQ"), "the country 'XQ'", "name the days"),
        ("own", CalendarSettings("own", holidays=("2026-13-01",)), "a day of", "2026-12-29"),
        ("own", CalendarSettings("own", weekend=("so",)), "'so' is no day", "sun"),
    ],
)
def test_an_unknown_calendar_is_an_error_with_a_hint(
    name: str, own: CalendarSettings | None, told: str, hint: str
) -> None:
    with pytest.raises(WrongError, match=told) as error:
        fire_times(CronDef("0 6 * * *", calendar=name), 0.0, "UTC", {own.name: own} if own else {})
    assert hint in error.value.hint


def test_a_year_of_which_no_holidays_are_known_is_an_error_and_not_a_year_without() -> None:
    times = fire_times(CronDef("0 6 * * *", calendar="JP"), tokyo("2099-12-31"), "Asia/Tokyo")
    with pytest.raises(WrongError, match="no holidays are known for JP in 2100") as error:
        list(islice(times, 3))
    assert "from 1949 to 2099" in error.value.hint


def test_a_calendar_without_business_days_is_an_error_and_does_not_search_for_ever() -> None:
    week = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    closed = {"c": CalendarSettings("c", weekend=week)}
    assert next(fire_times(CronDef("0 6 * * *", calendar="c"), 0.0, "UTC", closed), None) is None
    times = fire_times(CronDef("0 6 * * *", calendar="c", shift="next"), 0.0, "UTC", closed)
    with pytest.raises(WrongError, match="no business day"):
        next(times)


def hours(blackout: str, tz: str = "Asia/Tokyo", day: str = "2026-11-26") -> list[str]:
    cron = CronDef("0 */3 * * *", tz, blackout=(blackout,))
    begin = dt.datetime.fromisoformat(f"{day}T00:00+09:00").timestamp()
    times = takewhile(lambda s: s.at < begin + 86400, fire_times(cron, begin - 1, "UTC"))
    return [f"{slot.moment:%H}" for slot in times]


def test_hours_of_a_blackout_begin_inside_and_end_outside_and_pass_midnight() -> None:
    assert hours("03:00-09:00") == ["00", "09", "12", "15", "18", "21"]
    assert hours("21:00-03:00") == ["03", "06", "09", "12", "15", "18"]
    assert hours("18:00-00:00") == ["00", "03", "06", "09", "12", "15"]


def test_days_of_a_blackout_are_both_left_out() -> None:
    cron = CronDef("0 6 * * *", "Asia/Tokyo", blackout=("2026-12-29..2027-01-03", "2027-01-05"))
    assert days(cron, "2026-12-28", "2027-01-07") == ["12-28", "01-04", "01-06"]


def test_a_blackout_without_end_means_never() -> None:
    cron = CronDef("*/5 * * * *", blackout=("0001-01-01..9999-12-31",))
    assert next(fire_times(cron, 0.0, "UTC"), None) is None


def test_a_slot_shifted_into_a_blackout_is_left_out() -> None:
    cron = CronDef("0 6 * * sat", "Asia/Tokyo", "JP", "next", ("2027-05-06",))
    assert days(cron, "2027-05-01", "2027-05-11") == ["05-10"]  # the one of the 8th


def test_a_blackout_is_about_when_a_slot_would_fire_also_after_a_change_of_the_clocks() -> None:
    march = dt.datetime(2026, 3, 8, 5, tzinfo=dt.UTC).timestamp()
    for blackout in ("02:00-02:45", "03:00-04:00"):  # 02:30 does not come: it would fire at 03:00
        cron = CronDef("30 2 * * *", "America/New_York", blackout=(blackout,))
        told = list(explain_days(cron, dt.date(2026, 3, 8), 1, ""))
        assert [(one.verdict, one.slots) for one in told] == [("left out", ())]
        assert f"blackout {blackout}" in told[0].why
        assert all(s.moment.day != 8 for s in islice(fire_times(cron, march, ""), 3))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "01:00",
        "1:00-2:00",
        "25:00-26:00",
        "03:00-03:00",
        "2026-13-01",
        "2027-01-03..2026-12-29",
    ],
)
def test_a_window_that_says_nothing_is_an_error_with_a_hint(text: str) -> None:
    with pytest.raises(WrongError) as error:
        window(text)
    assert error.value.hint


# Explained


def told(cron: CronDef, first: str, count: int) -> list[tuple[str, str, str, list[str]]]:
    found = explain_days(cron, dt.date.fromisoformat(first), count, "UTC")
    return [(f"{one.planned:%m-%d %H:%M}", one.verdict, one.why, moments(one)) for one in found]


def moments(one: Told) -> list[str]:
    return [f"{slot.moment:%d %H:%M%z}" for slot in one.slots]


def test_each_day_of_golden_week_is_explained_by_the_name_of_its_holiday() -> None:
    cron = CronDef("10 6 * * *", "Asia/Tokyo", "JP", "next")
    target = {
        "04-29": "30",
        "05-01": "06",
        "05-02": "06",
        "05-03": "06",
        "05-04": "06",
        "05-05": "06",
    }
    for planned, verdict, why, slots in told(cron, "2027-04-28", 9):
        day = planned[:5]
        assert why == GOLDEN_WEEK[f"2027-{day}"]
        assert verdict == ("shifted" if day in target else "fires")
        assert slots == [f"{target.get(day, day[3:])} 06:10+0900"]
    skipped = told(CronDef("10 6 * * *", "Asia/Tokyo", "JP"), "2027-04-29", 1)
    assert skipped == [("04-29 06:10", "left out", "昭和の日", [])]


def test_what_a_change_of_the_clocks_does_is_explained() -> None:
    twice = "the clocks are set back: 01:30 comes twice, it fires the first time"
    fixed = told(CronDef("30 1 * * *", "America/New_York"), "2026-11-01", 1)
    assert fixed == [("11-01 01:30", "fires", twice, ["01 01:30-0400"])]
    never = "the clocks are set forward: 02:30 does not come"
    moved = told(CronDef("30 2 * * *", "America/New_York"), "2026-03-08", 1)
    assert moved == [("03-08 02:30", "moved", f"{never}, it fires at 03:00", ["08 03:00-0400"])]
    passing = told(CronDef("30 * * * *", "America/New_York"), "2026-11-01", 1)
    assert passing[1][3] == ["01 01:30-0400", "01 01:30-0500"]
    gap = told(CronDef("30 * * * *", "America/New_York"), "2026-03-08", 1)
    assert gap[2][1:] == ("left out", never, [])


def test_what_is_explained_is_what_fires() -> None:
    cron = CronDef("0,30 1-3 * * *", "Europe/London", "office", "previous", ("02:00-02:15",))
    begin = dt.datetime(2026, 10, 20, tzinfo=dt.UTC).timestamp()
    end = begin + 14 * 86400
    explained = {
        slot.at
        for one in explain_days(cron, dt.date(2026, 10, 10), 40, "", {"office": OFFICE})
        for slot in one.slots
        if begin < slot.at < end
    }
    times = fire_times(cron, begin, "", {"office": OFFICE})
    assert [s.at for s in takewhile(lambda s: s.at < end, times)] == sorted(explained)
    assert explained
