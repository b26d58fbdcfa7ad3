"""A picture of the monitor as SVG: its lines in the colours of a theme, every sign on its cells.

What bars, trees and boxes are drawn with becomes shapes, so that they join whatever font the reader
has; all else is text in the reader's own monospace font, held to its cells. Nothing is loaded from
elsewhere, and the same lines always give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import accumulate, groupby
from typing import NamedTuple

from rich.color import Color
from rich.style import Style

from jobmon.tui.picture import Line, Size
from jobmon.tui.text import cells
from jobmon.tui.theme import Paint

WIDE, HIGH = 8.4, 18.0
"""A cell. Most monospace fonts are six tenths of their size wide."""
FONT, LARGER, BASE = 14, 15.5, 13.1
"""Sizes of letters and of signs two cells wide; from the top of a cell to what they stand on."""
FAMILIES = (
    "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono','Noto Sans Mono CJK JP',"
    "'Noto Sans CJK JP','Hiragino Sans','Yu Gothic',monospace"
)
EDGE, CORNER = 14.0, 9
THIN, THICK = 1.3, 2.8


class Run(NamedTuple):
    """Text of one look, from a cell of a row on."""

    x: int
    y: int
    text: str
    ink: str
    ground: str
    bold: bool

    @property
    def width(self) -> int:
        """Cells."""
        return cells(self.text)


class Box(NamedTuple):
    """A rectangle in pixels."""

    x: float
    y: float
    width: float
    height: float

    def __str__(self) -> str:
        return f"M{_n(self.x)} {_n(self.y)}h{_n(self.width)}v{_n(self.height)}h{_n(-self.width)}z"


def draw(lines: Sequence[Line], size: Size, paint: Paint, title: str) -> str:
    """The whole file."""
    runs = [run for y, line in enumerate(lines) for run in _runs(line, y, paint)]
    width, height = _n(size.width * WIDE + 2 * EDGE), _n(size.height * HIGH + 2 * EDGE)
    ground = _hex(paint.ground.bgcolor)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" rx="{CORNER}" fill="{ground}"/>',
        f'<g transform="translate({_n(EDGE)} {_n(EDGE)})">',
        *_grounds(runs, ground),
        *_blocks(runs),
        *_lines(runs),
        f'<g font-family="{FAMILIES}" font-size="{FONT}">',
        *_texts(runs),
        "</g></g></svg>\n",
    ]
    return "\n".join(parts)


# What stands where


def _runs(line: Line, y: int, paint: Paint) -> Iterator[Run]:
    """The line's texts; neighbours that look alike are one."""
    looks = ((text, *_look(paint.style(words))) for text, words in line if text)
    x = 0
    for look, group in groupby(looks, key=lambda found: found[1:]):
        run = Run(x, y, "".join(text for text, *_ in group), *look)
        x += run.width
        yield run


def _look(style: Style) -> tuple[str, str, bool]:
    """Ink, ground, bold."""
    ink, ground = _hex(style.color), _hex(style.bgcolor)
    return (ground, ink, bool(style.bold)) if style.reverse else (ink, ground, bool(style.bold))


def _hex(color: Color | None) -> str:
    assert color is not None, "pictures are made in themes that have colours of their own"
    return color.get_truecolor().hex


def _n(number: float) -> str:
    """A number in few signs."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


# Grounds, bars, lines


def _grounds(runs: Iterable[Run], usual: str) -> Iterator[str]:
    found: dict[str, list[Box]] = {}
    for run in runs:
        if run.ground != usual:
            box = Box(run.x * WIDE, run.y * HIGH, run.width * WIDE, HIGH)
            found.setdefault(run.ground, []).append(box)
    return _paths(found, crisp=True)


def _blocks(runs: Iterable[Run]) -> Iterator[str]:
    """Parts of cells, without seams between them."""
    found: dict[str, list[Box]] = {}
    for run in runs:
        for x, sign, count in _same(run):
            if sign in _FILLS:
                left, top, wide, high = _FILLS[sign]
                across = count * WIDE if wide == 1 else wide * WIDE
                starts = [x] if wide == 1 else range(x, x + count)
                found.setdefault(run.ink, []).extend(
                    Box((at + left) * WIDE, (run.y + top) * HIGH, across, high * HIGH)
                    for at in starts
                )
    return _paths(found, crisp=True)


def _lines(runs: Iterable[Run]) -> Iterator[str]:
    """Trees, rules, frames."""
    boxes: dict[str, list[Box]] = {}
    bends: dict[str, list[str]] = {}
    for run in runs:
        for x, sign, count in _same(run):
            for at in range(x, x + count) if sign in _WIRES else ():
                boxes.setdefault(run.ink, []).extend(_wire(sign, at, run.y))
            for at in range(x, x + count) if sign in _BENDS else ():
                bends.setdefault(run.ink, []).append(_bend(sign, at, run.y))
    yield from _paths(boxes, crisp=False)
    for ink, paths in bends.items():
        yield f'<path fill="none" stroke="{ink}" stroke-width="{THIN}" d="{"".join(paths)}"/>'


def _paths(found: Mapping[str, Sequence[Box]], *, crisp: bool) -> Iterator[str]:
    edges = ' shape-rendering="crispEdges"' if crisp else ""
    for ink, boxes in found.items():
        yield f'<path{edges} fill="{ink}" d="{"".join(map(str, _long(boxes)))}"/>'


def _long(boxes: Sequence[Box]) -> Iterator[Box]:
    """Neighbours in a row as one."""
    last: Box | None = None
    for box in boxes:
        touches = last and (last.y, last.height) == (box.y, box.height)
        if last and touches and abs(last.x + last.width - box.x) < 0.01:
            last = last._replace(width=last.width + box.width)
        else:
            if last:
                yield last
            last = box
    if last:
        yield last


def _same(run: Run) -> Iterator[tuple[int, str, int]]:
    """Each sign with the cell it begins at, and how often it stands there in a row."""
    x = run.x
    for sign, group in groupby(run.text):
        count = len(list(group))
        yield x, sign, count
        x += count * cells(sign)


_FILLS = (
    {sign: (0.0, 1 - n / 8, 1.0, n / 8) for n, sign in enumerate("▁▂▃▄▅▆▇█", 1)}
    | {sign: (0.0, 0.0, n / 8, 1.0) for n, sign in enumerate("▏▎▍▌▋▊▉", 1)}
    | {"▔": (0.0, 0.0, 1.0, 1 / 8), "▀": (0.0, 0.0, 1.0, 1 / 2)}
)
"""The part of a cell each sign fills: from the left, from the top, width and height."""
_WIRES = {
    "─": ("lr", THIN, 1), "━": ("lr", THICK, 1), "╌": ("lr", THIN, 2), "┈": ("lr", THIN, 4),
    "│": ("ud", THIN, 1), "┊": ("ud", THIN, 4), "├": ("udr", THIN, 1), "┤": ("udl", THIN, 1),
    "┬": ("lrd", THIN, 1), "┴": ("lru", THIN, 1), "┼": ("lrud", THIN, 1), "└": ("ur", THIN, 1),
}  # fmt: skip
"""Where lines leave a cell, how thick they are, in how many dashes."""
_BENDS = {"╭": (1, 1), "╮": (-1, 1), "╰": (1, -1), "╯": (-1, -1)}
"""Round corners: towards the right or the left, down or up."""


def _wire(sign: str, x: int, y: int) -> Iterator[Box]:
    """The lines of a sign, from the middle of the cell to its edges."""
    ways, thick, dashes = _WIRES[sign]
    left, top = x * WIDE, y * HIGH
    middle, centre, half = top + HIGH / 2, left + WIDE / 2, thick / 2
    if "l" in ways or "r" in ways:
        start = left if "l" in ways else centre
        end = left + WIDE if "r" in ways else centre
        step = (end - start) / dashes
        gap = 0 if dashes == 1 else step / 2.5
        yield from (
            Box(start + n * step + gap / 2, middle - half, step - gap, thick) for n in range(dashes)
        )
    if "u" in ways or "d" in ways:
        start = top if "u" in ways else middle
        end = top + HIGH if "d" in ways else middle
        step = (end - start) / dashes
        gap = 0 if dashes == 1 else step / 2
        yield from (
            Box(centre - half, start + n * step + gap / 2, thick, step - gap) for n in range(dashes)
        )


def _bend(sign: str, x: int, y: int) -> str:
    across, down = _BENDS[sign]
    centre, middle = (x + 0.5) * WIDE, (y + 0.5) * HIGH
    side, end = centre + across * WIDE / 2, middle + down * HIGH / 2
    return f"M{_n(side)} {_n(middle)}Q{_n(centre)} {_n(middle)} {_n(centre)} {_n(end)}"


# Text


def _texts(runs: Iterable[Run]) -> Iterator[str]:
    """The letters, by their look."""
    found: dict[tuple[str, bool], list[str]] = {}
    for run in runs:
        found.setdefault((run.ink, run.bold), []).extend(_letters(run))
    for (ink, bold), texts in found.items():
        if texts:
            weight = ' font-weight="bold"' if bold else ""
            yield f'<g fill="{ink}"{weight}>{"".join(texts)}</g>'


def _letters(run: Run) -> Iterator[str]:
    """ASCII in pieces of one width, every other sign in the middle of its cells."""
    x, y = run.x, _n(run.y * HIGH + BASE)
    for ascii_only, group in groupby(run.text, key=str.isascii):
        text = "".join(group)
        yield from _pieces(x, y, text) if ascii_only else _signs(x, y, text)
        x += cells(text)


def _pieces(x: int, y: str, text: str) -> Iterator[str]:
    """What stands between gaps: of more than one space, since readers make one of them."""
    for found in re.finditer(r"\S+(?: \S+)*", text):
        at, shown = _n((x + found.start()) * WIDE), found[0]
        length = f' textLength="{_n(len(shown) * WIDE)}"' if len(shown) > 1 else ""
        yield f'<text x="{at}" y="{y}"{length}>{escape(shown, quote=False)}</text>'


def _signs(x: int, y: str, text: str) -> Iterator[str]:
    """Wide ones larger, as on terminals."""
    places = list(accumulate(map(cells, text), initial=x))
    for wide, group in groupby(zip(places, text, strict=False), lambda each: cells(each[1])):
        middles = [((at + wide / 2) * WIDE, sign) for at, sign in group if is_text(sign)]
        spans = "".join(f'<tspan x="{_n(at)}">{sign}</tspan>' for at, sign in middles)
        larger = f' font-size="{LARGER}"' if wide > 1 else ""
        if spans:
            yield f'<text y="{y}" text-anchor="middle"{larger}>{spans}</text>'


def is_text(sign: str) -> bool:
    return not (sign in _FILLS or sign in _WIRES or sign in _BENDS or sign.isspace())
