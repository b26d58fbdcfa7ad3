"""The DAG screen: one run as a live tree, its times beside it, its critical path under it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jobmon.tui.picture import Line, Size, fill, fit
from jobmon.tui.screens.dag import boxes as dagboxes
from jobmon.tui.screens.dag import facts as dagfacts
from jobmon.tui.screens.dag.cells import counts
from jobmon.tui.screens.dag.choice import runs_of
from jobmon.tui.screens.dag.course import Course
from jobmon.tui.screens.dag.table import DagTable
from jobmon.tui.screens.dag.tree import RUN
from jobmon.tui.screens.detail import want
from jobmon.tui.screens.filtered import host
from jobmon.tui.screens.view import Stage
from jobmon.tui.text import Span
from jobmon.tui.world import RowKey, Want

_ARROWS = frozenset({"move.left", "move.right", "move.up", "move.down"})


class DagView(DagTable):
    """One run, as a tree with a cursor or, when it is small, as boxes in layers."""

    name = "dag"
    title = "DAG"

    def __init__(self) -> None:
        super().__init__()
        self.boxes = False
        self._chart = dagboxes.Chart()
        self._boxed = False  # they were shown last, in the place of the tree
        self._width_shown = 80

    # Which run

    def show(self, key: RowKey) -> None:
        """Show the run of a job run, with the cursor on the job."""
        self._choice.choose(key)
        self._made = ()
        self._go(key)

    def _go(self, key: RowKey) -> None:
        self.cursor, self.filter = key, ""

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

    # The picture

    def lines(self, stage: Stage, size: Size) -> list[Line]:
        """The tree or the boxes, the times beside it, and what is under it."""
        course = self.course(stage)
        if course is None:
            return fill(self.nothing(stage), size.height)
        self._width_shown, self._boxed = size.width, False
        self._chart.hide()
        least = dagfacts.height(size, size.height)
        room = Size(size.width, size.height - least)
        if self.boxes and self._chart.fit(course, stage.ink, room):
            return self._charted(stage, course, size)
        marked = self._marked(stage)
        used = len(self.items(stage)) + len(self.above(stage, size)) + 1
        under = Size(size.width, dagfacts.height(size, used))
        body = self._panes(stage, course, size, size.height - under.height)
        job = self._job(stage)
        room = dagfacts.room_for_boxes(under)
        drawn = not self.boxes and self._chart.fit(course, stage.ink, room)
        top = size.height - room.height
        boxes = self._chart.lines(stage, course, (job, marked), top) if drawn else []
        return [*body, *dagfacts.lines(stage, course, job, under, boxes)]

    def _charted(self, stage: Stage, course: Course, size: Size) -> list[Line]:
        """The boxes, and what is under them."""
        self._boxed = True
        self._settle(self.items(stage))
        job, marked = self._job(stage), self._marked(stage)
        under = Size(size.width, dagfacts.height(size, self._chart.height))
        boxes = self._chart.lines(stage, course, (job, marked), 0)
        boxes = fill(boxes, size.height - under.height)
        return [*boxes, *dagfacts.lines(stage, course, job, under, [])]

    def above(self, stage: Stage, size: Size) -> list[Line]:
        """Why there are no boxes, when they were asked for."""
        if not self.boxes or self._course is None:
            return []
        why = f" {dagboxes.why_not(self._course)}"
        return [fit(((why, "note"), ("  b", "key"), (" closes this", "dim")), size.width)]

    # What can be done

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
        """The times beside the tree, or not; from the boxes to the tree with its times."""
        self.gantt, self.boxes = self._boxed or not self._timed, False

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

    def search(self, text: str) -> None:
        """Only the jobs in whose name the text occurs."""
        self.filter = text.strip()

    def reset(self) -> None:
        """The whole tree, unfolded."""
        self.filter = ""
        self._tree.folds, self._tree.opened = set(), set()

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
        if course is None or self._width_shown < dagfacts.WIDE or not stage.world.live:
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


_ACTS: Mapping[str, Callable[[DagView, Stage, Course], None]] = {
    "dag.fold": DagView._fold,
    "dag.path": DagView._path,
    "dag.gantt": DagView._toggle_times,
    "dag.boxes": DagView._toggle_boxes,
    "dag.previous": lambda view, stage, course: view._other(stage, course, -1),
    "dag.next": lambda view, stage, course: view._other(stage, course, 1),
}
