"""What becomes of a new run while earlier ones of its line still go on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from jobmon.runtime.model import RUN_TERMINAL, Run

MOST_NAMED = 5


class Start(NamedTuple):
    """It starts; nothing is in its way."""


class Queue(NamedTuple):
    """It starts when all of these are over."""

    behind: tuple[Run, ...]


class Refuse(NamedTuple):
    """It does not start; `reason` names the run that still goes on."""

    reason: str


class Replace(NamedTuple):
    """These are cancelled; it starts when they have ended."""

    runs: tuple[Run, ...]


Verdict = Start | Queue | Refuse | Replace


def overlap(policy: str, active: Sequence[Run]) -> Verdict:
    """What the policy (skip, queue, cancel_running, allow) says beside these runs, oldest first."""
    if not active or policy == "allow":
        return Start()
    if policy == "queue":
        return Queue(tuple(active))
    if policy == "cancel_running":
        return Replace(tuple(active))
    return Refuse(f'overlap = "skip": {going_on(active)}')


def going_on(active: Sequence[Run]) -> str:
    """Names them, at most five: `load#3 is still running, load#4 is still blocked`."""
    named = ", ".join(f"{run.key} is still {run.state}" for run in active[:MOST_NAMED])
    more = len(active) - MOST_NAMED
    return f"{named} and {more} more" if more > 0 else named


def active(runs: Iterable[Run], line: str, flow: str) -> list[Run]:
    """The runs of a line that are not over, oldest first; without a line all of the flow's."""
    found = [
        run
        for run in runs
        if run.state not in RUN_TERMINAL and (run.line == line if line else run.flow == flow)
    ]
    return sorted(found, key=lambda run: run.id)
