"""The documents that need more than rows: flows, graphs, and why something is as it is.

The place where every document is found by its name.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from jobmon.jobs import graph
from jobmon.jobs.definition import FlowDef
from jobmon.jobs.loader import Loaded, load_folder
from jobmon.jobs.triggers import words_of
from jobmon.runtime import cards, explain, history, schema, snapshot, views
from jobmon.runtime.board import Board
from jobmon.runtime.cards import CARD_STATES
from jobmon.runtime.config import Settings
from jobmon.runtime.configuration import limits_of
from jobmon.runtime.errors import UsageError
from jobmon.runtime.forecasting import forecasts
from jobmon.runtime.library import Version, pick
from jobmon.runtime.limits import shared
from jobmon.runtime.localzone import local_zone
from jobmon.runtime.model import FlowHold, JobKey
from jobmon.runtime.notify import report, wording
from jobmon.runtime.notify.overview import overview
from jobmon.runtime.reader import DB_NAME, one_moment, open_reader
from jobmon.runtime.scheduling import schedule
from jobmon.runtime.scheduling.agenda import Agenda
from jobmon.runtime.states import State
from jobmon.runtime.store import (
    guarded,
    load_definition,
    load_holds,
    load_run,
    newest_run,
)

Document = dict[str, Any]
_OTHERS = ("flows", "schedule", "report", "notify", "explain")


def document(settings: Settings, name: str, args: Document) -> Document:
    """Any document, read from the state on disk. Blocks for as long as reading takes."""
    if name in ("flows", "graph", "schedule", "report") and not args.get("run"):
        loaded = load_folder(settings.home, settings.load_timeout)
        if name == "graph":
            return graph_of(pick(loaded, args["flow"]))
        if name == "schedule":
            return scheduled(settings, loaded.flows, args)
        if name == "report":
            return reported(settings, loaded.flows, args)
        following = Agenda().next(loaded.flows, settings, time.time())
        return flows(loaded, _holds(settings), following)
    if name in views.VIEWS:
        return _forecast(settings, views.read(settings.state_dir, name, args))
    reader = _reader_or_empty(settings) if name == "notify" else open_reader(settings.state_dir)
    with contextlib.closing(reader) as db, one_moment(db):
        path = settings.state_dir / DB_NAME
        return guarded(f"read {path}", lambda: _from_rows(db, settings, name, args))


def _forecast(settings: Settings, found: Document) -> Document:
    """The document with what earlier runs let expect of its runs that are not over."""
    rows = found["runs"] if found["schema"] == "jobmon.ls/1" else [found]
    wanted = [row for row in rows if row.get("state") in views.OPEN and "eta" in row]
    if wanted:
        with contextlib.closing(open_reader(settings.state_dir)) as db:
            what = f"read {settings.state_dir / DB_NAME}"
            guarded(what, lambda: forecasts.fill(db, wanted, time.time()))
    return found


def _from_rows(db: sqlite3.Connection, settings: Settings, name: str, args: Document) -> Document:
    if name == "explain":
        return explained(db, settings, **args)
    if name == "notify":
        return overview(db, settings)
    if name not in _OF_ROWS:
        known = ", ".join(sorted({*views.VIEWS, *_OF_ROWS, *_OTHERS}))
        raise UsageError(f"make the document {name}", "there is none of that name", known)
    return _OF_ROWS[name](db, **args)


def _holds(settings: Settings) -> dict[str, FlowHold]:
    path = settings.state_dir / DB_NAME
    if not path.exists():
        return {}
    with contextlib.closing(open_reader(settings.state_dir)) as db:
        return guarded(f"read {path}", lambda: {hold.flow: hold for hold in load_holds(db)})


def scheduled(settings: Settings, flows: Mapping[str, FlowDef], args: Document) -> Document:
    """When the plans of the folder fire; what the state knows of them where there is one."""
    asked = schedule.Asked(
        args.get("flow"),
        args.get("count"),
        args.get("start"),
        args.get("days"),
        bool(args.get("explain")),
    )
    path = settings.state_dir / DB_NAME
    when = {"now": time.time(), "local": local_zone()}
    if not path.exists():
        return schedule.schedule(flows, settings, schedule.Known(), asked, **when)
    with contextlib.closing(open_reader(settings.state_dir)) as db:
        known = schedule.Known(
            _holds(settings), partial(schedule.last_run, db), partial(schedule.missed_runs, db)
        )
        return guarded(
            f"read {path}", lambda: schedule.schedule(flows, settings, known, asked, **when)
        )


def reported(settings: Settings, flows: Mapping[str, FlowDef], args: Document) -> Document:
    """The hand-over of a span of time; of the last day when none is given."""
    now = time.time()
    until = float(args.get("until") or now)
    span = report.Span(float(args.get("since") or until - 86400.0), until)
    rows = scheduled(settings, flows, {})["schedules"]
    path = settings.state_dir / DB_NAME
    with contextlib.closing(_reader_or_empty(settings)) as db:
        place = wording.place(settings)
        return guarded(
            f"read {path}", lambda: report.report(db, settings.state_dir, place, span, rows)
        )


def _reader_or_empty(settings: Settings) -> sqlite3.Connection:
    """The state; in a folder where nothing ever ran one that says so."""
    if (settings.state_dir / DB_NAME).exists():
        return open_reader(settings.state_dir)
    db = sqlite3.connect(":memory:")
    schema.prepare(db)
    return db


def flows(
    loaded: Loaded,
    holds: Mapping[str, FlowHold],
    following: Mapping[str, list[float]],
    behind: Mapping[str, Version] = MappingProxyType({}),
) -> Document:
    """Every flow of the folder, when it starts next, and what keeps others from loading.

    `following` are the next fire times by flow, in seconds since the epoch; `behind` the flows of
    broken files, in their last good version.
    """
    old = {name: version.flow for name, version in behind.items()}
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
            "tz": flow.schedule.tz if flow.schedule else None,
            "triggers": [words_of(trigger) for trigger in flow.triggers],
            "after": [after.flow for after in flow.after],
            "next": following.get(flow.name, []),
            "last_good": behind[flow.name].saved if flow.name in old else None,
            **schedule.hold_fields(holds.get(flow.name)),
        }
        for flow in {**loaded.flows, **old}.values()
    ]
    mistakes = [str(m) for m in loaded.mistakes]
    return {"schema": "jobmon.flows/1", "flows": rows, "mistakes": mistakes}


def graph_of(flow: FlowDef) -> Document:
    """The graph of a flow as its file says it now."""
    above, layer_of = graph.parents(flow), _layers(flow)
    path, _steps = graph.critical_path(flow, {job.name: 1.0 for job in flow.jobs})
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


def graph_of_run(db: sqlite3.Connection, *, run: str) -> Document:
    """The graph a run started with."""
    found, _jobs = load_run(db, views.find_run(db, run))
    return graph_of(load_definition(db, found.definition)) | {"run": found.key}


_OF_ROWS: Mapping[str, Callable[..., Document]] = {
    "graph": graph_of_run,
    "snapshot": snapshot.take,
    "history": history.history,
}


def _layers(flow: FlowDef) -> dict[int, int]:
    return {i: depth for depth, row in enumerate(graph.layers(flow)) for i in row}


def explained(
    db: sqlite3.Connection, settings: Settings, *, run: str, job: str | None = None
) -> Document:
    """Why a run or a job is in its state, what would change it, and how it failed.

    For a run the card is that of its first job in trouble; null when there is none.
    """
    run_id = views.find_run(db, run)
    board = _board(db, run_id)
    key = (run_id, views.find_job(db, run_id, job)) if job else None
    limits = limits_of(settings)
    if key and board.jobs[key].state is State.QUEUED:
        needs = board.needs(board.jobs[key])
        state, rates = settings.state_dir, settings.rates
        limits = shared.outlook(limits, state, rates, needs.rate, needs.lock)
    why = (
        explain.explain_job(board, key, time.time(), limits)
        if key
        else explain.explain_run(board, run_id, time.time(), limits)
    )
    troubled = key or _first_in_trouble(board, run_id)
    card = _card(db, settings, board, troubled) if troubled else None
    return {
        "schema": "jobmon.explain/1",
        "run": board.runs[run_id].key,
        "job": job,
        "state": str(board.jobs[key].state if key else board.runs[run_id].state),
        "reasons": [*why.reasons, *_flagged(db, board, run_id, key)],
        "next": list(why.next),
        "card": card,
    }


def _flagged(db: sqlite3.Connection, board: Board, run_id: int, key: JobKey | None) -> list[str]:
    """Why the run and its jobs, or the one job, are flagged late or stuck: as it was told then."""
    jobs = [board.jobs[key]] if key else board.jobs_of(run_id)
    found = [
        (f"{flag}: " if key else f"{board.name(job.key)} is {flag}: ")
        + _told(db, run_id, f"job.{flag}", job.index)
        for job in jobs
        for flag in ("late", "stuck")
        if getattr(job, flag)
    ]
    if board.runs[run_id].late and not key:
        found.append(f"late: {_told(db, run_id, 'run.late', -1)}")
    return found


def _told(db: sqlite3.Connection, run_id: int, kind: str, index: int) -> str:
    query = (
        "SELECT json_extract(body, '$.why') FROM events"
        " WHERE run = ? AND kind = ? AND json_extract(body, '$.job') = ? ORDER BY seq DESC LIMIT 1"
    )
    row = db.execute(query, (run_id, kind, index)).fetchone()
    return row[0] if row else "nobody knows why any more"


def _board(db: sqlite3.Connection, run_id: int) -> Board:
    """What there is of the live state: the run asked for, what it waits for, its competitors."""
    board = Board()
    open_marks = ", ".join(f"'{state}'" for state in views.OPEN)
    query = f"SELECT id FROM runs WHERE id = ? OR state IN ({open_marks})"
    for (wanted,) in db.execute(query, (run_id,)).fetchall():
        _load(db, board, wanted)
    for wait in board.runs[run_id].waits:
        awaited = newest_run(db, wait.flow, wait.since, wait.before)
        if awaited and awaited.id not in board.runs:
            _load(db, board, awaited.id)
    return board


def _load(db: sqlite3.Connection, board: Board, run_id: int) -> None:
    run, jobs = load_run(db, run_id)
    for digest in {run.definition, *(j.definition for j in jobs if j.definition)}:
        if digest not in board.definitions:
            board.add_definition(load_definition(db, digest))
    board.load(run, jobs)


def _first_in_trouble(board: Board, run_id: int) -> JobKey | None:
    jobs = board.jobs_of(run_id)
    return next((j.key for state in CARD_STATES for j in jobs if j.state is state), None)


def _card(db: sqlite3.Connection, settings: Settings, board: Board, key: JobKey) -> Document | None:
    job_run, run = board.jobs[key], board.runs[key[0]]
    if job_run.state not in CARD_STATES:
        return None
    return cards.card(db, settings.state_dir, run, job_run, board.name(key))
