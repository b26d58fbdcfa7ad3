"""Which lane an attempt has, and what the meters under it are drawn with."""

from __future__ import annotations

import pytest

from jobmon.tui.lanes.gauges import binned, joined, lately, peak, rise, steps
from jobmon.tui.lanes.lane import number
from jobmon.tui.lanes.roster import roster
from jobmon.tui.lanes.seats import LaneKey, seats
from jobmon.tui.lanes.vertical import broken
from jobmon.tui.look import ASCII_GAUGES, UNICODE_GAUGES
from jobmon.tui.text import cells, whole_percent
from tests.tui.racks import NOW, Ground


def lanes(ground: Ground) -> dict[int, int]:
    """The run on each lane."""
    return {lane: key.run for lane, key in seats(ground.world).items()}


def test_a_job_keeps_its_lane_whatever_is_forgotten_of_the_others():
    ground = Ground()
    first = ground.add("first", slot=0)
    long = ground.add("long", slot=1)
    assert lanes(ground) == {0: first.run, 1: long.run}
    ground.happen("succeed", first.run, NOW - 10, ended=NOW - 10)
    ground.world.sites[0].board.forget(first.run)
    ground.world.sites[0].events.clear()
    assert lanes(ground) == {1: long.run}
    next_one = ground.add("next", slot=0)
    assert lanes(ground) == {0: next_one.run, 1: long.run}


def test_a_retry_moves_nobody():
    ground = Ground()
    flaky = ground.add("flaky", slot=0)
    steady = ground.add("steady", slot=1)
    ground.happen("retry", flaky.run, NOW - 70, reason="exit", code=1, due=NOW - 60)
    ground.happen("due", flaky.run, NOW - 60)
    assert seats(ground.world) == {1: LaneKey(0, steady.run, 0, 1)}
    ground.happen("launch", flaky.run, NOW - 50, attempt=2, slot=0)
    assert seats(ground.world)[0] == LaneKey(0, flaky.run, 0, 2)


def test_the_lanes_of_two_runtimes_alternate():
    ground = Ground(sites=2)
    runs = [ground.add("a", site=site, slot=slot).run for site, slot in ((1, 0), (0, 0), (1, 1))]
    assert lanes(ground) == {1: runs[0], 0: runs[1], 3: runs[2]}


def test_an_attempt_without_a_slot_has_the_lowest_lane_that_is_left():
    ground = Ground()
    new = ground.add("new", began=10.0)
    old = ground.add("old", began=90.0)
    known = ground.add("known", began=1.0, slot=1)
    assert lanes(ground) == {0: old.run, 1: known.run, 2: new.run}


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
