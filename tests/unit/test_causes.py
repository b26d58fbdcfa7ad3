"""The cause line is the one a person would have picked from the log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobmon.runtime.failure.causes import CLIP, find_cause, lines_of
from jobmon.runtime.failure.traces import users_own
from jobmon.runtime.failure.troubles import PATTERNS

CORPUS = sorted((Path(__file__).parents[1] / "data" / "failures").glob("*.txt"))


def record(line: str) -> dict[str, str]:
    stream, text = ("out", line[3:]) if line.startswith("1>") else ("err", line)
    text = text.replace("\\e", "\x1b").replace("\\r", "\r").replace("\\x07", "\x07")
    return {"s": stream, "m": text}


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_cause(path: Path) -> None:
    cause, at, origin, *output = path.read_text(encoding="utf-8").splitlines()
    found = find_cause(lines_of(record(line) for line in output))
    assert found is not None
    assert found.line == cause.removeprefix("# cause: ")
    assert found.origin == origin.removeprefix("# from: ")
    place = f"{found.file}:{found.lineno}" if found.file else "-"
    assert place == at.removeprefix("# at: ")


def test_the_corpus_is_large_enough() -> None:
    assert len(CORPUS) >= 25


def test_no_output_tells_nothing() -> None:
    assert find_cause([]) is None
    assert find_cause(lines_of([{"s": "err", "m": "  "}, {"dropped": 3}])) is None


def test_pieces_of_a_split_line_are_joined() -> None:
    pieces = [
        {"s": "err", "m": "ERROR: 価格", "c": 1},
        {"s": "out", "m": "between"},
        {"s": "err", "m": "がありません"},
    ]
    found = find_cause(lines_of(pieces))
    assert found is not None
    assert found.line == "ERROR: 価格がありません"


def test_a_very_long_line_is_cut() -> None:
    found = find_cause(lines_of([{"s": "err", "m": "ERROR " + "x" * 10_000_000}]))
    assert found is not None
    assert len(found.line) == CLIP


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("rsync: command not found", "not installed"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("HTTP/1.1 429 Too Many Requests", "slow down"),
        ("server answered status 503", "in trouble"),
        ("status code: 404", "address or a parameter"),
        ("HTTP Error 403: Forbidden", "credentials"),
        ("sqlite3.OperationalError: database is locked", "same lock="),
        ("ssl.SSLCertVerificationError: certificate verify failed", "certificate"),
        ("TimeoutError: timed out", "no answer in time"),
        ("Killed", "kill -9"),
        ("Segmentation fault (core dumped)", "native code"),
        ("[Errno 24] Too many open files", "open files"),
        ("FileNotFoundError: stock.csv", "a path is wrong"),
        ("Error: getaddrinfo ENOTFOUND shop.example", "host name"),
    ],
)
def test_known_words_are_explained(line: str, hint: str) -> None:
    found = find_cause(lines_of([{"s": "err", "m": line}]))
    assert found is not None
    assert hint in found.hint


def test_every_pattern_says_what_it_means() -> None:
    assert all(pattern.hint for pattern in PATTERNS)


def test_jobmons_own_frames_are_not_the_users() -> None:
    room = Path(__file__).parents[2]
    assert not users_own(str(room / "jobs" / "call.py"))
    assert users_own(str(room / "demo" / "scripts" / "collect.py"))
    assert users_own("/home/mike/flows/morning.py")


def test_odd_lines_do_no_harm() -> None:
    odd = [
        "{",
        "}",
        '{"level": []}',
        "Traceback (most recent call last):",
        '  File "x", line 1',
        "",
    ]
    records = [{"s": "err", "m": text} for text in odd * 2000]
    assert find_cause(lines_of(records)) is not None
    deep = json.dumps({"a": {"b": {"c": "x"}}, "level": None, "message": 3})
    assert find_cause(lines_of([{"s": "out", "m": deep}])) is not None
