"""The one picture on the screen: what differs from the lines shown is painted anew.

Textual sends a changed row from the left edge of its widget on. So the picture lies on a few plain
parts: head, foot, and between them one part, or two where a screen says from which cell on it
ticks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from jobmon.tui.picture import Line, Size
from jobmon.tui.text import cells
from jobmon.tui.theme import Paint

AROUND = 2
"""Rows of the head, and of the foot."""
MOST = 0.7
"""Of the cells: when more of them changed everything is sent."""


class Part(Widget):
    """A rectangle of the picture."""

    DEFAULT_CSS = "Part { position: absolute; padding: 0; border: none; }"

    def __init__(self, strip: Callable[[int], Strip]) -> None:
        super().__init__()
        self._picture = strip
        self.area = Region()

    def lay(self, area: Region) -> None:
        """Show this part of the picture."""
        if area != self.area:
            self.area = area
            self.display = area.width > 0 and area.height > 0
            self.styles.offset = (area.x, area.y)
            self.styles.width, self.styles.height = area.width, area.height

    def changed(self, y: int, start: int, end: int) -> None:
        """Have the cells of a row of the picture that lie here painted."""
        area = self.area
        if area.y <= y < area.bottom and start < area.right and end > area.x:
            self.refresh(Region(0, y - area.y, min(end, area.right) - area.x, 1))

    def render_line(self, y: int) -> Strip:
        """One row as textual wants it."""
        return self._picture(y + self.area.y).crop(self.area.x, self.area.right)


class Canvas(Widget, can_focus=True):
    """Lines from `source`, painted with `paint`. `redraw` is called when they may have changed.

    `ticks` tells from which cell on the rows between head and foot tick; 0: nowhere in particular.
    """

    DEFAULT_CSS = "Canvas { width: 1fr; height: 1fr; padding: 0; border: none; }"

    def __init__(
        self,
        source: Callable[[Size], Sequence[Line]],
        ticks: Callable[[], int],
        paint: Paint,
    ) -> None:
        super().__init__(id="canvas")
        self._source, self._ticks, self._paint = source, ticks, paint
        self._lines: list[Line] = []
        self._strips: dict[int, Strip] = {}
        self._parts = [Part(self._strip_at) for _ in range(4)]

    def compose(self) -> ComposeResult:
        """The parts."""
        yield from self._parts

    @property
    def shown(self) -> bool:
        """Whether there is a picture yet."""
        return bool(self._lines)

    def repaint(self, paint: Paint) -> None:
        """Show the same lines in another theme."""
        self._paint = paint
        self._everything()

    def redraw(self) -> bool:
        """Make the picture anew and have what differs painted; whether anything did."""
        width, height = self.size
        if not width or not height:
            return False
        lines = list(self._source(Size(width, height)))
        old, self._lines = self._lines, lines
        self._lay(width, height)
        if len(old) != len(lines):
            self._everything()
            return True
        pairs = enumerate(zip(old, lines, strict=True))
        changed = {y: _changed(a, b, width) for y, (a, b) in pairs if a != b}
        if sum(end for _, end in changed.values()) > MOST * width * height:
            self._everything()
        else:
            self._some(changed.items())
        return bool(changed)

    def _lay(self, width: int, height: int) -> None:
        """Where the parts are."""
        inner = max(0, height - 2 * AROUND)
        ticks = self._ticks() if inner else 0
        split = ticks if 0 < ticks < width else width
        top, foot = (AROUND, height - AROUND) if inner else (height, height)
        areas = (
            Region(0, 0, width, top),
            Region(0, top, split, inner),
            Region(split, top, width - split, inner),
            Region(0, foot, width, height - foot),
        )
        for part, area in zip(self._parts, areas, strict=True):
            part.lay(area)

    def _everything(self) -> None:
        self._strips.clear()
        for part in self._parts:
            part.refresh()

    def _some(self, changed: Iterable[tuple[int, tuple[int, int]]]) -> None:
        for y, (start, end) in changed:
            self._strips.pop(y, None)
            for part in self._parts:
                part.changed(y, start, end)

    def on_resize(self) -> None:
        """Another size is another picture."""
        self.redraw()

    def _strip_at(self, y: int) -> Strip:
        strip = self._strips.get(y)
        if strip is None:
            line = self._lines[y] if y < len(self._lines) else ()
            strip = self._strips[y] = self._strip(line, self.size.width)
        return strip

    def _strip(self, line: Line, width: int) -> Strip:
        """Few segments: each costs its bytes. Spaces go with what stands before them."""
        found: list[tuple[str, Style]] = []
        for text, words in line:
            style = self._paint.style(words)
            if found and (
                style == found[-1][1] or (text.isspace() and _alike(style, found[-1][1]))
            ):
                found[-1] = (found[-1][0] + text, found[-1][1])
            elif text:
                found.append((text, style))
        strip = Strip([Segment(text, style) for text, style in found])
        return strip.adjust_cell_length(width, self._paint.ground)


def _alike(one: Style, other: Style) -> bool:
    """Whether a space looks the same in both."""
    seen = (one.reverse, one.underline, other.reverse, other.underline)
    return one.bgcolor == other.bgcolor and not any(seen)


def _changed(old: Line, new: Line, width: int) -> tuple[int, int]:
    """The cells between the equal ends of two lines."""
    start = _alike_from(old, new)
    same = _alike_from(old[::-1], new[::-1])
    return min(start, width - 1), max(1, width - same)


def _alike_from(old: Line, new: Line) -> int:
    """Cells of the spans with which both begin."""
    same = 0
    for a, b in zip(old, new, strict=False):
        if a != b:
            break
        same += cells(a[0])
    return same
