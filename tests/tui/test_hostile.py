"""Whatever jobs print and people write: the picture is inert, exact to the cell and in columns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wcwidth import wcwidth

from jobmon.tui.ink import Ink
from jobmon.tui.picture import Line, Size
from jobmon.tui.text import cells, plain
from tests.tui import ordeals
from tests.tui.fakehands import Session
from tests.tui.ordeals import gone
from tests.tui.worlds import ASCII, UNICODE

SIZES = {
    UNICODE: (Size(60, 16), Size(80, 24), Size(120, 30), Size(160, 48)),
    ASCII: (Size(80, 24), Size(160, 48)),
}
WAYS = tuple(ordeals.ways(Path("/dev/null")))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "log.jsonl"


def exact(lines: Sequence[Line], size: Size, ink: Ink) -> None:
    """As many lines as there are rows, none longer than the row, nothing in them that acts."""
    assert len(lines) == size.height
    for line in lines:
        text = plain(line)
        assert text.isprintable(), ascii(text)
        assert cells(text) <= size.width, text
        assert cells(text) == sum(cells(part) for part, _ in line) == _drawn(text), text
        assert ink.unicode or text.isascii(), text


def _drawn(text: str) -> int:
    """The cells it takes on a terminal that draws sign by sign."""
    return sum(wcwidth(sign) for sign in text)


@pytest.mark.parametrize("ink", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("way", WAYS)
def test_every_screen_and_box_is_inert_and_exact(way: str, ink: Ink, log: Path) -> None:
    session = gone(way, log, ink)
    for size in SIZES[ink]:
        ordeals.answer_wants(session)
        exact(session.monitor.lines(size), size, ink)
        entry = session.monitor.entry
        assert entry is None or entry.x + 2 <= size.width > entry.x + entry.width - 2


@pytest.mark.parametrize("size", SIZES[UNICODE], ids=str)
@pytest.mark.parametrize(("way", "title"), [("queue", "STATE"), ("history", "STATE")])
def test_a_column_begins_in_the_same_cell_of_every_row(
    way: str, title: str, size: Size, log: Path
) -> None:
    lines = [plain(line) for line in gone(way, log).monitor.lines(size)]
    top = next(y for y, line in enumerate(lines) if title in line)
    x = cells(lines[top].partition(title)[0])
    rows = [line for line in lines[top + 1 : -2] if line.strip()]
    assert len(rows) > 8
    for line in rows:
        before = next(line[:n] for n in range(len(line)) if cells(line[: n + 1]) > x)
        assert cells(before) == x, line
        assert before[-1] == " ", line
        assert line[len(before)] != " ", line


@cache
def kept(way: str, log: Path) -> Session:
    return gone(way, log)


@settings(max_examples=60, deadline=None)
@given(
    way=st.sampled_from(WAYS),
    size=st.builds(Size, st.integers(1, 200), st.integers(1, 60)),
)
def test_every_size_has_its_picture(log: Path, way: str, size: Size) -> None:
    exact(kept(way, log).monitor.lines(size), size, UNICODE)
