"""A rate as arithmetic: whose turn comes when."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobmon.jobs.durations import rate_of, rate_text
from jobmon.jobs.kit.window import MANY, Turn, Window

AHEAD = st.floats(0, 3, allow_nan=False)


def crowded(times: list[float], window: Window) -> bool:
    """Whether any period of the window's length sees more than its limit."""
    pairs = zip(times, times[window.count :], strict=False)
    return any(last - first < window.seconds for first, last in pairs)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 5), st.floats(0.1, 5), st.lists(AHEAD, max_size=60), st.data())
def test_no_period_sees_more_than_its_limit_however_late_turns_are_used(
    count: int, seconds: float, waits: list[float], data: st.DataObject
) -> None:
    window, now, used = Window(count, seconds), 100.0, []
    for wait in waits:
        now += wait * data.draw(st.sampled_from([0, 0, 1]))
        window.tidy(now, lambda _owner: True)
        at = window.take(now, "me")
        used.append(at + data.draw(st.floats(0, window.slack * 0.9)))
    assert not crowded(sorted(used), window)


@settings(deadline=None, max_examples=60)
@given(st.lists(AHEAD, min_size=1, max_size=20))
def test_who_asks_first_goes_first(waits: list[float]) -> None:
    window, now, turns = Window(2, 1.0), 0.0, []
    for wait in waits:
        now += wait
        turns.append(window.take(now, ""))
    assert turns == sorted(turns)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("ftx"), AHEAD), max_size=40))
def test_nobody_goes_while_it_is_frozen_and_the_longest_freeze_counts(
    steps: list[tuple[str, float]],
) -> None:
    window, now, frozen = Window(3, 0.5), 10.0, 0.0
    for step, length in steps:
        now += 0.1
        if step == "f":
            window.freeze(now, now + length, "somebody")
            frozen = max(frozen, now + length)
        elif step == "x":
            window.thaw(now, "me")
            frozen = 0.0
        else:
            assert window.take(now, "me") >= frozen
        assert all(turn.at <= now or turn.at >= frozen for turn in window.turns)
        assert not any(window.good(now, "me") for _ in [0] if now < frozen)


def test_a_turn_is_good_from_its_time_on_for_as_long_as_the_slack_allows() -> None:
    window = Window(1, 1.0)
    window.take(5.0, "first")
    at = window.take(5.0, "me")
    assert at == 5.0 + window.span
    assert not window.good(at - 0.001, "me")
    assert window.good(at, "me")
    assert not window.good(at, "you")
    assert not window.good(at + window.slack, "me"), "late: it has to be taken anew"
    window.freeze(at, at + 9, "you")
    assert not window.good(at, "me")


def test_what_nobody_waits_for_any_more_is_forgotten() -> None:
    window = Window(1, 1.0, [Turn(0.0, 1, "1.0"), Turn(3.0, 1, "2.0"), Turn(9.0, 1, "3.0")])
    window.tidy(3.5, lambda owner: owner == "3.0")
    assert [turn.owner for turn in window.turns] == ["2.0", "3.0"]
    window.tidy(4.0, lambda _owner: False)
    assert [turn.owner for turn in window.turns] == ["2.0"], "that one went"


@pytest.mark.parametrize("number", [MANY + 1, 5 * MANY])
def test_many_turns_are_kept_in_few_heaps_that_count_no_less(number: int) -> None:
    turns = [Turn(i * 80.0 / number) for i in range(number)]
    window = Window(number, 100.0, turns)
    window.tidy(90.0, lambda _owner: True)
    assert window.used(90.0) == sum(turn.n for turn in window.turns) == number
    assert len(window.turns) <= MANY
    assert window.take(90.0, "me") >= window.span
    assert [turn.at for turn in window.turns] == sorted(turn.at for turn in window.turns)


def test_a_lower_limit_counts_at_once() -> None:
    window = Window(2, 10.0, [Turn(float(i)) for i in range(5)])
    assert window.next(5.0) == 3.0 + window.span


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("30/min", (30, 60.0)),
        ("5/s", (5, 1.0)),
        ("100/h", (100, 3600.0)),
        ("1000/day", (1000, 86400.0)),
        ("3/10s", (3, 10.0)),
        ("2/1.5s", None),
        ("0/s", None),
        ("-1/s", None),
        ("5/0s", None),
        ("5/", None),
        ("", None),
        (5, None),
    ],
)
def test_a_rate_is_written_as_so_many_in_so_long(text: object, rate: object) -> None:
    assert rate_of(text) == rate
    if rate is not None:
        assert rate_text(*rate_of(text)) == text  # type: ignore[misc]
