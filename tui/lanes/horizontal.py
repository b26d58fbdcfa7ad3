"""Lanes that lie under each other, their bars growing to the right: names in full. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jobmon.tui.bars import level
from jobmon.tui.ink import Ink
from jobmon.tui.lanes.gauges import lately, signs
from jobmon.tui.lanes.lane import (
    FADE,
    SHADES,
    Gauge,
    Lane,
    cause,
    ended_with,
    gauge,
    shade,
    sound_words,
    state_words,
    time_words,
)
from jobmon.tui.picture import Field, Line, Place, arrange, fill, fit, on, row_of
from jobmon.tui.text import Cell, Span, cell, clock_span

FLAT = (
    Field("job", "JOB", 12, grow=2, most=36),
    Field("state", "STATE", 10, keep=3),
    Field("bar", "", 12, grow=4),
    Field("value", "", 6, right=True),
    Field("elapsed", "ELAPSED", 8, keep=4, right=True),
    Field("time", "ETA", 8, keep=1, right=True),
    Field("pulse", "LAST 60s", 10, keep=5, grow=1, most=30),
    Field("sound", "OUTPUT", 10, keep=2),
)
"""A lane in one row."""
TALL = (
    Field("job", "JOB", 16, grow=3, most=80),
    Field("state", "STATE", 10),
    Field("value", "", 6, right=True),
    Field("elapsed", "ELAPSED", 9, keep=3, right=True),
    Field("time", "ETA", 9, keep=1, right=True),
)
"""The words over a bar that has rows of its own; what was said lately stands beside them."""
TALLEST = 4
"""Rows of a lane: words, two of the bar, one between."""


class Drawing(NamedTuple):
    """What all lanes are drawn by. `full`: cores of a full bar; `places`: columns of the words."""

    ink: Ink
    each: int
    metric: str
    full: float
    bar: int
    beside: int
    places: Sequence[Place]

    @property
    def fields(self) -> Sequence[Field]:
        """The columns there are."""
        return FLAT if self.each == 1 else TALL


def rows_each(height: int, lanes: int) -> int:
    """How many rows a lane gets when so many share `height`."""
    return max(1, min(TALLEST, height // max(1, lanes)))


def plan(ink: Ink, width: int, each: int, metric: str, full: float) -> Drawing:
    """Lanes of `each` rows in so many cells."""
    if each == 1:
        return Drawing(ink, each, metric, full, 0, 0, arrange(FLAT, width))
    beside = max(16, min(60, width * 3 // 8))
    bar = width - beside - 2
    return Drawing(ink, each, metric, full, bar, beside, arrange(TALL, bar))


def draw(d: Drawing, lanes: Sequence[Lane], height: int, hand: int) -> list[Line]:
    """The titles and the lanes in `height` lines; the one at `hand` is under the cursor."""
    found = [_titles(d)]
    for at, lane in enumerate(lanes):
        found += _lane(d, lane, at == hand)
    return fill(found, height)


def _titles(d: Drawing) -> Line:
    titles = {"bar": d.metric.upper(), "value": "CPU" if d.metric == "cpu" else "DONE"}
    fields = [d.fields[place.field] for place in d.places]
    found = [cell(titles.get(field.name, field.title), "head") for field in fields]
    words = row_of(found, d.fields, d.places)
    return words if d.each == 1 else (*words, ("  OUTPUT", "head"))


def _lane(d: Drawing, lane: Lane, hand: bool) -> list[Line]:
    shown = gauge(lane, d.metric, d.full)
    found = [_cell(d, lane, shown, d.fields[p.field].name, p.width) for p in d.places]
    words = row_of(found, d.fields, d.places, d.ink.lines.cut)
    if d.each > 1:
        words = (*words, ("  ", ""), *fit(_beside(d, lane), d.beside, d.ink.lines.cut))
    first = on(words, "cursor") if hand else words
    return [first] if d.each == 1 else fill([first, *_bars(d, lane, shown)], d.each)


def _bars(d: Drawing, lane: Lane, shown: Gauge) -> list[Line]:
    """The bar in rows of its own, beside what was lately; the line it lies on is in its middle."""
    if d.each < TALLEST:
        bars = [_bar(d.ink, lane, shown, d.bar)]
    else:
        bars = [_bar(d.ink, lane, shown, d.bar, sign) for sign in (signs(d.ink).peaks[0], " ")]
    if lane.reading is None or lane.dead:
        return list(bars)
    strip = lately(signs(d.ink), lane.reading.strip, d.beside, len(bars))
    return [(*bar, ("  ", ""), (text, "pulse")) for bar, text in zip(bars, strip, strict=True)]


def _beside(d: Drawing, lane: Lane) -> Cell:
    """Its output in words; of a dead one the cause."""
    if lane.row is None:
        return ()
    said = d.ink.safe(lane.reading.last or "") if lane.reading else ""
    if lane.dead:
        return ((d.ink.safe(cause(lane.row)), lane.hue), (f"  {said}", "dim"))
    sound, style = sound_words(lane, d.beside)
    return ((f"{sound}  " if sound else "", style), (said, "dim"))


def _bar(ink: Ink, lane: Lane, shown: Gauge, width: int, ground: str = "") -> Cell:
    """The big bar with its median or its peak on it; what is empty is filled with `ground`."""
    glyphs, ground = signs(ink), ground or (ink.lines.rule if ink.unicode else ".")
    if lane.row is None:
        return cell(ground * width, "bar.back")
    if lane.dead:
        return _dead(glyphs.dead, ground, lane.hue, shown.part, width)
    filled, back = level(ink, shown.part or 0.0, width, lane.hue)
    bar = (*_glow(filled[0], lane.hue, width), (ground * len(back[0]), back[1]))
    if shown.mark is not None:
        return _crossed(bar, min(width - 1, int(shown.mark * width)), glyphs.line, "accent")
    if shown.peak:
        return _crossed(bar, min(width - 1, int(shown.peak * width)), glyphs.line, "peak")
    return bar


def _dead(sign: str, ground: str, hue: str, part: float | None, width: int) -> Cell:
    """Filled to where it died; every other cell when nobody knows where that was."""
    if part is None:
        return cell(f"{sign} " * (width // 2), hue)
    full = max(1, round(part * width))
    return ((sign * full, hue), (ground * (width - full), "bar.back"))


def _glow(filled: str, hue: str, width: int) -> Cell:
    """The filled part, brighter towards its tip."""
    if hue not in SHADES:
        return ((filled, hue),)
    step = max(1, width // FADE)
    found: list[Span] = []
    for nth in range(len(SHADES[hue]) - 1):
        if not filled:
            break
        found.append((filled[-step:], shade(hue, nth / FADE)))
        filled = filled[:-step]
    return ((filled, SHADES[hue][0]), *reversed(found)) if filled else tuple(reversed(found))


def _crossed(bar: Cell, at: int, sign: str, style: str) -> Cell:
    """A bar with a thin line at a cell: seen against the filled part as well."""
    found: list[Span] = []
    start = 0
    for text, own in bar:
        inside = at - start
        start += len(text)
        if 0 <= inside < len(text):
            line = (sign, style if own == "bar.back" else f"{own} reverse")
            found += [(text[:inside], own), line, (text[inside + 1 :], own)]
        else:
            found.append((text, own))
    return tuple(span for span in found if span[0])


def _cell(d: Drawing, lane: Lane, shown: Gauge, name: str, width: int) -> Cell:
    """What stands in a column."""
    if name == "bar":
        return _bar(d.ink, lane, shown, width)
    if name == "job":
        return cell(lane.name, "dim" if lane.row is None else "bold")
    if lane.row is None:
        return ()
    if name == "state":
        word = lane.look.word if lane.dead else state_words(lane, width - 2)
        return cell(f"{d.ink.sign(lane.look)} {word}", lane.hue)
    if name == "value":
        return cell(shown.words)
    if name == "elapsed":
        return cell(clock_span(lane.elapsed), "dim")
    if name == "time":
        return cell(ended_with(lane.row), lane.hue) if lane.dead else (time_words(lane),)
    if name == "sound":
        return (time_words(lane) if lane.dead else sound_words(lane, width),)
    return _lately(d, lane, width)


def _lately(d: Drawing, lane: Lane, width: int) -> Cell:
    """The last minute of output in a row; of a dead one the cause."""
    if lane.dead:
        return _beside(d, lane)
    strip = lane.reading.strip if lane.reading else ()
    return cell(lately(signs(d.ink), strip, width)[0], "pulse")
