"""What a flow missed while it was held: told when it is released, and started where asked for."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from typing import Any

import msgspec

from jobmon.jobs.definition import FlowDef
from jobmon.runtime.engine import Engine
from jobmon.runtime.errors import JobmonError, UsageError
from jobmon.runtime.model import FlowHold, Run
from jobmon.runtime.pending import Plan
from jobmon.runtime.reader import open_reader
from jobmon.runtime.scheduling.starting import Wanted, again
from jobmon.runtime.store import Batch
from jobmon.runtime.words import command

Answer = dict[str, Any]
CATCH_UP = ("all", "latest", "none")
MOST_TOLD = 20
MOST = 1000


def asked(options: Answer) -> str:
    """Which of the missed slots are to be started. Raises UsageError."""
    found = str(options.get("catch_up") or "none")
    if found not in CATCH_UP:
        raise UsageError("release", f"catch_up is {found!r}", f"one of {', '.join(CATCH_UP)}")
    return found


async def missed(engine: Engine, hold: FlowHold) -> list[Run]:
    """The slots that became records because of the hold, oldest first."""
    return await asyncio.to_thread(_read, engine, hold)


def _read(engine: Engine, hold: FlowHold) -> list[Run]:
    query = """SELECT body FROM runs WHERE flow = ? AND state = 'expired' AND created >= ?
        ORDER BY id DESC LIMIT ?"""
    with contextlib.closing(open_reader(engine.store.path.parent)) as db:
        rows = db.execute(query, (hold.flow, hold.at - 1, MOST)).fetchall()
    runs = [msgspec.json.decode(body, type=Run) for (body,) in reversed(rows)]
    return [run for run in runs if run.slot is not None and run.reason.startswith("held")]


async def catch_up(
    engine: Engine, flow: FlowDef, runs: list[Run], which: str, who: str, why: str
) -> list[str]:
    """Start what was missed, one after the other; what to tell of each slot."""
    chosen = {"all": runs, "latest": runs[-1:], "none": []}[which]
    told = [f"missed while it was held: {len(runs)}"] if runs else []
    for run in chosen:
        try:
            await engine.order(_order(engine, flow, run, who, why))
            told.append(f"started: {run.key}")
        except JobmonError as error:
            told.append(f"{run.key}: {error}")
    left = [run for run in runs if run not in chosen]
    told += [f"{run.key}: {command('rerun', run.key, '--failed')}" for run in left[-MOST_TOLD:]]
    if len(left) > MOST_TOLD:
        told.append(f"and {len(left) - MOST_TOLD} before: {command('ls', '--flow', flow.name)}")
    return told


def _order(engine: Engine, flow: FlowDef, run: Run, who: str, why: str) -> Plan:
    wanted = Wanted(
        flow=flow,
        origin=run.origin,
        moment=dt.datetime.fromisoformat(run.time),
        policy="queue",
        line=run.line,
        who=who,
        why=why,
    )

    def plan(now: float, batch: Batch) -> Any:
        engine.bring_back(run.id)
        return again(engine.board, batch, engine.board.runs[run.id], wanted, now).events, {}

    return plan
