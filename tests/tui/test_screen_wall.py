"""The wallboard: figures and clock from across the room, failures with their cause, the day."""

from __future__ import annotations

import re
from functools import cache
from itertools import product

import pytest
from rich.cells import cell_len

from jobmon.runtime.states import State
from jobmon.tui.lanes import daystrip
from jobmon.tui.lanes.digits import big
from jobmon.tui.lanes.lane import METRICS
from jobmon.tui.lanes.roster import roster
from jobmon.tui.picture import Size
from jobmon.tui.screens.equalizer import Equalizer
from jobmon.tui.screens.rack import ORIENTS
from jobmon.tui.screens.view import Stage
from jobmon.tui.screens.wall import Wall
from jobmon.tui.text import cells, local, plain
from jobmon.tui.theme import THEMES, Paint
from tests.tui.racks import ASCII, NOW, UNICODE, Ground, Read, night

SMALL, USUAL, LARGE = Size(60, 11), Size(80, 20), Size(160, 44)
SIZES = (SMALL, USUAL, Size(81, 21), Size(120, 30), LARGE, Size(240, 56))
NAMES = (
    "日次売上集計レポート作成",
    "👨‍👩‍👧‍👦 家族.集計",
    "x" * 200,
    "表" * 100,
    "か\u3099き\u3099",
    "\x1b[31mred",
)
TOOK = tuple(float(second) for second in range(100, 140))


def texts(stage: Stage, size: Size = LARGE, view: Wall | None = None) -> list[str]:
    return [plain(line) for line in (view or Wall()).lines(stage, size)]


@cache
def hostile() -> Ground:
    """A night with every kind of name, running, failed and waiting."""
    ground = night(12)
    for name in NAMES:
        ground.add(name, took=TOOK, read=Read(0.3, last=name))
        ground.add(name, "failed", 70.0, ended=NOW - 5, reason=name, read=Read(0.4, last=name))
        ground.add(name, "waiting", None)
    return ground


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("orient", ORIENTS)
@pytest.mark.parametrize("ink", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_no_line_is_too_long_whatever_jobs_are_called(size, orient, ink):
    view, stage = Wall(), hostile().stage(ink)
    view.orient = orient
    for view.metric in METRICS:
        lines = view.lines(stage, size)
        assert len(lines) == size.height
        assert max(cell_len(plain(line)) for line in lines) <= size.width
        assert ink is UNICODE or all(plain(line).isascii() for line in lines)


def test_the_same_world_gives_the_same_picture():
    view, stage = Wall(), night().stage()
    lines = view.lines(stage, LARGE)
    assert lines == view.lines(stage, LARGE) == Wall().lines(night().stage(), LARGE)


@pytest.mark.parametrize("ink", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("rows", [3, 5])
def test_every_digit_has_its_shape(ink, rows):
    shapes = {sign: big(ink, sign, rows) for sign in "0123456789:/"}
    assert len(set(shapes.values())) == len(shapes)
    for shape in shapes.values():
        assert len(shape) == rows
        assert len({cells(row) for row in shape}) == 1
    assert ink is UNICODE or all("".join(shape).isascii() for shape in shapes.values())


@pytest.mark.parametrize(("size", "rows"), [(LARGE, 5), (USUAL, 3)])
def test_the_clock_stands_in_large_digits_where_there_is_room(size, rows):
    lines = texts(night().stage(), size)
    for row, digits in enumerate(big(UNICODE, local(NOW), rows)):
        assert lines[row].rstrip().endswith(digits.rstrip())
    assert local(NOW) in texts(night().stage(), SMALL)[0]


def test_the_figures_count_what_runs_failed_and_waits():
    lines = texts(night().stage())
    words = lines[5].split()
    assert words[:6] == ["running", "failed", "lost", "late", "yours", "retry"]
    assert lines[0].startswith(" " + "  ".join(big(UNICODE, sign, 5)[0] for sign in "5/8"))
    calm = texts(Ground().stage())
    assert calm[5].split()[:3] == ["running", "failed", "waiting"]


def test_failures_stand_out_with_their_cause_until_seen():
    ground = night()
    view, stage = Wall(), ground.stage()
    view.seen = {key for key in view.dead(stage) if "old" in ground.world.row_of(*key.row).name}
    lines = [line for line in view.lines(stage, LARGE) if "report.pdf" in plain(line)]
    assert "exit code 8 (data)" in plain(lines[0])
    assert lines[0][0][1] == "reverse red"
    text = "\n".join(texts(stage, LARGE, view))
    assert "no such table: sales_d" in text
    assert "the machine was restarted while it ran" in text
    view.acknowledge([row.key for row in ground.world.rows()], stage)
    assert "report.pdf" not in "\n".join(texts(stage, LARGE, view))


def test_what_was_seen_on_the_equalizer_is_off_the_wall():
    ground = Ground()
    ground.add("bad", "failed", 80.0, ended=NOW - 5, reason="timeout")
    lanes = Equalizer()
    wall, stage = Wall(lanes.seen), ground.stage()
    assert "timed out" in "\n".join(texts(stage, USUAL, wall))
    lanes.act("lane.acknowledge", stage)
    assert "timed out" not in "\n".join(texts(stage, USUAL, wall))


def test_many_failures_leave_room_for_the_lanes_and_are_counted():
    ground = night()
    for at in range(50):
        ground.add(f"bad{at}", "failed", 80.0, ended=NOW - 5, reason="exit", code=1)
    text = "\n".join(texts(ground.stage()))
    assert "extract.orders" in text
    assert re.search(r"\+\d\d more", text)


def test_few_lanes_get_thick_bars_and_many_get_one_row_each():
    few, many = Ground(20), Ground(20)
    few.add("alone", took=TOOK, read=Read(0.5))
    for at in range(20):
        many.add(f"job{at}", took=TOOK, read=Read(0.5))
    assert sum("██████" in line for line in texts(few.stage())[7:]) == 2
    text = "\n".join(texts(many.stage()))
    assert all(f"job{at}" in text for at in range(20))
    assert "(19 slots free)" in "\n".join(texts(few.stage()))


def test_nothing_running_is_said_calmly():
    ground = Ground()
    ground.add("done", "succeeded", 90.0, ended=NOW - 30)
    text = "\n".join(texts(ground.stage()))
    assert "nothing runs" in text
    assert "daily1#1 succeeded 00:30 ago" in text


def test_below_stand_who_waits_who_is_next_and_the_last_hour():
    ground = night()
    ground.add("after", "waiting", None)
    text = "\n".join(texts(ground.stage(), Size(200, 44)))
    assert "waiting: after (" in text
    assert "next: ☐ approve yours" in text
    assert "last 60m: 41 ok  2 failed  1 lost  1 retried" in text


def test_the_day_shows_the_worst_of_each_cell():
    ground = Ground()
    for minutes, state, tries in (
        (1, "succeeded", 1), (2, "failed", 1), (31, "succeeded", 1), (62, "succeeded", 2),
        (1400, "lost", 1), (1500, "failed", 1),
    ):  # fmt: skip
        ground.add("a", state, ended=NOW - minutes * 60, started=NOW - 90000, tries=tries)
    grid = daystrip.grid_of(NOW, 160)
    assert (grid.step, grid.cells) == (600, 144)
    cells_, hours = daystrip.strip(ASCII, roster(ground.world), grid)
    text = plain(cells_)[len(daystrip.LABEL) :]
    found = {grid.first + at: sign for at, sign in enumerate(text) if sign != " "}
    expected = {2: "x", 31: ".", 62: "r", 1400: "!"}
    assert found == {int((NOW - back * 60) // 600): sign for back, sign in expected.items()}
    assert len(re.findall(r"\d\d", plain(hours))) >= 11


@pytest.mark.parametrize(("width", "step"), [(160, 600), (80, 1200), (60, 1800), (20, 3600)])
def test_a_cell_of_the_day_is_as_long_as_the_width_asks(width, step):
    assert daystrip.grid_of(NOW, width).step == step


def test_the_day_stands_still_within_a_cell():
    start = NOW // 600 * 600
    assert daystrip.grid_of(start, 160) == daystrip.grid_of(start + 599, 160)
    assert daystrip.grid_of(start, 160) != daystrip.grid_of(start + 600, 160)


def test_the_day_follows_what_ends():
    ground = Ground()
    view, stage = Wall(), ground.stage()
    before = texts(stage, LARGE, view)
    ground.add("a", "failed", ended=NOW - 60)
    view.acknowledge([row.key for row in ground.world.rows()], stage)
    after = texts(stage, LARGE, view)
    assert before[-2] != after[-2]


def test_it_is_only_looked_at():
    ground = night()
    view, stage = Wall(), ground.stage()
    view.lines(stage, LARGE)
    assert view.targets(stage) == []
    assert not view.act("move.down", stage)
    assert not view.act("lane.acknowledge", stage)
    assert view.act("eq.orient", stage)
    assert view.act("eq.metric", stage)
    assert (view.orient, view.metric, view.title) == ("vertical", "pulse", "WALL pulse")


def test_a_lane_keeps_its_place_when_a_lower_slot_is_free():
    ground = Ground(4)
    ground.add("gone", "succeeded", 100.0, ended=NOW - 10)
    stays = ground.add("stays", began=90.0, slot=1)
    assert ground.world.row_of(0, stays.run, 0).job.state is State.RUNNING
    lines = texts(ground.stage())
    assert next(y for y, line in enumerate(lines) if "(free)" in line) < next(
        y for y, line in enumerate(lines) if "stays" in line
    )


@pytest.mark.parametrize("theme", THEMES)
def test_every_style_means_something_in_every_theme(theme):
    paint, stage = Paint(theme), night().stage()
    for view, orient in product((Wall(), Equalizer()), ORIENTS):
        view.orient = orient
        for view.metric in METRICS:
            for line in (*view.lines(stage, LARGE), view.state_line(stage)):
                assert all(paint.style(words) is not None for _, words in line)
