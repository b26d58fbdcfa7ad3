"""Retention: which finished runs may go, and letting go of them."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from pathlib import Path
from typing import Any

from jobmon.runtime.config import Settings
from jobmon.runtime.engine import Engine
from jobmon.runtime.model import RUN_TERMINAL, Event
from jobmon.runtime.pending import Planned
from jobmon.runtime.reader import open_reader
from jobmon.runtime.store import Batch

DAY = 86400.0


def expendable(db: sqlite3.Connection, keep_days: int, keep_runs: int, now: float) -> list[int]:
    """Ids of finished runs older than `keep_days` (0 = keep all) and not among a flow's newest."""
    if not keep_days:
        return []
    marks = ", ".join(f"'{state}'" for state in sorted(RUN_TERMINAL))
    query = f"""
        SELECT id FROM (
          SELECT id, state, ended, row_number() OVER (PARTITION BY flow ORDER BY id DESC) AS place
          FROM runs)
        WHERE state IN ({marks}) AND ended < ? AND place > ? ORDER BY id"""
    return [i for (i,) in db.execute(query, (now - keep_days * DAY, keep_runs))]


async def collect(engine: Engine, settings: Settings, *, preview: bool) -> dict[str, Any]:
    """Remove what retention lets go: rows in one commit, then the attempts' folders.

    Returns {"runs": [keys], "bytes": of their logs, "applied": bool}.
    """
    now = engine.clock()
    ids, keys = await asyncio.to_thread(_candidates, settings, now)
    folders = [settings.state_dir / "attempts" / str(i) for i in ids]
    size = await asyncio.to_thread(lambda: sum(map(_size, folders)))
    answer = {"runs": keys, "bytes": size, "applied": not preview}
    if preview or not ids:
        return answer

    def plan(now: float, batch: Batch) -> Planned:
        batch.forget.extend(ids)
        for run_id in ids:
            engine.forget(run_id)
        return [Event(kind="runtime.gc", at=now, who="runtime", data={"runs": keys})], answer

    await engine.order(plan)
    for folder in folders:
        await asyncio.to_thread(shutil.rmtree, folder, True)
    return answer


def _candidates(settings: Settings, now: float) -> tuple[list[int], list[str]]:
    db = open_reader(settings.state_dir)
    try:
        ids = expendable(db, settings.keep_days, settings.keep_runs, now)
        query = "SELECT key FROM runs WHERE id = ?"
        return ids, [db.execute(query, (i,)).fetchone()[0] for i in ids]
    finally:
        db.close()


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*") if path.is_file())
