"""Lanes that stand side by side, their bars rising: the look of a spectrum. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jobmon.tui.bars import level
from jobmon.tui.ink import Ink
from jobmon.tui.lanes.gauges import joined, lately, peak, rise, signs, steps
from jobmon.tui.lanes.lane import (
    Gauge,
    Lane,
    gauge,
    shade,
    sound_words,
    state_words,
    time_words,
)
from jobmon.tui.picture import Line, Size
from jobmon.tui.text import Span, cells, clock_span, cut

AXIS = 5
NARROWEST, WIDEST = 9, 26
"""Cells of a lane with its gap."""
_BREAKS = "._-/ "


class Plan(NamedTuple):
    """How the room is shared: cells of a lane and of its bar; rows of bars, pulse, name, words."""

    pitch: int
    bar: int
    chart: int
    band: int
    name: int
    words: int


class Drawing(NamedTuple):
    """What all lanes are drawn by. `full`: cores of a full bar. `hand`: the lane in hand, or -1."""

    ink: Ink
    plan: Plan
    metric: str
    full: float
    hand: int


def fitting(width: int) -> int:
    """How many lanes there is room for."""
    return max(1, (width - AXIS) // NARROWEST)


def plan(size: Size, lanes: Sequence[Lane], metric: str) -> Plan:
    """The room of `size` shared among these lanes."""
    pitch = max(NARROWEST, min(WIDEST, (size.width - AXIS) // max(1, len(lanes))))
    height = size.height
    long = height >= 14 and any(cells(lane.name) >= pitch for lane in lanes)
    name = 2 if long else 1
    words = 3 if height < 13 else 4 if height < 20 else 5
    band = 0 if height < 10 else 1 if height < 26 or metric == "pulse" else 2 + (height >= 36)
    chart = max(1, height - name - words - band - 1)
    bar = min(pitch - 2, max(7, pitch * 3 // 4))
    return Plan(pitch, bar, chart, band, name, words)


def draw(
    ink: Ink, lanes: Sequence[Lane], size: Size, metric: str, full: float, hand: int
) -> list[Line]:
    """The lanes with their names; the one at `hand` is under the cursor."""
    d = Drawing(ink, plan(size, lanes, metric), metric, full, hand)
    gauges = [gauge(lane, metric, full) for lane in lanes]
    return [
        *_chart(d, lanes, gauges, size.width),
        _floor(d, lanes),
        *(_band(d, lanes, row) for row in range(d.plan.band)),
        *_names(d, lanes),
        *_words(d, lanes, gauges),
    ]


def _chart(d: Drawing, lanes: Sequence[Lane], gauges: Sequence[Gauge], width: int) -> list[Line]:
    """The rows of the bars, with a dashed line behind them at each quarter."""
    rows, pitch, room = d.plan.chart, d.plan.pitch, max(0, width - AXIS)
    grid, dashes, blank = _grid(rows), (f"{signs(d.ink).grid} " * room)[:room], " " * room
    behind = [dashes if row in grid else blank for row in range(rows)]
    columns = [
        _column(d, lane, shown, [text[at * pitch : (at + 1) * pitch] for text in behind])
        for at, (lane, shown) in enumerate(zip(lanes, gauges, strict=True))
    ]
    rest = len(lanes) * pitch
    return [
        joined([_label(d, grid.get(row)), *_flat(columns, row), (behind[row][rest:], "bar.back")])
        for row in range(rows)
    ]


def _flat(columns: Sequence[Sequence[tuple[Span, ...]]], row: int) -> list[Span]:
    return [span for column in columns for span in column[row]]


def _grid(rows: int) -> dict[int, float]:
    """The rows at whose upper edge a quarter of the height ends."""
    parts = (1.0, 0.75, 0.5, 0.25) if rows >= 8 else (1.0, 0.5)
    return {round((1 - part) * rows): part for part in parts}


def _label(d: Drawing, part: float | None) -> Span:
    if part is None:
        return (" " * AXIS, "")
    text = f"{part * d.full:.3g}" if d.metric == "cpu" else f"{part * 100:.0f}%"
    return (f"{text:>{AXIS - 1}} ", "dim")


def _column(d: Drawing, lane: Lane, shown: Gauge, grounds: Sequence[str]) -> list[tuple[Span, ...]]:
    """The spans of one lane in each row of the chart."""
    rows, bar = d.plan.chart, _bar(d, lane, shown)
    tip = next((row for row, sign in enumerate(bar) if sign != " "), rows)
    peaked = _peak(d, lane, shown)
    mark = None if shown.mark is None else rows - 1 - min(rows - 1, int(shown.mark * rows))
    found: list[tuple[Span, ...]] = []
    for row, ground in enumerate(grounds):
        if bar[row] != " ":
            first = (bar[row] * d.plan.bar, shade(lane.hue, (row - tip) / rows))
        elif row in peaked:
            first = (peaked[row] * d.plan.bar, "peak")
        else:
            first = (ground[: d.plan.bar], "bar.back")
        behind = (ground[d.plan.bar :], "bar.back")
        if row == mark:
            behind = (signs(d.ink).behind, "accent"), (behind[0][1:], behind[1])
            found.append((first, *behind))
        else:
            found.append((first, behind))
    return found


def _bar(d: Drawing, lane: Lane, shown: Gauge) -> Sequence[str]:
    """Its signs, the top one first; a dead one is filled to where it died.

    When nobody knows where that was, every other row is.
    """
    glyphs, rows = signs(d.ink), d.plan.chart
    if not lane.dead:
        return rise(glyphs, steps(shown.part or 0.0, rows), rows)
    if shown.part is None:
        return [glyphs.dead if (rows - row) % 2 else " " for row in range(rows)]
    filled = max(1, round(shown.part * rows))
    return [" "] * (rows - filled) + [glyphs.dead] * filled


def _peak(d: Drawing, lane: Lane, shown: Gauge) -> dict[int, str]:
    if not shown.peak or lane.dead:
        return {}
    row, sign = peak(signs(d.ink), shown.peak, d.plan.chart)
    return {row: sign}


def _floor(d: Drawing, lanes: Sequence[Lane]) -> Line:
    """What the bars stand on; brighter under the one in hand."""
    glyphs, gap = signs(d.ink), (" " * (d.plan.pitch - d.plan.bar), "")
    spans = [_label(d, 0.0)]
    for at, lane in enumerate(lanes):
        if at == d.hand:
            spans += [(glyphs.hand * d.plan.bar, "accent"), gap]
        else:
            spans += [(glyphs.floor * d.plan.bar, "rule" if lane.row is None else "dim"), gap]
    return joined(spans)


def _band(d: Drawing, lanes: Sequence[Lane], row: int) -> Line:
    """Under the bars: the output of the last minute; with the pulse on the bars, the progress."""
    gap = (" " * (d.plan.pitch - d.plan.bar), "")
    spans: list[Span] = [(" " * AXIS, "")]
    for lane in lanes:
        spans += [*_under(d, lane, row), gap]
    return joined(spans)


def _under(d: Drawing, lane: Lane, row: int) -> tuple[Span, ...]:
    width = d.plan.bar
    if lane.dead or lane.row is None:
        return ((" " * width, ""),)
    if d.metric == "pulse":
        known = lane.part is not None
        return level(d.ink, lane.part or 0.0, width, lane.hue) if known else ((" " * width, ""),)
    strip = lane.reading.strip if lane.reading else ()
    return ((lately(signs(d.ink), strip, width, d.plan.band)[row], "pulse"),)


def _names(d: Drawing, lanes: Sequence[Lane]) -> list[Line]:
    """The names, in two rows when one is too short."""
    width = d.plan.pitch - 1
    parts = [broken(lane.name, width, d.ink.lines.cut) for lane in lanes]
    if d.plan.name == 1:
        parts = [(cut(lane.name, width, d.ink.lines.cut), "") for lane in lanes]
    styles = ["dim" if lane.row is None else "bold" for lane in lanes]
    if d.hand >= 0:
        styles[d.hand] += " cursor"
    return [
        _row(d, [(part[row], style) for part, style in zip(parts, styles, strict=True)])
        for row in range(d.plan.name)
    ]


def broken(name: str, width: int, mark: str) -> tuple[str, str]:
    """A name in two rows of `width` cells, parted where words are if it can be."""
    if cells(name) <= width:
        return name, ""
    head = cut(name, width, "")
    at = max(head.rfind(sign) for sign in _BREAKS) + 1
    at = at if at >= len(head) // 2 else len(head)
    return name[:at], cut(name[at:].lstrip(), width, mark)


def _words(d: Drawing, lanes: Sequence[Lane], gauges: Sequence[Gauge]) -> list[Line]:
    """The rows of words under the names."""
    pairs = zip(lanes, gauges, strict=True)
    columns = [_said(d, lane, shown) for lane, shown in pairs]
    return [_row(d, [column[row] for column in columns]) for row in range(d.plan.words)]


def _row(d: Drawing, texts: Sequence[Span]) -> Line:
    spans: list[Span] = [(" " * AXIS, "")]
    for text, style in texts:
        shown = cut(text, d.plan.pitch - 1, d.ink.lines.cut)
        spans += [(shown, style), (" " * (d.plan.pitch - cells(shown)), "")]
    return joined(spans)


_NOTHING: tuple[Span, ...] = (("", ""),) * 5


def _said(d: Drawing, lane: Lane, shown: Gauge) -> tuple[Span, ...]:
    """State, value, time to go, sound, time it runs: as much of it as there are rows."""
    if lane.row is None:
        return _NOTHING
    width = d.plan.pitch - 1
    elapsed = clock_span(lane.elapsed)
    value = shown.words or elapsed
    sound = (lane.row.job.cause, lane.hue) if lane.dead else sound_words(lane, width)
    return (
        (_state(d, lane, width), lane.hue),
        (value, ""),
        time_words(lane),
        sound,
        (elapsed if value != elapsed else "", "dim"),
    )


def _state(d: Drawing, lane: Lane, width: int) -> str:
    """Sign and word, close together where there is little room."""
    word, sign = state_words(lane, width - 2), d.ink.sign(lane.look)
    return f"{sign} {word}" if len(word) + 2 <= width else f"{sign}{word}"
