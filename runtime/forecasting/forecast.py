"""What earlier runs say of a running job: median, p90, how far it is, how long it still takes.

Pure. All of it is made from the ends of earlier runs of the same job; nothing is guessed where
there are too few of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

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


def history_of(document: Mapping[str, Any]) -> FlowHistory:
    """What a `history` document tells."""
    keys = {run["id"]: run["run"] for run in document["runs"]}
    jobs = {
        name: JobHistory([Past(keys[run], *past) for run, *past in rows])
        for name, rows in document["jobs"].items()
    }
    runs = [Past(r["run"], r["state"], r["started"], r["ended"]) for r in document["runs"]]
    return FlowHistory(jobs, runs)


def left_of(history: JobHistory, elapsed: float, progress: float | None) -> float | None:
    """Seconds to go (negative: over), from the job's own report where it gives one."""
    if progress is not None and 0.02 <= progress < 1 and elapsed > 2:
        return elapsed / progress * (1 - progress)
    return history.left(elapsed)


class Leg(NamedTuple):
    """What is known of one job of a run: its start and end, else what it usually takes.

    `start` of a job to come is the earliest it may begin (when its retry is due). `first`: it
    begins when the first of its parents has ended, not the last. `open`: a person decides when it
    goes on, so nothing behind it is sure.
    """

    start: float | None = None
    end: float | None = None
    median: float | None = None
    p90: float | None = None
    first: bool = False
    open: bool = False


class Stretch(NamedTuple):
    """A job on the clock: when it begins and ends, as it was or as earlier runs let expect.

    `late` is the end if all that is to come takes as long as nine of ten did, None where that is
    not known. `sure`: every job up to here has ended or has a history; else `end` is the earliest.
    """

    start: float
    end: float
    late: float | None
    sure: bool


class Timeline(NamedTuple):
    """A run on the clock, by job index: None for a job that will not run.

    `before` is the parent that decides when a job begins, -1 for none. `spare` says by how many
    seconds a job may end later without the run ending later.
    """

    stretches: Sequence[Stretch | None]
    before: Sequence[int]
    spare: Sequence[float]
    path: Sequence[int]

    @property
    def end(self) -> Stretch | None:
        """The last job of the critical path, with which the run ends; None without any job."""
        return self.stretches[self.path[-1]] if self.path else None


def timeline(
    parents: Sequence[Sequence[int]],
    order: Sequence[int],
    legs: Sequence[Leg | None],
    now: float,
) -> Timeline:
    """When each job of a run begins and ends, from `now` on by medians; O(edges).

    `order` has every job after its parents. A leg that is None is of a job that will not run.
    Limits on how many jobs run at once are not looked at: it is the earliest that can be.
    """
    stretches: list[Stretch | None] = [None] * len(legs)
    before, hops, ends = [-1] * len(legs), [0] * len(legs), [0.0] * len(legs)

    def rank(index: int) -> tuple[float, int]:
        # Among jobs that end at once the one behind the longer chain: so a path without any
        # history is still the longest one.
        return ends[index], hops[index]

    for i in order:
        leg = legs[i]
        if leg is None:
            continue
        gates = [p for p in parents[i] if stretches[p] is not None]
        if gates:
            before[i] = min(gates, key=rank) if leg.first else max(gates, key=rank)
            hops[i] = hops[before[i]] + 1
        if leg.first:
            gates = gates and [before[i]]
        stretches[i] = own = _stretch(leg, [s for p in gates if (s := stretches[p])], now)
        ends[i] = own.end
    there = [i for i, stretch in enumerate(stretches) if stretch is not None]
    path = _path(before, max(there, key=rank, default=-1))
    return Timeline(stretches, before, _spare(parents, order, stretches, path), path)


def _stretch(leg: Leg, gates: Sequence[Stretch], now: float) -> Stretch:
    if leg.start is not None and leg.end is not None:
        return Stretch(leg.start, leg.end, leg.end, not leg.open)
    known = leg.median is not None and not leg.open
    if leg.start is not None and leg.start <= now:  # it runs
        end = max(now, leg.start + (leg.median or 0.0))
        late = None if leg.p90 is None or not known else max(end, leg.start + leg.p90)
        return Stretch(leg.start, end, late, known)
    start = max([now, leg.start or now, *(gate.end for gate in gates)])
    sure = known and all(gate.sure for gate in gates)
    end = start + (leg.median or 0.0)
    return Stretch(start, end, _late(leg, gates, start, end) if sure else None, sure)


def _late(leg: Leg, gates: Sequence[Stretch], start: float, end: float) -> float | None:
    found = start
    for gate in gates:
        if gate.late is None:
            return None
        found = max(found, gate.late)
    return None if leg.p90 is None else max(end, found + leg.p90)


def _path(before: Sequence[int], last: int) -> list[int]:
    """The chain of jobs that decides when a job ends, first to last."""
    path: list[int] = []
    while last >= 0:
        path.append(last)
        last = before[last]
    return path[::-1]


def _spare(
    parents: Sequence[Sequence[int]],
    order: Sequence[int],
    stretches: Sequence[Stretch | None],
    path: Sequence[int],
) -> list[float]:
    """By how much each job may end later, from the last job backwards."""
    last = stretches[path[-1]] if path else None
    total = 0.0 if last is None else last.end
    latest, spare = [total] * len(stretches), [0.0] * len(stretches)
    for i in reversed(order):
        own = stretches[i]
        if own is None:
            continue
        spare[i] = max(0.0, latest[i] - own.end)
        begins = latest[i] - (own.end - own.start)
        for parent in parents[i]:
            latest[parent] = min(latest[parent], begins)
    return spare
