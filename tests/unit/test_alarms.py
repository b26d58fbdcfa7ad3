"""Late, stuck, and deadlines that will be missed: the pure judgements."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from jobmon.runtime import births
from jobmon.runtime.forecasting import alarms, stillness
from jobmon.runtime.forecasting.alarms import Patience, Silence
from jobmon.runtime.forecasting.forecast import FlowHistory, JobHistory, Past
from jobmon.runtime.forecasting.outlook import Outlook
from jobmon.runtime.forecasting.stillness import Trace
from tests.core import Driver, diamond, flow, job

PATIENCE = Patience(least=300.0, unknown=1800.0, times=2.0)


def took(*seconds: float) -> JobHistory:
    return JobHistory([Past(f"f#{i}", "succeeded", 0.0, s) for i, s in enumerate(seconds)])


def outlook(driver: Driver, now: float, **usual: float) -> Outlook:
    history = FlowHistory({name: took(*[s] * 10) for name, s in usual.items()})
    return Outlook(driver.board, driver.run, history, now)


# Late


def test_late_is_longer_than_nine_of_ten_and_told_once() -> None:
    driver = Driver(flow(job("A"))).start("A")
    history = took(*range(1, 11))
    assert alarms.late(driver["A"], history, driver.now + 9.0) is None
    told = alarms.late(driver["A"], history, driver.now + 9.2)
    assert told is not None
    assert told.data["late"]
    assert told.data["runs"] == 10
    assert alarms.late(driver.fold(told)["A"], history, driver.now + 50.0) is None


def test_too_few_runs_call_nothing_late() -> None:
    driver = Driver(flow(job("A"))).start("A")
    assert alarms.late(driver["A"], took(*[1.0] * 9), driver.now + 1e6) is None


def test_a_new_attempt_is_not_late_for_the_one_before() -> None:
    driver = Driver(flow(job("A"))).start("A")
    told = alarms.late(driver["A"], took(*[1.0] * 10), driver.now + 5.0)
    assert told is not None
    driver.fold(told).end("A", 1)
    assert not driver["A"].late


# Stuck


@pytest.mark.parametrize(
    ("longest", "runs", "bound"),
    [(0.0, 0, 1800.0), (40.0, 2, 1800.0), (40.0, 3, 300.0), (600.0, 3, 1200.0)],
)
def test_patience_follows_the_longest_silence(longest: float, runs: int, bound: float) -> None:
    assert PATIENCE.bound(Silence(longest, runs)) == bound


def test_stuck_comes_and_goes() -> None:
    driver = Driver(flow(job("A"))).start("A")
    usual = Silence(40.0, 14)
    assert alarms.stuck(driver["A"], 300.0, usual, PATIENCE, 500.0) is None
    told = alarms.stuck(driver["A"], 720.0, usual, PATIENCE, 820.0)
    assert told is not None
    assert told.why == "neither output nor CPU for 12m; it was silent for 40s at most in 14 runs"
    driver.fold(told)
    assert driver["A"].stuck
    assert alarms.stuck(driver["A"], 900.0, usual, PATIENCE, 1000.0) is None
    lifted = alarms.stuck(driver["A"], 1.0, usual, PATIENCE, 1001.0)
    assert lifted is not None
    assert not driver.fold(lifted)["A"].stuck


def test_nothing_is_stuck_that_is_being_stopped() -> None:
    driver = Driver(flow(job("A"))).start("A").verb("cancel", "A")
    assert alarms.stuck(driver["A"], 1e6, Silence(), PATIENCE, 1e6) is None


def records(*rows: tuple[float, float] | tuple[float, str]) -> list[dict[str, object]]:
    """Samples (time, CPU) and lines (time, text)."""
    return [
        {"t": t, "s": "out", "m": what} if isinstance(what, str) else {"t": t, "cpu": what}
        for t, what in rows
    ]


def test_output_and_cpu_are_movements_and_polling_is_none() -> None:
    spoke = stillness.glimpse(records((10, 0.5), (12, 0.5), (13, "hello"), (14, 0.51)), Trace())
    assert spoke.still == 1
    polled = stillness.glimpse(records((16, 0.55), (18, 0.6)), spoke.trace)
    assert polled.still is None
    computed = stillness.glimpse(records((20, 0.6), (22, 1.6), (24, 1.6)), polled.trace)
    assert computed.still == 2


def test_output_that_is_kept_elsewhere_is_seen_by_the_count_of_lines() -> None:
    first = stillness.glimpse([{"t": 10, "cpu": 1.0, "lines": 5}], Trace())
    same = stillness.glimpse([{"t": 12, "cpu": 1.0, "lines": 5}], first.trace)
    assert same.still is None
    assert stillness.glimpse([{"t": 14, "cpu": 1.0, "lines": 6}], same.trace).still == 0


def test_of_a_log_seen_for_the_first_time_its_oldest_record_counts() -> None:
    assert stillness.glimpse(records((10, 1.0), (70, 1.0)), Trace()).still == 60
    assert stillness.glimpse([{"dropped": 3, "why": "damaged"}, {"t": "x"}], Trace()).still is None


# Deadlines


def test_a_miss_is_told_before_with_the_one_to_blame() -> None:
    driver = Driver(diamond(), deadline=200.0).start("A")
    ahead = outlook(driver, 110.0, A=10, B=10, C=10, D=30, E=30)
    assert alarms.misses(ahead) is None
    over = outlook(driver, 145.0, A=10, B=10, C=10, D=30, E=30)
    told = alarms.misses(over)
    assert told is not None
    assert told.data["blame"] == "A"
    assert told.data["sure"]
    assert told.data["expected"] == 145 + 10 + 30 + 30
    assert driver.fold(told).run.late
    assert alarms.misses(outlook(driver, 300.0)) is None


def test_a_run_that_has_not_begun_is_watched_too() -> None:
    driver = Driver(flow(job("A"), job("B", "A")), deadline=200.0)
    assert alarms.misses(outlook(driver, 150.0, A=10, B=30)) is None
    told = alarms.misses(outlook(driver, 165.0, A=10, B=30))
    assert told is not None
    assert told.data["blame"] == "A"


def test_without_any_history_a_miss_is_told_when_it_happens() -> None:
    driver = Driver(diamond(), deadline=200.0).start("A")
    assert alarms.misses(outlook(driver, 200.0)) is None
    told = alarms.misses(outlook(driver, 200.5))
    assert told is not None
    assert told.data["sure"]
    assert told.why.startswith("it missed its deadline")


def test_an_earliest_end_past_the_deadline_is_told_though_a_person_is_awaited() -> None:
    driver = Driver(flow(job("A", kind="manual"), job("B", "A")), deadline=200.0).settle()
    told = alarms.misses(outlook(driver, 180.0, B=30))
    assert told is not None
    assert not told.data["sure"]


def test_a_backfill_makes_up_for_days_that_are_over() -> None:
    driver = Driver(flow(job("A")), deadline=50.0, origin="backfill")
    assert alarms.misses(outlook(driver, 150.0)) is None


def test_times_are_told_by_the_clock_of_the_run() -> None:
    driver = Driver(flow(job("A")))
    at = dt.datetime.fromisoformat("2026-11-22T21:10:00+00:00").timestamp()
    assert alarms.clock(driver.run, at) == "06:10"
    assert alarms.clock(driver.run, at + 86400) == "2026-11-24 06:10"


@pytest.mark.parametrize(
    ("zone", "begun", "text", "found"),
    [
        # The night the clock goes from 2:00 to 3:00: 23 hours later by the sun.
        ("Europe/Berlin", "2027-03-27T06:30", "06:10", "2027-03-28T04:10+00:00"),
        # The night it goes back: the deadline is on the wall, an hour later.
        ("Europe/Berlin", "2027-10-30T06:30", "06:10", "2027-10-31T05:10+00:00"),
        # 2:30 is there twice: the first of them.
        ("America/New_York", "2026-11-01T00:10", "01:30", "2026-11-01T05:30+00:00"),
        ("Asia/Tokyo", "2026-11-23T06:10", "06:10", "2026-11-23T21:10+00:00"),
        ("Australia/Lord_Howe", "2026-10-03T12:00", "06:10", "2026-10-03T19:10+00:00"),
    ],
)
def test_a_deadline_is_on_the_wall_also_where_the_clock_changes(
    zone: str, begun: str, text: str, found: str
) -> None:
    moment = dt.datetime.fromisoformat(begun).replace(tzinfo=ZoneInfo(zone))
    wanted = dt.datetime.fromisoformat(found).timestamp()
    assert births.deadline(text, moment) == wanted
