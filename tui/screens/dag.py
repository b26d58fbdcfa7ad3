"""The DAG screen: one run as a live tree, its times beside it, its critical path under it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from math import floor
from typing import Any

from jobmon.runtime.states import ACTIVE, State
from jobmon.tui.criteria import fold
from jobmon.tui.picture import Line, Place, Size, arrange, fill, fit, on
from jobmon.tui.screens import dagboxes, dagfacts, gantt
from jobmon.tui.screens.course import Course
from jobmon.tui.screens.dagcells import CELLS, FIELDS, counts
from jobmon.tui.screens.dagchoice import Choice, runs_of
from jobmon.tui.screens.dagtree import RUN, Item, Reference, Tree
from jobmon.tui.screens.detail import want
from jobmon.tui.screens.filtered import host
from jobmon.tui.screens.view import Stage, Table
from jobmon.tui.text import Cell, Span, cell
from jobmon.tui.world import RowKey, Want

TALL = 34
"""Lines of a wide screen from which the table tells the last runs."""
KEPT = 5_000
"""Drawn rows that are kept at most."""
NARROW = ("tree", "percent")
"""Columns that stay beside the times on a screen with less room."""
_TICKING = ACTIVE | {State.RETRY_WAIT}
_CALM = frozenset({State.SUCCEEDED, State.SKIPPED})
_ARROWS = frozenset({"move.left", "move.right", "move.up", "move.down"})


class DagView(Table):
    """One run, as a tree with a cursor or, when it is small, as boxes in layers."""

    name = "dag"
    title = "DAG"
    fields = FIELDS

    def __init__(self) -> None:
        super().__init__()
        self.gantt: bool | None = None  # None: where there is room
        self.boxes = False
        self.filter = ""
        self._choice, self._tree = Choice(), Tree()
        self._course: Course | None = None
        self._made: tuple[Any, ...] = ()  # what the course was made of
        self._width = 40  # of the tree's column
        self._size = Size(80, 20)  # of the screen it was shown on last
        self._timed = self._boxed = False  # what was shown there
        self._axis: gantt.Axis | None = None
        self._rows: dict[Hashable, Line] = {}  # as they were drawn, while they stay so
        self._drawn: tuple[Any, ...] = ()  # for what they were drawn
        self._chart = dagboxes.Chart()

    # Which run

    def show(self, key: RowKey) -> None:
        """Show the run of a job run, with the cursor on the job."""
        self._choice.choose(key)
        self._made = ()
        self._go(key)

    def _go(self, key: RowKey) -> None:
        self.cursor, self.filter = key, ""

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
        return self._course

    def _reveal(self, course: Course) -> None:
        """The job under the cursor is never folded away; in a run not seen before it is a guess."""
        key = self.cursor.job if isinstance(self.cursor, Reference) else self.cursor
        if isinstance(key, RowKey) and key[:2] == (course.site.number, course.run.id):
            self._tree.reveal(course, key.job)
        else:
            self._look(course, course.notable)

    def _other(self, stage: Stage, course: Course, by: int) -> None:
        """The run before or after this one of the same flow, the cursor on the same job."""
        runs = runs_of(course.site, course.run.flow)
        at, job = runs.index(course.run) + by, self._job(stage)
        if 0 <= at < len(runs):
            names = course.site.board.shape_of(runs[at].id).names
            there = RUN if job == RUN else names.get(course.name(job), RUN)
            self.show(RowKey(course.site.number, runs[at].id, there))

    def command(self, words: Sequence[str], stage: Stage) -> str:
        """`dag RUN [JOB]`: a run by its key, or the newest of a flow."""
        if words:
            found = self._choice.named(stage.world, words)
            if isinstance(found, str):
                return found
            self.show(found)
        return ""

    # What stands in it

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
        if course is None:
            return [cell("") for _ in places]
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
            away = "dim" if course.site.away is not None else ""
            ground = f"{away} cursor".strip() if item.key == self.cursor else away
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
        """What ended well steps back, and everything of a runtime that does not answer."""
        course = self._course
        if course is None or course.site.away is not None:
            return "dim"
        calm = item.job != RUN and course.jobs[item.job].state in _CALM
        return "dim" if calm or item.reference else ""

    def nothing(self, stage: Stage) -> list[Line]:
        """How there comes to be a run."""
        if not all(site.loaded for site in stage.world.sites):
            return [(), (("  reading the state", "dim"),)]
        flows = [flow for site in stage.world.sites for flow in site.flows.get("flows", ())]
        names = stage.ink.safe(", ".join(str(flow["flow"]) for flow in flows[:5]))
        known = f"  no run yet; there are flows: {names}" if flows else "  no run yet, and no flow"
        start: Line = (("  n", "key"), (" starts a run", ""), ("   5", "key"), (" schedules", ""))
        return [(), ((known, ""),), (), start]

    # The picture

    def lines(self, stage: Stage, size: Size) -> list[Line]:
        """The tree or the boxes, the times beside it, and what is under it."""
        course = self.course(stage)
        if course is None:
            return fill(self.nothing(stage), size.height)
        self._size, self._boxed = size, False
        least = dagfacts.height(size, size.height)
        room = Size(size.width, size.height - least)
        if self.boxes and self._chart.fit(course, stage.ink, room):
            return self._charted(stage, course, size)
        used = len(self.items(stage)) + len(self.above(stage, size)) + 1
        under = Size(size.width, dagfacts.height(size, used))
        body = self._panes(stage, course, Size(size.width, size.height - under.height))
        job = self._job(stage)
        room = dagfacts.room_for_boxes(under)
        drawn = not self.boxes and self._chart.fit(course, stage.ink, room)
        top = size.height - room.height
        boxes = self._chart.lines(stage, course, job, top) if drawn else []
        return [*body, *dagfacts.lines(stage, course, job, under, boxes)]

    def _charted(self, stage: Stage, course: Course, size: Size) -> list[Line]:
        """The boxes, and what is under them."""
        self._boxed = True
        self._settle(self.items(stage))
        job = self._job(stage)
        under = Size(size.width, dagfacts.height(size, self._chart.height))
        boxes = fill(self._chart.lines(stage, course, job, 0), size.height - under.height)
        return [*boxes, *dagfacts.lines(stage, course, job, under, [])]

    def _panes(self, stage: Stage, course: Course, size: Size) -> list[Line]:
        """The table, and the times beside it."""
        wide = size.width >= dagfacts.WIDE
        self._timed = wide if self.gantt is None else self.gantt
        left = size.width
        if self._timed:
            left = min(126, left * 70 // 100) if wide else max(30, left * 45 // 100)
        past = wide and self._size.height >= TALL and bool(course.history.jobs)
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

    def above(self, stage: Stage, size: Size) -> list[Line]:
        """Why there are no boxes, when they were asked for."""
        if not self.boxes or self._course is None:
            return []
        why = f" {dagboxes.why_not(self._course)}"
        return [((why, "note"), ("  b", "key"), (" closes this", "dim"))]

    # What can be done

    def _job(self, stage: Stage) -> int:
        """The job under the cursor, RUN for the run."""
        item = self.item(stage)
        return RUN if item is None else item.job

    def act(self, action: str, stage: Stage) -> bool:
        """Folds, the critical path, other runs, what is shown; and what every table can."""
        course = self.course(stage)
        if course is not None and action in _ACTS:
            _ACTS[action](self, stage, course)
            return True
        if course is not None and action in _ARROWS and self._boxed:
            self._look(course, self._chart.step(self._job(stage), action))
            return True
        if course is not None and action in {"move.left", "move.right"}:
            self._aside(stage, course, action)
            return True
        return super().act(action, stage)

    def _look(self, course: Course, job: int) -> None:
        """The cursor on a job, wherever it hangs."""
        self._tree.reveal(course, job)
        self._go(course.key(job))

    def _fold(self, stage: Stage, course: Course) -> None:
        self._go(course.key(self._tree.toggle(course, self._job(stage))))

    def _path(self, stage: Stage, course: Course) -> None:
        """The next job of the critical path; from elsewhere the first that has not ended."""
        path, job = list(course.timeline.path), self._job(stage)
        if job in path:
            self._look(course, path[(path.index(job) + 1) % len(path)])
        elif path:
            self._look(course, next((i for i in path if course.jobs[i].ended is None), path[0]))

    def _aside(self, stage: Stage, course: Course, action: str) -> None:
        """Left to the job it hangs under; right to the first under it, or where it is drawn."""
        item = self.item(stage)
        if action == "move.right":
            self._look(course, item.job if item.reference else self._tree.first(item.job))
        elif item.reference:
            self._go(item.key.parent)
        else:
            self._look(course, self._tree.above(item.job))

    def _toggle_times(self, _stage: Stage, _course: Course) -> None:
        self.gantt = not self._timed

    def _toggle_boxes(self, _stage: Stage, _course: Course) -> None:
        self.boxes = not self.boxes

    def point(self, x: int, y: int, stage: Stage) -> bool:
        """A click on a row or on a box."""
        course = self.course(stage)
        job = self._chart.at(x, y)
        if course is None or job is None:
            return not self._boxed and super().point(x, y, stage)
        self._look(course, job)
        return True

    def targets(self, stage: Stage) -> list[RowKey]:
        """The jobs of the marked rows, else of the cursor's; a reference stands for its job."""
        items = self.items(stage)
        chosen = [item for item in items if item.key in self.marks]
        if not self.marks and items:
            chosen = [items[self._find(items)]]
        keys = [item.key.job if isinstance(item.key, Reference) else item.key for item in chosen]
        return list(dict.fromkeys(keys))

    def search(self, text: str) -> None:
        """Only the jobs in whose name the text occurs."""
        self.filter = text.strip()

    def reset(self) -> None:
        """The whole tree, unfolded."""
        self.filter = ""
        self._tree.folds = set()

    # Around it

    def state_line(self, stage: Stage) -> Line:
        """The run, its jobs by state, filter and marks; the host where there are several."""
        course = self.course(stage)
        if course is None:
            return ()
        ink, gap = stage.ink, ("  ", "")
        spans: list[Span] = []
        if self.filter:
            spans += [(ink.safe(f'filter "{self.filter}" (reset)'), "note"), gap]
        if self.marks:
            spans += [(f"{len(self.marks)} marked", "accent"), gap]
        if stage.world.many:
            spans += [(ink.safe(host(course.site)), "accent"), gap]
        runs = runs_of(course.site, course.run.flow)
        place = f"[{runs.index(course.run) + 1}/{len(runs)}]"
        spans += [*counts(ink, course.counts), gap, (ink.safe(course.run.key), "title")]
        return (*spans, (f" {place} ", "dim"))

    def wants(self, stage: Stage) -> Sequence[Want]:
        """Why the job in hand stands as it does, where that is shown."""
        course = self.course(stage)
        if course is None or self._size.width < dagfacts.WIDE or not stage.world.live:
            return []
        job = self._job(stage)
        return [want(course.row(job))] if job != RUN else []

    def pace(self, stage: Stage) -> float:
        """A clock, while something of the run goes on."""
        course = self.course(stage)
        return 1.0 if course is not None and course.moving else 0.0

    def hints(self) -> Sequence[str]:
        """What its key bar shows."""
        return (
            "job.log", "job.explain", "job.rerun", "job.skip", "job.hold", "job.cancel",
            "dag.fold", "dag.path", "dag.boxes", "dag.gantt", "dag.previous", "dag.next",
        )  # fmt: skip

    def remember(self) -> dict[str, Any]:
        """What is shown beside the tree."""
        return {"gantt": self.gantt, "boxes": self.boxes}

    def recall(self, kept: dict[str, Any]) -> None:
        """Take it up."""
        self.gantt = kept["gantt"] if isinstance(kept.get("gantt"), bool) else None
        self.boxes = kept.get("boxes") is True


def _bar(stage: Stage) -> Span:
    """The rule between the table and the times."""
    return ("│" if stage.ink.unicode else "|", "rule")


_ACTS: Mapping[str, Callable[[DagView, Stage, Course], None]] = {
    "dag.fold": DagView._fold,
    "dag.path": DagView._path,
    "dag.gantt": DagView._toggle_times,
    "dag.boxes": DagView._toggle_boxes,
    "dag.previous": lambda view, stage, course: view._other(stage, course, -1),
    "dag.next": lambda view, stage, course: view._other(stage, course, 1),
}
