"""Which lane an attempt has, and what the meters under it are drawn with."""

from __future__ import annotations

from math import inf

import pytest

from jobmon.tui.lanes.gauges import binned, joined, lately, peak, rise, steps
from jobmon.tui.lanes.lane import number
from jobmon.tui.lanes.roster import roster
from jobmon.tui.lanes.seats import LaneKey, Stay, played, seats
from jobmon.tui.lanes.vertical import broken
from jobmon.tui.look import ASCII_GAUGES, UNICODE_GAUGES
from jobmon.tui.text import cells, whole_percent
from tests.tui.racks import NOW, Ground


def stay(run: int, start: float, end: float = inf) -> Stay:
    return Stay(start, LaneKey(0, run, 0, 1), end)


def slots(*stays: Stay) -> dict[int, int]:
    """The slot of each run that still goes on."""
    return {key.run: slot for key, slot in played(stays).items()}


def test_each_start_takes_the_lowest_free_slot():
    assert slots(stay(1, 0), stay(2, 1), stay(3, 2)) == {1: 0, 2: 1, 3: 2}
    assert slots(stay(1, 0, 5), stay(2, 1), stay(3, 6)) == {2: 1, 3: 0}


def test_a_job_keeps_its_lane_while_others_come_and_go():
    before = [stay(1, 0, 5), stay(2, 1), stay(3, 2, 9)]
    later = [*before, stay(4, 6, 7), stay(5, 8), stay(6, 10)]
    assert slots(*before)[2] == slots(*later)[2] == 1
    assert slots(*later) == {2: 1, 5: 0, 6: 2}


def test_the_order_in_which_starts_are_known_does_not_matter():
    known = [stay(1, 0, 5), stay(2, 1), stay(3, 2, 9), stay(4, 6), stay(5, 8)]
    assert slots(*known) == slots(*reversed(known))


def test_a_retry_of_another_job_moves_nobody():
    ground = Ground()
    first = ground.add("flaky", "queued", None, attempt=0, tries=0)
    second = ground.add("steady", "queued", None, attempt=0, tries=0)
    ground.happen("launch", first.run, NOW - 100)
    ground.happen("launch", second.run, NOW - 90)
    for run in (second.run, first.run):  # their starts are heard of in another order
        ground.happen("started", run, NOW - 80)
    steady = LaneKey(0, second.run, 0, 1)
    assert seats(ground.world)[steady] == 1
    ground.happen("retry", first.run, NOW - 70, reason="exit", code=1, due=NOW - 60)
    ground.happen("due", first.run, NOW - 60)
    assert seats(ground.world) == {steady: 1}
    ground.happen("launch", first.run, NOW - 50, attempt=2)
    assert seats(ground.world) == {LaneKey(0, first.run, 0, 2): 0, steady: 1}


def test_without_events_the_job_runs_tell_who_sat_where():
    ground = Ground()
    ground.add("gone", "succeeded", 100.0, ended=NOW - 50)
    long = ground.add("long", began=90.0)
    new = ground.add("new", began=10.0)
    found = seats(ground.world)
    assert found == {LaneKey(0, long.run, 0, 1): 1, LaneKey(0, new.run, 0, 1): 0}


def test_what_comes_next_is_for_a_person_first_then_retries_then_the_line():
    ground = Ground()
    ground.add("late", "queued", None, since=NOW - 1)
    ground.add("soon", "retry_wait", 50.0, ended=NOW - 5, due=NOW + 5)
    ground.add("yours", "waiting_human", None)
    found = roster(ground.world)
    assert [ground.world.row_of(*key).name for key in found.ahead] == ["yours", "soon", "late"]


@pytest.mark.parametrize(
    ("part", "eighths"), [(0.0, 0), (0.0001, 1), (0.5, 40), (0.9999, 79), (1.0, 80), (2.0, 80)]
)
def test_only_all_is_full_and_only_nothing_is_empty(part, eighths):
    assert steps(part, 10) == eighths


def test_a_column_rises_by_eighths():
    assert rise(UNICODE_GAUGES, 12, 3) == (" ", "▄", "█")
    assert rise(ASCII_GAUGES, 12, 3) == (" ", ":", "#")


def test_a_strip_shows_the_highest_of_the_samples_that_share_a_cell():
    assert binned([0.0] * 58 + [1.0, 0.0], 6) == [0, 0, 0, 0, 0, 1.0]
    assert lately(UNICODE_GAUGES, (0.5, 1.0), 4) == ("  ▄█",)
    assert lately(UNICODE_GAUGES, (0.25, 1.0), 2, 2) == (" █", "▄█")


def test_a_peak_lies_where_the_bar_would_end():
    assert peak(UNICODE_GAUGES, 1.0, 4) == (0, "▔")
    assert peak(UNICODE_GAUGES, 0.01, 4) == (3, "▁")
    assert peak(UNICODE_GAUGES, 0.5, 4)[0] == 1


def test_neighbours_of_one_style_are_one_span():
    assert joined([("a", "x"), ("b", "x"), ("c", ""), ("d", "x")]) == (
        ("ab", "x"), ("c", ""), ("d", "x"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.44, "0.4"), (9.99, "10"), (999, "999"), (1234, "1.2k"),
                        (34567, "35k")]
)  # fmt: skip
def test_rates_take_few_cells(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("part", "said"), [(0.29, "29%"), (92 / 120, "76%"), (0.999, "99%"), (1.0, "100%"), (0, "0%")]
)
def test_a_percentage_never_says_more_than_is_done(part: float, said: str):
    assert whole_percent(part) == said


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("load", ("load", "")),
        ("extract.orders", ("extract.", "orders")),
        ("日次売上集計", ("日次売上", "集計")),
        ("売上取込 通販", ("売上取込", "通販")),
        ("averylongname", ("averylon", "gname")),
        ("a.verylongnameindeed", ("a.verylo", "ngnamei…")),
    ],
)
def test_a_long_name_stands_in_two_rows(name, rows):
    assert broken(name, 8, "…") == rows
    assert all(cells(row) <= 8 for row in rows)
