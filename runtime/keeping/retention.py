"""Which finished runs may go: by their age, and by the room their logs take. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from jobmon.runtime.model import RUN_TERMINAL

DAY = 86400.0


class Kept(NamedTuple):
    """A run as far as retention looks at it. `bytes`: what its attempts' files take."""

    id: int
    key: str
    flow: str
    state: str
    ended: float | None
    bytes: int = 0


class Going(NamedTuple):
    """A run that may go, and why: "days" (it is too old) or "bytes" (its flow takes too much)."""

    run: Kept
    why: str


class Bounds(NamedTuple):
    """How long (days), how many runs of each flow at least, how many bytes of its logs; 0: all."""

    days: int
    runs: int
    bytes: int


def going(runs: Sequence[Kept], bounds: Bounds, now: float) -> list[Going]:
    """The runs that may go, oldest first.

    The newest of each flow stay whatever their age and size, and so does what is not over. A run
    that expired, so that nothing of it ever ran, takes no place among the newest.
    """
    by_flow = sorted(runs, key=lambda run: (run.flow, -run.id))
    found = [
        each
        for _flow, those in groupby(by_flow, key=lambda run: run.flow)
        for each in _of_flow(list(those), bounds, now)
    ]
    return sorted(found, key=lambda each: each.run.id)


def _of_flow(newest_first: Sequence[Kept], bounds: Bounds, now: float) -> list[Going]:
    found: list[Going] = []
    places, taken = 0, 0
    for run in newest_first:
        ran = run.state != "expired"
        places += ran
        taken += run.bytes
        if run.state not in RUN_TERMINAL or (ran and places <= bounds.runs):
            continue
        if bounds.days and run.ended is not None and run.ended < now - bounds.days * DAY:
            found.append(Going(run, "days"))
        elif bounds.bytes and ran and taken > bounds.bytes:
            found.append(Going(run, "bytes"))
    return found


def per_flow(every: Sequence[Going]) -> list[dict[str, object]]:
    """How much goes of each flow: `flow`, `runs`, `bytes`, and how many runs for which reason."""
    found: dict[str, dict[str, int]] = {}
    for run, why in every:
        row = found.setdefault(run.flow, {"runs": 0, "bytes": 0, "old": 0, "over": 0})
        row["runs"] += 1
        row["bytes"] += run.bytes
        row["old" if why == "days" else "over"] += 1
    return [{"flow": flow, **row} for flow, row in sorted(found.items())]
