"""The jobs of a run against the clock: what was, what is expected, what may be. Pure.

The signs grow fainter as things grow less certain: what ran, what medians let expect, and until
when nine of ten runs would be there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import NamedTuple

from jobmon.runtime.forecasting.forecast import Stretch
from jobmon.runtime.states import ACTIVE, TERMINAL, State
from jobmon.tui.ink import Ink
from jobmon.tui.look import (
    ASCII_STROKES,
    UNICODE_STROKES,
    Strokes,
    job_look,
    run_look,
)
from jobmon.tui.picture import Line
from jobmon.tui.screens.dag.course import Course
from jobmon.tui.screens.dag.tree import RUN, Item
from jobmon.tui.text import Span, cells

STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
"""Seconds between two labels of the clock; beyond a day whole days."""
GROWTH = 1.25
"""The scale changes by such a step, so that it stands still while the end draws near."""


class Axis(NamedTuple):
    """Which cell a time falls on: the first cell's time, and the seconds of each cell."""

    start: float
    per: float
    width: int

    def at(self, moment: float) -> int:
        """The cell, the nearest one for a time outside."""
        return max(0, min(self.width - 1, int((moment - self.start) / self.per)))


def axis(course: Course, width: int) -> Axis:
    """From the run's beginning to where it may end."""
    start, end = course.span
    per = (end - start) / max(1, width - 1)
    if not course.over:
        per = GROWTH ** math.ceil(math.log(per, GROWTH))
    return Axis(start, per, width)


def clock(on: Axis) -> Line:
    """Labels of the local clock over the cells they stand for."""
    step, form = _step(on)
    zone = time.localtime(on.start).tm_gmtoff
    at = math.ceil((on.start + zone) / step) * step - zone
    text = ""
    while at < on.start + on.per * on.width:
        label = time.strftime(form, time.localtime(at))
        place = on.at(at)
        if place >= len(text) and place + len(label) <= on.width:
            text += " " * (place - len(text)) + label
        at += step
    return ((text + " " * (on.width - len(text)), "head"),)


def _step(on: Axis) -> tuple[int, str]:
    """The step between labels that leaves room between them, and how they are written."""
    for step in STEPS:
        form, room = ("%H:%M:%S", 10) if step < 60 else ("%H:%M", 8)
        if step == STEPS[-1]:
            form = "%m-%d"
        if step >= room * on.per:
            return step, form
    return math.ceil(8 * on.per / STEPS[-1]) * STEPS[-1], "%m-%d"


class Cells(NamedTuple):
    """Where a row's times fall on an axis: all that its drawing follows from, with the job's state.

    -1 for what is not there.
    """

    start: int = -1
    end: int = -1
    late: int = -1
    sure: bool = True
    now: int = -1


def cells_of(on: Axis, course: Course, item: Item) -> Cells:
    """The cells of the job, the run or a reference."""
    now = -1 if course.over else on.at(course.now)
    stretch = None if item.reference else _stretch(course, item.job)
    if stretch is None:
        return Cells(now=now)
    late = -1 if stretch.late is None else on.at(stretch.late)
    return Cells(on.at(stretch.start), on.at(stretch.end), late, stretch.sure, now)


def _stretch(course: Course, index: int) -> Stretch | None:
    if index != RUN:
        return course.timeline.stretches[index]
    end, begun = course.timeline.end, course.run.started
    if end is None or begun is None:
        return None
    ended = course.run.ended
    return end._replace(start=begun) if ended is None else Stretch(begun, ended, ended, True)


def strip(ink: Ink, width: int, at: Cells, course: Course, item: Item) -> Line:
    """The row beside that of the table."""
    strokes = UNICODE_STROKES if ink.unicode else ASCII_STROKES
    if at.start < 0:
        return _row(width, [], strokes, at.now)
    if item.job == RUN:
        tint = run_look(course.run.state).tint.replace("bold ", "")
        last = strokes.ran if course.over else ""
        pieces = _ended(at, last, strokes, tint) if course.over else _begun(at, strokes, tint)
        return _row(width, pieces, strokes, at.now)
    job = course.jobs[item.job]
    look = job_look(job.state)
    if job.state in TERMINAL:
        last = strokes.ran if job.state is State.SUCCEEDED else ink.sign(look)
        return _row(width, _ended(at, last, strokes, look.tint), strokes, at.now)
    tint = "late" if course.row(item.job).late else look.tint
    come = "accent" if item.job in course.critical else "dim"
    if job.state in ACTIVE:
        return _row(width, _begun(at, strokes, tint, come), strokes, at.now)
    return _row(width, _expected(at, at.start, strokes, come, opens=True), strokes, at.now)


Piece = tuple[int, str, str]
"""First cell, signs, style; in order and apart from each other."""


def _ended(at: Cells, last: str, strokes: Strokes, tint: str) -> list[Piece]:
    return [(at.start, strokes.ran * (at.end - at.start) + last, tint)]


def _begun(at: Cells, strokes: Strokes, tint: str, come: str = "dim") -> list[Piece]:
    now = max(at.now, at.start)  # a clock may have gone back since the start
    ran = (at.start, strokes.ran * (now - at.start) + strokes.head, tint)
    return [ran, *_expected(at, now + 1, strokes, come)]


def _expected(
    at: Cells, first: int, strokes: Strokes, come: str, *, opens: bool = False
) -> list[Piece]:
    """What is to come from a cell on: as a bracket, and fainter as far as it may go."""
    closes = strokes.closes if at.sure else strokes.unknown
    pieces: list[Piece] = []
    if at.end > first:
        begin = strokes.opens if opens else strokes.expected
        pieces.append((first, begin + strokes.expected * (at.end - first - 1) + closes, come))
    elif at.end == first:
        pieces.append((first, closes, come))
    after = max(first, at.end + 1)
    if at.late >= after:
        pieces.append((after, strokes.late * (at.late - after + 1), "dim"))
    return pieces


def _row(width: int, pieces: Sequence[Piece], strokes: Strokes, now: int) -> Line:
    """The pieces with the line of now where nothing else stands."""
    spans: list[Span] = []
    at = 0
    for first, text, style in pieces:
        spans += _gap(at, first, strokes, now)
        spans.append((text, style))
        at = first + cells(text)
    return (*spans, *_gap(at, width, strokes, now))


def _gap(first: int, end: int, strokes: Strokes, now: int) -> list[Span]:
    if not first <= now < end:
        return [(" " * (end - first), "")] if end > first else []
    return [(" " * (now - first), ""), (strokes.now, "rule"), (" " * (end - now - 1), "")]


def legend(ink: Ink, width: int) -> Line:
    """What the signs mean."""
    s = UNICODE_STROKES if ink.unicode else ASCII_STROKES
    expected = s.opens + s.expected + s.closes
    parts = [(s.ran * 2, "ran"), (expected, "expected"), (s.late * 2, "p90"), (s.now, "now")]
    text = "  ".join(f"{sign} {word}" for sign, word in parts)
    return ((text, "dim"),) if cells(text) <= width else ()
