"""Backfills: one message when all runs of one are over, in place of one for each run."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from jobmon.runtime.model import RUN_TERMINAL, Run
from jobmon.runtime.reader import open_reader
from jobmon.runtime.store import Batch

ROOM = "batch"
QUIET = 5.0
"""Seconds without an open run after which a backfill is over: its runs are made one by one."""


class Ended(NamedTuple):
    """A backfill that is over: one of its runs, all by state, the keys of those not well."""

    name: str
    run: Run
    counts: dict[str, int]
    bad: list[str]


class Batches:
    """Which backfills may be over, and when to look; remembered in notes."""

    def __init__(self, kept: dict[str, Any]) -> None:
        self._due = {
            name: (str(body["flow"]), float(str(body["due"]))) for name, body in kept.items()
        }

    def ended(self, run: Run, now: float, batch: Batch) -> None:
        """A run of one is over."""
        self._due[run.batch] = (run.flow, now + QUIET)
        batch.notes[ROOM, run.batch] = {"flow": run.flow, "due": now + QUIET}

    @property
    def due(self) -> float | None:
        """When to look next."""
        return min((due for _, due in self._due.values()), default=None)

    def over(self, runs: Iterable[Run], now: float, batch: Batch) -> list[tuple[str, str]]:
        """(name, flow) of those that are over now; the others are looked at when a run ends."""
        ripe = [(name, flow) for name, (flow, due) in self._due.items() if due <= now]
        going_on = {run.batch for run in runs if run.state not in RUN_TERMINAL} if ripe else set()
        for name, _ in ripe:
            del self._due[name]
            batch.notes[ROOM, name] = None
        return [(name, flow) for name, flow in ripe if name not in going_on]


def counted(state_dir: Path, name: str, flow: str) -> Ended:
    """What became of its runs. Raises StateError, or IndexError when there are none."""
    query = (
        "SELECT key, state, body FROM runs WHERE flow = ? AND json_extract(body, '$.batch') = ?"
        " ORDER BY id"
    )
    with contextlib.closing(open_reader(state_dir)) as db:
        rows = db.execute(query, (flow, name)).fetchall()
    bad = [key for key, state, _ in rows if state in ("failed", "expired")]
    run = msgspec.json.decode(rows[-1][2], type=Run)
    return Ended(name, run, dict(Counter(state for _, state, _ in rows)), bad)
