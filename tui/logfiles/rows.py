"""How lines of a log are drawn: gutter, text in rows, hits, rulers, the map at the edge. Pure."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from rich.cells import get_character_cell_size

from jobmon.tui.ink import Ink
from jobmon.tui.lines import clock
from jobmon.tui.logfiles.file import Entry
from jobmon.tui.picture import Line, fit
from jobmon.tui.text import Span, cells, clock_span, pad, size

TAB = 8
SIGNS = {"E": ("E", "fail"), "W": ("W", "late")}
TEXTS = {"E": "red", "W": "yellow", "D": "dim"}
_MARKS = 4
"""Characters of a cell that are looked at: one and the marks on it."""
_HITS = 200
"""Hits of a line that are highlighted."""

Part = tuple[int, int]
"""A part of a text: from which character to which."""


class Layout(NamedTuple):
    """How lines are drawn: cells of a row and of a number, which time, wrapped or from where.

    `times` is abs, rel or off; `exact` adds milliseconds; `begun` is what rel counts from. `hits`
    is what is highlighted.
    """

    ink: Ink
    width: int
    number: int = 0
    times: str = "abs"
    exact: bool = False
    begun: float = 0.0
    wrap: bool = False
    left: int = 0
    hits: re.Pattern[str] | None = None

    @property
    def room(self) -> int:
        """Cells of a row for the text itself."""
        return max(1, self.width - self.margin)

    @property
    def margin(self) -> int:
        """Cells of a row before the text."""
        times = {"off": 0, "rel": 10}.get(self.times, 13 if self.exact else 9)
        return (self.number + 1 if self.number else 0) + times + 3


def rows_of(layout: Layout, number: int, entry: Entry | None) -> list[Line]:
    """The rows of a line, as wide as the layout; one that is not here yet is a dot."""
    if entry is None:
        return [fit((*_gutter(layout, number, None), (layout.ink.lines.cut, "dim")), layout.width)]
    if not entry.stream:
        return [ruler(layout, ((layout.ink.safe(entry.text), "note"),))]
    first = _gutter(layout, number, entry)
    if not layout.wrap:
        return [(*first, *_cut_row(layout, entry))]
    rows = _wrapped(layout, entry)
    return [(*first, *rows[0]), *((*_blank(layout, entry), *row) for row in rows[1:])]


@lru_cache(maxsize=256)
def flat(ink: Ink, text: str) -> str:
    """A text as it can be shown: inert, tabs as spaces, every character as wide as it counts."""
    shown = ink.safe(text, tabs=True)
    if shown.isascii():
        return shown.expandtabs(TAB)
    *pieces, last = shown.split("\t")
    return "".join(piece + " " * (TAB - cells(piece) % TAB) for piece in pieces) + last


# Cells and characters


@lru_cache(maxsize=128)
def _offsets(text: str) -> Sequence[int]:
    """In which cell each character begins, and where the last one ends."""
    if text.isascii():
        return range(len(text) + 1)
    return array("I", accumulate(map(get_character_cell_size, text), initial=0))


def window(text: str, left: int, width: int) -> tuple[Part, int]:
    """The part of a text seen in `width` cells from cell `left` on, and the cells missing before.

    A wide character that stands across an edge is not seen.
    """
    offsets = _offsets(text)
    begin = min(bisect_left(offsets, left), len(text))
    while left and begin < len(text) and offsets[begin] == offsets[begin + 1]:
        begin += 1  # marks of a character that is not seen itself
    end = max(begin, bisect_right(offsets, left + width) - 1)
    return (begin, end), offsets[begin] - left if begin < len(text) else 0


@lru_cache(maxsize=128)
def breaks(text: str, width: int) -> Sequence[Part]:
    """The text in parts of at most `width` cells; one, if only an empty one."""
    offsets, parts, begin = _offsets(text), list[Part](), 0
    while begin < len(text):
        end = max(begin + 1, bisect_right(offsets, offsets[begin] + width) - 1)
        parts.append((begin, end))
        begin = end
    return parts or [(0, 0)]


# Rows


def _gutter(layout: Layout, number: int, entry: Entry | None) -> Line:
    spans: list[Span] = []
    if layout.number:
        spans.append((f"{number + 1:>{layout.number}} ", "dim"))
    if layout.times != "off":
        spans.append((f"{_time(layout, entry)} ", "dim"))
    return (*spans, SIGNS.get(entry.level if entry else "", (" ", "")), *_edge(layout, entry))


def _blank(layout: Layout, entry: Entry) -> Line:
    return ((" " * (layout.margin - 2), ""), *_edge(layout, entry))


def _edge(layout: Layout, entry: Entry | None) -> Line:
    """The rule before the text; of standard error it is a `!`."""
    if entry is not None and entry.stream == "err":
        return (("!", "yellow"), (" ", ""))
    return (("│" if layout.ink.unicode else "|", "rule"), (" ", ""))


def _time(layout: Layout, entry: Entry | None) -> str:
    at = entry.t if entry else None
    if layout.times == "rel":
        since = "" if at is None else clock_span(at - layout.begun, signed=True)
        return pad(since[:9], 9, right=True)
    return clock(at) if layout.exact else clock(at)[:8]


def _cut_row(layout: Layout, entry: Entry) -> Line:
    """The text from where it is scrolled to, with a mark where it goes on."""
    edge = layout.left + layout.room
    most = _MARKS * edge + TAB
    text = flat(layout.ink, entry.text[:most])
    mark = ""
    if entry.more or len(entry.text) > most or _offsets(text)[-1] > edge:
        mark = layout.ink.lines.cut + (f"+{size(entry.more)}" if entry.more else "")
    room = max(0, layout.room - len(mark))
    (begin, end), before = window(text, layout.left, room)
    after = room - before - (_offsets(text)[end] - _offsets(text)[begin])
    spans = ((" " * before, ""), *_styled(text, (begin, end), entry, layout), (" " * after, ""))
    return (*spans, (mark, "note" if entry.more else "dim")) if mark else spans


def _wrapped(layout: Layout, entry: Entry) -> list[Line]:
    """The text in as many rows as it takes; at its end how much more there is."""
    text, rows = flat(layout.ink, entry.text), list[Line]()
    offsets, left = _offsets(text), 0
    for begin, end in breaks(text, layout.room):
        left = layout.room - (offsets[end] - offsets[begin])
        rows.append((*_styled(text, (begin, end), entry, layout), (" " * left, "")))
    if entry.more:
        rows.append(fit(((f"+{size(entry.more)}", "note"),), layout.room))
    return rows


def _styled(text: str, part: Part, entry: Entry, layout: Layout) -> Line:
    """A part of a text with its hits."""
    style, (begin, end) = TEXTS.get(entry.level, ""), part
    if layout.hits is None:
        return ((text[begin:end], style),)
    spans: list[Span] = []
    for a, b in _hits(text, layout.hits):
        if b > begin and a < end:
            first, last = max(a, begin), min(b, end)
            spans += [(text[begin:first], style), (text[first:last], "hit")]
            begin = last
    return (*spans, (text[begin:end], style))


@lru_cache(maxsize=256)
def _hits(text: str, pattern: re.Pattern[str]) -> Sequence[Part]:
    found: list[Part] = []
    for hit in pattern.finditer(text):
        if hit.end() > hit.start():
            found.append(hit.span())
        if len(found) == _HITS:
            break
    return found


def ruler(layout: Layout, words: Line) -> Line:
    """`---- quiet 00:41 -----------`: a line across that says something."""
    rule = layout.ink.lines.rule
    line = ((f"{rule * 4} ", "rule"), *words, (f" {rule * layout.width}", "rule"))
    return fit(line, layout.width, "")


def map_rows(
    ink: Ink, height: int, total: int, seen: range, marks: Sequence[tuple[Sequence[int], Span]]
) -> list[Line]:
    """The whole log beside a screenful of it: what is `seen`, and in which part the marks are.

    `marks` are sorted line numbers and the sign for them; earlier ones win.
    """
    found: list[Line] = []
    for row in range(height):
        first = row * total // height
        last = max(first + 1, (row + 1) * total // height)
        track = ("┃" if ink.unicode else "|", "accent") if _meets(seen, first, last) else (" ", "")
        sign = next((sign for lines, sign in marks if _any(lines, first, last)), (" ", ""))
        found.append(((" ", ""), track, sign))
    return found


def _meets(seen: range, first: int, last: int) -> bool:
    return seen.start < last and first < seen.stop


def _any(lines: Sequence[int], first: int, last: int) -> bool:
    at = bisect_left(lines, first)
    return at < len(lines) and lines[at] < last
