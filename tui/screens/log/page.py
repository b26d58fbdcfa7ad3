"""One picture of a log: rows of lines, what stands between and after them, the map. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jobmon.tui.logfiles.file import LogFile
from jobmon.tui.logfiles.pager import Pager
from jobmon.tui.logfiles.rows import Layout, map_rows, rows_of, ruler
from jobmon.tui.picture import Line, fill, fit, on
from jobmon.tui.screens.log import facts as logfacts
from jobmon.tui.screens.log.facts import About
from jobmon.tui.screens.log.query import Query
from jobmon.tui.screens.view import Stage
from jobmon.tui.text import Span, clock_span, count

MAP = 3
"""Cells of the map at the edge."""


class _Rows(NamedTuple):
    """The rows of a line, with those that stand before and after it."""

    before: list[Line]
    own: list[Line]
    after: list[Line]


class Page:
    """A picture of the log, `total` lines of which may be shown; it remembers the rows it made."""

    def __init__(
        self, stage: Stage, about: About, log: LogFile, layout: Layout, query: Query
    ) -> None:
        self._stage, self._about, self._log = stage, about, log
        self._layout, self._query = layout, query
        self._shown = query.shown()
        self.total = len(self._shown)
        self.owners: list[int] = []
        """The position of the line each row belongs to."""
        self._made: dict[int, _Rows] = {}

    def height(self, position: int) -> int:
        """How many rows a line takes."""
        return sum(map(len, self._rows(position)))

    def _rows(self, position: int) -> _Rows:
        made = self._made.get(position)
        if made is None:
            number = self._shown[position]
            own = rows_of(self._layout, number, self._log.line(number))
            after = self._after() if position == self.total - 1 else []
            made = self._made[position] = _Rows(self._before(number), own, after)
        return made

    def _before(self, number: int) -> list[Line]:
        silence = 0.0 if self._query.narrowed else self._log.index.silence(number)
        return [self._ruler(f"quiet {clock_span(silence)}")] if silence else []

    def _after(self) -> list[Line]:
        """What closes the log: how it ended, or why nothing comes just now."""
        log, row = self._log, logfacts.row_of(self._stage, self._about)
        if not logfacts.is_open(self._stage, self._about, log):
            return [self._end()] if log.exit is not None or log.progress >= 1 else []
        if log.index.apart:
            told = (
                f"the newest output is kept apart until the end: {log.index.apart:,} lines so far"
            )
            return [self._ruler(told, "note")]
        silent = row.now - log.index.latest if row is not None and log.index.latest else 0.0
        return (
            [self._ruler(f"quiet {clock_span(silent)} so far")] if silent >= log.index.quiet else []
        )

    def _ruler(self, words: str, style: str = "dim") -> Line:
        return ruler(self._layout, ((words, style),))

    def _end(self) -> Line:
        return ruler(self._layout, logfacts.ending(self._stage, self._about, self._log))

    # The rows of the picture

    def body(self, pager: Pager, at: int, height: int) -> list[Line]:
        """The rows from the pager's top on, the cursor on the line at the position `at`."""
        pager.settle(at, self.total, height, self.height)
        found: list[Line] = []
        self.owners = []
        position = pager.top
        while position < self.total and len(found) < height + pager.skip:
            before, own, after = self._rows(position)
            lit = [on(row, "cursor") for row in own] if position == at else own
            rows = [*before, *lit, *after]
            found += rows
            self.owners += [position] * len(rows)
            position += 1
        self.owners = self.owners[pager.skip : pager.skip + height]
        return found[pager.skip : pager.skip + height]

    def nothing(self) -> list[Line]:
        """Why there is no line, and what shows some."""
        log = self._log
        if log.trouble:
            return [(), self._said(f"the log cannot be read: {log.trouble}", "fail")]
        if not log.complete or not self._query.over:
            return [(), self._said(f"looking through the log: {log.progress * 100:.0f}%")]
        if len(log.index):
            return [(), self._said(self._why_hidden(), "note")]
        if logfacts.is_open(self._stage, self._about, log):
            return [(), self._said("it has written nothing yet"), *self._after()]
        if not log.size:
            return [(), self._said("there is no log: nothing is kept of this attempt")]
        return [(), self._said("it wrote nothing"), (), self._end()]

    def _why_hidden(self) -> str:
        query, total = self._query, count(len(self._log.index), "line")
        if query.sifted:
            return f'no line has "{query.sifted}"; esc shows all {total}'
        return f"none of {total} is at this level; i shows the others"

    def _said(self, text: str, style: str = "dim") -> Line:
        return fit(((f"  {self._stage.ink.safe(text)}", style),), self._layout.width)

    def number(self, position: int) -> int:
        """The number of the line at a position."""
        return self._shown[position] if position < self.total else 0

    def framed(
        self, body: Sequence[Line], height: int, marks: Sequence[tuple[Sequence[int], Span]]
    ) -> list[Line]:
        """The rows filled up to a height, with the map beside them where there are marks."""
        blank = ((" " * self._layout.width, ""),)
        rows = [row or blank for row in fill(body, height)]
        if not marks:
            return rows
        seen = range(0)
        if self.owners:
            seen = range(self._shown[self.owners[0]], self._shown[self.owners[-1]] + 1)
        edge = map_rows(self._stage.ink, height, max(1, len(self._log.index)), seen, marks)
        return [(*row, *cells) for row, cells in zip(rows, edge, strict=True)]
