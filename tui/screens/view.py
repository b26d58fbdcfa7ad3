"""What every screen is: lines for a size and a moment, and answers to actions. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from jobmon.tui.ink import Ink
from jobmon.tui.picture import Field, Line, Place, Size, arrange, fill, fit, heading, on, row_of
from jobmon.tui.text import Cell
from jobmon.tui.world import RowKey, Want, World


class Stage(NamedTuple):
    """What a screen is made from: the world at its moment, and what the terminal can show."""

    world: World
    ink: Ink


class View:
    """A screen. It keeps its own cursor, filter and folds, and nothing of the world.

    `name` is what `:` commands and settings call it, `title` stands in the head line.
    """

    name = ""
    title = ""
    ticks = 0
    """The cell from which on its rows change every second; 0: nowhere in particular."""

    def lines(self, stage: Stage, size: Size) -> list[Line]:
        """Exactly `size.height` lines of at most `size.width` cells each."""
        raise NotImplementedError

    def pace(self, stage: Stage) -> float:
        """Pictures a second it wants now: 0 nothing moves, 1 only clocks, 10 something moves."""
        return 1.0 if stage.world.active() else 0.0

    def wants(self, stage: Stage) -> Sequence[Want]:
        """Documents it needs while it is shown; they turn up in `site.document(want)`."""
        return ()

    def act(self, action: str, stage: Stage) -> bool:
        """Do an action that concerns only this screen (move, fold, sort); False: not mine."""
        return False

    def search(self, text: str) -> None:
        """Show only rows in which `text` occurs; "" shows all of them again."""

    def reset(self) -> None:
        """Drop what narrows and orders the rows: show all, as at first."""

    def back(self) -> bool:
        """Close what is open inside this screen; False: nothing is, so the screen is left."""
        return False

    def command(self, words: Sequence[str], stage: Stage) -> str:
        """Arguments given with the screen's name on the command line; returns a complaint or ''."""
        return "" if not words else f"{self.name} takes no arguments"

    def point(self, x: int, y: int, stage: Stage) -> bool:
        """A click on a cell; True when the cursor moved there."""
        return False

    def wheel(self, steps: int, stage: Stage) -> None:
        """The mouse wheel: positive is down."""
        self.act("move.down" if steps > 0 else "move.up", stage)

    def targets(self, stage: Stage) -> list[RowKey]:
        """The job runs (job -1: whole runs) a verb acts on: the marked ones, else the cursor's."""
        return []

    def state_line(self, stage: Stage) -> Line:
        """What is filtered, sorted, followed: always visible under the head line."""
        return ()

    def hints(self) -> Sequence[str]:
        """Ids of the actions its key bar shows first."""
        return ()

    def remember(self) -> dict[str, Any]:
        """What to know when the monitor is opened again; JSON."""
        return {}

    def recall(self, kept: dict[str, Any]) -> None:
        """Take up what `remember` gave; whatever makes no sense is ignored."""


class Table(View):
    """A screen that is a list with a cursor: subclasses say what stands in it.

    The cursor is a key, not a place: rows may move under it and it stays with its own. `above` are
    lines that a subclass puts over the titles, `below` those it puts under the rows.
    """

    fields: tuple[Field, ...] = ()
    empty = "nothing here"

    def __init__(self) -> None:
        self.cursor: Hashable = None
        self.top = 0
        self.marks: dict[Hashable, None] = {}
        self._place = 0  # where the cursor was last: its row may go
        self._unmoved: Hashable = None  # the cursor as long as nobody moved it
        self._height = 1
        self._shown: list[Hashable] = []
        self._first = 0  # the line of the first row

    # What a subclass says

    def items(self, stage: Stage) -> Sequence[Any]:
        """What stands in the list, in order. Called for every picture: keep it."""
        raise NotImplementedError

    def key(self, item: Any) -> Hashable:
        """What an item is known by."""
        return item

    def cells(self, stage: Stage, item: Any, places: Sequence[Place]) -> list[Cell]:
        """One cell for each place; `self.fields[place.field]` says of which column."""
        raise NotImplementedError

    def ground(self, stage: Stage, item: Any) -> str:
        """A style for the whole row, "" for none."""
        return ""

    def above(self, stage: Stage, size: Size) -> list[Line]:
        """Lines over the titles."""
        return []

    def below(self, stage: Stage, size: Size) -> list[Line]:
        """Lines under the rows, such as more about the one under the cursor."""
        return []

    def nothing(self, stage: Stage) -> list[Line]:
        """What stands there when there is no item: why, and what to do."""
        return [((f"  {self.empty}", "dim"),)]

    # What it makes of that

    def lines(self, stage: Stage, size: Size) -> list[Line]:
        """The titles, and the rows around the cursor."""
        head, items, foot = self.above(stage, size), self.items(stage), self.below(stage, size)
        places = arrange(self.fields, size.width)
        head = [*head, heading(self.fields, places)]
        self._first, self._height = len(head), max(1, size.height - len(head) - len(foot))
        body = self._body(stage, items, places, size.width)
        return fill([*head, *fill(body, self._height), *foot], size.height)

    def _body(
        self, stage: Stage, items: Sequence[Any], places: Sequence[Place], width: int
    ) -> list[Line]:
        self._shown = []
        if not items:
            return [fit(line, width, stage.ink.lines.cut) for line in self.nothing(stage)]
        self._settle(items)
        shown = items[self.top : self.top + self._height]
        self._shown = [self.key(item) for item in shown]
        return [self._row(stage, item, places, width) for item in shown]

    def _row(self, stage: Stage, item: Any, places: Sequence[Place], width: int) -> Line:
        mark = stage.ink.lines.cut
        line = fit(row_of(self.cells(stage, item, places), self.fields, places, mark), width, mark)
        ground = self.ground(stage, item)
        key = self.key(item)
        if key in self.marks:
            ground = f"{ground} marked".strip()
        if key == self.cursor:
            ground = f"{ground} cursor".strip()
        return on(line, ground) if ground else line

    def _settle(self, items: Sequence[Any]) -> None:
        """Find the cursor's row again and scroll so that it is seen.

        A cursor nobody moved is not followed out of sight: what comes first stays in view.
        """
        place = self._find(items)
        unmoved = self.cursor is None or self.cursor == self._unmoved
        if unmoved and place >= self._height:
            place = 0
        self._place, self.cursor = place, self.key(items[place])
        self._unmoved = self.cursor if unmoved else None
        if place < self.top:
            self.top = place
        elif place >= self.top + self._height:
            self.top = place - self._height + 1
        self.top = max(0, min(self.top, len(items) - self._height))

    def _find(self, items: Sequence[Any]) -> int:
        at = min(self._place, len(items) - 1)
        if self.key(items[at]) == self.cursor:
            return at
        for place, item in enumerate(items):
            if self.key(item) == self.cursor:
                return place
        return at

    def item(self, stage: Stage) -> Any:
        """The item under the cursor, None when there is none."""
        items = self.items(stage)
        return items[self._find(items)] if items else None

    def act(self, action: str, stage: Stage) -> bool:
        """Movement and marks."""
        if action in _MARKS:
            self._mark(action, stage)
            return True
        if action not in _MOVES:
            return False
        items = self.items(stage)
        if items:
            steps, pages, end = _MOVES[action]
            at = self._find(items) + steps + pages * max(1, self._height - 1)
            at = end if end is not None else at
            self._place = max(0, min(len(items) - 1, at if at >= 0 or end is None else len(items)))
            self.cursor, self._unmoved = self.key(items[self._place]), None
        return True

    def _mark(self, action: str, stage: Stage) -> None:
        items = self.items(stage)
        keys = [self.key(item) for item in items]
        if action == "mark.clear" or not items:
            self.marks = {}
        elif action == "mark.invert":
            self.marks = {key: None for key in keys if key not in self.marks}
        elif action == "mark.range":
            here = self._find(items)
            known = [i for i, key in enumerate(keys) if key in self.marks]
            start = min(known, key=lambda i: abs(i - here)) if known else here
            low, high = sorted((start, here))
            self.marks |= dict.fromkeys(keys[low : high + 1])
        else:
            key = keys[self._find(items)]
            if key in self.marks:
                del self.marks[key]
            else:
                self.marks[key] = None
            self.act("move.down", stage)

    def point(self, x: int, y: int, stage: Stage) -> bool:
        """A click puts the cursor on the row that was shown there."""
        at = y - self._first
        if not 0 <= at < len(self._shown):
            return False
        self.cursor, self._unmoved = self._shown[at], None
        return True

    def wheel(self, steps: int, stage: Stage) -> None:
        """Scroll three rows; the cursor goes along."""
        for _ in range(3):
            self.act("move.down" if steps > 0 else "move.up", stage)

    def targets(self, stage: Stage) -> list[RowKey]:
        """The marked rows in their order, else the cursor's, where they are job runs."""
        if self.marks:
            keys = [self.key(item) for item in self.items(stage)]
            chosen = [key for key in keys if key in self.marks]
        else:
            item = self.item(stage)
            chosen = [] if item is None else [self.key(item)]
        return [key for key in chosen if isinstance(key, RowKey)]


_MOVES: dict[str, tuple[int, int, int | None]] = {
    "move.down": (1, 0, None),
    "move.up": (-1, 0, None),
    "move.page_down": (0, 1, None),
    "move.page_up": (0, -1, None),
    "move.top": (0, 0, 0),
    "move.bottom": (0, 0, -1),
}
_MARKS = frozenset({"mark.toggle", "mark.range", "mark.clear", "mark.invert"})
