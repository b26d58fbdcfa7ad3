"""Cores a job keeps busy, from the samples in its log. Pure."""

from __future__ import annotations

from array import array
from bisect import bisect_right

from jobmon.tui.meters.rates import STRIP

MOVE = 1.0
"""Seconds in which the drawn value moves to a new one."""
PATIENCE, MANY = 5.0, 2.5
"""A figure holds for so many seconds, or so many times the pause between two samples."""
KEPT = 4_000


class Cores:
    """CPU seconds by time. A figure is the mean between two samples, and holds until the next."""

    def __init__(self) -> None:
        self._times = array("d")
        self._used = array("d")
        self._strips: dict[int, tuple[float, ...]] = {}

    def sample(self, time: float, used: float) -> None:
        """By `time`, so many seconds of CPU were used."""
        if self._times and time <= self._times[-1]:  # the clock was set
            self._times, self._used = array("d"), array("d")
        self._times.append(time)
        self._used.append(used)
        self._strips = {}
        if len(self._times) > 2 * KEPT:
            del self._times[:-KEPT], self._used[:-KEPT]

    def drawn(self, time: float) -> float | None:
        """The figure, as it moves to what is known by `time`."""
        i = bisect_right(self._times, time) - 1
        value = self._held(i, time)
        before = self._held(i - 1, self._times[i]) if value is not None else None
        if value is None or before is None:
            return value
        return before + (value - before) * min(1.0, (time - self._times[i]) / MOVE)

    def strip(self, second: int) -> tuple[float, ...]:
        """The figure at the end of each of the last seconds, oldest first; 0 where none is."""
        found = self._strips.get(second)
        if found is None:
            ends = range(second - STRIP + 2, second + 2)
            found = tuple(self._at(end) or 0.0 for end in ends)
            self._strips = {**dict([*self._strips.items()][-1:]), second: found}
        return found

    def _at(self, time: float) -> float | None:
        return self._held(bisect_right(self._times, time) - 1, time)

    def _held(self, i: int, time: float) -> float | None:
        """The figure of sample `i`, while it holds."""
        if i < 1:
            return None
        pause = self._times[i] - self._times[i - 1]
        if time - self._times[i] > max(PATIENCE, MANY * pause):
            return None
        return max(0.0, self._used[i] - self._used[i - 1]) / pause
