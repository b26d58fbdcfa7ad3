"""The lanes of the equalizer: what each one says, whichever way it is drawn. Pure.

A lane is an open attempt in its slot, a free slot, or an attempt that failed and was not seen yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from jobmon.runtime.forecasting.forecast import left_of
from jobmon.runtime.states import State
from jobmon.runtime.words import LOST_WORDS
from jobmon.tui import words
from jobmon.tui.lanes.seats import LaneKey
from jobmon.tui.look import GLOW, Look, job_look
from jobmon.tui.meters.meter import Reading
from jobmon.tui.screens.view import Stage
from jobmon.tui.text import clock_span, local, whole_percent
from jobmon.tui.world import Row

METRICS = ("progress", "pulse", "cpu")
MEANINGS = {
    "progress": "how far each job is, ~ by its earlier runs",
    "pulse": "lines of output, a full bar is the job's own p95",
    "cpu": "CPU, a full bar is",
}
"""What the big bars show."""
SHADES = {hue: tuple(f"{hue}.{n}" for n in range(1, GLOW + 1)) for hue in ("run", "late")}
"""A hue from the foot of a bar to its tip, which glows; of the others there is one shade."""
FADE = 12
"""Shades in the whole length of a bar, so that the glow ends half way."""
SETTLED = 2.0
"""Seconds after its end when a meter knows all an attempt wrote."""


class Lane(NamedTuple):
    """One lane at a moment; all but free ones have a `row`. `name` is safe to show.

    `part` is how far the job is, `guessed` when earlier runs say so and not itself; `median` is
    where a median run would be. `hue` is the style word of its state. `left` are seconds to go,
    negative when over. `dead`: it failed or is lost, and stands as it was then.
    """

    name: str = "(free)"
    key: LaneKey | None = None
    row: Row | None = None
    look: Look = job_look("waiting")
    hue: str = "dim"
    part: float | None = None
    guessed: bool = False
    median: float | None = None
    late: bool = False
    dead: bool = False
    elapsed: float | None = None
    left: float | None = None
    reading: Reading | None = None


class Gauge(NamedTuple):
    """What the big bar of a lane shows: 0 to 1 each, None for nothing; and the same in words."""

    part: float | None = None
    peak: float | None = None
    mark: float | None = None
    words: str = ""


FREE = Lane()


def lane_of(stage: Stage, key: LaneKey | None) -> Lane:
    """The lane of an attempt; free where there is none."""
    row = None if key is None else stage.world.row(key.row)
    if row is None:
        return FREE
    job, elapsed = row.job, row.elapsed
    dead = job.state in (State.FAILED, State.LOST)
    at = job.ended + SETTLED if dead and job.ended is not None else row.now
    reading = row.meter.at(at) if row.meter else None
    told = reading.progress if reading else None
    known = elapsed is not None
    late = row.late
    return Lane(
        name=name_of(stage, row),
        key=key,
        row=row,
        look=job_look(job.state),
        hue=_hue(row, late),
        part=row.history.progress(elapsed) if told is None and known else told,
        guessed=told is None,
        median=row.history.mark(elapsed) if told is not None and known and not dead else None,
        late=late,
        dead=dead,
        elapsed=elapsed,
        left=left_of(row.history, elapsed, told) if known and not dead else None,
        reading=reading,
    )


def name_of(stage: Stage, row: Row) -> str:
    """The job's name; its host before it where there are several."""
    host = f"{row.site.label} " if stage.world.many else ""
    return stage.ink.safe(host + row.name)


_HUES = {State.RUNNING: "run", State.FAILED: "fail"}


def _hue(row: Row, late: bool) -> str:
    if row.site.away is not None:
        return "dim"
    if (late or row.job.stuck) and row.job.state is State.RUNNING:
        return "late"
    return _HUES.get(row.job.state) or job_look(row.job.state).tint


def cores(lanes: Sequence[Lane]) -> float:
    """What a full bar of CPU is: one core, or as many whole ones as were used lately."""
    seen = [max([r.cpu or 0.0, *r.cpu_strip]) for r in (lane.reading for lane in lanes) if r]
    return float(max(1, ceil(max(seen, default=0.0) - 0.05)))


def gauge(lane: Lane, metric: str, full: float) -> Gauge:
    """What its big bar shows; `full` are the cores of a full bar."""
    if lane.row is None:
        return Gauge()
    if lane.dead or metric == "progress":
        return Gauge(lane.part, None, lane.median, percent(lane))
    reading = lane.reading
    if reading is None:
        return Gauge()
    if metric == "pulse":
        return Gauge(reading.pulse, reading.peak, None, percent(lane))
    if reading.cpu is None:
        return Gauge()
    peak = max(reading.cpu_strip, default=0.0)
    return Gauge(min(1.0, reading.cpu / full), min(1.0, peak / full), None, f"{reading.cpu:.1f}cpu")


def percent(lane: Lane) -> str:
    """`55%`, `~80%`; nothing where nobody knows."""
    if lane.part is None:
        return ""
    return f"{'~' if lane.guessed else ''}{whole_percent(lane.part)}"


def number(value: float) -> str:
    """A rate in few cells: 0, 0.4, 5.1, 120, 1.2k, 34k."""
    if value < 0.05:
        return "0"
    if value < 9.95:
        return f"{value:.1f}"
    if value < 999.5:
        return f"{value:.0f}"
    return f"{value / 1000:.1f}k" if value < 9950 else f"{value / 1000:.0f}k"


_SHORT = {"running": "run", "starting": "start", "stopping": "stop"}


def state_words(lane: Lane, room: int) -> str:
    """The word for its state; of one that failed, with what."""
    if lane.row is None:
        return ""
    if lane.row.job.stuck:
        return "STUCK"
    if lane.late:
        return "LATE"
    word = ended_with(lane.row) if lane.dead else lane.look.word
    return _SHORT.get(word, word) if len(word) > room else word


def ended_with(row: Row) -> str:
    """How it ended, in a word: `exit 8`, `SIGKILL`, `timeout`, `lost`."""
    job = row.job
    if job.state is State.LOST:
        return "lost"
    if job.reason == "exit" and job.code is not None:
        return f"exit {job.code}"
    if job.reason == "signal" and job.signal:
        return words.signal_name(job.signal)
    return job.reason if job.reason in _REASONS else "failed"


_REASONS = frozenset({"timeout", "spawn", "output"})


def shade(hue: str, below: float) -> str:
    """The style of a bar that part of the whole length below its tip: it glows there."""
    shades = SHADES.get(hue)
    return hue if shades is None else shades[max(0, len(shades) - 1 - int(below * FADE))]


def time_words(lane: Lane) -> tuple[str, str]:
    """Time to go or over; the countdown of a stop; when it died. With its style."""
    row = lane.row
    if row is None:
        return "", ""
    job = row.job
    if lane.dead:
        return ("", "") if job.ended is None else (local(job.ended), "dim")
    if job.state is State.STOPPING:
        return ("", "") if job.grace is None else (_kill(job.since + job.grace - row.now), "late")
    if lane.left is None:
        return "", ""
    return clock_span(-lane.left, signed=True), "late" if lane.left < 0 else ""


def _kill(seconds: float) -> str:
    return f"KILL {ceil(seconds)}s" if seconds > 0 else "KILL"


def sound_words(lane: Lane, room: int) -> tuple[str, str]:
    """Its rate and the highest lately, or for how long it has been quiet. With its style."""
    reading = lane.reading
    if lane.row is None or lane.dead or reading is None:
        return "", ""
    if reading.quiet is not None:
        text = f"quiet {_coarse(reading.quiet)}"
        return (text if len(text) <= room else text.replace(" ", "")), "note"
    rate = f"{number(reading.rate)}/s"
    high = f" ^{number(reading.peak_rate)}"
    return (rate + high if reading.peak > 0 and len(rate + high) <= room else rate), "pulse"


def _coarse(seconds: float) -> str:
    for unit, name in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= unit and (unit > 60 or seconds >= 100):
            return f"{int(seconds // unit)}{name}"
    return f"{int(seconds)}s"


def cause(row: Row) -> str:
    """Why it failed or is lost, in one line."""
    job = row.job
    if job.state is State.LOST:
        return LOST_WORDS.get(job.reason, job.reason)
    return words.ended({name: getattr(job, name) for name in _END})


_END = ("reason", "code", "signal", "cause")
