"""What earlier runs say of a running job: median, p90, how far it is, how long it still takes.

Pure. All of it is made from the ends of earlier runs of the same job; nothing is guessed where
there are too few of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

NEWEST = 50
"""Successful runs that are looked at."""
FEWEST = 3
"""With fewer of them there is no estimate."""
FEWEST_LATE = 10
"""With fewer of them nothing is called late."""
MOST = 0.95
"""No estimate says more before the end."""


class Past(NamedTuple):
    """One earlier job run: its run's key, state, start and end (seconds since the epoch)."""

    run: str
    state: str
    started: float | None
    ended: float | None
    code: int | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took; None when it never started or has not ended."""
        if self.started is None or self.ended is None:
            return None
        return max(0.0, self.ended - self.started)


class JobHistory:
    """The earlier runs of one job, oldest first."""

    def __init__(self, past: Sequence[Past] = ()) -> None:
        self.past = tuple(past)

    @cached_property
    def seconds(self) -> list[float]:
        """How long the newest successful ones took, shortest first."""
        good = [p.seconds for p in self.past if p.state == "succeeded"]
        return sorted([s for s in good if s is not None][-NEWEST:])

    @cached_property
    def median(self) -> float | None:
        """Half of them took no longer; None with fewer than FEWEST."""
        return self.quantile(0.5) if len(self.seconds) >= FEWEST else None

    @cached_property
    def p90(self) -> float | None:
        """Nine of ten took no longer; None with fewer than FEWEST_LATE."""
        return self.quantile(0.9) if len(self.seconds) >= FEWEST_LATE else None

    def quantile(self, part: float) -> float:
        """The value below which `part` of them lie, between neighbours linearly."""
        at = part * (len(self.seconds) - 1)
        low = int(at)
        high = min(low + 1, len(self.seconds) - 1)
        return self.seconds[low] + (self.seconds[high] - self.seconds[low]) * (at - low)

    def progress(self, elapsed: float) -> float | None:
        """How far a job that runs for `elapsed` seconds usually is, 0 to MOST; None: unknown."""
        median = self.median
        if median is None:
            return None
        over = bisect_right(self.seconds, elapsed) / len(self.seconds)
        part = 1.0 if median <= 0 else min(1.0, elapsed / median)
        return min(MOST, 0.8 * part + 0.2 * over)

    def mark(self, elapsed: float) -> float | None:
        """Where a median run would be now, 0 to 1."""
        median = self.median
        return None if median is None else (1.0 if median <= 0 else min(1.0, elapsed / median))

    def late(self, elapsed: float) -> bool:
        """Whether it runs longer than nine of ten did."""
        return self.p90 is not None and elapsed > self.p90

    def left(self, elapsed: float) -> float | None:
        """Seconds to go; negative once it is over the median and all that took longer."""
        median = self.median
        if median is None:
            return None
        longer = [s for s in self.seconds if s > elapsed]
        if not longer:
            return median - elapsed
        return longer[len(longer) // 2] - elapsed if elapsed > median else median - elapsed


NONE = JobHistory()


class FlowHistory(NamedTuple):
    """Earlier runs of a flow: the histories of its jobs by name, and the runs, oldest first."""

    jobs: Mapping[str, JobHistory] = {}
    runs: Sequence[Past] = ()

    def of(self, job: str) -> JobHistory:
        """The history of a job; an empty one when it never ran."""
        return self.jobs.get(job, NONE)


def left_of(history: JobHistory, elapsed: float, progress: float | None) -> float | None:
    """Seconds to go (negative: over), from the job's own report where it gives one."""
    if progress is not None and 0.02 <= progress < 1 and elapsed > 2:
        return elapsed / progress * (1 - progress)
    return history.left(elapsed)
