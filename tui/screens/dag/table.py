"""The table of the DAG screen: the tree of one run with its columns, the times beside it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import floor
from typing import Any

from jobmon.runtime.states import ACTIVE, State
from jobmon.tui.commandline.criteria import fold
from jobmon.tui.picture import Line, Place, Size, arrange, fill, fit, on
from jobmon.tui.screens.dag import facts as dagfacts
from jobmon.tui.screens.dag import gantt
from jobmon.tui.screens.dag.cells import CELLS, FIELDS
from jobmon.tui.screens.dag.choice import Choice
from jobmon.tui.screens.dag.course import Course
from jobmon.tui.screens.dag.tree import RUN, Item, Reference, Tree
from jobmon.tui.screens.view import Stage, Table
from jobmon.tui.text import Cell, Span
from jobmon.tui.world import RowKey

TALL = 34
"""Lines of a wide screen from which the table tells the last runs."""
KEPT = 5_000
"""Drawn rows that are kept at most."""
NARROW = ("tree", "percent")
"""Columns that stay beside the times on a screen with less room."""
_TICKING = ACTIVE | {State.RETRY_WAIT}


class DagTable(Table):
    """The rows of one run, and which run that is.

    `gantt`: whether the times stand beside them, None where there is room. `filter` is a text that
    the names of the jobs have in them.
    """

    fields = FIELDS

    def __init__(self) -> None:
        super().__init__()
        self.gantt: bool | None = None
        self.filter = ""
        self._choice, self._tree = Choice(), Tree()
        self._course: Course | None = None
        self._made: tuple[Any, ...] = ()  # what the course was made of
        self._width = 40  # of the tree's column
        self._timed = False  # the times were shown last
        self._axis: gantt.Axis | None = None
        self._rows: dict[Hashable, Line] = {}  # as they were drawn, while they stay so
        self._drawn: tuple[Any, ...] = ()  # for what they were drawn

    def course(self, stage: Stage) -> Course | None:
        """The run that is shown, as it stands; None when there is none at all."""
        world = stage.world
        found = self._choice.find(world)
        if found is None:
            self._course = None
            return None
        site, run = found
        now = floor(world.now + site.skew)
        history = id(site.histories.get(run.flow))
        made = (id(site.board), world.version, site.number, run.id, now, history)
        if made != self._made or self._course is None:
            self._made, self._course = made, Course(site, run, now, world.version)
            self._reveal(self._course)
            self.marks = {key: None for key in self.marks if _run_of(key) == (site.number, run.id)}
        return self._course

    def _reveal(self, course: Course) -> None:
        """The job under the cursor is never folded away; in a run not seen before it is a guess."""
        key = self.cursor
        if isinstance(key, RowKey | Reference) and _run_of(key) == course.key(RUN)[:2]:
            self._tree.reveal(course, key.job if isinstance(key, RowKey) else key.job.job)
        else:
            notable = self._tree.face(course, course.notable)
            self._tree.reveal(course, notable)
            self.cursor = course.key(notable)

    def items(self, stage: Stage) -> Sequence[Item]:
        """The rows of the tree, or those that a filter lets through."""
        course = self.course(stage)
        if course is None:
            return []
        items = self._tree.items(course, stage.ink, self._width)
        if not self.filter:
            return items
        text = fold(self.filter)
        found = range(len(course.jobs))
        jobs = [i for i in found if text in fold(course.name(i))]
        return [items[0], *(Item(course.key(i), i) for i in jobs)]

    def key(self, item: Item) -> RowKey | Reference:
        """The run, the job, or the place of a reference."""
        return item.key

    def cells(self, stage: Stage, item: Item, places: Sequence[Place]) -> list[Cell]:
        """One row."""
        course = self._course
        assert course is not None
        named = [(self.fields[place.field].name, place.width) for place in places]
        return [CELLS[name](stage, course, item, width) for name, width in named]

    def _row(self, stage: Stage, item: Item, places: Sequence[Place], width: int) -> Line:
        """A row with its times, as it was drawn before unless something in it went on."""
        course, axis = self._course, self._axis
        assert course is not None
        at = gantt.cells_of(axis, course, item) if axis else None
        made = (item, item.key == self.cursor, item.key in self.marks, at, self._tick(item))
        if made in self._rows:
            return self._rows[made]
        line = super()._row(stage, item, places, width)
        if axis and at:
            times = gantt.strip(stage.ink, axis.width, at, course, item)
            here = "cursor" if item.key == self.cursor else ""
            ground = f"{self.ground(stage, item)} {here}".strip()
            line = (*line, _bar(stage), *(on(times, ground) if ground else times))
        self._rows[made] = line
        return line

    def _tick(self, item: Item) -> Hashable:
        """What changes when a row has to be drawn anew though its item is the same."""
        course = self._course
        assert course is not None
        if item.job == RUN:
            return course.version, course.now
        job = course.jobs[item.job]
        if job.state is State.SUCCEEDED and not item.hidden:
            return job.attempt, job.ended, job.warn, job.stale, job.old_code, job.reason
        now = course.now if job.state in _TICKING else 0
        return course.version, now, item.job in course.critical

    def ground(self, stage: Stage, item: Item) -> str:
        """Everything of a runtime that does not answer steps back."""
        return "dim" if self._course and self._course.site.away is not None else ""

    def nothing(self, stage: Stage) -> list[Line]:
        """How there comes to be a run."""
        if not all(site.loaded for site in stage.world.sites):
            return [(), (("  reading the state", "dim"),)]
        flows = [flow for site in stage.world.sites for flow in site.flows.get("flows", ())]
        names = stage.ink.safe(", ".join(str(flow["flow"]) for flow in flows[:5]))
        known = f"  no run yet; there are flows: {names}" if flows else "  no run yet, and no flow"
        start: Line = (("  n", "key"), (" starts a run", ""), ("   5", "key"), (" schedules", ""))
        return [(), ((known, ""),), (), start]

    def _panes(self, stage: Stage, course: Course, screen: Size, height: int) -> list[Line]:
        """The table, and the times beside it, in the upper `height` lines of the screen."""
        size = Size(screen.width, height)
        wide = size.width >= dagfacts.WIDE
        self._timed = wide if self.gantt is None else self.gantt
        left = size.width
        if self._timed:
            left = min(126, left * 70 // 100) if wide else max(30, left * 45 // 100)
        past = wide and screen.height >= TALL and bool(course.history.jobs)
        self.fields = tuple(
            field
            for field in FIELDS
            if (wide or not self._timed or field.name in NARROW) and (past or field.name != "past")
        )
        places = arrange(self.fields, left)
        self._width = places[0].width
        self._axis = gantt.axis(course, size.width - left - 1) if self._timed else None
        self._forget((*course.stamp[:4], *places, stage.ink, course.site.away, self._axis))
        table = super().lines(stage, Size(left, size.height))
        if self._axis is None:
            return table
        above, shown = self._first - 1, len(self._shown)
        right: list[Line] = [*([()] * above), gantt.clock(self._axis), *([()] * shown)]
        right = fill(right, size.height)
        if shown < self._height:
            right[-1] = gantt.legend(stage.ink, self._axis.width)
        rows = range(self._first, self._first + shown)
        return [
            line if n in rows else (*fit(line, left), _bar(stage), *right[n])
            for n, line in enumerate(table)
        ]

    def _forget(self, drawn: tuple[Any, ...]) -> None:
        """Draw every row anew when they would look otherwise."""
        if drawn != self._drawn or len(self._rows) > KEPT:
            self._drawn, self._rows = drawn, {}

    def _marked(self, stage: Stage) -> frozenset[int]:
        """The marked jobs; what a fold or a filter hides is not marked any more."""
        items = self.items(stage)
        if self.marks:
            self.marks = {item.key: None for item in items if item.key in self.marks}
        return frozenset(item.job for item in items if item.key in self.marks)

    def _job(self, stage: Stage) -> int:
        """The job under the cursor, RUN for the run."""
        item = self.item(stage)
        return RUN if item is None else item.job

    def targets(self, stage: Stage) -> list[RowKey]:
        """The jobs of the marked rows, else of the cursor's; a reference stands for its job."""
        items = self.items(stage)
        chosen = [item for item in items if item.key in self.marks]
        if not self.marks and items:
            chosen = [items[self._find(items)]]
        keys = [item.key.job if isinstance(item.key, Reference) else item.key for item in chosen]
        return list(dict.fromkeys(keys))


def _run_of(key: Hashable) -> tuple[int, int] | None:
    """Site and run of a row."""
    at = key.parent if isinstance(key, Reference) else key
    return at[:2] if isinstance(at, RowKey) else None


def _bar(stage: Stage) -> Span:
    """The rule between the table and the times."""
    return ("│" if stage.ink.unicode else "|", "rule")
