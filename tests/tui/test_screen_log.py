"""The log screen: what it shows of a log, and every key on it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from jobmon.tui import frame
from jobmon.tui.actions import ACTIONS, BY_ID, keymap
from jobmon.tui.ink import Ink
from jobmon.tui.logfiles.file import LogFile
from jobmon.tui.logfiles.pager import Pager
from jobmon.tui.picture import Line, Size
from jobmon.tui.screens.log.view import About, LogView
from jobmon.tui.text import plain
from jobmon.tui.world import RowKey
from tests.core import flow, job
from tests.tui.logfakes import HEAD, START, Remote, ending, line, out, read_all, sample, written
from tests.tui.worlds import ASCII, HOSTILE, UNICODE, Folder, page, stage

KEY = RowKey(0, 31, 0)
ABOUT = About(KEY, "f#31", "extract.web", 1, 1)
SIZES = [(60, 15), (80, 24), (100, 30), (160, 48)]
COUNT = 200


class Shown:
    """A log on the screen of a job that runs, or has ended with a code."""

    def __init__(self, log: LogFile, code: int | None = None, ink: Ink = UNICODE) -> None:
        self.folder = Folder()
        self.folder.run(flow(job("extract.web"), job("load", "extract.web")), 31)
        self.folder.start(31, "extract.web")
        if code is not None:
            self.folder.end(31, "extract.web", code)
        self.on = stage(self.folder, ink=ink)
        self.log, self.view = log, LogView()
        self.view.open(log, ABOUT)
        self.read()
        if code is None and log.index.latest is not None:
            self.on.world.now = log.index.latest + 1
        self.page()

    def read(self) -> Shown:
        read_all(self.log, self.view)
        return self

    def page(self, width: int = 80, height: int = 21) -> str:
        return page(self.view, self.on, width, height)

    def act(self, *actions: str) -> Shown:
        for action in actions:
            assert self.view.act(action, self.on), action
            self.page()
        return self

    def find(self, text: str) -> Shown:
        self.view.search(text)
        self.page()
        return self.read()

    @property
    def at(self) -> int:
        """The number of the line under the cursor, from 1 on."""
        assert self.view.cursor is not None
        return self.view.cursor.line + 1

    @property
    def state(self) -> str:
        return plain(self.view.state_line(self.on)).strip()

    @property
    def lit(self) -> list[str]:
        """The rows on the cursor's ground."""
        rows = self.view.lines(self.on, Size(80, 21))
        return [plain(row).rstrip() for row in rows if any("cursor" in s for _, s in row)]


def says(n: int) -> str:
    word = {0: "ERROR", 5: "WARNING"}.get(n % 20, "INFO")
    return f"{word} line {n + 1} of the job"


def usual(count: int = COUNT, rate: float = 10.0) -> list[bytes]:
    """Lines 1, 21, ... are errors, lines 6, 26, ... warnings; a long silence before line 101."""
    return [out(says(n), START + n / rate + (60 if n >= 100 else 0)) for n in range(count)]


@pytest.fixture
def running(tmp_path: Path) -> Shown:
    return Shown(written(tmp_path / "log", HEAD, *usual()))


@pytest.fixture
def ended(tmp_path: Path) -> Shown:
    return Shown(written(tmp_path / "log", HEAD, *usual(), ending(8, lines=COUNT)), code=8)


def grow(shown: Shown, *data: bytes) -> None:
    path = shown.view.path()
    assert path is not None
    with Path(path).open("ab") as file:
        file.write(b"".join(data))
    shown.read()


# What is shown


def test_the_end_of_a_running_job_with_whose_log_it_is(running: Shown) -> None:
    head, *rows = running.page().split("\n")
    assert head.startswith(" extract.web  f#31  ▸ running  ")
    assert head.endswith("line 200/200")
    assert rows[-1].endswith("│ INFO line 200 of the job")
    assert len(rows) == 20
    assert running.state.startswith("FOLLOW")
    assert "10 errors  10 warnings" in running.state


def test_an_ended_attempt_closes_with_how_it_ended(ended: Shown) -> None:
    last = ended.page().split("\n")[-1]
    assert last.startswith("──── ✗ failed  exit code 8  after 01:15  200 lines, 42 B ────")
    assert "FOLLOW" not in ended.state


def test_an_older_attempt_says_how_it_ended_by_its_own_record(tmp_path: Path) -> None:
    shown = Shown(written(tmp_path / "log", HEAD, out("one"), ending(0)))
    shown.view.open(shown.log, ABOUT._replace(attempt=0))
    assert "✓ succeeded  exit code 0" in shown.read().page()


def test_a_lost_attempt_has_no_record(tmp_path: Path) -> None:
    shown = Shown(written(tmp_path / "log", HEAD, out("one")), code=1)
    assert "✗ failed" in shown.page().split("\n")[2]


def test_signs_come_first_and_standard_error_is_marked(tmp_path: Path) -> None:
    lines = (out("ERROR a"), out("warning: b", s="err"), out("c", s="err"), out("DEBUG d"))
    shown = Shown(written(tmp_path / "log", *lines))
    assert [row[9:11] for row in shown.page().split("\n")[1:5]] == ["E│", "W!", " !", " │"]


def test_long_silences_are_drawn(running: Shown) -> None:
    running.act("log.previous_gap")
    rows = running.page().split("\n")
    ruler = rows.index(next(row for row in rows if "quiet 01:00" in row))
    assert rows[ruler].startswith("──── quiet 01:00 ─────")
    assert "line 100 of" in rows[ruler - 1]
    assert "line 101 of" in rows[ruler + 1]
    assert running.at == 101


def test_a_silence_that_goes_on_is_told(running: Shown) -> None:
    running.on.world.now = START + 80 + 41
    assert running.page().split("\n")[-1].startswith("──── quiet 00:41 so far ──")


def test_a_log_of_which_the_end_is_kept_apart_says_so(running: Shown) -> None:
    grow(running, sample(START + 90, lines=123_456))
    assert "kept apart until the end: 123,456 lines so far" in running.page()


def test_what_is_left_out_stands_in_its_place(tmp_path: Path) -> None:
    shown = Shown(
        written(tmp_path / "log", out("a"), line(dropped=1200, why="disk full"), out("b"))
    )
    assert "──── 1.2 kB left out: disk full ───" in shown.page()


@pytest.mark.parametrize(
    ("data", "code", "told"),
    [
        (HEAD, None, "it has written nothing yet"),
        (HEAD + ending(0, lines=0), 0, "it wrote nothing"),
        (b"", 1, "nothing is kept of this attempt"),
    ],
)
def test_a_log_without_a_line_says_why(
    tmp_path: Path, data: bytes, code: int | None, told: str
) -> None:
    assert told in Shown(written(tmp_path / "log", data), code=code).page()


def test_without_a_log_it_says_how_to_get_one() -> None:
    view, on = LogView(), stage(Folder())
    assert "enter on a job shows its log" in page(view, on)
    assert view.pace(on) == 0
    assert (view.key, view.path(), view.line_text(), view.targets(on)) == (None, None, "", [])


def test_wide_screens_have_more(running: Shown) -> None:
    running.find("line 77 ")
    row = next(r for r in running.page(160, 44).split("\n") if "line 77 of" in r)
    assert row.startswith("  77 ")
    assert ":07.600  │ INFO" in row
    edge = [row[157:].strip() for row in running.page(160, 44).split("\n")[1:]]
    assert {"E", "┃E"} & set(edge)
    assert "┃*" in edge
    assert 8 <= sum("┃" in cell for cell in edge) <= 12  # 43 of 200 lines


def test_the_map_is_letters_first(tmp_path: Path) -> None:
    shown = Shown(written(tmp_path / "log", *usual(40)), ink=ASCII)
    edge = [row[97:].strip() for row in shown.page(100, 41).split("\n")[1:]]
    assert (edge[0], edge[5], edge[7]) == ("|E", "|W", "|")


# Following


def test_it_follows_until_somebody_goes_up(running: Shown) -> None:
    grow(running, out("new 1", START + 90))
    assert "new 1" in running.page().split("\n")[-1]
    running.act("move.up")
    grow(running, *(out(f"new {n}", START + 90) for n in range(2, 7)))
    assert running.at == 200
    assert "new 2" not in running.page()
    assert running.state.endswith("5 new lines below")
    assert running.state.startswith("follow off")
    running.act("move.bottom")
    assert "new 6" in running.page().split("\n")[-1]
    grow(running, out("new 7", START + 90))
    assert running.at == 207
    assert "below" not in running.state


def test_the_follow_key_stops_and_goes_on(running: Shown) -> None:
    running.act("log.follow")
    grow(running, out("more", START + 90))
    assert running.at == 200
    assert running.act("log.follow").at == 201


def test_following_ends_with_the_attempt(running: Shown) -> None:
    grow(running, out("last", START + 90), ending(0))
    assert running.at == 201
    assert running.view.pace(running.on) == 0
    assert "nothing more will come" in running.act("log.follow").state


@pytest.mark.parametrize(("up", "pace"), [(False, 4.0), (True, 1.0)])
def test_it_moves_only_while_more_may_come(running: Shown, up: bool, pace: float) -> None:
    if up:
        running.act("move.up")
    assert running.view.pace(running.on) == pace


def test_nothing_moves_on_an_ended_attempt_but_a_search(ended: Shown) -> None:
    assert ended.view.pace(ended.on) == 0
    ended.view.search("line 1")
    assert ended.view.pace(ended.on) == 4
    assert ended.read().view.pace(ended.on) == 0


# Movement


@pytest.mark.parametrize(
    ("actions", "at"),
    [
        (("move.top",), 1), (("move.top", "move.down"), 2), (("move.up",), 199),
        (("move.top", "move.page_down"), 20), (("move.page_up",), 181),
        (("move.top", "move.up"), 1), (("move.bottom", "move.down"), 200),
        (("move.top", "move.page_down", "move.page_down"), 39),
        (("move.page_up", "move.page_up"), 162),
        (("move.top", "move.page_up"), 1), (("move.bottom", "move.page_down"), 200),
    ],
)  # fmt: skip
def test_movement(running: Shown, actions: tuple[str, ...], at: int) -> None:
    assert running.act(*actions).at == at
    assert len(running.lit) == 1
    assert f"line {at} of" in running.lit[0]


def test_keys_that_come_faster_than_pictures(running: Shown) -> None:
    running.act("move.top")
    for action in ["move.page_down"] * 3 + ["move.down"] * 2:
        running.view.act(action, running.on)
    assert running.at == 60


def test_pages_meet_in_one_line(running: Shown) -> None:
    first = running.act("move.top").page().split("\n")[1:]
    second = running.act("move.page_down").page().split("\n")[1:]
    assert second[0] == first[-1]
    assert running.act("move.page_up").page().split("\n")[1:] == first


def test_looking_further_back_from_the_end_and_nearer_to_it(running: Shown) -> None:
    assert running.act("log.wider").at == 101
    assert "from 1 minute before the end" in running.state
    assert running.act("log.wider").at == 1  # all of it: it has only two minutes
    assert running.act("log.nearer").at == 101
    assert running.act("log.nearer").at == 200
    assert running.act("log.nearer").at == 200
    assert "FOLLOW" in running.state


def test_looking_further_back_never_goes_down(running: Shown) -> None:
    running.act("move.top", "move.page_down", "log.wider")
    assert running.at == 1


def test_each_look_nearer_gets_on_however_fast_the_log_grows(tmp_path: Path) -> None:
    lines = [out(says(n), START + 2 * n) for n in range(1000)]
    shown = Shown(written(tmp_path / "log", *lines[:900]))
    shown.act("log.wider", "log.wider", "log.wider")
    first = shown.at
    written(tmp_path / "log", *lines)
    shown.read()
    assert first < 500 < shown.act("log.nearer").at
    assert "from 5 minutes" in shown.state


def test_a_window_begins_at_the_top_of_the_screen(tmp_path: Path) -> None:
    shown = Shown(written(tmp_path / "log", *(out(says(n), START + 2 * n) for n in range(900))))
    shown.act("log.wider", "log.wider")
    assert "line 750 of" in shown.page().split("\n")[1]


def test_the_mouse(running: Shown) -> None:
    running.page()
    assert running.view.point(5, 3, running.on)
    assert running.at == 183
    running.view.wheel(-1, running.on)
    assert "line 178 of" in running.page().split("\n")[1]
    assert running.at == 183
    for _ in range(3):
        running.view.wheel(-1, running.on)
    assert running.lit
    running.page(120, 41)
    assert running.view.point(118, 1, running.on)
    running.page(120, 41)
    assert running.at == 1
    assert not running.view.point(5, 0, running.on)


# Jumps


@pytest.mark.parametrize(
    ("actions", "at"),
    [
        (("log.previous_error",), 181), (("log.previous_error", "log.previous_error"), 161),
        (("move.top", "log.next_error"), 21), (("log.previous_warning",), 186),
        (("move.top", "log.next_warning", "log.next_warning"), 26),
        (("log.previous_gap",), 101), (("move.top", "log.next_gap"), 101),
    ],
)  # fmt: skip
def test_jumps(running: Shown, actions: tuple[str, ...], at: int) -> None:
    assert running.act(*actions).at == at
    assert running.lit
    assert not running.view.cursor or not running.view.cursor.follow


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("log.next_error", "no error below"), ("log.next_warning", "no warning below"),
        ("log.next_gap", "no long silence below"), ("log.next_hit", "nothing is sought"),
    ],
)  # fmt: skip
def test_a_jump_that_leads_nowhere_says_so(running: Shown, action: str, told: str) -> None:
    running.act(action)
    assert told in running.state
    assert running.at == 200
    assert told not in running.act("move.up").state


# Searching


def test_a_search_lands_on_the_next_hit_and_says_which_it_is(running: Shown) -> None:
    running.act("move.top").find("line 15")
    assert running.at == 15
    assert 'find "line 15" 1/11' in running.state
    assert running.act("log.next_hit").at == 150
    assert 'find "line 15" 2/11' in running.state
    assert running.act("log.previous_hit").at == 15
    assert "no hit above" in running.act("log.previous_hit").state


def test_a_search_at_the_end_lands_on_the_last_hit(running: Shown) -> None:
    assert running.find("line 15").at == 159


def test_hits_are_lit(running: Shown) -> None:
    running.find("line 7")
    rows = running.view.lines(running.on, Size(80, 21))
    assert [text for row in rows for text, style in row if "hit" in style] == ["line 7"] * 10


def test_typing_on_searches_from_where_it_began(running: Shown) -> None:
    running.act("move.top")
    for text in ("l", "line 1", "line 12", "line 1"):
        running.find(text)
    assert running.at == 1


@pytest.mark.parametrize(
    ("typed", "told"),
    [("/(/", "no regular expression"), ("nowhere", 'find "nowhere" no hit'), ("/ne 1$/", "no hit")],
)
def test_a_search_in_vain(running: Shown, typed: str, told: str) -> None:
    running.find(typed)
    assert told in running.state
    assert running.at == 200


def test_only_lines_with_a_text(running: Shown) -> None:
    running.find("&line 15")
    rows = running.page().split("\n")[1:]
    assert [row.split()[-4] for row in rows if row] == ["15", *map(str, range(150, 160))]
    assert 'only "line 15" 11' in running.state
    assert running.act("move.top").at == 15
    assert running.find("line 152").at == 152
    assert running.view.back()
    assert "line 151 of" in running.page()
    assert not running.view.back()


def test_lines_that_come_are_narrowed_too(running: Shown) -> None:
    running.find("&ERROR")
    grow(running, out("ERROR again", START + 90), out("INFO more", START + 90))
    rows = running.page().split("\n")
    assert "ERROR again" in [row for row in rows if row][-1]


def test_levels(running: Shown) -> None:
    running.act("log.level")
    assert "warnings and errors" in running.state
    rows = [row for row in running.page().split("\n")[1:] if row]
    assert {row[9] for row in rows} == {"E", "W"}
    running.act("log.level")
    assert "errors only" in running.state
    assert {row[9] for row in running.page().split("\n")[1:] if row} == {"E"}
    assert running.find("&line 161").page().count("ERROR line") == 1
    running.view.reset()
    running.act("move.bottom")
    assert "line 200 of" in running.page()


def test_nothing_left_says_what_hides_it(running: Shown) -> None:
    running.find("&nowhere")
    assert 'no line has "nowhere"; esc shows all 200 lines' in running.page()
    running.act("move.down", "move.page_up", "log.next_error", "log.wrap", "move.bottom")


def test_no_line_of_a_level(tmp_path: Path) -> None:
    shown = Shown(written(tmp_path / "log", out("calm")))
    assert "none of 1 line is at this level; i shows the others" in shown.act("log.level").page()
    assert shown.view.line_text() == ""


# How lines are shown


def test_times(running: Shown) -> None:
    assert (
        running.act("log.time", "move.top").page().split("\n")[1].startswith("   +00:00 E│ ERROR")
    )
    assert "time rel" in running.state
    assert running.act("move.bottom").page().split("\n")[-1].startswith("   +01:19  │ INFO")
    assert running.act("log.time").page().split("\n")[-1].startswith(" │ INFO line 200")


def test_long_lines_are_cut_or_wrapped(tmp_path: Path) -> None:
    text = "".join(f"[{n:04}]" for n in range(40))
    shown = Shown(written(tmp_path / "log", out("first"), out(text), out("last")))
    row = shown.page().split("\n")[2]
    assert row[12:] == text[:67] + "…"
    assert shown.act("move.right").page().split("\n")[2][12:] == text[16 : 16 + 67] + "…"
    assert "from column 17" in shown.state
    assert shown.act("move.left", "move.left", "log.wrap").page().split("\n")[2:6] == [
        row[:12] + text[:68],
        " " * 10 + "│ " + text[68:136], " " * 10 + "│ " + text[136:204],
        " " * 10 + "│ " + text[204:],
    ]  # fmt: skip
    assert "wrap" in shown.state
    assert "x cuts them" in shown.act("move.right").state


def test_a_line_higher_than_the_screen_is_read_row_by_row(tmp_path: Path) -> None:
    text = "".join(f"[{n:04}]" for n in range(500))
    shown = Shown(written(tmp_path / "log", out("first"), out(text), out("last"), ending()), code=0)
    shown.act("log.wrap", "move.top", "move.down")
    seen = shown.page()
    for _ in range(60):
        shown.act("move.down")
        seen += shown.page()
    assert all(f"[{n:04}]" in seen.replace("\n" + " " * 10 + "│ ", "") for n in range(500))
    assert shown.at == 3
    for _ in range(60):
        shown.act("move.up")
    assert shown.at == 1


def test_how_much_more_there_is_of_a_very_long_line(tmp_path: Path) -> None:
    pieces = [out("x" * (16 << 10), c=1) for _ in range(64)]
    shown = Shown(written(tmp_path / "log", *pieces, out("end")))
    assert shown.page().split("\n")[1].endswith("xxx…+1.0 MB")
    assert shown.act("log.wrap", "move.bottom").page().split("\n")[-1].endswith(" +1.0 MB")


def test_an_instance_of_every_action_of_the_log_does_something(running: Shown) -> None:
    app = {"log.copy", "log.pager", "log.older", "log.newer"}
    for action in ACTIONS:
        if action.group == "log" or (action.group == "rows" and action.id.startswith("move.")):
            assert running.view.act(action.id, running.on) == (action.id not in app), action.id
            running.page()
    assert all(name in BY_ID for name in running.view.hints())


def test_the_key_bar_names_the_way_back_also_on_a_narrow_terminal(running: Shown) -> None:
    shown = frame.hints(running.view, keymap("log"), 80, lambda action: action)
    assert "app.back" in {hint.action.id for hint in shown}


# For others


def test_attempts(running: Shown) -> None:
    running.view.open(running.log, ABOUT._replace(attempt=2, attempts=3))
    assert "attempt 2/3" in running.page()
    running.view.act("log.older", running.on)
    assert running.view.wanted_attempt == 1
    running.view.act("log.newer", running.on)
    assert running.view.wanted_attempt == 3
    running.view.open(running.log, ABOUT._replace(attempt=3, attempts=3))
    running.view.act("log.newer", running.on)
    assert running.view.wanted_attempt is None
    assert "attempt 3 is the last" in running.state


def test_what_is_sought_is_sought_in_the_next_log_too(running: Shown, tmp_path: Path) -> None:
    running.find("line 15").find("&INFO")
    other = written(tmp_path / "other", HEAD, *usual(40))
    running.view.open(other, ABOUT)
    running.log = other
    running.read()
    assert 'only "INFO" 36  find "line 15" 1' in running.state


def test_the_line_and_the_file_for_others(running: Shown, tmp_path: Path) -> None:
    running.act("move.top", "move.down")
    assert running.view.line_text() == "INFO line 2 of the job"
    assert running.view.path() == str(tmp_path / "log")
    assert running.view.targets(running.on) == [KEY]
    assert running.view.key == KEY


def test_how_lines_are_shown_is_remembered(running: Shown) -> None:
    running.act("log.time", "log.wrap")
    again = LogView()
    again.recall(running.view.remember())
    assert (again.times, again.wrap) == ("rel", True)
    again.recall({"times": 5, "wrap": "x"})
    assert (again.times, again.wrap) == ("rel", False)


# Large and far


def test_a_large_log_shows_its_end_while_it_is_read(tmp_path: Path) -> None:
    lines = [out(f"line {n} of the job", START + n / 100) for n in range(60_000)]
    log, view, on = written(tmp_path / "log", HEAD, *lines), LogView(), stage(Folder())
    view.open(log, ABOUT)
    log.extend()
    view.extended()
    shown = page(view, on)
    assert "line 59999 of" in shown
    assert "reading " in shown.split("\n")[0]
    view.act("move.page_up", on)
    before = page(view, on).split("\n")
    read_all(log, view)
    after = page(view, on).split("\n")
    assert view.cursor is not None
    assert view.cursor.line > 59_900
    assert after[0].endswith(f"line {view.cursor.line + 1:,}/60,000")
    assert any(row in before for row in after[1:])


def test_the_first_line_is_reached_although_only_the_end_is_known_yet(tmp_path: Path) -> None:
    log = written(tmp_path / "log", HEAD, *usual(60_000))
    shown = Shown(written(tmp_path / "small", HEAD, *usual(1)))
    shown.log = log
    shown.view.open(log, ABOUT)
    log.extend()
    shown.view.extended()
    shown.act("move.top")
    assert not log.complete
    assert shown.read().at == 1
    assert says(0) in shown.page()


def test_a_log_far_away_never_makes_the_screen_wait() -> None:
    source = Remote(HEAD + b"".join(usual(2_000)))
    shown = Shown(LogFile(source))
    assert "INFO line 2000 of" in shown.read().page()
    asked = source.asked
    rows = shown.act("move.top").page().split("\n")[1:]
    assert all(row.endswith("│ …") for row in rows)
    assert source.asked == asked
    assert "ERROR line 1 of" in shown.read().page()
    assert source.asked <= asked + 3
    assert shown.view.path() is None


# Nothing that is written harms the screen


HOSTILE_LINES = [
    HOSTILE, "\x1b]52;c;aGVsbG8=\x07", "\x1b[2J\x1b[H", "\x9b31m", "a\u202eb\u2066c", "\x00\x01",
    "tab\tand\ttab", "日本語\tの\tタブ", "か\u3099き\u3099", "\u3099 first", "👩\u200d🚀 ☁\ufe0f",
    "🇯🇵 flag", "全角\u3000空白\xa0nbsp", "\ue0b0 private", "\U000e0001", "\u0e33ำ",
    "\u200d\ufe0f", "e\u0301" * 200, "一" * 300, "a" + "二" * 300, "ｱｲｳ" * 50, "\u200b" * 900 + "x",
    "".join(map(str, range(2400))), "\r10%\r20%\r100%", "[bold]x[/] %s {0}", "", " ", "\xad soft",
    "ﷺ" * 40,
    "\x1b[31mred\x1b[0m", "\u2028\u2029", "\x7f", "🀄" * 90,
]  # fmt: skip
DAMAGED = b"\xff\x9b\x1b[31m\n" + b'{"t":1.0,"s":"out","m":"half \\ud800"}\n'


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ink", [UNICODE, ASCII])
@pytest.mark.parametrize("wrap", [False, True])
def test_every_picture_is_inert_and_exact_to_the_cell(
    tmp_path: Path, size: tuple[int, int], ink: Ink, wrap: bool
) -> None:
    data = [out(text, START, s) for text in HOSTILE_LINES for s in ("out", "err")]
    shown = Shown(written(tmp_path / "log", HEAD, *data, DAMAGED), ink=ink)
    shown.view.open(shown.log, ABOUT._replace(run=HOSTILE, job="在庫" * 30, attempts=9))
    shown.view.wrap = wrap
    for left in (0,) if wrap else (0, 1, 16, 67):
        shown.view.left = left
        shown.act("move.top")
        for _ in range(300):
            assert_exact(shown.view.lines(shown.on, Size(*size)), size[0])
            shown.page(*size)
            if shown.at == len(shown.log.index):
                break
            shown.view.act("move.page_down", shown.on)
        assert shown.at == len(shown.log.index)
    shown.find("/[^ ]/")
    shown.page(*size)


def assert_exact(rows: list[Line], width: int) -> None:
    """Every row fills the width, counted sign by sign as terminals do."""
    from rich.cells import get_character_cell_size

    for row in rows[1:]:
        assert sum(map(get_character_cell_size, plain(row))) == width, plain(row)


def test_a_search_is_shown_inert(running: Shown) -> None:
    running.find("\x1b[31m").find("&\x9b\u202e").page()


# The part of a list that is on the screen


def test_the_cursor_is_always_on_the_screen_and_no_row_is_wasted() -> None:
    heights = [(n * 7) % 5 + 1 for n in range(60)]
    heights[20], heights[40] = 50, 13
    pager, height = Pager(), 12
    for step in range(400):
        at = (step * step * 31) % 60
        pager.anchor = ("", "top", "middle", "bottom", "end")[step % 5]
        pager.settle(at, 60, height, heights.__getitem__)
        rows = [n for n in range(pager.top, 60) for _ in range(heights[n])][pager.skip :]
        assert at in rows[:height]
        assert len(rows) >= height
        assert rows[0] == pager.top


# What it costs


def test_following_a_thousand_lines_a_second_is_cheap(tmp_path: Path) -> None:
    shown = Shown(written(tmp_path / "log", HEAD, *usual()))
    spent, pictures = 0.0, 20
    for picture in range(pictures):
        new = (out(f"INFO fetch https://example.com/p/{n} 200", START + 90) for n in range(250))
        grow(shown, *new)
        shown.on.world.now += 0.25
        began = time.process_time()
        shown.view.lines(shown.on, Size(160, 44))
        spent += time.process_time() - began if picture else 0
    assert (
        spent / (pictures - 1) < 0.015
    )  # 2 ms with nothing else to do: 1 % at 4 pictures a second
