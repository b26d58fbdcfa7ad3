"""Documents of what is and was, made from the committed rows: what `--json` prints.

Standard library only, so that a command with no runtime to ask stays light. Each document names
its schema, `jobmon.<name>/<version>`; keys are added within a version, never renamed or removed.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from jobmon.runtime.errors import NotFoundError
from jobmon.runtime.reader import DB_NAME, guarded, open_reader

Document = dict[str, Any]

OPEN = ("queued", "running", "blocked", "stopping")
_RUN_KEYS = (
    "id", "flow", "state", "warn", "held", "params", "time", "created", "started", "ended",
    "who", "why", "priority", "tags",
)  # fmt: skip
_JOB_KEYS = (
    "state", "reason", "cause", "attempt", "tries", "since", "started", "ended", "due", "code",
    "signal", "held", "stale", "old_code", "warn", "unsupervised", "probing", "output",
)  # fmt: skip
_DECLARED_KEYS = (
    "kind", "group", "trigger", "pool", "lock", "effects", "text", "description", "priority",
)  # fmt: skip
_ATTEMPT_KEYS = (
    "n", "outcome", "reason", "cause", "created", "started", "ended", "code", "signal", "error",
    "lines", "bytes", "rusage", "artifacts", "definition",
)  # fmt: skip


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
        "seq": db.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0],
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
        "counts": counts,
        "total": sum(counts.values()),
    }


def show(
    db: sqlite3.Connection, *, run: str, attempts: bool = False, state_dir: Path | None = None
) -> Document:
    """One run with its jobs in declaration order; with `attempts`, every attempt and its log."""
    run_id = find_run(db, run)
    row = _run_row(db, run_id)
    document = {"schema": "jobmon.show/1", **row, "jobs": _jobs(db, run_id)}
    document["definition"] = _definition_hash(db, run_id)
    if attempts:
        document["attempts"] = _attempts(db, run_id, document["jobs"], state_dir)
    return document


def _definition_hash(db: sqlite3.Connection, run_id: int) -> str:
    (body,) = db.execute("SELECT body FROM runs WHERE id = ?", (run_id,)).fetchone()
    return json.loads(body)["definition"]


def declared_jobs(db: sqlite3.Connection, run_id: int) -> list[Document]:
    """The JobDefs of the run's flow version, as plain data."""
    row = db.execute(
        "SELECT body FROM definitions WHERE hash = ?", (_definition_hash(db, run_id),)
    ).fetchone()
    return json.loads(row[0])["jobs"]


def _jobs(db: sqlite3.Connection, run_id: int) -> list[Document]:
    declared = declared_jobs(db, run_id)
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
        **{key: declared[key] for key in _DECLARED_KEYS},
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


def events(
    db: sqlite3.Connection, *, run: str | None = None, since: int | None = None, limit: int = 100
) -> Document:
    """The newest events (of one run), oldest first; with `since`, those after that number."""
    run_id = find_run(db, run) if run else None
    found = db.execute(
        "SELECT body FROM events WHERE (? IS NULL OR run = ?) AND seq > ?"
        " ORDER BY seq DESC LIMIT ?",
        (run_id, run_id, since or 0, limit if since is None else -1),
    ).fetchall()
    return {
        "schema": "jobmon.events/1",
        "events": [json.loads(body) for (body,) in reversed(found)],
        "names": _names(db, run_id),
    }


def _names(db: sqlite3.Connection, run_id: int | None) -> dict[str, Document]:
    """For the runs that events may speak of: {"run id": {"run": key, "jobs": [names]}}."""
    query = "SELECT id, key FROM runs WHERE ? IS NULL OR id = ? ORDER BY id DESC LIMIT 200"
    runs = db.execute(query, (run_id, run_id)).fetchall()
    jobs = "SELECT name FROM job_runs WHERE run = ? ORDER BY job"
    return {str(i): {"run": key, "jobs": [n for (n,) in db.execute(jobs, (i,))]} for i, key in runs}


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
        "mistakes": [],
        "troubles": [],
    }


def read(state_dir: Path, name: str, args: Document) -> Document:
    """One of VIEWS, read from the state on disk. Raises StateError when it cannot be read."""
    with contextlib.closing(open_reader(state_dir)) as db:
        given = args | {"state_dir": state_dir} if name == "show" else args
        return guarded(f"read {state_dir / DB_NAME}", lambda: VIEWS[name](db, **given))


VIEWS: dict[str, Callable[..., Document]] = {
    "ls": ls,
    "show": show,
    "events": events,
    "status": status,
}
"""The documents that need nothing but the rows."""
