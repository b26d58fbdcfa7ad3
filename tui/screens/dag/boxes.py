"""A small run as boxes in layers, with the lines between them. Pure."""

from __future__ import annotations

from collections.abc import Set
from itertools import pairwise
from typing import Any

from jobmon.runtime.states import State
from jobmon.tui import rows
from jobmon.tui.ink import Ink
from jobmon.tui.look import job_look
from jobmon.tui.picture import Line, Size
from jobmon.tui.screens.dag.cells import squeeze
from jobmon.tui.screens.dag.course import Course
from jobmon.tui.screens.dag.layers import Plan, Spot, plan
from jobmon.tui.screens.dag.wiring import Wiring
from jobmon.tui.screens.view import Stage
from jobmon.tui.text import cells, clock_span, cut, pad, plain

MOST = 20
"""Jobs that are drawn as boxes; more are easier to read as a tree."""
NAMES = (28, 20, 14, 9, 6)
"""Cells of the longest names, from what is best to what still tells them apart."""


Hand = tuple[int, Set[int]]
"""The job under the cursor, and the marked ones."""


class Chart:
    """The boxes of a run as they were drawn last: keys and clicks find them there."""

    def __init__(self) -> None:
        self._made: tuple[Any, ...] = ()
        self._plan: Plan | None = None
        self._top: int | None = None  # the screen's line it begins on, None: it is not shown

    @property
    def height(self) -> int:
        """Lines of the drawing."""
        return self._plan.height if self._plan else 0

    def fit(self, course: Course, ink: Ink, size: Size) -> bool:
        """Whether there is a drawing for that room; made anew only when something hangs anew."""
        made = (*course.stamp, size, ink.unicode)
        if made != self._made:
            self._made, self._plan = made, _fitting(course, ink, size)
        return self._plan is not None

    def lines(self, stage: Stage, course: Course, hand: Hand, top: int) -> list[Line]:
        """The drawing for line `top` of the screen."""
        if self._plan is None:
            return []
        self._top = top
        return _lines(stage, course, self._plan, hand)

    def hide(self) -> None:
        """It is not on the screen any more."""
        self._top = None

    def step(self, job: int, action: str) -> int:
        """The box that lies next to a job's in the direction of a move, else the same job."""
        boxes = self._plan.boxes if self._plan else {}
        if job not in boxes:
            return min(boxes, key=lambda i: (boxes[i].x, boxes[i].y), default=job)
        far = {i: _distance(boxes[job], spot, action) for i, spot in boxes.items()}
        ahead = [i for i, distance in far.items() if distance is not None]
        return min(ahead, key=lambda i: far[i] or (0, 0), default=job)

    def at(self, x: int, y: int) -> int | None:
        """The job whose box lies on a cell of the screen."""
        if self._plan is None or self._top is None:
            return None
        for job, spot in self._plan.boxes.items():
            if spot.x <= x < spot.x + spot.width and abs(y - self._top - spot.y) <= 1:
                return job
        return None


def _distance(here: Spot, there: Spot, action: str) -> tuple[int, int] | None:
    """How far a box lies in a direction; up and down stay in a layer. None: not there."""
    right, down = there.x - here.x, there.y - here.y
    if action in {"move.up", "move.down"}:
        ahead = down if action == "move.down" else -down
        return (abs(right), ahead) if ahead > 0 else None
    ahead = right if action == "move.right" else -right
    return (ahead, abs(down)) if ahead > 0 else None


def why_not(course: Course) -> str:
    """Why a run is not drawn as boxes."""
    count = len(course.jobs)
    if count > MOST:
        return f"no boxes for {count} jobs, only for {MOST}"
    return "a larger screen has room for the boxes"


def _fitting(course: Course, ink: Ink, size: Size) -> Plan | None:
    """The drawing with the longest names that fit; None when none does."""
    parents = course.edges
    if len(parents) > MOST:
        return None
    names = [cells(ink.safe(course.name(i))) for i in range(len(parents))]
    for longest in NAMES:
        widths = [min(longest, name) + 4 for name in names]
        for gap in (1, 0):
            found = plan(parents, widths, gap)
            if found and found.width <= size.width and found.height <= size.height:
                return found
    return None


def _lines(stage: Stage, course: Course, drawing: Plan, hand: Hand) -> list[Line]:
    wiring = Wiring(stage.ink)
    critical = set(pairwise(course.timeline.path))
    for link in sorted(drawing.links, key=lambda link: (link.job, link.to) in critical):
        wiring.link(link, "accent" if (link.job, link.to) in critical else "dim")
    for job, spot in drawing.boxes.items():
        ground = "cursor" if job == hand[0] else "marked" if job in hand[1] else ""
        _box(stage, course, wiring, job, spot, ground)
    return [wiring.line(y) for y in range(drawing.height)]


def _box(stage: Stage, course: Course, wiring: Wiring, job: int, spot: Spot, ground: str) -> None:
    """Sign and name in a frame of the state's colour, how far or how long it is in the frame."""
    ink, row = stage.ink, course.row(job)
    look, inner = job_look(row.job.state), spot.width - 2
    edge = "late" if row.late else look.tint
    wiring.frame(spot, edge)
    name = squeeze(ink.safe(row.name), inner - 2, ink.lines.cut)
    name = pad(cut(name, inner - 2, ink.lines.cut), inner - 2)
    strong = "bold" if row.active or ground else "dim" if row.job.state is State.SKIPPED else ""
    wiring.text(spot.x + 1, spot.y, ink.sign(look), f"{look.style} {ground}".strip())
    wiring.text(spot.x + 2, spot.y, f" {name}", f"{strong} {ground}".strip())
    told = plain(rows.percent(stage, row)) or clock_span(row.elapsed)
    if told and cells(told) + 2 <= inner:
        wiring.text(spot.x + 2, spot.y + 1, told, edge)
