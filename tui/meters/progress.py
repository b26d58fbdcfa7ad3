"""How far a job says it is: understood from its lines, and drawn as it moves. Pure."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right

MOVE = 1.0
"""Seconds in which the drawn value moves to the reported one."""
POINTS = 2_000
_NEWEST = POINTS // 2
"""Reports of which none is left out."""
TOTALS = 50

_WIDE = str.maketrans("０１２３４５６７８９％／．，", "0123456789%/.,")
_WIDE_SIGNS = ("％".encode(), "／".encode())
_END = r"(?![\w/%]|[.,-]\d)"
_TOLD = re.compile(rf"\b[Pp]rogress(?:: ?| )([\d.,]+)/([\d.,]*\d){_END}", re.ASCII)
# Not inside a word, a path, a date, a version, a change (+5%), a range (10-20%). It begins with a
# digit, and looks behind that afterwards, as this is searched for ten times as fast.
_NUMBER = r"(\d(?<![\w.,/+%-]\d)(?<!\d:\d)[\d.,]*)"
_OF = rf"(?:%(?![\w%])|/ ?(\d[\d,]*){_END})"
_SEEN = re.compile(rf"{_NUMBER}[ \xa0]?{_OF}", re.ASCII)
_SEEN_RAW = re.compile(rf"{_NUMBER}(?: |\xc2\xa0)?{_OF}".encode())
_BEFORE = len('{"t":1763856000.123,"s":"out",')
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_PLAIN = re.compile(r"\d+(?:[.,]\d+)?")
_TRIES = re.compile(r"attempt|\b(?:re)?(?:try|tries|trying)\b|試行|リトライ", re.IGNORECASE)
"""What else is counted in fractions, and is no progress."""


def wide(data: bytes) -> bool:
    """Whether a line in it may report with full-width signs."""
    return any(sign in data for sign in _WIDE_SIGNS)


def may_report(line: bytes) -> bool:
    """Whether a line of a log, as it lies in the file, may report in the usual signs."""
    escaped = b"\\" in line  # what looks like a letter before a digit may be none
    return escaped or b"rogress" in line or _SEEN_RAW.search(line, _BEFORE) is not None


class Reports:
    """Understands the lines of one attempt, in their order.

    `progress 37/120` and `42%` count at once, `37/120` once the same total was there before with
    less done. A job that says `progress` is not guessed at any more.
    """

    def __init__(self) -> None:
        self._told = False
        self._done: dict[int, int] = {}
        self._trusted: set[int] = set()

    def read(self, text: str) -> float | None:
        """What the line reports, 0..1: the last of it that counts. None: nothing."""
        if not text.isascii():
            text = text.translate(_WIDE)
        for done, total in reversed(_TOLD.findall(text)) if "rogress" in text else ():
            value = _ratio(_figure(done), _figure(total))
            if value is not None:
                self._told = True
                return value
        if self._told:
            return None
        found = (self._guess(done, of, text) for done, of in reversed(_SEEN.findall(text)))
        return next((value for value in found if value is not None), None)

    def _guess(self, number: str, of: str, text: str) -> float | None:
        if not of:
            return _ratio(_figure(number), 100.0)
        done, total = _figure(number), _figure(of)
        value = _ratio(done, total)
        if value is None or not done.is_integer() or _TRIES.search(text):
            return None
        return value if self._trust(int(done), int(total)) else None

    def _trust(self, done: int, total: int) -> bool:
        """Whether this total is what the work is counted by."""
        if done > self._done.pop(total, done):
            self._trusted.add(total)
        self._done[total] = done
        if len(self._done) > TOTALS:
            oldest = next(iter(self._done))
            del self._done[oldest]
            self._trusted.discard(oldest)
        return total in self._trusted


def _figure(text: str) -> float:
    """1,234.5 and 42,5 as numbers; -1 for what is none."""
    if text.isdigit():
        return float(text)
    text = text.rstrip(".,")
    if _GROUPED.fullmatch(text):
        return float(text.replace(",", ""))
    return float(text.replace(",", ".")) if _PLAIN.fullmatch(text) else -1.0


def _ratio(done: float, total: float) -> float | None:
    return done / total if total > 0 and 0 <= done <= total else None


class Track:
    """Reported values by time, and where the drawn one is between them.

    Of many reports the older ones are thinned out.
    """

    def __init__(self) -> None:
        self._times = array("d")
        self._starts = array("d")  # the drawn value at that time
        self._values = array("d")

    def put(self, time: float, value: float) -> None:
        """From `time` on the drawn value moves to `value`; another of the same time replaces it."""
        if self._times and time < self._times[-1]:
            return
        if self._times and time == self._times[-1]:
            self._values[-1] = value
            if len(self._times) == 1:
                self._starts[-1] = value
            return
        drawn = self.at(time)
        self._times.append(time)
        self._starts.append(value if drawn is None else drawn)
        self._values.append(value)
        if len(self._times) > POINTS:
            self._thin()

    def _thin(self) -> None:
        """Of the older half, keep a quarter of all points, evenly spread in time."""
        older = self._times[:-_NEWEST]
        pause = (older[-1] - older[0]) / (POINTS // 4)
        kept, due = [], older[0]
        for i, time in enumerate(older):
            if time >= due:
                kept.append(i)
                due = time + pause
        for points in (self._times, self._starts, self._values):
            points[:-_NEWEST] = array("d", [points[i] for i in kept])

    def at(self, time: float) -> float | None:
        """The drawn value; None before the first report."""
        i = bisect_right(self._times, time) - 1
        if i < 0:
            return None
        start, value = self._starts[i], self._values[i]
        return start + (value - start) * min(1.0, (time - self._times[i]) / MOVE)
