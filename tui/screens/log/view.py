"""The log of one attempt: follow, search, levels, times, silences, a map of the whole. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jobmon.tui.logfiles.file import LogFile
from jobmon.tui.logfiles.rows import Layout
from jobmon.tui.picture import Line, Size, ends, fill
from jobmon.tui.screens.log import facts as logfacts
from jobmon.tui.screens.log.cursor import Cursor
from jobmon.tui.screens.log.facts import About
from jobmon.tui.screens.log.page import MAP, Page
from jobmon.tui.screens.log.query import LEVELS, Query
from jobmon.tui.screens.view import Stage, View
from jobmon.tui.text import Span, count
from jobmon.tui.world import RowKey

MAP_FROM, EXACT_FROM, NUMBERS_FROM = 100, 100, 140
"""Cells from which there are the map, milliseconds, numbers of lines."""
TIMES = ("abs", "rel", "off")
SIDEWAYS = 16


class LogView(View):
    """The fourth screen. It is given a log by `open`, and told by `extended` that more is known.

    `wanted_attempt` is another attempt that is to be opened.
    """

    name = "log"
    title = "LOG"

    def __init__(self) -> None:
        self.about: About | None = None
        self.cursor: Cursor | None = None
        self.query = Query()
        self.wanted_attempt: int | None = None
        self.times, self.wrap, self.left = TIMES[0], False, 0
        self._complaint = ""
        self._size = Size(80, 24)
        self._owners: Sequence[int] = ()  # the position of the line each row shows

    @property
    def key(self) -> RowKey | None:
        """The job run whose log it is."""
        return self.about.key if self.about else None

    def open(self, log: LogFile, about: About) -> None:
        """Show this log from its end; what was sought is sought here too."""
        self.query.open(log)
        self.about, self.cursor = about, Cursor(log, self.query)
        self.wanted_attempt, self._complaint, self._owners = None, "", ()
        self.cursor.extended()

    def extended(self) -> None:
        """More of the log is known than before."""
        if self.cursor is not None:
            self.cursor.extended()

    # The picture

    def lines(self, stage: Stage, size: Size) -> list[Line]:
        """Whose log it is, and the lines around the cursor."""
        self._size = size
        if self.cursor is None or self.about is None:
            told = "  no log is open: enter on a job shows its log"
            return fill([(), ((told, "dim"),)], size.height)
        cursor, height = self.cursor, max(1, size.height - 1)
        layout = self._layout(stage, cursor.log, size.width)
        page = Page(stage, self.about, cursor.log, layout, self.query)
        body = page.body(cursor.pager, cursor.at, height) if page.total else page.nothing()
        if cursor.pager.last >= page.total - 1:
            cursor.seen = len(cursor.log.index)
        self._owners = page.owners
        marks = self._marks(cursor.log) if size.width >= MAP_FROM else ()
        head = self._head(stage, cursor.log, page.number(cursor.at))
        return [head, *page.framed(body, height, marks)]

    def _layout(self, stage: Stage, log: LogFile, width: int) -> Layout:
        numbered = width >= NUMBERS_FROM and log.complete
        return Layout(
            stage.ink,
            width - (MAP if width >= MAP_FROM else 0),
            number=max(4, len(str(len(log.index)))) if numbered else 0,
            times=self.times,
            exact=width >= EXACT_FROM,
            begun=log.begun,
            wrap=self.wrap,
            left=self.left,
            hits=self.query.finder.pattern if self.query.finder else None,
        )

    def _head(self, stage: Stage, log: LogFile, number: int) -> Line:
        assert self.about is not None
        left = logfacts.head(stage, self.about, log)
        right = logfacts.place(stage, log, number)
        return ends(left, right, self._size.width, stage.ink.lines.cut)

    def _marks(self, log: LogFile) -> Sequence[tuple[Sequence[int], Span]]:
        """What the map shows: earlier ones win."""
        return (
            (log.index.errors, ("E", "fail")),
            (self.query.hits(), ("*", "note")),
            (log.index.warnings, ("W", "late")),
        )

    def pace(self, stage: Stage) -> float:
        """It moves only where more may come, or is still being read."""
        if self.cursor is None:
            return 0.0
        is_open = self._open(stage)
        if self.cursor.log.wanted or (is_open and self.cursor.follow):
            return 4.0
        return 1.0 if is_open else 0.0

    def _open(self, stage: Stage) -> bool:
        if self.cursor is None or self.about is None:
            return False
        return logfacts.is_open(stage, self.about, self.cursor.log)

    def state_line(self, stage: Stage) -> Line:
        """What is followed, narrowed and sought, and what is below."""
        if self.cursor is None:
            return ()
        log = self.cursor.log
        parts = [*self._modes(stage), *self._sought(stage), *logfacts.level_counts(log)]
        new = len(log.index) - self.cursor.seen
        if new > 0 and not self.cursor.follow:
            parts.append((f"{count(new, 'new line')} below", "accent"))
        said = self._complaint or self.cursor.said or self.query.complaint or log.trouble
        parts += [(stage.ink.safe(said), "note")] if said else []
        return tuple(span for part in parts for span in (("  ", ""), part))[1:]

    def _modes(self, stage: Stage) -> list[Span]:
        parts: list[Span] = []
        if self.cursor and self._open(stage):
            parts.append(("FOLLOW", "run") if self.cursor.follow else ("follow off", "dim"))
        parts += [("wrap", "")] if self.wrap else []
        parts += [(f"from column {self.left + 1}", "note")] if self.left and not self.wrap else []
        parts += [(f"time {self.times}", "")] if self.times != TIMES[0] else []
        parts += [(LEVELS[self.query.level], "note")] if self.query.level else []
        return parts

    def _sought(self, stage: Stage) -> list[Span]:
        query, safe = self.query, stage.ink.safe
        parts: list[Span] = []
        if query.sifted:
            found = f"{query.kept:,}" + ("" if query.over else "+")
            parts.append((f'only "{safe(query.sifted)}" {found}', "note"))
        if query.sought and self.cursor:
            place = query.place(self.cursor.line)
            parts.append((f'find "{safe(query.sought)}" {place}', "accent"))
        return parts

    # What can be done

    def act(self, action: str, stage: Stage) -> bool:
        """Movement, jumps, and how lines are shown."""
        if self.cursor is None:
            return False
        self._hush()
        if action in _MOVES:
            _MOVES[action](self.cursor)
        elif action in _PAGES:
            self.cursor.page(_PAGES[action], self._size.height - 1)
        elif action in _LOOKS:
            _LOOKS[action](self)
        else:
            return False
        return action not in _FURTHER

    def _hush(self) -> None:
        self._complaint = ""
        if self.cursor is not None:
            self.cursor.said = ""

    def next_level(self) -> None:
        """All lines, from warnings on, errors alone."""
        self.query.next_level()
        self._keep_place()

    def next_time(self) -> None:
        """Time of day, time since the start, none."""
        self.times = TIMES[(TIMES.index(self.times) + 1) % len(TIMES)]

    def toggle_wrap(self) -> None:
        """Wrap lines or cut them."""
        self.wrap = not self.wrap
        self._keep_place()

    def _keep_place(self) -> None:
        """The cursor's line is in the middle now that others have come or gone around it."""
        if self.cursor is not None:
            self.cursor.pager.anchor = "end" if self.cursor.follow else "middle"

    def sideways(self, cells: int) -> None:
        """Move what is seen of lines that are cut."""
        if self.wrap:
            self._complaint = "lines are wrapped: x cuts them, then they move sideways"
        else:
            self.left = max(0, self.left + cells)

    def want_attempt(self, step: int) -> None:
        """Ask for the attempt after or before."""
        if self.about is None:
            return
        wanted = self.about.attempt + step
        self.wanted_attempt = wanted if 1 <= wanted <= self.about.attempts else None
        if self.wanted_attempt is None:
            end = "last" if step > 0 else "first"
            self._complaint = f"attempt {self.about.attempt} is the {end}"

    def search(self, text: str) -> None:
        """Find `text` or /expression/ from the cursor on; `&text` shows only lines with it.

        "" ends both.
        """
        self._hush()
        sieve = self.query.sieve
        self.query.type(text, self.cursor.line if self.cursor else 0)
        if self.query.sieve is not sieve:
            self._keep_place()
        if self.cursor is not None:
            self.cursor.land()

    def reset(self) -> None:
        """Show all lines, seek nothing."""
        self.query.level = ""
        self.search("")
        self._keep_place()

    def back(self) -> bool:
        """End the search, or show all lines again."""
        if not (self.query.sought or self.query.sifted):
            return False
        self.search("")
        return True

    # For others

    def line_text(self) -> str:
        """The line under the cursor, to be copied."""
        shown = self.query.shown()
        if self.cursor is None or not shown:
            return ""
        entry = self.cursor.log.line(shown[self.cursor.at])
        return entry.text if entry else ""

    def path(self) -> str | None:
        """The file, where it is one of this machine."""
        return self.cursor.log.path if self.cursor else None

    def targets(self, stage: Stage) -> list[RowKey]:
        """The job whose log it is."""
        return [self.about.key] if self.about else []

    def point(self, x: int, y: int, stage: Stage) -> bool:
        """A click puts the cursor there; on the map, in that part of the log."""
        rows, row, shown = self._size.height - 1, y - 1, self.query.shown()
        if self.cursor is None or not shown or not 0 <= row < rows:
            return False
        if self._size.width >= MAP_FROM and x >= self._size.width - MAP:
            line = row * len(self.cursor.log.index) // rows
            self.cursor.point(bisect_left(shown, line), "middle")
        elif row < len(self._owners):
            self.cursor.point(self._owners[row])
        else:
            return False
        return True

    def wheel(self, steps: int, stage: Stage) -> None:
        """Scroll."""
        if self.cursor is not None:
            self.cursor.scroll(steps)

    def hints(self) -> Sequence[str]:
        """What the key bar shows first."""
        return (
            "log.follow", "view.filter", "log.next_hit", "log.next_error", "log.next_warning",
            "app.back", "log.next_gap", "log.level", "log.wider", "log.nearer", "log.time",
            "log.wrap", "log.older", "log.newer", "log.copy", "log.pager", "job.explain",
        )  # fmt: skip

    def remember(self) -> dict[str, Any]:
        """How lines are shown."""
        return {"times": self.times, "wrap": self.wrap}

    def recall(self, kept: dict[str, Any]) -> None:
        """Take it up again."""
        if kept.get("times") in TIMES:
            self.times = kept["times"]
        self.wrap = kept.get("wrap") is True


_MOVES: Mapping[str, Callable[[Cursor], None]] = {
    "move.down": lambda c: c.move(1),
    "move.up": lambda c: c.move(-1),
    "move.top": Cursor.to_top,
    "move.bottom": Cursor.to_end,
    "log.follow": Cursor.toggle_follow,
    "log.next_hit": lambda c: c.to_hit(1),
    "log.previous_hit": lambda c: c.to_hit(-1),
    "log.next_error": lambda c: c.to_error(1),
    "log.previous_error": lambda c: c.to_error(-1),
    "log.next_warning": lambda c: c.to_warning(1),
    "log.previous_warning": lambda c: c.to_warning(-1),
    "log.next_gap": lambda c: c.to_silence(1),
    "log.previous_gap": lambda c: c.to_silence(-1),
    "log.wider": Cursor.wider,
    "log.nearer": Cursor.nearer,
}
_PAGES = {"move.page_down": 1, "move.page_up": -1}
_LOOKS: Mapping[str, Callable[[LogView], None]] = {
    "move.left": lambda v: v.sideways(-SIDEWAYS),
    "move.right": lambda v: v.sideways(SIDEWAYS),
    "log.level": LogView.next_level,
    "log.time": LogView.next_time,
    "log.wrap": LogView.toggle_wrap,
    "log.older": lambda v: v.want_attempt(-1),
    "log.newer": lambda v: v.want_attempt(1),
}
_FURTHER = frozenset({"log.older", "log.newer"})
"""Actions with which the app goes on."""
