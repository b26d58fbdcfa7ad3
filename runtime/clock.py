"""The runtime's clock: wall time that does not jump while something is being waited for."""

from __future__ import annotations

import time
from collections.abc import Callable

JUMP = 1.0
"""Seconds by which the wall clock may part from elapsed time before it counts as set anew."""


class SteadyClock:
    """Seconds since the epoch, advancing with elapsed time.

    A wait measured by it lasts as long as declared though somebody sets the clock meanwhile.
    `settle` takes the wall clock over again; call it while nothing is being waited for.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._elapsed = wall, elapsed
        self._offset = wall() - elapsed()

    def __call__(self) -> float:
        """The time now."""
        return self._elapsed() + self._offset

    def settle(self) -> float:
        """Follow the wall clock if it was set anew; by how many seconds the time changed."""
        by = self._wall() - self._elapsed() - self._offset
        if abs(by) <= JUMP:
            return 0.0
        self._offset += by
        return by
