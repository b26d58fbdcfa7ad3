"""Fire times against an independent computation: UTC minutes walked one by one, no croniter."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from functools import cache, lru_cache
from itertools import accumulate, islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobmon.jobs.definition import CronDef
from jobmon.jobs.mistakes import WrongError
from jobmon.runtime.settings.declared import CalendarSettings
from jobmon.runtime.timetable import explain_days, fire_times, slot_key

MINUTE, HOUR, DAY = 60, 3600, 86400
CHANGES = {
    "Asia/Tokyo": 0,
    "America/New_York": 6,
    "Europe/London": 6,
    "Europe/Berlin": 6,
    "Australia/Sydney": 6,
    "America/Santiago": 6,
    "Australia/Lord_Howe": 6,
    "UTC": 0,
    "Africa/Casablanca": 6,
    "Asia/Kathmandu": 0,
}
"""How often the clocks of each zone change in 2026, 2027 and 2028."""
EXPRESSIONS = (
    "30 1 * * *",
    "30 2 * * *",
    "0 0 * * *",
    "15 3 * * *",
    "0 * * * *",
    "30 * * * *",
    "*/15 * * * *",
    "*/20 1-3 * * *",
    "5 */2 * * *",
    "0 9-17 * * 1-5",
    "0,30 1-3 * * *",
    "0 6 L * *",
    "0 6 * * mon#1",
    "0 2 * * sun",
    "0 0 29 2 *",
    "30 2 1,8 * sun",
    "15,45 0-3 25-31 3,10 *",
)
QUIET = ("2026-02-26", "2027-01-30", "2028-02-27")
"""Days from which five are walked that have no change of the clocks: where months begin."""
NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


# The independent computation


@cache
def changes(zone: str) -> list[int]:
    """The hours of 2026 to 2028 (seconds since the epoch) in which the offset changes."""
    where = ZoneInfo(zone)
    begin, end = (int(dt.datetime(y, 1, 1, tzinfo=dt.UTC).timestamp()) for y in (2026, 2029))
    offsets = [
        (at, dt.datetime.fromtimestamp(at, where).utcoffset()) for at in range(begin, end, HOUR)
    ]
    return [at for (at, new), (_, old) in zip(offsets[1:], offsets, strict=False) if new != old]


@cache
def spans(zone: str) -> list[tuple[int, int]]:
    """What is walked: two days on both sides of each change, and the quiet days."""
    around = [(at - at % DAY - 2 * DAY, at - at % DAY + 2 * DAY) for at in changes(zone)]
    starts = [int(dt.datetime.fromisoformat(f"{day}T00:00+00:00").timestamp()) for day in QUIET]
    return [*around, *((start, start + 5 * DAY) for start in starts)]


class Walk:
    """Each minute of a span, and some hours on both sides, with what the wall shows."""

    def __init__(self, zone: str, begin: int, end: int) -> None:
        where = ZoneInfo(zone)
        self.minutes = range(begin - 3 * HOUR, end + 3 * HOUR, MINUTE)
        walls = [dt.datetime.fromtimestamp(at, where).replace(tzinfo=None) for at in self.minutes]
        self.latest = list(accumulate(walls, max))
        """The latest time that the wall has shown until then."""
        self.by_day: dict[dt.date, list[tuple[int, int]]] = {}
        for at, wall in zip(self.minutes, walls, strict=True):
            row = self.by_day.setdefault(wall.date(), [])
            row.append((wall.hour * 60 + wall.minute, at))

    def first(self, planned: dt.datetime) -> int:
        """The first minute whose wall shows the time or, where none does, a later one."""
        place = bisect_left(self.latest, planned)
        return self.minutes[place] if place < len(self.minutes) else -1


walked = lru_cache(16)(Walk)


def numbers(field: str, low: int, high: int) -> set[int]:
    """The values of a minute, hour, day or month field."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        ends = (low, high) if span == "*" else (int(first), int(last or first))
        found |= set(range(ends[0], ends[1] + 1, int(step or 1)))
    return found


def of_weekday(day: dt.date, field: str) -> bool:
    name, _, nth = field.partition("#")
    weekday = (day.weekday() + 1) % 7
    if name in NAMES:
        return weekday == NAMES.index(name) and nth in ("", str((day.day + 6) // 7))
    return weekday in numbers(field, 0, 6)


def of_month(day: dt.date, field: str) -> bool:
    if field == "L":
        return (day + dt.timedelta(days=1)).day == 1
    return day.day in numbers(field, 1, 31)


def named(day: dt.date, days: str, months: str, weekdays: str) -> bool:
    """Whether a cron expression means the day; two restricted fields are alternatives."""
    if day.month not in numbers(months, 1, 12):
        return False
    if "*" in (days, weekdays):
        return (days == "*" or of_month(day, days)) and (
            weekdays == "*" or of_weekday(day, weekdays)
        )
    return of_month(day, days) or of_weekday(day, weekdays)


def expected(expression: str, zone: str, begin: int, end: int) -> list[int]:
    """The slots in [begin, end) by the rules, from the minutes alone."""
    minute, hour, *day_fields = expression.split()
    times = {h * 60 + m for h in numbers(hour, 0, 23) for m in numbers(minute, 0, 59)}
    walk = walked(zone, begin // DAY * DAY, -(-end // DAY) * DAY)
    days = [day for day in walk.by_day if named(day, *day_fields)]
    if "*" in minute + hour:
        found = {at for day in days for time, at in walk.by_day[day] if time in times}
    else:
        found = {
            walk.first(dt.datetime.combine(day, dt.time(time // 60, time % 60)))
            for day in days
            for time in times
        }
    return sorted(at for at in found if begin <= at < end)


# What jobmon says


def fired(expression: str, zone: str, begin: float, end: float) -> list[float]:
    times = fire_times(CronDef(expression, zone), begin - 1, "")
    return [slot.at for slot in takewhile(lambda slot: slot.at < end, times)]


@pytest.mark.parametrize("zone", CHANGES)
def test_the_zones_change_their_clocks_as_often_as_is_known(zone: str) -> None:
    assert len(changes(zone)) == CHANGES[zone]


@pytest.mark.parametrize("expression", EXPRESSIONS)
@pytest.mark.parametrize("zone", CHANGES)
def test_each_slot_comes_exactly_once_by_the_rules(zone: str, expression: str) -> None:
    for begin, end in spans(zone):
        assert fired(expression, zone, begin, end) == expected(expression, zone, begin, end)


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("expression", ["*/15 * * * *", "30 1 * * *", "0,30 1-3 * * *"])
def test_asking_from_any_minute_around_a_change_finds_the_same(zone: str, expression: str) -> None:
    for change in changes(zone)[:2]:
        end = change + 4 * HOUR
        for begin in range(change - 3 * HOUR, change + 2 * HOUR, 10 * MINUTE):
            assert fired(expression, zone, begin, end) == expected(expression, zone, begin, end)


KNOWN = (
    ("30 1 * * *", "America/New_York", "2026-11-01", ["05:30"]),  # 01:30 comes twice
    ("30 2 * * *", "America/New_York", "2026-03-08", ["07:00"]),  # 02:30 does not come
    ("0,30 1-3 * * *", "America/New_York", "2026-03-08", ["06:00", "06:30", "07:00", "07:30"]),
    ("30 * * * *", "Europe/Berlin", "2026-10-25", ["22:30", "23:30", "00:30", "01:30", "02:30"]),
    ("15 2 * * *", "Australia/Lord_Howe", "2026-10-04", ["15:30"]),  # half an hour is left out
    ("0 0 * * *", "America/Santiago", "2026-09-06", ["04:00"]),  # midnight does not come
    ("0 6 * * *", "Asia/Kathmandu", "2027-01-01", ["00:15"]),
)


@pytest.mark.parametrize(("expression", "zone", "day", "times"), KNOWN)
def test_what_is_known_of_single_days(
    expression: str, zone: str, day: str, times: list[str]
) -> None:
    begin = dt.datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=ZoneInfo(zone)).timestamp()
    slots = fired(expression, zone, begin, begin + DAY)[: len(times)]
    shown = [f"{dt.datetime.fromtimestamp(at, dt.UTC):%H:%M}" for at in slots]
    assert shown == times


def test_the_keys_of_a_fold_differ_by_their_offsets() -> None:
    begin = dt.datetime(2026, 11, 1, 5, tzinfo=dt.UTC).timestamp()
    times = fire_times(CronDef("30 * * * *", "America/New_York"), begin, "")
    keys = [slot_key("夜間", slot) for slot in islice(times, 2)]
    assert keys == ["夜間@2026-11-01T01:30-0400", "夜間@2026-11-01T01:30-0500"]


def test_an_offset_with_seconds_is_in_the_key() -> None:
    begin = dt.datetime(1880, 1, 1, tzinfo=dt.UTC).timestamp()
    slot = next(fire_times(CronDef("0 6 * * *", "Asia/Tokyo"), begin, ""))
    assert slot_key("f", slot) == "f@1880-01-02T06:00+091859"


def test_a_schedule_without_a_zone_is_read_in_the_local_one() -> None:
    after = dt.datetime(2026, 11, 23, tzinfo=dt.UTC).timestamp()
    for local in ("Asia/Tokyo", "+09:00"):
        slot = next(fire_times(CronDef("10 6 * * *"), after, local))
        assert slot.moment.isoformat() == "2026-11-24T06:10:00+09:00"
        assert slot.at == slot.moment.timestamp()


def test_a_rare_day_is_found_and_one_that_never_comes_is_none() -> None:
    after = dt.datetime(2096, 3, 1, tzinfo=dt.UTC).timestamp()
    leap = next(fire_times(CronDef("0 0 29 2 *", "UTC"), after, ""))
    assert leap.moment.date() == dt.date(2104, 2, 29)
    assert next(fire_times(CronDef("0 0 31 2 *", "UTC"), after, ""), None) is None


@pytest.mark.parametrize(
    ("cron", "told"),
    [
        (CronDef("0 6 * *"), "five fields"),
        (CronDef("0 6 * * * 7"), "five fields"),
        (CronDef("R 6 * * *"), "chance"),
        (CronDef("61 6 * * *"), "out of range"),
        (CronDef("0 6 * * *", "Asia/Tokio"), "no time zone 'Asia/Tokio'"),
        (CronDef("0 6 * * *", blackout=("6-7",)), "'6-7' is no window"),
    ],
)
def test_what_cannot_be_read_is_said_at_once(cron: CronDef, told: str) -> None:
    with pytest.raises(WrongError, match=told) as error:
        fire_times(cron, 0.0, "UTC")
    assert error.value.hint


# Properties


minutes = st.sampled_from(["*", "*/15", "0", "30", "5,35", "*/20", "59"])
hours = st.sampled_from(["*", "*/3", "1", "2", "0-4", "1,2,3", "23"])
day_fields = st.sampled_from(["* * *", "* * *", "L * *", "* * sun", "* * mon-fri", "29,30 * 0"])
crons = st.builds(
    lambda minute, hour, days, zone, shift, blackout: CronDef(
        f"{minute} {hour} {days}", zone, "office", shift, blackout
    ),
    minutes,
    hours,
    day_fields,
    st.sampled_from(["America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Tokyo"]),
    st.sampled_from(["skip", "next", "previous"]),
    st.sampled_from([(), ("23:30-01:15",), ("2026-10-30..2026-11-01",)]),
)
OFFICE = {"office": CalendarSettings("office", holidays=("2026-10-26", "2026-11-03"))}
instants = st.integers(1_774_000_000, 1_776_000_000) | st.integers(1_792_000_000, 1_795_000_000)


@settings(max_examples=60, deadline=None)
@given(crons, instants, st.integers(0, 11))
def test_slots_ascend_and_can_be_asked_for_from_any_of_them_on(
    cron: CronDef, after: int, at: int
) -> None:
    slots = list(islice(fire_times(cron, after, "", OFFICE), 12))
    instants = [slot.at for slot in slots]
    assert instants == sorted(set(instants))
    assert all(instant > after for instant in instants)
    assert len({slot_key("f", slot) for slot in slots}) == len(slots)
    if at < len(slots):
        again = fire_times(cron, slots[at].at, "", OFFICE)
        assert [slot.at for slot in islice(again, 11 - at)] == instants[at + 1 :]
        assert next(fire_times(cron, slots[at].at - 1, "", OFFICE)).at == slots[at].at


sparse = crons.filter(lambda cron: "*" not in cron.expression.split()[0])


@settings(max_examples=40, deadline=None)
@given(sparse, instants)
def test_what_is_explained_day_by_day_is_what_fires(cron: CronDef, begin: int) -> None:
    end = begin + 9 * DAY
    first = dt.datetime.fromtimestamp(begin - 12 * DAY, dt.UTC).date()  # shifts go over some days
    explained = {
        slot.at
        for one in explain_days(cron, first, 33, "", OFFICE)
        for slot in one.slots
        if begin < slot.at < end
    }
    fires = takewhile(lambda slot: slot.at < end, fire_times(cron, begin, "", OFFICE))
    assert [slot.at for slot in fires] == sorted(explained)
