"""Lines a second of one attempt, and what is made of them: rate, pulse, peak, silence. Pure.

A second is a whole one of the log's clock. Everything is a function of the seconds up to the one
asked for: what comes later changes nothing.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Sequence
from itertools import pairwise
from math import ceil, exp
from typing import NamedTuple

STRIP = 60
"""Seconds that are shown."""
WINDOW = 600
"""Seconds a rate is compared with."""
GAPS, FEW_GAPS = 3_600, 20
"""Seconds in which gaps are looked for; how many make a habit."""
SILENCE = 5.0
KEPT = 7_200
HOLD, FALL = 10, 5
"""Seconds a peak stays when it is the highest no more, and in which it then falls."""
_TAU, _REACH = 2.0, 20
_RAW = [exp(-age / _TAU) for age in range(_REACH)]
_WEIGHTS = [weight / sum(_RAW) for weight in reversed(_RAW)]
_CACHED = 2 * WINDOW


class Moment(NamedTuple):
    """What is known at the end of a second.

    `rate` and `highest` (of the last minute) in lines a second; `pulse`, `peak` and the `strip` of
    the last minute's pulses 0..1; `silent` is the second since which nothing came, None before the
    first line.
    """

    rate: float
    pulse: float
    peak: float
    highest: float
    strip: tuple[float, ...]
    silent: int | None


class Rates:
    """Counts by second, the newest KEPT of them."""

    def __init__(self) -> None:
        self._first = 0  # the second of the first count
        self._counts = array("d")
        self._rates: dict[int, float] = {}
        self._pulses: dict[int, float] = {}
        self._moments: dict[int, Moment] = {}
        self._window: tuple[int, list[float]] = (
            0,
            [],
        )  # a second, and the rates of the ten minutes up to it, ordered
        self._asked = 0  # nothing is remembered of a later second
        self._gap = (0, 0.0)  # the newest answer of `_usual`

    def count(self, second: int, lines: float) -> None:
        """Some lines more in a second."""
        place = second - self._first
        if not self._counts or not -KEPT <= place < len(self._counts) + KEPT:  # the clock was set
            self._first, self._counts, place = second, array("d"), 0
            self._asked = second
        if place < 0:
            self._counts[:0] = _zeros(-place)
            self._first, place = second, 0
        elif place >= len(self._counts):
            self._counts += _zeros(place + 1 - len(self._counts))
        self._counts[place] += lines
        if second <= self._asked:
            self._rates, self._pulses, self._moments = {}, {}, {}
            self._window, self._gap, self._asked = (0, []), (0, 0.0), 0
        if len(self._counts) > 2 * KEPT:
            self._first += len(self._counts) - KEPT
            del self._counts[:-KEPT]

    def _between(self, first: int, last: int) -> Sequence[float]:
        """The counts of these seconds; those that are not known are 0."""
        start, end = first - self._first, last + 1 - self._first
        known = self._counts[max(0, start) : max(0, end)]
        if len(known) == end - start:
            return known
        before = min(max(0, -start), end - start)
        return [0.0] * before + list(known) + [0.0] * (end - start - before - len(known))

    def at(self, second: int) -> Moment:
        """All that is known at the end of a second."""
        found = self._moments.get(second)
        if found is None:
            strip = tuple(self._pulses_of(second, STRIP))
            highest = max(self.rate(s) for s in range(second - STRIP + 1, second + 1))
            peak, silent = self._peak(second), self._silent_since(second)
            found = Moment(self.rate(second), strip[-1], peak, highest, strip, silent)
            self._moments = {**dict([*self._moments.items()][-2:]), second: found}
            self._asked = max(self._asked, second)
        return found

    def rate(self, second: int) -> float:
        """Lines a second, the weight of the past falling by a factor of e in two seconds."""
        found = self._rates.get(second)
        if found is None:
            counts = self._between(second - _REACH + 1, second)
            found = sum(map(float.__mul__, counts, _WEIGHTS)) if any(counts) else 0.0
            self._keep(self._rates, second, found)
        return found

    def _keep(self, cache: dict[int, float], second: int, value: float) -> None:
        if len(cache) > _CACHED:
            for old in [*cache][:-WINDOW]:
                del cache[old]
        cache[second] = value
        self._asked = max(self._asked, second)

    def pulse(self, second: int) -> float:
        """The rate beside what the last ten minutes reached in the best 5 % of their seconds.

        Seconds without any output are not among them. 0..1.
        """
        found = self._pulses.get(second)
        if found is None:
            rate = self.rate(second)
            found = min(1.0, rate / self._usual_rate(second)) if rate else 0.0
            self._keep(self._pulses, second, found)
        return found

    def _usual_rate(self, second: int) -> float:
        at, ordered = self._window
        if not 0 <= second - at <= WINDOW // 2:
            rates = map(self.rate, range(second - WINDOW + 1, second + 1))
            at, ordered = second, sorted(filter(None, rates))
        for later in range(at + 1, second + 1):
            gone, come = self.rate(later - WINDOW), self.rate(later)
            if gone:
                del ordered[bisect_left(ordered, gone)]
            if come:
                insort(ordered, come)
        self._window = second, ordered
        return percentile(ordered, 95)

    def _pulses_of(self, second: int, count: int) -> list[float]:
        return [self.pulse(s) for s in range(second - count + 1, second + 1)]

    def _peak(self, second: int) -> float:
        """The highest pulse of the last minute; a lower one is reached after a while, slowly."""
        past = self._pulses_of(second, STRIP + HOLD + FALL)
        tops = [max(past[age : age + STRIP]) for age in range(HOLD + FALL + 1)]
        top = tops[-1]
        left = [min(1.0, step / FALL) for step in range(HOLD + FALL + 1)]
        return max(top + (old - top) * part for old, part in zip(tops, left, strict=True))

    def _silent_since(self, second: int) -> int | None:
        """The end of the last second with output."""
        counts = self._counts
        place = min(second - self._first, len(counts) - 1)
        while place >= 0 and not counts[place]:
            place -= 1
        return None if place < 0 else self._first + place + 1

    def usual_gap(self, end: int) -> float | None:
        """The gap that 99 of 100 gaps before `end` did not exceed; None while there are few."""
        if self._gap[0] != end:
            counts = self._between(end - GAPS, end - 1)
            active = [s for s, lines in enumerate(counts) if lines]
            gaps = sorted(b - a for a, b in pairwise(active))
            self._gap = (end, percentile(gaps, 99) if len(gaps) >= FEW_GAPS else -1.0)
            self._asked = max(self._asked, end)
        return self._gap[1] if self._gap[1] >= 0 else None


def _zeros(count: int) -> array[float]:
    return array("d", bytes(8 * count))


def percentile(ordered: Sequence[float], part: int) -> float:
    """The smallest of the values that so many of a hundred do not exceed."""
    return ordered[max(0, ceil(len(ordered) * part / 100) - 1)]
