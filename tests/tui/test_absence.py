"""When a runtime that is gone is started again, and what is said of it meanwhile."""

from __future__ import annotations

from jobmon.runtime.errors import NoRuntimeError, StateError
from jobmon.tui.absence import SELDOM, SOON, STEADY, Absence

DAMAGED = StateError("open state.db", "file is not a database", "jobmon doctor --rebuild")
NONE = NoRuntimeError("reach it", "none is running", "start one: jobmon up")


def starts(absence: Absence, now: float, seconds: float) -> int:
    """How often it is started in that time, when it dies after every start at once."""
    count = 0
    for tenth in range(int(seconds * 10)):
        if absence.may_start(now + tenth / 10):
            count += 1
            absence.ended(now + tenth / 10)
            absence.began(now + tenth / 10)
    return count


def test_one_that_went_without_a_word_is_started_at_once() -> None:
    absence = Absence(allowed=True)
    absence.ended(0.0)
    absence.began(STEADY + 1)
    assert absence.may_start(STEADY + 1 + SOON)
    assert absence.told(NONE).what == "IS AWAY"
    assert "started again" in absence.told(NONE).more


def test_one_that_never_lasts_is_started_ever_more_seldom_but_for_ever() -> None:
    absence = Absence(allowed=True)
    assert 4 <= starts(absence, 0.0, 60) <= 10
    assert 3600 / SELDOM - 2 <= starts(absence, 60.0, 3600) <= 3600 / SELDOM + 2
    absence.ended(4000.0)
    absence.began(4000.0 + STEADY + 1)
    assert absence.may_start(4000.0 + STEADY + 1 + SOON), "it lasted: the next time at once"


def test_one_that_was_stopped_in_order_is_started_when_somebody_asks() -> None:
    absence = Absence(allowed=True)
    absence.ended(0.0)
    absence.stopped()
    absence.began(100.0)
    assert not absence.may_start(10_000.0)
    assert absence.told(NONE) == ("IS STOPPED", "jobs go on; `up` starts it again")
    absence.ask()
    assert absence.may_start(10_000.0)
    absence.ended(10_000.0)
    absence.began(20_000.0)
    assert absence.may_start(30_000.0), "this time it went without a word"


def test_who_only_looks_starts_none_and_says_how_to() -> None:
    absence = Absence(allowed=False)
    assert not absence.may_start(1e9)
    assert absence.told(NONE) == ("IS AWAY", "jobs go on; start one: jobmon up")


def test_why_it_cannot_be_started_is_told_until_it_is_there() -> None:
    absence = Absence(allowed=True)
    absence.not_started(0.0, DAMAGED)
    for told in (absence.told(DAMAGED), absence.told(NONE)):
        assert told.what == "CANNOT BE STARTED"
        assert told.more == "file is not a database; jobmon doctor --rebuild"
    assert not absence.may_start(0.1)
    absence.ended(50.0)
    absence.began(50.0)
    assert absence.told().what == "IS AWAY"
