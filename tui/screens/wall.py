"""The wallboard: what runs, what failed and the time, read from across the room. Read-only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jobmon.runtime.states import State
from jobmon.tui import frame
from jobmon.tui.lanes import daystrip, outlook
from jobmon.tui.lanes import horizontal as lanes_horizontal
from jobmon.tui.lanes import vertical as lanes_vertical
from jobmon.tui.lanes.digits import big
from jobmon.tui.lanes.gauges import signs
from jobmon.tui.lanes.lane import FREE, Lane, cause, cores, lane_of
from jobmon.tui.lanes.seats import LaneKey
from jobmon.tui.picture import Line, Size, ends, fill, fit
from jobmon.tui.screens.rack import ORIENTS, Rack
from jobmon.tui.screens.view import Stage
from jobmon.tui.text import Cell, Span, cells, count, cut, local, pad, plain

_GAP = 4
_BESIDE = 50
"""Cells for what is next, to stand beside the last hour."""


class Figure(NamedTuple):
    """A large number and what it counts."""

    text: str
    word: str
    style: str


class Wall(Rack):
    """Large figures and the clock, the lanes, what failed and why, what is next, the day."""

    name = "wall"
    word = "WALL"

    def __init__(self, seen: set[LaneKey] | None = None) -> None:
        super().__init__(ORIENTS[1], seen)
        self._day: tuple[object, list[Line]] = (None, [])

    def lines(self, stage: Stage, size: Size) -> list[Line]:
        """From top to bottom; the lanes take what the rest leaves."""
        running = self.running(stage)
        head = self._head(stage, running, size)
        foot = self._foot(stage, size)
        room = size.height - len(head) - len(foot)
        failed = self._failed(stage, Size(size.width, room if not running else room // 2))
        lanes = self._lanes(stage, running, Size(size.width, max(0, room - len(failed))))
        return fill([*head, *lanes, *failed, *foot], size.height)

    # The figures

    def _head(self, stage: Stage, running: Sequence[Lane], size: Size) -> list[Line]:
        rows = 5 if size.height >= 36 and size.width >= 120 else 3 if size.height >= 18 else 1
        figures, mark = self._figures(stage, running), stage.ink.lines.cut
        clock = local(stage.world.now)
        if rows == 1:
            words = [(f"{figure.word} {figure.text}  ", figure.style) for figure in figures]
            room = size.width - len(clock)
            fitting = [w for n, w in enumerate(words) if _wide(words[: n + 1]) <= room]
            return [ends(tuple(fitting), ((clock, "title"),), size.width, mark)]
        time = big(stage.ink, clock, rows)
        room = size.width - cells(time[0]) - 2  # a blank at both ends
        blocks = _fitting(stage, figures, rows, room)
        lines = [
            ends(_joined(blocks, row), ((f"{time[row]} ", "title"),), size.width, mark)
            for row in range(rows)
        ]
        date = ((f"{local(stage.world.now, full=True)[:10]} ", "dim"),)
        lines.append(ends(_joined(blocks, rows), date, size.width, mark))
        return [*lines, ()] if size.height >= 24 else lines

    def _figures(self, stage: Stage, running: Sequence[Lane]) -> list[Figure]:
        counts, roster = frame.counts(stage), self.roster(stage)
        dead = [stage.world.row(key.row) for key in self.dead(stage)]
        lost = sum(row is not None and row.job.state is State.LOST for row in dead)
        slots = stage.world.slots()
        busy = f"{len(running)}/{slots}" if slots else str(len(running))
        waits = counts[State.WAITING] + counts[State.QUEUED]
        found = [
            Figure(busy, "running", "run" if running else "dim"),
            Figure(str(len(dead) - lost), "failed", "fail" if len(dead) > lost else "dim"),
            Figure(str(lost), "lost", "held"),
            Figure(str(sum(lane.late for lane in running)), "late", "late"),
            Figure(str(counts[State.WAITING_HUMAN]), "yours", "late"),
            Figure(str(counts[State.RETRY_WAIT]), "retry", "note"),
            Figure(str(waits), "waiting", "wait"),
            Figure(str(roster.held), "held", "held"),
        ]
        always = {"running", "failed", "waiting"}
        return [figure for figure in found if figure.text != "0" or figure.word in always]

    # The lanes

    def _lanes(self, stage: Stage, running: Sequence[Lane], size: Size) -> list[Line]:
        """Those in use, at their slots; of the free ones behind them how many there are."""
        seated, slots = self.roster(stage).seated, stage.world.slots()
        if not seated or size.height < 2:
            said = outlook.calm(stage, self.roster(stage)) if not seated else []
            return fill(outlook.centred(stage, said, size), size.height)
        by_slot = dict(zip(sorted(seated), running, strict=True))
        lanes = [by_slot.get(slot, FREE) for slot in range(max(seated) + 1)]
        free = f"({count(max(0, slots - len(lanes)), 'slot')} free)" if slots > len(lanes) else ""
        if self.orient == ORIENTS[0]:
            return self._standing(stage, lanes, free, size)
        return self._lying(stage, lanes, free, size)

    def _standing(self, stage: Stage, lanes: list[Lane], free: str, size: Size) -> list[Line]:
        fitting = lanes_vertical.fitting(size.width)
        if free and len(lanes) < fitting:
            lanes.append(Lane(name=free))
        shown = lanes[:fitting]
        drawn = lanes_vertical.draw(stage.ink, shown, size, self.metric, cores(shown), -1)
        return fill(drawn, size.height)

    def _lying(self, stage: Stage, lanes: list[Lane], free: str, size: Size) -> list[Line]:
        room = size.height - 2  # the titles, and what there is no room for
        shown = lanes[:room]
        each = lanes_horizontal.rows_each(room, len(shown))
        drawing = lanes_horizontal.plan(stage.ink, size.width, each, self.metric, cores(shown))
        more = f"+{len(lanes) - room} more" if len(lanes) > room else free
        height = 1 + each * len(shown)
        drawn = lanes_horizontal.draw(drawing, shown, height, -1)
        return fill([*drawn, ((more, "dim"),)], size.height)

    # What failed

    def _failed(self, stage: Stage, size: Size) -> list[Line]:
        """Each with its cause, and its bar when there is room."""
        dead = self.dead(stage)
        room = size.height - 2
        if not dead or room < 1:
            return []
        each = 2 if 2 * len(dead) <= room else 1
        shown = dead if len(dead) * each <= room else dead[: room - 1]
        lines: list[Line] = [_titled(stage, "failed, not seen yet", size.width)]
        for key in shown:
            lines += _failure(stage, lane_of(stage, key), size.width, each)
        if len(shown) < len(dead):
            lines.append(((f"   +{len(dead) - len(shown)} more", "fail"),))
        return [(), *lines, ()] if len(lines) + 4 < size.height else lines

    # What stands below

    def _foot(self, stage: Stage, size: Size) -> list[Line]:
        roster, width, mark = self.roster(stage), size.width, stage.ink.lines.cut
        hour = outlook.last_hour(stage, roster)
        beside = width - cells(plain(hour)) - 3
        if beside < _BESIDE:
            lines = [outlook.coming(stage, roster, width), fit(hour, width, mark)]
        else:
            lines = [ends(outlook.coming(stage, roster, beside), hour, width, mark)]
        if size.height >= 18:
            lines += self._strip(stage, width)
        if size.height >= 24 and roster.waiting:
            lines.insert(0, outlook.waiting(stage, roster, width))
        return [((stage.ink.lines.rule * width, "rule"),), *lines]

    def _strip(self, stage: Stage, width: int) -> list[Line]:
        """The day; made anew when something ended or a cell is over."""
        roster, grid = self.roster(stage), daystrip.grid_of(stage.world.now, width)
        if self._day[0] != (roster.ends, grid, stage.ink):
            drawn = daystrip.strip(stage.ink, roster, grid)
            self._day = ((roster.ends, grid, stage.ink), drawn)
        return self._day[1]

    def hints(self) -> Sequence[str]:
        """What its key bar shows."""
        return ("eq.metric", "eq.orient", "go.queue", "go.equalizer")


def _fitting(stage: Stage, figures: Sequence[Figure], rows: int, room: int) -> list[list[Span]]:
    """The figures there is room for: their rows of digits, and the word under them."""
    found: list[list[Span]] = []
    for figure in figures:
        digits = big(stage.ink, figure.text, rows)
        width = max(cells(digits[0]), len(figure.word))
        if width + _GAP > room:
            break
        room -= width + _GAP
        words = [*((text, figure.style) for text in digits), (figure.word, "dim")]
        found.append([(pad(text, width + _GAP), style) for text, style in words])
    return found


def _wide(spans: Sequence[Span]) -> int:
    return sum(len(text) for text, _ in spans)


def _joined(blocks: Sequence[Sequence[Span]], row: int) -> Line:
    return ((" ", ""), *(block[row] for block in blocks))


def _titled(stage: Stage, title: str, width: int) -> Line:
    rule = stage.ink.lines.rule
    return ((f"{rule * 2} {title} {rule * max(0, width - len(title) - 4)}", "fail"),)


def _failure(stage: Stage, lane: Lane, width: int, each: int) -> list[Line]:
    """Name, cause, when; under it its bar and what it said last."""
    row, mark = lane.row, stage.ink.lines.cut
    if row is None:
        return []
    look, room = lane.look, max(16, width // 4)
    when = f"  {local(row.job.ended)}" if row.job.ended is not None else ""
    said = stage.ink.safe(lane.reading.last or "") if lane.reading else ""
    name = pad(cut(lane.name, room, mark), room)
    head: Cell = (
        (f" {stage.ink.sign(look)} {name} ", look.style),
        (f"  {stage.ink.safe(cause(row))}", lane.hue),
        (f"{when}  {stage.ink.safe(row.run.key)}", "dim"),
    )
    if each == 1:
        return [fit((*head, (f"  {said}", "dim")), width, mark)]
    filled = 0 if lane.part is None else max(1, round(lane.part * (room + 4)))
    bar = signs(stage.ink).dead * filled
    under = ((pad(bar, room + 4), lane.hue), (f"  {said}", "dim"))
    return [fit(head, width, mark), fit(under, width, mark)]
