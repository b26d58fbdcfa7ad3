"""What a waiting run finds: the run it waits for, whether that will do, and the words for it. Pure.

The newest run of the other flow in the period counts. An expired one never ran: it is passed over.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from jobmon.runtime.model import RUN_TERMINAL, Run, Wait

ENDINGS = {
    "success": frozenset({"succeeded"}),
    "failure": frozenset({"failed"}),
    "end": frozenset({"succeeded", "failed", "cancelled"}),
}
"""The states in which a run has ended as `on` says."""
_DOES = {"success": "succeed", "failure": "fail", "end": "end"}
_DID_NOT = {"success": "did not succeed", "failure": "did not fail", "end": "did not end"}


def counts(run: Run, wait: Wait) -> bool:
    """Whether the run is one of those waited for."""
    if run.flow != wait.flow or run.state == "expired":
        return False
    return wait.since <= dt.datetime.fromisoformat(run.time).timestamp() < wait.before


def newest(runs: Iterable[Run], wait: Wait) -> Run | None:
    """Of these runs the one that counts."""
    return max((run for run in runs if counts(run, wait)), key=lambda run: run.id, default=None)


def met(run: Run | None, wait: Wait) -> bool:
    """Whether the run that counts has ended as the wait wants it."""
    return run is not None and run.state in ENDINGS[wait.on]


def aim(wait: Wait) -> str:
    """load of 2026-11-23 to succeed."""
    return f"{wait.flow} of {wait.period} to {_DOES[wait.on]}"


def shortfall(run: Run | None, wait: Wait) -> str:
    """Why time is up: load did not succeed on 2026-11-23, and what there is instead."""
    there = words(run) or f"there is no run of {wait.flow}"
    return f"{wait.flow} of {wait.period} {_DID_NOT[wait.on]} in time: {there}"


def words(run: Run | None) -> str:
    """What became of the run that counts: load#3 failed."""
    if run is None:
        return ""
    return f"{run.key} {run.state}" if run.state in RUN_TERMINAL else f"{run.key} is {run.state}"
