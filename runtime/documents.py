"""The documents that need more than rows: flows, graphs, and why something is as it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jobmon.jobs import graph
from jobmon.jobs.definition import FlowDef
from jobmon.jobs.loader import Loaded, load_folder
from jobmon.runtime import explain, failure, logs, views
from jobmon.runtime.board import Board
from jobmon.runtime.config import Settings
from jobmon.runtime.library import pick
from jobmon.runtime.model import JobKey, Limits
from jobmon.runtime.states import State
from jobmon.runtime.store import (
    last_success,
    load_attempt,
    load_definition,
    load_run,
    open_reader,
)

Document = dict[str, Any]
CARD_RECORDS = 400
"""Log records at the end of an attempt that the failure card looks through."""
CARD_STATES = (State.FAILED, State.LOST, State.CANCELLED, State.RETRY_WAIT)


def document(settings: Settings, name: str, args: Document) -> Document:
    """Any document, read from the state on disk. Blocks for as long as reading takes."""
    if name in ("flows", "graph") and not args.get("run"):
        loaded = load_folder(settings.home, settings.load_timeout)
        return flows(loaded) if name == "flows" else graph_of(pick(loaded, args["flow"]))
    db = open_reader(settings.state_dir)
    try:
        if name == "explain":
            return explained(db, settings, **args)
        if name == "graph":
            return graph_of_run(db, args["run"])
        if name == "show":
            return views.show(db, state_dir=settings.state_dir, **args)
        return views.VIEWS[name](db, **args)
    finally:
        db.close()


def flows(loaded: Loaded) -> Document:
    """Every flow of the folder, and what keeps others from loading."""
    rows = [
        {
            "flow": flow.name,
            "file": flow.file,
            "jobs": len(flow.jobs),
            "params": [
                {"name": p.name, "type": p.type, "default": p.default, "choices": list(p.choices)}
                for p in flow.params
            ],
            "tags": list(flow.tags),
            "description": flow.description,
            "schedule": flow.schedule.expression if flow.schedule else None,
        }
        for flow in loaded.flows.values()
    ]
    mistakes = [str(m) for m in loaded.mistakes]
    return {"schema": "jobmon.flows/1", "flows": rows, "mistakes": mistakes}


def graph_of(flow: FlowDef) -> Document:
    """The graph of a flow as its file says it now."""
    above, layer_of = graph.parents(flow), _layers(flow)
    path, _seconds = graph.critical_path(flow, {})
    jobs = [
        {
            "job": job.name,
            "after": [flow.jobs[up].name for up in above[i]],
            "layer": layer_of[i],
            "kind": job.kind,
            "trigger": job.trigger,
            "when": job.when,
            "on_failure": job.on_failure,
            "finally": job.finally_,
            "group": job.group,
            "description": job.description,
            "critical": job.name in path,
        }
        for i, job in enumerate(flow.jobs)
    ]
    return {"schema": "jobmon.graph/1", "flow": flow.name, "jobs": jobs}


def graph_of_run(db: sqlite3.Connection, name: str) -> Document:
    """The graph a run started with."""
    run, _jobs = load_run(db, views.find_run(db, name))
    return graph_of(load_definition(db, run.definition)) | {"run": run.key}


def _layers(flow: FlowDef) -> dict[int, int]:
    return {i: depth for depth, row in enumerate(graph.layers(flow)) for i in row}


def explained(
    db: sqlite3.Connection, settings: Settings, *, run: str, job: str | None = None
) -> Document:
    """Why a run or a job is in its state, what would change it, and how it failed."""
    run_id = views.find_run(db, run)
    board = _hydrated(db, run_id)
    key = (run_id, views.find_job(db, run_id, job)) if job else _worst(board, run_id)
    limits = Limits(slots=settings.slots, pools=dict(settings.pools))
    now = _last_event(db)
    return {
        "schema": "jobmon.explain/1",
        "run": board.runs[run_id].key,
        "job": board.name(key) if key else None,
        "state": str(board.jobs[key].state) if key else board.runs[run_id].state,
        **_reasons(board, run_id, key if job else None, now, limits),
        "card": card(db, settings.state_dir, board, key) if key else None,
    }
