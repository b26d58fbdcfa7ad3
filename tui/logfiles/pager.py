"""Which part of a long list of lines is on the screen, where lines take several rows. Pure."""

from __future__ import annotations

from collections.abc import Callable

Rows = Callable[[int], int]
"""How many rows the line at a position takes."""


class Pager:
    """The lines on the screen, by position: from `top`, of which `skip` rows are past the edge.

    `last` is the last one that is seen. `anchor` is where the cursor's line goes in the next
    picture: top, middle, bottom, end (its last row at the bottom), or "" for as little movement as
    possible.
    """

    def __init__(self) -> None:
        self.top = self.skip = self.last = 0
        self._above = self._below = 0  # rows past the edges, of a line higher than the screen
        self.anchor = "end"

    def jump(self, at: int) -> str:
        """The anchor for a cursor that jumps: the middle unless it stays on the screen."""
        return "" if self.top <= at <= self.last else "middle"

    def scroll(self, rows: int) -> bool:
        """Move by rows within a line that is higher than the screen; False: not inside of one."""
        step = min(rows, self._below) if rows > 0 else -min(-rows, self._above)
        self.skip += step
        self._above, self._below = self._above + step, self._below - step
        return step != 0

    def settle(self, at: int, total: int, height: int, rows: Rows) -> None:
        """Find the place for a screen of `height` rows on which the line `at` is seen."""
        self.top = min(self.top, total - 1)
        self._anchor(at, height, rows)
        if at < self.top:
            self.top, self.skip = at, 0
        elif at == self.top:
            tallest = rows(at) - height
            self.skip = max(0, min(self.skip, tallest))
        elif self._taken(at, height, rows) > height:
            self._end_with(at, height, rows)
        self._fill(total, height, rows)
        over = rows(at) - height
        inside = at == self.top and over > 0
        self._above, self._below = (self.skip, over - self.skip) if inside else (0, 0)

    def _anchor(self, at: int, height: int, rows: Rows) -> None:
        if self.anchor == "top":
            self.top, self.skip = at, 0
        elif self.anchor:
            self._end_with(at, height // 2 if self.anchor == "middle" else height, rows)
        if self.anchor == "end" and self.top == at:
            self.skip = max(0, rows(at) - height)
        self.anchor = ""

    def _taken(self, at: int, height: int, rows: Rows) -> int:
        """Rows from the top to the end of the line `at`; when they are too many, some of them."""
        taken = -self.skip
        for position in range(self.top, at + 1):
            taken += rows(position)
            if taken > height and position < at:
                break
        return taken

    def _end_with(self, at: int, height: int, rows: Rows) -> None:
        """The line `at` ends at the lower edge; a higher one begins at the upper edge."""
        first, room = at, height - rows(at)
        while at > 0 and room > 0:
            at -= 1
            room -= rows(at)
        self.top = at
        self.skip = max(0, -room) if at < first else 0

    def _fill(self, total: int, height: int, rows: Rows) -> None:
        """Leave no rows empty at the end while there are lines above."""
        taken, position = -self.skip, self.top
        while position < total and taken < height:
            taken += rows(position)
            position += 1
        self.last = position - 1
        if taken < height and (self.top or self.skip):
            self._end_with(total - 1, height, rows)
            if self.top == total - 1:
                self.skip = max(0, rows(total - 1) - height)
            self.last = total - 1
