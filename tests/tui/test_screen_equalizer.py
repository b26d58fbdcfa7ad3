"""The equalizer tells the truth, in every size, both ways round and in both glyph sets."""

from __future__ import annotations

import json
import re
from functools import cache

import pytest
from rich.cells import cell_len

from jobmon.tui import rows
from jobmon.tui.lanes.lane import METRICS
from jobmon.tui.picture import Line, Size
from jobmon.tui.screens.equalizer import Equalizer
from jobmon.tui.screens.rack import ORIENTS
from jobmon.tui.screens.view import Stage
from jobmon.tui.text import plain
from tests.tui.racks import ASCII, NOW, UNICODE, Ground, Read, night, wave

SMALL, USUAL, LARGE = Size(60, 11), Size(80, 20), Size(160, 44)
SIZES = (SMALL, USUAL, Size(81, 21), Size(120, 30), LARGE, Size(240, 56))
NAMES = (
    "日次売上集計レポート作成", "é" * 30, "👨‍👩‍👧‍👦 家族.集計", "🇯🇵.news", "x" * 200, "表" * 100,
    "か\u3099き\u3099く\u3099", "\x1b[31mred\x1b[0m", "a\tb\nc", "ﾊﾝｶｸ.ｶﾅ",
)  # fmt: skip
RAW = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
TOOK = tuple(float(second) for second in range(100, 140))


def texts(view: Equalizer, stage: Stage, size: Size = USUAL) -> list[str]:
    return [plain(line) for line in view.lines(stage, size)]


def shown(ground: Ground, size: Size = USUAL, **fields: str) -> str:
    view = Equalizer()
    for name, value in fields.items():
        setattr(view, name, value)
    return "\n".join(texts(view, ground.stage(), size))


def column(lines: list[Line], x: int) -> list[tuple[str, str]]:
    """The signs of a screen column from top to bottom, with their styles."""
    found = []
    for line in lines:
        signs = [
            (sign, style) for text, style in line for sign in text for _ in range(cell_len(sign))
        ]
        found.append(signs[x] if x < len(signs) else (" ", ""))
    return found


@cache
def hostile() -> Ground:
    """A night with every kind of name on its lanes."""
    ground = night(12)
    for at, name in enumerate(NAMES):
        state = ("running", "failed", "queued")[at % 3]
        ended = NOW - 5 if state == "failed" else None
        read = Read(0.3, last=name)
        ground.add(name, state, 70.0, took=TOOK, ended=ended, read=read, reason=name)
    return ground


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("orient", ORIENTS)
@pytest.mark.parametrize("ink", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_no_line_is_too_long_whatever_jobs_are_called(size, orient, ink):
    view, stage = Equalizer(), hostile().stage(ink)
    view.orient = orient
    for _ in range(len(METRICS) * 2):
        lines = view.lines(stage, size)
        assert len(lines) == size.height
        assert max(cell_len(plain(line)) for line in lines) <= size.width
        assert not any(RAW.search(plain(line)) for line in lines)
        assert ink is UNICODE or all(plain(line).isascii() for line in lines)
        view.act("eq.metric", stage)
        view.act("move.page_down", stage)


def test_the_same_world_gives_the_same_picture():
    first, second = Equalizer(), Equalizer()
    stage = night().stage()
    lines = first.lines(stage, LARGE)
    assert lines == first.lines(stage, LARGE) == second.lines(night().stage(), LARGE)


def test_a_bar_is_as_high_as_the_job_is_far():
    heights = []
    for part in (0.25, 0.5, 1.0):
        ground = Ground(1)
        ground.add("a", took=TOOK, read=Read(part))
        signs = [sign for sign, _ in column(Equalizer().lines(ground.stage(), LARGE), 6)]
        heights.append(signs[: signs.index("▀")].count("█"))
    assert heights[2] > 20
    assert heights == [int(part * heights[2]) for part in (0.25, 0.5, 1.0)]


def test_reported_progress_is_plain_and_an_estimate_is_marked():
    ground = Ground()
    ground.add("told", began=30.0, took=TOOK, read=Read(0.55))
    ground.add("guessed", began=60.0, took=TOOK, read=Read())
    text = shown(ground)
    assert re.search(r"(?<!~)55%", text)
    assert "~40%" in text


def test_with_too_few_runs_there_is_no_bar_but_time_and_pulse():
    ground = Ground(1)
    ground.add("new", began=12.0, took=(10.0, 20.0), read=Read(None, 3.0, 0.5, wave(0.5, 0.5), 0.5))
    lines = Equalizer().lines(ground.stage(), USUAL)
    assert "█" not in "".join(sign for sign, _ in column(lines, 6)[:9])
    text = "\n".join(plain(line) for line in lines)
    assert "00:12" in text
    assert "%\n" not in text
    assert "▄" in text


def test_the_median_is_marked_only_beside_reported_progress():
    told, guessed = Ground(1), Ground(1)
    told.add("a", began=60.0, took=TOOK, read=Read(0.9))
    guessed.add("a", began=60.0, took=TOOK, read=Read())
    mark = re.compile(r"%.*<|^ +█+ *<", re.MULTILINE)
    assert mark.search(shown(told))
    assert not mark.search(shown(guessed))
    assert "│" in shown(told, orient="horizontal").replace("│ median", "")


def test_late_and_quiet_are_said_in_words_and_time_left_is_signed():
    ground = Ground()
    ground.add("slow", began=300.0, took=TOOK, read=Read(None, quiet=41.0))
    ground.add("brisk", began=50.0, took=TOOK, read=Read(0.5))
    for orient in ORIENTS:
        text = shown(ground, LARGE, orient=orient)
        assert "LATE" in text.split("past p90")[0]
        assert "quiet 41s" in text
        assert "-00:50" in text
        assert "+03:0" in text


def test_what_the_runtime_flags_is_said_and_the_clock_says_no_more():
    ground = Ground()
    still = ground.add("still", began=300.0, read=Read(None, quiet=299.0))
    slow = ground.add("slow", began=10.0)
    ground.happen("stuck", still.run, NOW, stuck=True)
    ground.happen("late", slow.run, NOW, late=True)
    for orient in ORIENTS:
        text = shown(ground, LARGE, orient=orient).split("past p90")[0]
        assert "STUCK" in text
        assert "LATE" in text
    queue = [plain(rows.state(ground.stage(), row)) for row in ground.world.rows()]
    assert [text[2:] for text in queue] == ["running stuck", "LATE"]
    ground.happen("stuck", still.run, NOW, stuck=False)
    assert "STUCK" not in shown(ground, LARGE)


def test_colour_says_the_state_and_never_the_height():
    styles = []
    for part in (0.1, 0.9):
        ground = Ground(2)
        ground.add("a", took=TOOK, read=Read(part))
        ground.add("b", began=500.0, took=TOOK, read=Read(part))
        lines = Equalizer().lines(ground.stage(), LARGE)
        tips = [next(s for sign, s in column(lines, x) if sign in "▁▂▃▄▅▆▇█") for x in (6, 32)]
        styles.append(tips)
    assert styles == [["late.6", "run.6"]] * 2


def test_a_failure_stays_as_it_died_until_it_is_seen_and_the_next_one_shows_again():
    ground = Ground()
    ground.add("load", "failed", 100.0, ended=NOW - 60, code=8, reason="exit", cause="data",
               read=Read(0.5, last="no such table"))  # fmt: skip
    view, stage = Equalizer(), ground.stage()
    text = "\n".join(texts(view, stage, LARGE))
    assert "xxxxx" in text
    assert "exit 8" in text
    assert "data" in text
    assert "no such table" in text
    later = Stage(ground.world, UNICODE)
    ground.world.now += 3600
    assert "50%" in "\n".join(texts(view, later, LARGE))
    assert view.act("lane.acknowledge", stage)
    assert "xxxxx" not in "\n".join(texts(view, stage, LARGE))
    ground.happen("reset", 1, NOW)
    ground.happen("ready", 1, NOW)
    ground.happen("launch", 1, NOW, attempt=2)
    ground.happen("fail", 1, NOW + 5, attempt=2, reason="exit", code=9)
    assert "exit 9" in "\n".join(texts(view, stage, LARGE))


def test_a_lost_job_shows_why():
    ground = Ground()
    ground.add("sync", "lost", 100.0, ended=NOW - 60, reason="reboot")
    text = shown(ground, LARGE)
    assert "! lost" in text
    assert "restarted while it ran" in text


def test_free_slots_are_dark_and_labelled():
    ground = Ground(4)
    ground.add("only")
    assert shown(ground).count("(free)") == 3
    assert shown(ground, orient="horizontal").count("(free)") == 3


def test_lanes_that_do_not_fit_are_counted_and_reached():
    ground = Ground(12)
    for at in range(12):
        ground.add(f"job{at:02}", began=100.0 - at)
    view, stage = Equalizer(), ground.stage()
    text = "\n".join(texts(view, stage))
    assert "+4 >" in text
    assert "job11" not in text
    assert view.act("move.bottom", stage)
    text = "\n".join(texts(view, stage))
    assert "< +4" in text
    assert "job11" in text
    assert view.targets(stage)[0].run == 12


def test_the_cursor_passes_free_lanes_and_verbs_reach_its_job():
    ground = Ground(3)
    ground.add("gone", "succeeded", 100.0, ended=NOW - 10)
    ground.add("first", began=90.0)
    ground.add("bad", "failed", 80.0, ended=NOW - 5)
    view, stage = Equalizer(), ground.stage()
    view.lines(stage, USUAL)
    assert [key.run for key in view.targets(stage)] == [2]
    view.act("move.right", stage)
    assert [key.run for key in view.targets(stage)] == [3]
    view.act("move.left", stage)
    assert [key.run for key in view.targets(stage)] == [2]
    view.orient = "horizontal"
    view.act("move.down", stage)
    assert [key.run for key in view.targets(stage)] == [3]


@pytest.mark.parametrize("orient", ORIENTS)
def test_a_click_takes_the_lane_that_is_drawn_there(orient):
    ground = Ground(2)
    ground.add("left", began=20.0, took=TOOK)
    ground.add("right", began=10.0, took=TOOK)
    view, stage = Equalizer(), ground.stage()
    view.orient = orient
    lines = texts(view, stage)
    y = next(y for y, line in enumerate(lines) if "right" in line)
    assert view.point(lines[y].index("right"), y, stage)
    assert view.targets(stage)[0].run == 2
    assert not view.point(0, 19, stage)


def test_a_stop_counts_down_and_a_start_says_so():
    ground = Ground()
    ground.add("ending", "stopping", 80.0, grace=10.0, since=NOW - 3)
    ground.add("coming", "starting", None, since=NOW)
    text = shown(ground, LARGE)
    assert "stopping" in text
    assert "KILL 7s" in text
    assert "starting" in text


def test_below_the_lanes_stand_who_is_next_and_how_the_hour_went():
    text = shown(night(), LARGE)
    assert "next: ☐ approve yours  ↻ scrape.shop in 00:45" in text
    assert "upload.s3 held" in text
    assert "last 60m: 41 ok  2 failed  1 lost  1 retried" in text


def test_when_nothing_runs_it_says_so_and_what_happened_last():
    ground = Ground()
    ground.add("done", "succeeded", 90.0, ended=NOW - 30)
    ground.add("sign", "waiting_human", None)
    for orient in ORIENTS:
        text = shown(ground, orient=orient)
        assert "nothing runs" in text
        assert "daily1#1 succeeded" in text
        assert "sign yours" in text
    assert "nothing runs" in "\n".join(texts(Equalizer(), Ground(0).stage(), SMALL))


def test_the_title_says_what_the_bars_show():
    ground = Ground()
    ground.add("a", took=TOOK, read=Read(0.5, cpu=3.2, cpu_strip=(3.4,) * 60))
    view, stage = Equalizer(), ground.stage()
    said = []
    for _ in METRICS:
        said.append((view.title, plain(view.state_line(stage))))
        assert view.act("eq.metric", stage)
    assert [title for title, _ in said] == [f"EQUALIZER {metric}" for metric in METRICS]
    assert "4 cores" in said[2][1]
    assert view.metric == METRICS[0]


def test_pulse_and_cpu_rise_with_their_peak_above():
    ground = Ground(1)
    ground.add("a", took=TOOK, read=Read(0.9, 1.0, 0.25, wave(0.2), 0.75, 3.0, cpu=0.5,
                                         cpu_strip=(1.0,) * 60))  # fmt: skip
    for metric, part in (("pulse", 0.25), ("cpu", 0.5)):
        view = Equalizer()
        view.metric = metric
        signs = column(view.lines(ground.stage(), LARGE), 6)
        bar = [y for y, (sign, style) in enumerate(signs) if style.startswith("run.")]
        peaks = [y for y, (_, style) in enumerate(signs) if style == "peak"]
        floor = next(y for y, (sign, _) in enumerate(signs) if sign == "▀")
        assert abs((floor - bar[0]) / floor - part) < 0.05
        assert len(peaks) == 1
        assert peaks[0] < bar[0]


def test_what_was_seen_metric_and_way_are_remembered():
    ground = Ground()
    ground.add("bad", "failed", 80.0, ended=NOW - 5)
    view, stage = Equalizer(), ground.stage()
    view.lines(stage, USUAL)
    for action in ("lane.acknowledge", "eq.metric", "eq.orient"):
        view.act(action, stage)
    again = Equalizer()
    again.recall(json.loads(json.dumps(view.remember())))
    assert (again.metric, again.orient, again.seen) == ("pulse", "horizontal", view.seen)
    assert again.title == "EQUALIZER pulse"
    again.recall({"metric": 3, "orient": None, "seen": [[1, 2], "x", [1, 2, 3, "4"], [True] * 4]})
    assert (again.metric, again.seen) == ("pulse", view.seen)


def test_what_is_remembered_is_bounded():
    ground = Ground()
    for at in range(600):
        ground.add(f"bad{at}", "failed", 80.0, ended=NOW - 5)
    view, stage = Equalizer(), ground.stage()
    view.acknowledge([row.key for row in ground.world.rows()], stage)
    kept = view.remember()["seen"]
    assert (len(view.seen), len(kept), kept[-1][1]) == (600, 500, 600)


def test_only_failed_job_runs_can_be_acknowledged_from_elsewhere():
    ground = Ground()
    ground.add("bad", "failed", 80.0, ended=NOW - 5)
    ground.add("fine")
    view = Equalizer()
    view.acknowledge([row.key for row in ground.world.rows()], ground.stage())
    assert [key.run for key in view.seen] == [1]


def test_pictures_come_as_fast_as_something_moves():
    still, ticking, moving, waiting = Ground(), Ground(), Ground(), Ground()
    still.add("bad", "failed", 80.0, ended=NOW - 5)
    ticking.add("a", read=Read(0.5))
    moving.add("a", read=Read(0.5, moving=True))
    waiting.add("a", "retry_wait", 50.0, ended=NOW - 5, due=NOW + 5)
    paces = [Equalizer().pace(g.stage()) for g in (still, ticking, waiting, moving)]
    assert paces == [0.0, 1.0, 1.0, 10.0]


def test_with_several_hosts_names_say_whose_they_are_and_all_slots_are_there():
    ground = Ground(8, sites=2)
    ground.add("load", site=0)
    ground.add("load", site=1)
    text = shown(ground, LARGE, orient="horizontal")
    assert "host0 load" in text
    assert "host1 load" in text
    assert text.count("(free)") == 6


def test_lanes_of_a_runtime_that_is_away_step_back():
    ground = Ground()
    ground.add("a", took=TOOK, read=Read(0.5))
    ground.world.sites[0].away = NOW - 20
    lines = Equalizer().lines(ground.stage(), USUAL)
    assert {style for _, style in column(lines, 6)[:9] if style} <= {"dim", "bar.back"}


def test_the_command_line_chooses_metric_and_way():
    view, stage = Equalizer(), Ground().stage()
    assert view.command(["cpu", "horizontal"], stage) == ""
    assert (view.metric, view.orient, view.title) == ("cpu", "horizontal", "EQUALIZER cpu")
    assert "sideways" in view.command(["sideways"], stage)


@pytest.mark.parametrize("size", [SMALL, USUAL])
def test_nothing_is_cut_for_lanes_that_are_hidden_while_there_is_room(size: Size) -> None:
    ground = Ground(slots=40)
    for number in range(40):
        ground.add(f"job{number}", "running", 70.0)
    foot = next(line for line in reversed(texts(Equalizer(), ground.stage(), size)) if "+" in line)
    assert re.search(r"\+\d+ >$", foot)
    assert "…" not in foot
