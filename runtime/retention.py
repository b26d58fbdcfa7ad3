"""Retention: which finished runs may go, and letting go of them."""

from __future__ import annotations

import asyncio
import contextlib
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
    found = await asyncio.to_thread(_candidates, settings, engine.clock())
    size = await asyncio.to_thread(lambda: sum(_size(_folder(settings, i)) for i in found))
    answer = {"runs": list(found.values()), "bytes": size, "applied": not preview}
    if preview or not found:
        return answer

    def plan(now: float, batch: Batch) -> Planned:
        # A rerun may have begun since they were found: what lives is not removed.
        going = {i: key for i, key in found.items() if not engine.is_open(i)}
        for run_id in going:
            engine.forget(run_id)
        batch.forget.extend(going)
        keys = list(going.values())
        event = Event(kind="runtime.gc", at=now, who="runtime", data={"runs": keys})
        return [event], answer | {"runs": keys}

    told = await engine.order(plan)
    await asyncio.to_thread(_remove_orphans, settings)
    return told


def _remove_orphans(settings: Settings) -> None:
    """Remove the folders of runs that have no row (any more). The folders are listed first: a new
    run has its row before it has a folder."""
    folders = [p for p in (settings.state_dir / "attempts").iterdir() if p.name.isdecimal()]
    with contextlib.closing(open_reader(settings.state_dir)) as db:
        known = {i for (i,) in db.execute("SELECT id FROM runs")}
    for folder in folders:
        if int(folder.name) not in known:
            shutil.rmtree(folder, ignore_errors=True)


def _folder(settings: Settings, run_id: int) -> Path:
    return settings.state_dir / "attempts" / str(run_id)


def _candidates(settings: Settings, now: float) -> dict[int, str]:
    with contextlib.closing(open_reader(settings.state_dir)) as db:
        ids = expendable(db, settings.keep_days, settings.keep_runs, now)
        query = "SELECT key FROM runs WHERE id = ?"
        return {i: db.execute(query, (i,)).fetchone()[0] for i in ids}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*") if path.is_file())
