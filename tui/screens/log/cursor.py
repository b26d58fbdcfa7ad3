"""The line in hand of a log: movement, jumps, following. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from jobmon.tui.logfiles.file import LogFile
from jobmon.tui.logfiles.find import step_to
from jobmon.tui.logfiles.index import LogIndex
from jobmon.tui.logfiles.pager import Pager
from jobmon.tui.screens.log.query import Query
from jobmon.tui.text import count

WINDOWS = (1, 5, 15, 30, 60, 240)
"""Minutes before the end from which the log can be looked at."""
BEGINNING = len(WINDOWS) + 1
"""The window that is all of it; the first of WINDOWS has the number 1, the end 0."""
WHEEL = 3


class Cursor:
    """It stands on the line number `line` of a log, of which the query says what is shown.

    It follows the end as long as `follow` is set. `seen` is how many lines there were when the last
    one was on the screen. `window` is the number of the one that
    was looked at last. `said` tells where a jump led, or why nowhere.
    """

    def __init__(self, log: LogFile, query: Query) -> None:
        self.log, self.query = log, query
        self.line = self.seen = 0
        self.follow = True
        self.rising = False  # to the first line, which is not known yet
        self.window = 0
        self.said = ""
        self.pager = Pager()
        self._index: LogIndex | None = None

    def extended(self) -> None:
        """More of the log is known: find the line again, land on a hit, go on to the end."""
        before = self._index
        offset = before.starts[self.line] if before and self.line < len(before) else 0
        if self.log.settle() or before is None:
            self._index, self.pager = self.log.index, Pager()
            self.line, self.seen = self._index.line_at(offset), len(self._index)
        if self.rising:
            self.to_top()
        self.land()
        if self.follow:
            self.to_end()

    def land(self) -> None:
        """Go to what was sought, as soon as it is found."""
        line = self.query.landing()
        if line is not None:
            self._arrive(line, "")

    @property
    def at(self) -> int:
        """The position of its line among those that are shown, or of the next one."""
        shown = self.query.shown()
        return max(0, min(bisect_left(shown, self.line), len(shown) - 1))

    def go(self, at: int, anchor: str = "") -> None:
        """To the line at this position of those that are shown."""
        shown = self.query.shown()
        self.rising = False
        if shown:
            self.line = shown[max(0, min(at, len(shown) - 1))]
            self.pager.anchor = anchor

    def _arrive(self, line: int | None, missing: str) -> None:
        """Jump to a line; it is said what is missing when there is none."""
        if line is None:
            self.said = missing
            return
        self.follow = False
        at = bisect_left(self.query.shown(), line)
        self.go(at, self.pager.jump(at))

    # Movement

    def move(self, rows: int) -> None:
        """Down or up by lines; by rows within one that is higher than the screen."""
        self.follow = self.follow and rows > 0
        if not self.pager.scroll(rows):
            self.go(self.at + rows)

    def page(self, step: int, height: int) -> None:
        """The last line of the screen becomes the first, or the first the last."""
        self.follow = self.follow and step > 0
        rows = step * max(1, height - 1)
        if self.pager.scroll(rows):
            return
        edge, other = (self.pager.last, self.pager.top)[::step]
        edge += step if edge == other else 0  # one line fills the screen
        at = self.at + rows if self.pager.anchor else edge  # no picture was made since the last key
        self.go(at, "top" if step > 0 else "bottom")

    def to_top(self) -> None:
        """To the first line."""
        self.follow, self.window = False, BEGINNING
        self.go(0, "top")
        self.rising = not self.log.complete

    def to_end(self) -> None:
        """To the last line, and on with it as long as more may come."""
        self.follow, self.seen = self.log.exit is None, len(self.log.index)
        self.window = 0
        self.go(len(self.query.shown()) - 1, "end")

    def toggle_follow(self) -> None:
        """Follow the end, or stay."""
        if self.log.exit is not None:
            self.said = "nothing more will come: the attempt has ended"
        elif self.follow:
            self.follow = False
        else:
            self.to_end()

    def scroll(self, steps: int) -> None:
        """The mouse wheel: the screen moves, the line in hand stays on it."""
        rows, total, pager = WHEEL * steps, len(self.query.shown()), self.pager
        self.follow = self.follow and steps > 0
        if not total or pager.scroll(rows):
            return
        at = self.at
        pager.top, pager.skip = max(0, min(pager.top + rows, total - 1)), 0
        self.go(max(pager.top, min(at, pager.last + rows)))

    def point(self, at: int, anchor: str = "") -> None:
        """A click on the line at this position."""
        self.follow = False
        self.go(at, anchor)

    # Jumps

    def to_hit(self, step: int) -> None:
        """To the next hit (1), or the one before (-1)."""
        if self.query.sought:
            self._jump(self.query.hits(), step, "hit")
        else:
            self.said = "nothing is sought: / asks for a text"

    def to_error(self, step: int) -> None:
        """To the next line, or the one before, that names an error."""
        self._jump(self.log.index.errors, step, "error")

    def to_warning(self, step: int) -> None:
        """To the next line, or the one before, that names a warning."""
        self._jump(self.log.index.warnings, step, "warning")

    def to_silence(self, step: int) -> None:
        """To the next line, or the one before, that came after a long silence."""
        line = self.log.index.next_silence(self.line, step)
        self._arrive(line, f"no long silence {'below' if step > 0 else 'above'}")

    def _jump(self, lines: Sequence[int], step: int, noun: str) -> None:
        line = step_to(lines, self.query.shown(), self.line, step)
        self._arrive(line, f"no {noun} {'below' if step > 0 else 'above'}")

    def wider(self) -> None:
        """Further back: to the next window that begins before this line."""
        further = range(self.window + 1, BEGINNING)
        self._look(next((n for n in further if self._begin(n) < self.at), BEGINNING))

    def nearer(self) -> None:
        """Nearer to the end: to the next window that begins after this line."""
        closer = range(self.window - 1, 0, -1)
        self._look(next((n for n in closer if self._begin(n) > self.at), 0))

    def _look(self, window: int) -> None:
        if window == 0:
            self.to_end()
        elif window == BEGINNING:
            self.to_top()
        else:
            self.follow, self.window = False, window
            self.go(self._begin(window), "top")
            self.said = f"from {count(WINDOWS[window - 1], 'minute')} before the end"

    def _begin(self, window: int) -> int:
        """The position of the first line of a window."""
        latest = self.log.index.latest
        line = self.log.line_at(latest - 60 * WINDOWS[window - 1]) if latest is not None else 0
        return bisect_left(self.query.shown(), line)
