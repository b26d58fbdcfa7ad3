"""Lines and frames in a grid of cells that know where they go, so that they meet. Pure."""

from __future__ import annotations

from jobmon.tui.ink import Ink
from jobmon.tui.look import ASCII_WIRES, UNICODE_WIRES
from jobmon.tui.picture import Line
from jobmon.tui.screens.dag.layers import Link, Node, Spot
from jobmon.tui.text import Span, cells

NORTH, EAST, SOUTH, WEST = 1, 2, 4, 8
_ACROSS, _UPRIGHT = EAST | WEST, NORTH | SOUTH

Place = tuple[int, int]
Strokes = dict[Place, tuple[int, str]]
"""By cell: the directions in which lines leave it, and their style."""


class Wiring:
    """The grid. What turns or ends in a cell and what only passes through it are kept apart."""

    def __init__(self, ink: Ink) -> None:
        self._signs = UNICODE_WIRES if ink.unicode else ASCII_WIRES
        self._strokes: Strokes = {}
        self._passing: Strokes = {}
        self._texts: dict[Place, Span] = {}
        self._leads: dict[int, frozenset[Node]] = {}  # by column: where its lines lead
        self._bound: dict[Place, frozenset[Node]] = {}  # where all that pass a cell lead

    def link(self, link: Link, style: str) -> None:
        """An edge: along its source's row, up or down in its column, along its target's row."""
        x, start, end = link.x, link.start, link.end
        self._leads[x] = link.leads
        for at in range(link.left, link.right + 1):
            if at != x:
                self._pass((at, start if at < x else end), link.leads, style)
        if start == end:
            _join(self._strokes, (x, start), _ACROSS, style)
            return
        away, back = (SOUTH, NORTH) if end > start else (NORTH, SOUTH)
        _join(self._strokes, (x, start), WEST | away, style)
        _join(self._strokes, (x, end), EAST | back, style)
        for y in range(min(start, end) + 1, max(start, end)):
            _join(self._strokes, (x, y), _UPRIGHT, style)

    def _pass(self, place: Place, leads: frozenset[Node], style: str) -> None:
        _join(self._passing, place, _ACROSS, style)
        self._bound[place] = self._bound.get(place, leads) & leads

    def frame(self, spot: Spot, style: str) -> None:
        """A box of three rows; edges that come to its sides are taken up."""
        left, right, y = spot.x, spot.x + spot.width - 1, spot.y
        comes = WEST if (left - 1, y) in self._passing else 0
        goes = EAST if (right + 1, y) in self._passing else 0
        cells_of = {(x, row): _ACROSS for x in range(left, right) for row in (y - 1, y + 1)} | {
            (left, y - 1): EAST | SOUTH, (right, y - 1): SOUTH | WEST,
            (left, y + 1): NORTH | EAST, (right, y + 1): NORTH | WEST,
            (left, y): _UPRIGHT | comes, (right, y): _UPRIGHT | goes,
        }  # fmt: skip
        self._strokes |= {place: (mask, style) for place, mask in cells_of.items()}

    def text(self, x: int, y: int, text: str, style: str) -> None:
        """A text over whatever is there."""
        self._texts[x, y] = (text, style)

    def line(self, y: int) -> Line:
        """One row, from the left to its last sign."""
        spans: list[Span] = []
        x, end = 0, max((x for x, row in self._places() if row == y), default=-1)
        while x <= end:
            text, style = self._texts.get((x, y)) or self._sign((x, y))
            if spans and spans[-1][1] == style:
                spans[-1] = (spans[-1][0] + text, style)
            else:
                spans.append((text, style))
            x += cells(text)
        return tuple(spans)

    def _places(self) -> list[Place]:
        return [*self._texts, *self._strokes, *self._passing]

    def _sign(self, place: Place) -> Span:
        """What is in a cell. A line meets a column only if all that hangs there is its own too.

        Otherwise it goes behind: whoever follows it must not turn off to where it does not lead.
        """
        own, passing = self._strokes.get(place), self._passing.get(place)
        if own is None or passing is None:
            mask, style = own or passing or (0, "")
            return self._signs.get(mask, " "), style
        meets = own[0] != _UPRIGHT and self._leads.get(place[0], set()) <= self._bound[place]
        return self._signs[own[0] | passing[0] if meets else own[0]], own[1]


def _join(strokes: Strokes, place: Place, mask: int, style: str) -> None:
    strokes[place] = (strokes.get(place, (0, ""))[0] | mask, style)
