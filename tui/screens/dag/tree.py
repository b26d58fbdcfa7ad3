"""The rows of a run's tree, and what is folded in it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from jobmon.runtime.states import State
from jobmon.tui.ink import Ink
from jobmon.tui.look import Lines
from jobmon.tui.screens.dag.course import Course
from jobmon.tui.tree import Branch, Graph, Hanging, How, drawn
from jobmon.tui.world import RowKey

FEW = 6
"""References that have lines of their own; as many as a quarter of the jobs in a larger tree. Where
there are more they stand beside their job: they would double the tree."""
MANY = 8
"""Children of a map beyond which they are told together, until somebody unfolds them."""
RUN = -1
_WELL = (State.SUCCEEDED, State.SKIPPED)


class Reference(NamedTuple):
    """What a row is known by that only names a job which is drawn elsewhere."""

    parent: RowKey
    job: RowKey


class Item(NamedTuple):
    """A row: the run (-1), a job, or a reference to one.

    `references` stand beside the job, `hidden` are the jobs folded away under it. `below`: the job
    a reference names is drawn further down.
    """

    key: RowKey | Reference
    job: int
    guides: str = ""
    references: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()
    below: bool = False

    @property
    def reference(self) -> bool:
        """It names a job that has a row of its own."""
        return isinstance(self.key, Reference)


class Tree:
    """The tree of a run, made anew only when a job ended, a fold changed or the run is another.

    `folds` are names of jobs: they stay folded in the next run too; so are `opened`, the maps whose
    children are shown though they are many.
    """

    def __init__(self) -> None:
        self.folds: set[str] = set()
        self.opened: set[str] = set()
        self._children: dict[int, list[int]] = {}
        self._stamp: tuple[Any, ...] = ()
        self._shape = 0  # grows when something hangs elsewhere than before
        self._made: tuple[Any, ...] = ()
        self._items: list[Item] = []
        self._graph = Graph([], [], [])
        self._hangs = Hanging([], [])
        self._above: list[int] = []

    def items(self, course: Course, ink: Ink, width: int) -> Sequence[Item]:
        """The rows from the top, for a column of that many cells."""
        self._take(course)
        narrow, deepest = width < 40, max(3, (width - 12) // (2 if width < 40 else 3))
        folds = (frozenset(self.folds), frozenset(self.opened))
        made = (self._shape, folds, ink.unicode, narrow, deepest)
        if made != self._made:
            self._made = made
            few = sum(map(len, self._hangs.referenced)) <= max(FEW, len(course.jobs) // 4)
            how = How(
                folded=self._folded(course),
                apart=few,
                beside=not few,
                deepest=deepest,
                last=frozenset(i for i, job in enumerate(course.shape.jobs) if job.finally_),
                absent=frozenset(i for at in self._packed(course) for i in self._children[at]),
            )
            lines = _slim(ink.lines) if narrow else ink.lines
            self._items = self._rows(course, drawn(self._graph, self._hangs, lines, how), how)
        return self._items

    def _take(self, course: Course) -> None:
        if course.stamp == self._stamp:
            return
        same, self._stamp = course.stamp[:3] == self._stamp[:3], course.stamp
        if not same:
            self._children = _children(course)
        self._graph, hangs = course.hanging()
        if same and hangs == self._hangs:
            return
        self._shape, self._hangs = self._shape + 1, hangs
        self._above = [RUN] * len(course.jobs)
        for parent, children in enumerate(self._hangs.drawn):
            for child in children:
                self._above[child] = parent

    def _folded(self, course: Course) -> frozenset[int]:
        names = course.shape.names
        known = (names[name] for name in self.folds if name in names)
        return frozenset(i for i in known if self._hangs.drawn[i] or self._hangs.referenced[i])

    def _packed(self, course: Course) -> list[int]:
        """The maps whose children are told together."""
        return [at for at in self._children if course.name(at) not in self.opened]

    def face(self, course: Course, index: int) -> int:
        """The row that shows a job: for one of many children its map, unless that is unfolded."""
        self._take(course)
        at = self.above(index)
        return at if at in self._packed(course) and index in self._children[at] else index

    def _rows(self, course: Course, branches: Sequence[Branch], how: How) -> list[Item]:
        places = {b.node: n for n, b in enumerate(branches) if how.beside or not b.references}
        items = [Item(course.key(RUN), RUN)]
        for n, (guides, node, references) in enumerate(branches):
            if references and not how.beside:
                job = references[0]
                key = Reference(course.key(node), course.key(job))
                items.append(Item(key, job, guides, below=places.get(job, 0) > n))
            else:
                packed = self._children.get(node, ()) if how.absent else ()
                packed = tuple(i for i in packed if i in how.absent)
                hidden = tuple(self._hangs.under(node)) if node in how.folded else packed
                items.append(Item(course.key(node), node, guides, references, hidden))
        return items

    # Moving and folding

    def above(self, index: int) -> int:
        """The job it hangs under; RUN for one that hangs under none."""
        return self._above[index] if 0 <= index < len(self._above) else RUN

    def first(self, index: int) -> int:
        """The first job that hangs under it, else the job itself."""
        if index == RUN:
            return self._above.index(RUN) if self._above else RUN
        below = self._hangs.drawn[index]
        return below[0] if below else index

    def reveal(self, course: Course, index: int) -> None:
        """Unfold whatever hides the job."""
        if self.face(course, index) != index:
            self.opened.add(course.name(self.above(index)))
        at = self.above(index)
        while at != RUN:
            self.folds.discard(course.name(at))
            at = self.above(at)

    def toggle(self, course: Course, index: int) -> int:
        """Fold or unfold what hangs under the job, else its parent's; the job to look at then.

        On the run: unfold everything, or fold all that ended well.
        """
        self._take(course)
        if index == RUN:
            self.folds = set() if self.folds else self._well(course)
            return RUN
        if not self._hangs.drawn[index] and not self._hangs.referenced[index]:
            index = self.above(index)
        if index in self._children:
            self.opened ^= {course.name(index)}
        elif index != RUN:
            self.folds ^= {course.name(index)}
        return index

    def _well(self, course: Course) -> set[str]:
        """The jobs that ended well with all that hangs under them."""
        well = [job.state in _WELL for job in course.jobs]
        for i in reversed(self._graph.order):
            well[i] = well[i] and all(well[child] for child in self._hangs.drawn[i])
        return {course.name(i) for i, ok in enumerate(well) if ok and self._hangs.drawn[i]}


def _children(course: Course) -> dict[int, list[int]]:
    """By map the children it has, of those that have many."""
    found: dict[int, list[int]] = {}
    for index, job in enumerate(course.shape.jobs):
        if job.of:
            found.setdefault(course.shape.names[job.of], []).append(index)
    return {at: own for at, own in found.items() if len(own) > MANY}


def _slim(lines: Lines) -> Lines:
    """Guides two cells wide, where room is scarce."""
    return lines._replace(
        branch=lines.branch[:2], last=lines.last[:2], pipe=lines.pipe[:2], gap=lines.gap[:2]
    )
