"""Documents of what is and was, made from the committed rows: what `--json` prints.

Standard library only, so that a command with no runtime to ask stays light. Each document names
its schema, `jobmon.<name>/<version>`; keys are added within a version, never renamed or removed.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from jobmon.runtime.errors import NotFoundError
from jobmon.runtime.reader import DB_NAME, guarded, one_moment, open_reader

Document = dict[str, Any]

OPEN = ("queued", "running", "blocked", "stopping")
_RUN_KEYS = (
    "id", "flow", "state", "warn", "held", "params", "time", "created", "started", "ended",
    "who", "why", "priority", "tags", "deadline", "late", "origin", "reason", "waits",
    "parent",
)  # fmt: skip
_JOB_KEYS = (
    "state", "reason", "cause", "attempt", "tries", "since", "started", "ended", "due", "code",
    "signal", "held", "late", "stuck", "stale", "old_code", "warn", "unsupervised", "probing",
    "output", "round",
)  # fmt: skip
_DECLARED_KEYS = (
    "kind", "group", "trigger", "pool", "lock", "effects", "text", "description", "priority",
)  # fmt: skip
_FANOUT_KEYS = ("of", "item_key", "flow")
_ATTEMPT_KEYS = (
    "n", "outcome", "reason", "cause", "created", "started", "ended", "code", "signal", "error",
    "lines", "bytes", "quiet", "rusage", "artifacts", "definition",
)  # fmt: skip

RUN_FORECAST = ("eta", "eta_late")
JOB_FORECAST = ("median", "p90", "left")
"""What only a runtime fills in, of runs that are not over: see `forecasts`."""


def find_run(db: sqlite3.Connection, name: str) -> int:
    """The id of the run a person means: its key, a flow (its newest run), "-" or "@latest".

    Raises NotFoundError with the runs there are.
    """
    if name in ("-", "@latest"):
        row = db.execute("SELECT max(id) FROM runs").fetchone()
    else:
        row = db.execute("SELECT id FROM runs WHERE key = ?", (name,)).fetchone()
        row = row or db.execute("SELECT max(id) FROM runs WHERE flow = ?", (name,)).fetchone()
    if row and row[0] is not None:
        return row[0]
    newest = [k for (k,) in db.execute("SELECT key FROM runs ORDER BY id DESC LIMIT 5")]
    why = "newest runs: " + ", ".join(newest) if newest else "no run has been started yet"
    raise NotFoundError(f"find the run {name}", why, "list them: jobmon ls --all")


def find_job(db: sqlite3.Connection, run_id: int, name: str) -> int:
    """The index of the job of that name in the run. Raises NotFoundError naming its jobs."""
    query = "SELECT job FROM job_runs WHERE run = ? AND name = ?"
    row = db.execute(query, (run_id, name)).fetchone()
    if row:
        return row[0]
    names = [n for (n,) in db.execute("SELECT name FROM job_runs WHERE run = ?", (run_id,))]
    (key,) = db.execute("SELECT key FROM runs WHERE id = ?", (run_id,)).fetchone()
    known = ", ".join(names[:20])
    raise NotFoundError(f"find the job {name} in {key}", f"its jobs: {known}", f"jobmon show {key}")


def ls(
    db: sqlite3.Connection,
    *,
    all: bool = False,  # noqa: A002 - the word of the option
    flow: str | None = None,
    limit: int = 20,
) -> Document:
    """Runs, newest first: all that are not over, and the newest of the others up to `limit`."""
    newest = "SELECT id FROM runs WHERE (? IS NULL OR flow = ?) ORDER BY id DESC LIMIT ?"
    count = -1 if all else limit
    ids = {i for (i,) in db.execute(newest, (flow, flow, count))}
    marks = ", ".join(f"'{s}'" for s in OPEN)
    still = f"SELECT id FROM runs WHERE state IN ({marks}) AND (? IS NULL OR flow = ?)"
    ids |= {i for (i,) in db.execute(still, (flow, flow))}
    return {
        "schema": "jobmon.ls/1",
        "runs": [_run_row(db, run_id) for run_id in sorted(ids, reverse=True)],
        "seq": newest_event(db),
    }


def _run_row(db: sqlite3.Connection, run_id: int) -> Document:
    (body,) = db.execute("SELECT body FROM runs WHERE id = ?", (run_id,)).fetchone()
    run = json.loads(body)
    counts = dict(
        db.execute("SELECT state, count(*) FROM job_runs WHERE run = ? GROUP BY state", (run_id,))
    )
    return {
        "run": run["key"],
        **{key: run.get(key) for key in _RUN_KEYS},
        **dict.fromkeys(RUN_FORECAST),
        "counts": counts,
        "total": sum(counts.values()),
    }


def show(
    db: sqlite3.Connection, *, run: str, attempts: bool = False, state_dir: Path | None = None
) -> Document:
    """One run with its jobs in declaration order; with `attempts`, every attempt and its log."""
    run_id = find_run(db, run)
    row = _run_row(db, run_id)
    flow = _flow_of(db, run_id)
    document = {"schema": "jobmon.show/1", **row, "jobs": _jobs(db, run_id, flow["jobs"])}
    document["definition"] = flow.get("base") or _definition_hash(db, run_id)
    if attempts:
        document["attempts"] = _attempts(db, run_id, document["jobs"], state_dir)
    return document


def _definition_hash(db: sqlite3.Connection, run_id: int) -> str:
    (body,) = db.execute("SELECT body FROM runs WHERE id = ?", (run_id,)).fetchone()
    return json.loads(body)["definition"]


def declared_jobs(db: sqlite3.Connection, run_id: int) -> list[Document]:
    """The JobDefs of the run's flow version, as plain data."""
    return _flow_of(db, run_id)["jobs"]


def _flow_of(db: sqlite3.Connection, run_id: int) -> Document:
    row = db.execute(
        "SELECT body FROM definitions WHERE hash = ?", (_definition_hash(db, run_id),)
    ).fetchone()
    return json.loads(row[0])


def _jobs(db: sqlite3.Connection, run_id: int, declared: list[Document]) -> list[Document]:
    handlers = handled(declared)
    rows = db.execute("SELECT job, name, body FROM job_runs WHERE run = ? ORDER BY job", (run_id,))
    return [_job(index, name, body, declared[index], handlers) for index, name, body in rows]


def handled(declared: Iterable[Document]) -> dict[str, list[str]]:
    """For each on_failure handler, the jobs whose failure it handles."""
    parents: dict[str, list[str]] = {}
    for job in declared:
        if job["on_failure"]:
            parents.setdefault(job["on_failure"], []).append(job["name"])
    return parents


def _job(
    index: int, name: str, body: str, declared: Document, handlers: dict[str, list[str]]
) -> Document:
    row = json.loads(body)
    return {
        "job": name,
        "index": index,
        "after": list(dict.fromkeys(declared["after"] + handlers.get(name, []))),
        "finally": declared["finally_"],
        **{key: row.get(key) for key in _JOB_KEYS},
        **dict.fromkeys(JOB_FORECAST),
        **{key: declared[key] for key in _DECLARED_KEYS},
        **{key: declared.get(key) or "" for key in _FANOUT_KEYS},
        "rate": declared.get("rate") or "",
        "item": declared.get("item"),
        "map": bool(declared.get("map")),
    }


def _attempts(
    db: sqlite3.Connection, run_id: int, jobs: list[Document], state_dir: Path | None
) -> list[Document]:
    rows = db.execute("SELECT job, body FROM attempts WHERE run = ? ORDER BY job, n", (run_id,))
    found = []
    for job, body in rows:
        attempt = json.loads(body)
        log = f"attempts/{run_id}/{job}.{attempt['n']}.jsonl"
        found.append(
            {
                "job": jobs[job]["job"],
                **{key: attempt.get(key) for key in _ATTEMPT_KEYS},
                "log": str(state_dir / log) if state_dir else log,
            }
        )
    return found


def newest_event(db: sqlite3.Connection, at: float | None = None) -> int:
    """The number of the last event, or of the last one up to a moment; 0 when there is none.

    The order of the numbers rules, also where a clock jumped: the moment is found by halving.
    """
    (last,) = db.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
    if at is None:
        return last
    stamp = "SELECT at FROM events WHERE seq >= ? ORDER BY seq LIMIT 1"
    return bisect_right(
        range(1, last + 1), at, key=lambda seq: db.execute(stamp, (seq,)).fetchone()[0]
    )


def events(
    db: sqlite3.Connection,
    *,
    run: str | None = None,
    since: int | None = None,
    limit: int | None = None,
    until: float | None = None,
) -> Document:
    """The newest events (of one run), oldest first; with `since`, the first after that number.

    `limit`: how many, 100 when not given; after `since` all. `until` leaves out what came later.
    """
    run_id = find_run(db, run) if run else None
    order, most = ("DESC", 100) if since is None else ("ASC", -1)
    found = db.execute(
        "SELECT body FROM events WHERE (? IS NULL OR run = ?) AND seq > ? AND seq <= ?"
        f" ORDER BY seq {order} LIMIT ?",
        (run_id, run_id, since or 0, newest_event(db, until), most if limit is None else limit),
    )
    rows = [json.loads(body) for (body,) in found]
    if since is None:
        return _events(rows[::-1], _names(db, _newest_runs(db, run_id)))
    spoken_of = {event["run"] for event in rows} if run_id is None else {run_id}
    return _events(rows, _names(db, sorted(spoken_of, reverse=True)))


def _events(rows: list[Document], names: dict[str, Document]) -> Document:
    return {"schema": "jobmon.events/1", "events": rows, "names": names}


def _newest_runs(db: sqlite3.Connection, run_id: int | None) -> list[int]:
    """The runs that coming events may speak of."""
    if run_id is not None:
        return [run_id]
    return [i for (i,) in db.execute("SELECT id FROM runs ORDER BY id DESC LIMIT 200")]


def _names(db: sqlite3.Connection, runs: Iterable[int]) -> dict[str, Document]:
    """What the runs and their jobs are called: {"run id": {"run": key, "jobs": [names]}}."""
    named = "SELECT key FROM runs WHERE id = ?"
    jobs = "SELECT name FROM job_runs WHERE run = ? ORDER BY job"
    keys = [(i, key) for i in runs for (key,) in db.execute(named, (i,))]
    return {str(i): {"run": key, "jobs": [n for (n,) in db.execute(jobs, (i,))]} for i, key in keys}


def definition(db: sqlite3.Connection, *, hash: str) -> Document:  # noqa: A002 - what it is called
    """A flow version, as it was recorded with the first run of it. Raises NotFoundError."""
    row = db.execute("SELECT body FROM definitions WHERE hash = ?", (hash,)).fetchone()
    if row is None:
        why = "no run is of that version"
        raise NotFoundError(f"find the flow version {hash}", why, "jobmon show RUN --json names it")
    return {"schema": "jobmon.definition/1", "hash": hash, "definition": json.loads(row[0])}


def status(db: sqlite3.Connection) -> Document:
    """What can be said while no runtime serves the folder: runs and jobs that are not over."""
    marks = ", ".join(f"'{state}'" for state in OPEN)
    runs = db.execute(f"SELECT state, count(*) FROM runs WHERE state IN ({marks}) GROUP BY state")
    jobs = db.execute(
        "SELECT state, count(*) FROM job_runs WHERE run IN"
        f" (SELECT id FROM runs WHERE state IN ({marks})) GROUP BY state"
    )
    return {
        "schema": "jobmon.status/1",
        "running": False,
        "counts": dict(runs),
        "jobs": dict(jobs),
        "pools": {},
        "locks": {},
        "hook": None,
        "initiators": [],
        "mistakes": [],
        "broken": [],
        "troubles": [],
    }


def read(state_dir: Path, name: str, args: Document) -> Document:
    """One of VIEWS, as the state on disk is at one moment.

    Raises StateError when it cannot be read.
    """
    with contextlib.closing(open_reader(state_dir)) as db, one_moment(db):
        given = args | {"state_dir": state_dir} if name == "show" else args
        return guarded(f"read {state_dir / DB_NAME}", lambda: VIEWS[name](db, **given))


VIEWS: dict[str, Callable[..., Document]] = {
    "ls": ls,
    "show": show,
    "events": events,
    "status": status,
    "definition": definition,
}
"""The documents that need nothing but the rows."""
