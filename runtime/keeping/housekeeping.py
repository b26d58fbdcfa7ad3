"""Letting go of what is old: by `jobmon gc`, and once a day by itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jobmon.runtime.config import Settings
from jobmon.runtime.configuration import Configuration
from jobmon.runtime.engine import Engine
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.keeping import cleaning, retention
from jobmon.runtime.keeping.retention import DAY, Bounds, Going, Kept
from jobmon.runtime.model import Event
from jobmon.runtime.pending import Planned
from jobmon.runtime.reader import open_reader
from jobmon.runtime.store import Batch, Rubbish

log = logging.getLogger("jobmon")

SETTLED = 600.0
"""Seconds after its start, and between looks for a quiet moment, before a runtime collects."""
PATIENCE = DAY
"""Seconds it waits for a quiet moment."""
CHUNK = 50
"""Runs removed in one commit: jobs go on in between."""
ROOM, DONE = "housekeeping", "collected"
"""The note of when it was done last."""

Answer = dict[str, Any]


async def collect(engine: Engine, settings: Settings, *, preview: bool) -> Answer:
    """Remove what retention lets go: rows, a part at a time, then the attempts' folders.

    Returns {"runs": keys, "bytes": of their logs, "applied": bool, "going": each with `run`,
    `flow`, `why` and `bytes`, "flows": the sums of each flow, "versions" and "files": how many flow
    versions and parts of the event stream went}.
    """
    found = await asyncio.to_thread(_found, settings, engine.clock())
    if preview:
        return _answer(found, applied=False)
    gone: list[Going] = []
    for at in range(0, len(found), CHUNK):
        gone += await _let_go(engine, found[at : at + CHUNK])
    files, dropped = await _clean(engine, settings)
    return _answer(gone, applied=True) | {"files": files, "versions": dropped}


def _answer(found: Sequence[Going], *, applied: bool) -> Answer:
    going = [
        {"run": run.key, "flow": run.flow, "why": why, "bytes": run.bytes} for run, why in found
    ]
    return {
        "runs": [run.key for run, _why in found],
        "bytes": sum(run.bytes for run, _why in found),
        "applied": applied,
        "going": going,
        "flows": retention.per_flow(found),
        "files": 0,
        "versions": 0,
    }


async def _let_go(engine: Engine, found: Sequence[Going]) -> list[Going]:
    """Have these runs removed; those that were, after the commit."""
    going: list[Going] = []

    def plan(now: float, batch: Batch) -> Planned:
        # A rerun may have begun since they were found: what lives is not removed.
        going[:] = [each for each in found if not engine.is_open(each.run.id)]
        for each in going:
            engine.forget(each.run.id)
        batch.forget.extend(each.run.id for each in going)
        told = _answer(going, applied=True)
        data = {"runs": told["runs"], "bytes": told["bytes"], "flows": told["flows"]}
        return [Event(kind="runtime.gc", at=now, who="runtime", data=data)] if going else [], {}

    await engine.order(plan)
    return going


async def _clean(engine: Engine, settings: Settings) -> tuple[int, int]:
    """Remove what no run needs any more: (parts of the event stream, flow versions)."""
    state, days = settings.state_dir, settings.keep_days
    await asyncio.to_thread(cleaning.remove_orphans, state)
    files = await asyncio.to_thread(cleaning.shorten_stream, state, days, engine.clock())
    found = await asyncio.to_thread(cleaning.old_events, state, days, engine.clock())
    for at in range(0, len(found.runs), CHUNK):
        await _throw_away(engine, Rubbish(runs=found.runs[at : at + CHUNK]))
    engine.store.versions_used.clear()
    unused = await asyncio.to_thread(cleaning.unused_versions, state)
    return len(files), await _throw_away(engine, Rubbish(alone=found.alone, versions=unused))


async def _throw_away(engine: Engine, rubbish: Rubbish) -> int:
    """Have it removed; how many flow versions were."""

    def plan(_now: float, batch: Batch) -> Planned:
        # What a run of just now is of, or one on the board, is no rubbish any more.
        used = engine.store.versions_used | engine.board.definitions.keys()
        used |= {definition.hash for definition in batch.definitions}
        rubbish.versions = [one for one in rubbish.versions if one not in used]
        batch.rubbish = rubbish
        return [], {}

    await engine.order(plan)
    return len(rubbish.versions)


def _found(settings: Settings, now: float) -> list[Going]:
    bounds = Bounds(settings.keep_days, settings.keep_runs, settings.keep_bytes)
    with contextlib.closing(open_reader(settings.state_dir)) as db:
        rows = db.execute("SELECT id, key, flow, state, ended FROM runs").fetchall()
    attempts = settings.state_dir / "attempts"
    if bounds.bytes:
        return retention.going([_weighed(Kept(*row), attempts) for row in rows], bounds, now)
    found = retention.going([Kept(*row) for row in rows], bounds, now)
    return [Going(_weighed(run, attempts), why) for run, why in found]


def _weighed(run: Kept, attempts: Path) -> Kept:
    return run._replace(bytes=cleaning.size_of(attempts / str(run.id)))


class Housekeeper:
    """The duty: collects once a day, when nothing runs, or after PATIENCE though something does."""

    def __init__(self, engine: Engine, configuration: Configuration) -> None:
        self._engine, self._configuration = engine, configuration
        self._task: asyncio.Task[None] | None = None
        now = engine.clock()
        done = min(now + DAY, engine.store.notes(ROOM).get(DONE, 0.0))  # by a clock that was ahead
        self._wanted = max(now + SETTLED, done + DAY)
        self.due: float | None = self._wanted

    def heard(self, events: Sequence[Event]) -> None:
        """Nothing that happens makes it due."""

    def attend(self, now: float, batch: Batch) -> Sequence[Event]:
        """Collect, or wait for a quiet moment."""
        if self._engine.busy() and now < self._wanted + PATIENCE:
            self.due = now + SETTLED
            return []
        batch.notes[ROOM, DONE] = now
        self._wanted = self.due = now + DAY
        self._task = asyncio.get_running_loop().create_task(self._collect())
        return []

    async def _collect(self) -> None:
        try:
            await collect(self._engine, self._configuration.now, preview=False)
        except (JobmonError, OSError) as error:  # tomorrow it is tried again
            log.warning("cannot remove what is old: %s", error)
