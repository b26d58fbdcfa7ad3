"""The one widget that shows everything: what differs from the lines shown is painted anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from jobmon.tui.picture import Line, Size
from jobmon.tui.text import cells
from jobmon.tui.theme import Paint


class Canvas(Widget, can_focus=True):
    """Lines from `source`, painted with `paint`. `redraw` is called when they may have changed."""

    DEFAULT_CSS = "Canvas { width: 1fr; height: 1fr; padding: 0; border: none; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = set()

    def __init__(self, source: Callable[[Size], Sequence[Line]], paint: Paint) -> None:
        super().__init__(id="canvas")
        self._source, self._paint = source, paint
        self._lines: list[Line] = []
        self._strips: dict[int, Strip] = {}

    def repaint(self, paint: Paint) -> None:
        """Show the same lines in another theme."""
        self._paint = paint
        self._strips.clear()
        self.refresh()

    def redraw(self) -> bool:
        """Make the picture anew and have what differs painted; whether anything did."""
        width, height = self.size
        if not width or not height:
            return False
        lines = list(self._source(Size(width, height)))
        old = self._lines
        self._lines = lines
        if len(old) != len(lines):
            changed = dict.fromkeys(range(len(lines)), width)
        else:
            pairs = enumerate(zip(old, lines, strict=True))
            changed = {y: _changed(a, b, width) for y, (a, b) in pairs if a != b}
        for y in changed:
            self._strips.pop(y, None)
        if len(changed) > height // 2:
            self._strips.clear()
            self.refresh()
        elif changed:
            self.refresh(*(Region(0, y, till, 1) for y, till in changed.items()))
        return bool(changed)

    def on_resize(self) -> None:
        """Another size is another picture."""
        self.redraw()

    def render_line(self, y: int) -> Strip:
        """One row as textual wants it."""
        strip = self._strips.get(y)
        if strip is None:
            width = self.size.width
            line = self._lines[y] if y < len(self._lines) else ()
            strip = self._strips[y] = self._strip(line, width)
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


def _changed(old: Line, new: Line, width: int) -> int:
    """Up to which cell two lines differ: the equal ends of both need not be sent again."""
    same = 0
    for a, b in zip(reversed(old), reversed(new), strict=False):
        if a != b:
            break
        same += cells(a[0])
    return max(1, width - same)
