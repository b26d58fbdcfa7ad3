"""What screens are made of: lines of styled text measured in terminal cells. Pure.

A screen is a function from the world, the time and a size to lines; the widget that shows it only
compares. Nothing here knows textual.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jobmon.tui.text import Cell, cells, cut_cell, plain

Line = Cell
"""One row of a screen, from left to right. Its texts are inert already (Ink.safe)."""


class Size(NamedTuple):
    """Cells of a screen or a part of it."""

    width: int
    height: int


class Field(NamedTuple):
    """A column of a table whose width does not follow its contents.

    `width` cells at least. Columns with the highest `keep` go first when there is no room, those
    with 0 never. What is left over is shared among those that `grow`, by their numbers, each up to
    `most` cells. `name` is what settings call it.
    """

    name: str
    title: str
    width: int
    keep: int = 0
    right: bool = False
    grow: int = 0
    most: int = 1000


class Place(NamedTuple):
    """A column that is shown: its index among the fields, and its width."""

    field: int
    width: int


def arrange(fields: Sequence[Field], room: int, gap: int = 1) -> list[Place]:
    """Which columns are shown in `room` cells, and how wide each is."""
    shown = list(range(len(fields)))
    while sum(fields[i].width + gap for i in shown) - gap > room:
        victim = max(shown, key=lambda i: (fields[i].keep, i))
        if fields[victim].keep == 0:
            break
        shown.remove(victim)
    widths = {i: fields[i].width for i in shown}
    spare = room - sum(widths.values()) - gap * (len(shown) - 1)
    growing = [i for i in shown if fields[i].grow]
    while spare > 0 and growing:
        share = sum(fields[i].grow for i in growing)
        given = 0
        for i in tuple(growing):
            more = min(spare * fields[i].grow // share or 1, fields[i].most - widths[i])
            more = min(more, spare - given)
            widths[i] += more
            given += more
            if widths[i] >= fields[i].most:
                growing.remove(i)
        spare -= given
        if not given:
            break
    return [Place(i, widths[i]) for i in shown]


def heading(fields: Sequence[Field], places: Sequence[Place], style: str = "head") -> Line:
    """The titles over a table."""
    return row_of([((fields[p.field].title, style),) for p in places], fields, places)


def row_of(
    found: Sequence[Cell], fields: Sequence[Field], places: Sequence[Place], mark: str = "…"
) -> Line:
    """A row of a table: one cell for each place, cut and padded to its width."""
    spans: list[tuple[str, str]] = []
    for cell, place in zip(found, places, strict=True):
        if spans:
            spans.append((" ", ""))
        part = cut_cell(cell, place.width, mark)
        fill = " " * (place.width - cells(plain(part)))
        if fields[place.field].right:
            spans += [(fill, ""), *part]
        else:
            spans += [*part, (fill, "")]
    return tuple(spans)


def fit(line: Line, width: int, mark: str = "…") -> Line:
    """The line in exactly `width` cells."""
    part = cut_cell(line, width, mark) if width > 0 else ()
    missing = width - cells(plain(part))
    return (*part, (" " * missing, "")) if missing > 0 else part


def ends(left: Line, right: Line, width: int, mark: str = "…") -> Line:
    """`left` and `right` at the two ends of a line; the left one is cut where they meet."""
    room = width - cells(plain(right))
    if room <= 0:
        return fit(right, width, mark)
    return (*fit(left, room, mark), *right)


def beside(left: Sequence[Line], right: Sequence[Line], width: int, rule: str) -> list[Line]:
    """Two panes of equal height; the left one `width` cells wide, a rule between them."""
    return [(*fit(a, width), (rule, "rule"), *b) for a, b in zip(left, right, strict=True)]


def fill(lines: Sequence[Line], height: int) -> list[Line]:
    """Exactly `height` lines."""
    return [*lines[:height], *([()] * (height - len(lines)))]


def on(line: Line, style: str) -> Line:
    """The whole line with `style` added, such as a cursor's ground."""
    return tuple((text, f"{own} {style}".strip()) for text, own in line)
