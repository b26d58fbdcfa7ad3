"""What is measured of a running attempt, from its log alone: so it can be replayed. Pure.

The reading at a time t follows from the records up to t, however they came. Only what was over half
a second before t counts, as a record may be on its way for so long; from one whole second to the
next the drawn values move linearly to what is known, never beyond.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from math import floor
from typing import Any, NamedTuple

from jobmon.tui.logfiles import raw as lograw
from jobmon.tui.logfiles.raw import END, KEY
from jobmon.tui.meters import progress
from jobmon.tui.meters.cores import Cores
from jobmon.tui.meters.progress import Reports, Track
from jobmon.tui.meters.rates import SILENCE, Rates

LATE = 0.5
"""Seconds a record may take from the job to here."""
FRAME = 0.1
"""Seconds that `moving` looks ahead."""
LINES = 600
"""Lines kept: the last one of each tenth of a second."""
LONGEST = 2_000
"""Bytes of a line kept as it is; of a longer one the text is cut."""


class Reading(NamedTuple):
    """What to draw at a moment.

    `progress` 0..1 as the job reports it. `rate` and `peak_rate` (the highest of the last minute)
    in lines a second; a piece of an unfinished line counts as one. `pulse` is the rate beside what
    is much for this attempt, `peak` its marker, `strip` its last minute by seconds, oldest first,
    all 0..1. `quiet`: seconds of silence, once that is unusual. `cpu` in cores, `cpu_strip` for the
    same seconds. `moving`: it will look otherwise within a tenth of a second. `last`: the last line
    of output.
    """

    progress: float | None
    rate: float
    pulse: float
    strip: tuple[float, ...]
    peak: float
    peak_rate: float
    quiet: float | None
    cpu: float | None
    cpu_strip: tuple[float, ...]
    moving: bool
    last: str | None


class Meter:
    """Takes the records of one attempt, all or piece by piece, and reads what they say."""

    def __init__(self) -> None:
        self._rates, self._cores = Rates(), Cores()
        self._reports, self._track = Reports(), Track()
        self._lines = Lines()
        self._ended: float | None = None
        self._apart: tuple[float, float] | None = None
        self._filled = -1  # the last second known by its number of lines only

    # -- taking in ------------------------------------------------------------------------------

    def add(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Decoded records in the log's order, see runtime/logs.py; damaged ones are skipped."""
        for record in records:
            at = _number(record.get("t"))
            text, used = record.get("m"), _number(record.get("cpu"))
            if at is not None and isinstance(text, str):
                tenth = round(at * 1000) // 100
                self._count(tenth, 1, text[:LONGEST])
                self._report(tenth, text)
            elif at is not None and used is not None:
                self._cores.sample(at, used)
                self._beside(at, _number(record.get("lines")))
            else:
                self._milestone(record)

    def add_lines(self, data: bytes) -> None:
        """The same as whole lines of the log. Usual lines of output are counted undecoded."""
        key, count, last = b"-", 0, b""
        wide = progress.wide(data)
        for line in data.split(b"\n"):  # every step in here is taken for each line of a large log
            if line[:KEY] != key or line[-2:] != END:
                self._row(last, count)
                key, count = line[:KEY], 0
                if not lograw.plain(line):
                    key = b"-"
                    self._other(line)
                    continue
            count += 1
            last = line
            if (b"%" in line or b"/" in line or wide) and (wide or progress.may_report(line)):
                self._report(lograw.tenth(line), lograw.text(line))
        self._row(last, count)

    def _row(self, last: bytes, count: int) -> None:
        """Lines of one tenth of a second, one after another."""
        if count:
            text = last if len(last) <= LONGEST else lograw.text(last)[:LONGEST]
            self._count(lograw.tenth(last), count, text)

    def _other(self, line: bytes) -> None:
        record = lograw.decode(line) if line else None
        if record is not None:
            self.add((record,))

    def _count(self, tenth: int, lines: int, last: bytes | str) -> None:
        if tenth // 10 > self._filled:
            self._rates.count(tenth // 10, lines)
        self._lines.put(tenth, last)

    def _report(self, tenth: int, text: str) -> None:
        value = self._reports.read(text)
        if value is not None:
            self._track.put(tenth / 10, value)

    def _beside(self, at: float, lines: float | None) -> None:
        """Output that is not in the log so far, only its number of lines is: it is spread."""
        if lines is None:
            return
        if self._apart is not None and at > self._apart[0]:
            span = at - self._apart[0]
            first = floor(at - 1 - LATE) + 1  # no reading up to now has looked at that one
            last = first + round(span)
            for second in range(max(self._filled + 1, first), last + 1):
                self._rates.count(second, max(0.0, lines - self._apart[1]) / span)
            self._filled = last
        self._apart = at, lines

    def _milestone(self, record: Mapping[str, Any]) -> None:
        spawned, end = record.get("spawned"), record.get("exit")
        if isinstance(spawned, Mapping):
            begun = _number(spawned.get("t"))
            if begun is not None:
                self._cores.sample(begun, 0.0)
        elif isinstance(end, Mapping):
            self._ended = _number(end.get("ended"))

    # -- reading --------------------------------------------------------------------------------

    def at(self, t: float) -> Reading:
        """The reading at that time by the log's clock."""
        known = t - LATE
        now, soon = self._picture(known), self._picture(known + FRAME)
        quiet, last = self._quiet(t), self._lines.at(t)
        return now._replace(quiet=quiet, moving=_seen(now) != _seen(soon), last=last)

    def _picture(self, known: float) -> Reading:
        """What moves, of records up to `known`."""
        second = floor(known) - 1
        part = known - floor(known)
        old, new = self._rates.at(second - 1), self._rates.at(second)
        return Reading(
            progress=self._track.at(known),
            rate=old.rate + (new.rate - old.rate) * part,
            pulse=old.pulse + (new.pulse - old.pulse) * part,
            strip=new.strip,
            peak=old.peak + (new.peak - old.peak) * part,
            peak_rate=new.highest,
            quiet=None,
            cpu=None if self._over(known) else self._cores.drawn(known),
            cpu_strip=self._cores.strip(second),
            moving=False,
            last=None,
        )

    def _over(self, t: float) -> bool:
        return self._ended is not None and t >= self._ended

    def _quiet(self, t: float) -> float | None:
        silent = self._rates.at(floor(t - LATE) - 1).silent
        if silent is None or t - silent < SILENCE or self._over(t):
            return None
        usual = self._rates.usual_gap(silent)
        return t - silent if usual is not None and t - silent > usual else None


class Lines:
    """The last line of each tenth of a second, the newest LINES of them."""

    def __init__(self) -> None:
        self._ends: list[int] = []
        self._lines: list[bytes | str] = []

    def put(self, tenth: int, line: bytes | str) -> None:
        """A later line of that tenth, or of a later one."""
        if self._ends and tenth < self._ends[-1] - 1:
            return
        if self._ends and tenth == self._ends[-1] - 1:
            self._lines[-1] = line
            return
        self._ends.append(tenth + 1)
        self._lines.append(line)
        if len(self._ends) > 2 * LINES:
            del self._ends[:-LINES], self._lines[:-LINES]

    def at(self, t: float) -> str | None:
        """The last line of the tenths that are over by then."""
        i = bisect_right(self._ends, t * 10) - 1
        if i < 0:
            return None
        line = self._lines[i]
        return lograw.text(line) if isinstance(line, bytes) else line


def _number(value: object) -> float | None:
    """A time or an amount; None for anything else, such as a damaged one."""
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e12 else None


def _seen(reading: Reading) -> tuple[object, ...]:
    """What an eye can tell apart."""
    return tuple(
        round(value, 3) if isinstance(value, float) else value
        for value in (reading.progress, reading.pulse, reading.peak, reading.cpu, reading.strip)
    )
