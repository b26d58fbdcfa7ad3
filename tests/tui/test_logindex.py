"""Where lines begin, and what their bytes tell: levels, times, silences; and finding texts."""

from __future__ import annotations

import json
import random
import re

import pytest

from jobmon.tui.logfiles.find import Finder, pattern_of, step_to
from jobmon.tui.logfiles.index import LogIndex, level_of
from tests.tui.logfakes import HEAD, START, ending, line, out, sample


def indexed(data: bytes, step: int = 1 << 20) -> LogIndex:
    index = LogIndex()
    while index.end < len(data):
        taken, size = 0, step
        while not taken:  # a record may be longer than the step
            taken = index.feed(data[index.end : index.end + size])
            size *= 2
    return index


def texts(data: bytes, index: LogIndex) -> list[str]:
    """What the record at each start says, by itself."""
    lines = [data[start : data.index(b"\n", start)] for start in index.starts]
    return [json.loads(raw).get("m", "note") for raw in lines]


# Lines


@pytest.mark.parametrize("step", [64, 1000, 1 << 20])
def test_lines_are_output_and_notes_of_what_is_left_out(step: int) -> None:
    data = HEAD + out("one") + sample(START) + out("two", s="err")
    data += (
        line(dropped=10, why="disk full") + out("three") + sample(START + 1, lines=9) + ending(8)
    )
    index = indexed(data, step)
    assert texts(data, index) == ["one", "two", "note", "three"]
    assert index.exit is not None
    assert index.exit["code"] == 8
    assert (index.begun, index.apart, index.end) == (START, 9, len(data))


@pytest.mark.parametrize("step", [64, 1000])
def test_a_line_in_pieces_is_one_line(step: int) -> None:
    data = out("a", c=1) + out("b", c=1) + out("c") + out("next")
    assert texts(data, indexed(data, step)) == ["a", "next"]


def test_pieces_of_the_two_streams_may_alternate() -> None:
    data = out("wait", c=1) + out("warning", s="err", c=1) + out("done") + out("!", s="err")
    assert texts(data + out("next"), indexed(data + out("next"))) == ["wait", "warning", "next"]


def test_what_a_job_prints_is_never_taken_for_structure() -> None:
    said = ['{"t":1,"cpu":2}', '","c":1}', '{"exit":{}}', '\\n{"jobmon":1}', '"}', ',"c":1}']
    data = b"".join(map(out, said))
    index = indexed(data)
    assert texts(data, index) == said
    assert index.exit is None


def test_a_damaged_line_is_a_line() -> None:
    data = out("before") + b"\0" * 300 + b"\n" + out("after") + b'{"exit": broken\n'
    index = indexed(data)
    assert len(index) == 4
    assert index.exit is None


def test_a_torn_line_waits_for_its_end() -> None:
    index = LogIndex()
    data = out("one") + out("two")
    assert index.feed(data[:-5]) == len(out("one"))
    assert index.feed(data[index.end :]) == len(out("two"))
    assert texts(data, index) == ["one", "two"]


@pytest.mark.parametrize("seed", range(5))
def test_the_index_does_not_depend_on_how_it_is_fed(seed: int) -> None:
    chance, data, t = random.Random(seed), HEAD, START
    for n in range(400):
        t += chance.choice([0.1, 0.4, 30.0]) if n % 7 == 0 else 0.01
        word = chance.choice(["ERROR", "WARN", "INFO", "x", "エラー: 失敗"])
        flag = {"c": 1} if chance.random() < 0.1 else {}
        data += out(f"{word} {n}", t, s=chance.choice(["out", "err"]), **flag)
        data += sample(t) if chance.random() < 0.1 else b""
    whole, pieces = indexed(data), indexed(data, 500)
    for name in ("starts", "errors", "warnings", "notable"):
        assert list(getattr(whole, name)) == list(getattr(pieces, name)), name
    silences = [n for n in range(len(whole)) if whole.silence(n)]
    assert silences == [n for n in range(len(pieces)) if pieces.silence(n)]


# Levels


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("2026-11-23 06:10:00 ERROR broken", "E"), ("error: no", "E"), ("[critical] x", "E"),
        ("FATAL", "E"), ("ValueError: x", "E"), ("java.lang.NullPointerException: x", "E"),
        ("Traceback (most recent call last):", "E"), ("\x1b[31mERROR\x1b[0m red", "E"),
        ("\tERROR behind a tab", "E"), ("【エラー】取込に失敗", "E"), ("エラー: 失敗", "E"),
        ("WARN x", "W"), ("warning: y", "W"), ("DeprecationWarning: z", "W"), ("[警告] 在庫", "W"),
        ("INFO after an error", "I"), ("DEBUG no error", "D"), ("terror", ""), ("0 errors", ""),
        ("エラーなし", ""), ("plain", ""), ("x" * 300 + " ERROR too late", ""),
    ],
)  # fmt: skip
def test_levels(text: str, level: str) -> None:
    assert level_of(out(text)) == level
    index = indexed(out("before") + out(text) + out("after"))
    assert list(index.errors) == ([1] if level == "E" else [])
    assert list(index.warnings) == ([1] if level == "W" else [])
    assert list(index.of_level("W")) == ([1] if level in {"E", "W"} else [])


# Times


def test_long_silences_stand_before_their_line() -> None:
    gaps = [1.0] * 50 + [41.0] + [1.0] * 50 + [19.0] + [1.0] * 10
    times = [START + sum(gaps[:n]) for n in range(len(gaps) + 1)]
    index = indexed(b"".join(out("x", t) for t in times))
    assert index.quiet == pytest.approx(20.0)
    assert [n for n in range(len(index)) if index.silence(n)] == [51]
    assert index.silence(51) == pytest.approx(41.0)
    assert (index.next_silence(0, 1), index.next_silence(51, 1)) == (51, None)
    assert (index.next_silence(100, -1), index.next_silence(51, -1)) == (51, None)


def test_ten_seconds_are_no_silence_where_every_line_takes_as_long() -> None:
    index = indexed(b"".join(out("x", START + 12 * n) for n in range(200)))
    assert not any(index.silence(n) for n in range(200))


@pytest.mark.parametrize("wanted", [0, 1, 31, 32, 33, 500, 999])
def test_a_moment_is_near_the_line_of_that_time(wanted: int) -> None:
    index = indexed(b"".join(out("x", START + n) for n in range(1000)), step=3000)
    near = index.around(START + wanted)
    assert wanted in near
    assert len(near) <= 33


def test_a_clock_that_is_set_back_hides_no_silence() -> None:
    times = [*range(50), *range(-1000, -950), -900]
    index = indexed(b"".join(out("x", START + t) for t in times))
    assert [n for n in range(101) if index.silence(n)] == [100]
    assert index.latest == START - 900


# Finding


def found(data: bytes, typed: str, level: str = "", step: int = 1 << 20) -> list[int]:
    index, finder = indexed(data), Finder(pattern_of(typed), level)
    while finder.feed(data[finder.end : finder.end + step], index):
        pass
    return list(finder.hits)


@pytest.mark.parametrize(
    ("typed", "hits"),
    [
        ("one", [0, 2]), ("One", [2]), ("a.b", [3]), ("/a.b/", [3, 4]), ("/^one/", [0, 2]),
        ("/\\Sne$/", [0, 2]), ('"quoted"', [5]), ("在庫", [6]), ("/usr/bin", [7]), ("nowhere", []),
        ("out", []), ("m", []), ("é", [8]), ("red text", [9]),
    ],
)  # fmt: skip
def test_patterns_are_sought_in_what_the_job_said(typed: str, hits: list[int]) -> None:
    said = ["one", "tw", "One", "a.b", "aXb", 'say "quoted"', "在庫あり", "at /usr/bin/x", "É",
            "\x1b[31mred\x1b[0m text"]  # fmt: skip
    data = HEAD + b"".join(map(out, said))
    assert found(data, typed) == hits
    assert found(data, typed, step=150) == hits


def test_a_regular_expression_that_is_none_is_an_error() -> None:
    with pytest.raises(re.error):
        pattern_of("/(/")


@pytest.mark.parametrize("step", [200, 1 << 20])
def test_a_hit_in_a_later_piece_is_one_of_its_line(step: int) -> None:
    data = out("first", c=1) + out("between", s="err") + out("needle") + sample(START) + out("last")
    assert found(data, "needle", step=step) == [0]
    assert found(data, "last", step=step) == [2]


def test_only_lines_of_a_level() -> None:
    data = out("ERROR db") + out("db") + out("WARN db") + out("ERROR x")
    assert (found(data, "db", "E"), found(data, "db", "W")) == ([0], [0, 2])


def test_a_damaged_block_is_searched_all_the_same() -> None:
    assert found(out("needle") + b"\xff\xfe{\n" + out("needle"), "needle") == [0, 2]


@pytest.mark.parametrize(
    ("line", "step", "found"), [(0, 1, 4), (4, 1, 9), (9, 1, None), (9, -1, 4), (4, -1, None)]
)
def test_the_next_hit_is_one_that_is_shown(line: int, step: int, found: int | None) -> None:
    assert step_to([1, 4, 5, 9], [2, 4, 6, 9, 11], line, step) == found
