"""Which run of another flow counts, whether it will do, and the words for it."""

from __future__ import annotations

import datetime as dt

import pytest

from jobmon.runtime.model import Run, Wait
from jobmon.runtime.waiting import found
from jobmon.runtime.waiting.reasons import waits_for
from tests.core import Driver, diamond

SINCE = dt.datetime(2026, 11, 23, tzinfo=dt.timezone(dt.timedelta(hours=9))).timestamp()
WAIT = Wait(
    kind="after",
    flow="読込",
    since=SINCE,
    before=SINCE + 86400,
    until=SINCE + 8 * 3600,
    if_missing="fail",
    period="2026-11-23",
)


def run(
    number: int, state: str, time: str = "2026-11-23T06:00:00+09:00", flow: str = "読込"
) -> Run:
    return Run(id=number, key=f"{flow}#{number}", flow=flow, definition="", time=time, state=state)


def test_the_newest_run_of_the_period_counts_whatever_its_offset_is_written_as() -> None:
    runs = [
        run(1, "succeeded"),
        run(3, "failed", "2026-11-22T21:00:00+00:00"),
        run(5, "succeeded", "2026-11-24T00:00:00+09:00"),  # the next day
        run(6, "succeeded", "2026-11-22T23:59:59+09:00"),  # the day before
        run(7, "succeeded", flow="other"),
    ]
    counting = found.newest(runs, WAIT)
    assert counting is not None
    assert counting.id == 3
    assert not found.met(counting, WAIT)


def test_what_expired_never_ran_and_is_passed_over() -> None:
    runs = [run(1, "succeeded"), run(2, "expired")]
    assert found.met(found.newest(runs, WAIT), WAIT)
    assert found.newest([run(2, "expired")], WAIT) is None


@pytest.mark.parametrize(
    ("on", "states"),
    [
        ("success", {"succeeded"}),
        ("failure", {"failed"}),
        ("end", {"succeeded", "failed", "cancelled"}),
    ],
)
def test_what_each_ending_takes(on: str, states: set[str]) -> None:
    wait = Wait(kind="after", flow="読込", on=on, since=SINCE, before=SINCE + 86400)
    every = ("queued", "running", "blocked", "stopping", "succeeded", "failed", "cancelled")
    assert {state for state in every if found.met(run(1, state), wait)} == states
    assert not found.met(None, wait)


def test_the_words() -> None:
    driver = Driver(diamond(), waits=(Wait(kind="until", until=5.0), Wait(kind="overlap"), WAIT))
    said = waits_for(driver.board, driver.run, lambda at: f"<{at:.0f}>")
    assert said == [
        "it starts at <5>",
        "it waits until the runs before it are over",
        "it waits for 読込 of 2026-11-23 to succeed: there is no run of 読込 yet;"
        f" at <{SINCE + 8 * 3600:.0f}> it fails",
    ]
    assert found.shortfall(run(4, "running"), WAIT) == (
        "読込 of 2026-11-23 did not succeed in time: 読込#4 is running"
    )


def test_nothing_of_a_waiting_run_starts_and_a_cancel_still_ends_it() -> None:
    driver = Driver(diamond(), waits=(WAIT,)).settle()
    assert set(driver.states.values()) == {"waiting"}
    assert driver.run.state == "queued"
    driver.verb("cancel")
    assert driver.run.state == "cancelled"
