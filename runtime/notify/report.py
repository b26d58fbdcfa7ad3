"""The document `report`, the hand-over: what ran, what became of it, and what comes next.

What happened is read from the events of that span; how a run or a job stands is how it stands now.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jobmon.runtime import cards
from jobmon.runtime.notify.rows import Names, Row, line_of
from jobmon.runtime.notify.wording import Place
from jobmon.runtime.states import State
from jobmon.runtime.store import load_holds, load_run
from jobmon.runtime.views import newest_event

Document = dict[str, Any]
CARDS = 50
"""Failures whose cause is looked up."""
MOST = 200
"""Rows of one list; `left_out` says how many more there are."""
AHEAD = 24 * 3600.0
"""Seconds from the end of the span in which what comes next is told."""
DEEDS = {
    "run.created": "start", "run.hold": "hold", "run.release": "release", "run.cancel": "cancel",
    "run.rerun": "rerun", "flow.hold": "hold", "flow.release": "release", "job.hold": "hold",
    "job.release": "release", "job.skip": "skip", "job.cancel": "cancel", "job.stop": "cancel",
    "job.mark_success": "mark success", "job.mark_failed": "mark failed", "job.done": "done",
}  # fmt: skip
"""The events by which a person did something, and the verb."""
NOBODY = frozenset({"", "runtime", "policy"})
_COUNTED = ("job.retry", "job.fail", "job.unfit")
UNSLOTTED = ("schedule.failed", "schedule.dropped")
"""Slots that have not even a record."""
_OPEN = ("queued", "running", "blocked", "stopping")


class Span(NamedTuple):
    """From just after the first instant up to the second."""

    since: float
    until: float


def report(
    db: sqlite3.Connection,
    state_dir: Path,
    place: Place,
    span: Span,
    schedules: Sequence[Mapping[str, Any]],
) -> Document:
    """The hand-over of a span; `schedules` are the rows of the document `schedule`."""
    first, last = newest_event(db, span.since), newest_event(db, span.until)
    names = Names(db)
    events = [row for row in _events(db, first, last) if row.run == 0 or names.run(row.run)]
    going_on = _ids(db, f"SELECT id FROM runs WHERE state IN {_OPEN} ORDER BY id")
    touched = _ids(
        db,
        "SELECT DISTINCT run FROM events WHERE seq > ? AND seq <= ? AND run > 0"
        " AND kind NOT LIKE 'notify.%' ORDER BY run",
        (first, last),
    )
    runs = [run for run_id in touched if (run := names.run(run_id))]
    still = [run for run_id in going_on if (run := names.run(run_id))]
    slots = [row for row in events if row.kind in UNSLOTTED]
    told = [row for row in events if "round" not in row.body.get("data", {})]  # that went well
    counts = Counter((row.kind, row.run, row.body.get("job", -1)) for row in told)
    lists = {
        "failed": _failed(db, state_dir, names, counts),
        "retried": _retried(names, counts),
        "lost": _standing(db, names, going_on, touched, State.LOST),
        "waiting": _standing(db, names, going_on, (), State.WAITING_HUMAN),
        "late": [_late(run) for run in still if run.get("late")],
        "expired": _expired(runs) + [_unslotted(row) for row in slots],
        "deeds": _deeds(names, events),
        "held": _held(db, still),
        "running": [_open(run) for run in still],
        "next": _next(schedules, span.until),
    }
    return {
        "schema": "jobmon.report/1",
        "since": span.since,
        "until": span.until,
        **place._asdict(),
        "flows": _flows(runs, counts),
        **{name: rows[:MOST] for name, rows in lists.items()},
        "left_out": {name: len(rows) - MOST for name, rows in lists.items() if len(rows) > MOST},
    }


def _ids(db: sqlite3.Connection, query: str, values: tuple[Any, ...] = ()) -> list[int]:
    return [run_id for (run_id,) in db.execute(query, values)]


def _events(db: sqlite3.Connection, first: int, last: int) -> Iterable[Row]:
    kinds = (*DEEDS, *_COUNTED, *UNSLOTTED)
    marks = ",".join("?" * len(kinds))
    query = (
        f"SELECT kind, run, body FROM events WHERE seq > ? AND seq <= ? AND kind IN ({marks})"
        " ORDER BY seq"
    )
    for kind, run, body in db.execute(query, (first, last, *kinds)):
        yield Row(kind, run, json.loads(body))


def _flows(runs: Sequence[Document], counts: Counter[tuple[str, int, int]]) -> list[Document]:
    """What ran, by line: how many runs in each state, and how many retries."""
    retries: Counter[int] = Counter()
    for (kind, run_id, _), number in counts.items():
        retries[run_id] += number if kind == "job.retry" else 0
    found: dict[str, Counter[str]] = {}
    for run in runs:
        row = found.setdefault(line_of(run), Counter())
        row["runs"] += 1
        row[run["state"]] += 1
        row["warn"] += bool(run.get("warn"))
        row["retries"] += retries[run["id"]]
    words = ("runs", "succeeded", "warn", "failed", "cancelled", "expired", *_OPEN, "retries")
    return [{"flow": name, **{word: row[word] for word in words}} for name, row in found.items()]


def _failed(
    db: sqlite3.Connection,
    state_dir: Path,
    names: Names,
    counts: Counter[tuple[str, int, int]],
) -> list[Document]:
    """Every job that failed for good, with why; also where it is well again."""
    keys = dict.fromkeys((r, j) for kind, r, j in counts if kind in ("job.fail", "job.unfit"))
    rows = []
    for run_id, index in keys:
        run, (name, state) = names.run(run_id), names.job(run_id, index)
        assert run is not None
        card = None
        if state == State.FAILED and len(rows) < CARDS:
            record, jobs = load_run(db, run_id)
            card = cards.card(db, state_dir, record, jobs[index], name)
        cause = (card or {}).get("cause") or {}
        how = (card or {}).get("ended_how") or ""
        row = {"run": run["key"], "job": name, "state": state, "how": how}
        rows.append(row | {"cause": cause.get("line") or "", "hint": cause.get("hint") or ""})
    return rows


def _retried(names: Names, counts: Counter[tuple[str, int, int]]) -> list[Document]:
    rows = []
    for (kind, run_id, index), times in counts.items():
        run = names.run(run_id)
        if kind == "job.retry" and run:
            name, state = names.job(run_id, index)
            rows.append({"run": run["key"], "job": name, "times": times, "state": state})
    return rows


def _standing(
    db: sqlite3.Connection,
    names: Names,
    going_on: Sequence[int],
    touched: Sequence[int],
    state: State,
) -> list[Document]:
    """The jobs in one state, of the runs that go on and of those that were touched."""
    rows = []
    for run_id in dict.fromkeys((*going_on, *touched)):
        run = names.run(run_id)
        found = db.execute(
            "SELECT name, body FROM job_runs WHERE run = ? AND state = ? ORDER BY job",
            (run_id, state),
        )
        for name, body in found:
            if run:
                since = json.loads(body).get("since")
                rows.append({"run": run["key"], "job": name, "since": since})
    return rows


def _late(run: Document) -> Document:
    return {"run": run["key"], "deadline": run.get("deadline"), "state": run["state"]}


def _expired(runs: Sequence[Document]) -> list[Document]:
    found = (run for run in runs if run["state"] == "expired")
    return [{"run": run["key"], "reason": run.get("reason") or ""} for run in found]


def _unslotted(row: Row) -> Document:
    data = row.body.get("data") or {}
    return {"run": str(data.get("plan", "")), "reason": str(data.get("reason", ""))}


def _open(run: Document) -> Document:
    return {"run": run["key"], "state": run["state"], "started": run["started"]}


def _deeds(names: Names, events: Iterable[Row]) -> list[Document]:
    """What people did: when, who, what, to what and why."""
    rows = []
    backfills: set[str] = set()
    for kind, run_id, body in events:
        who = body.get("who") or ""
        run = names.run(run_id) if run_id else None
        if kind not in DEEDS or who in NOBODY or (kind == "run.created" and _made(run, backfills)):
            continue
        batch = (run or {}).get("batch") if kind == "run.created" else ""
        rows.append(
            {
                "at": body["at"],
                "who": who,
                "verb": "backfill" if batch else DEEDS[kind],
                "run": run["key"] if run and not batch else None,
                "job": names.job(run_id, body.get("job", -1))[0] or None if run else None,
                "flow": line_of(run) if run else (body.get("data") or {}).get("flow"),
                "why": body.get("why") or "",
            }
        )
    return rows


def _made(run: Document | None, backfills: set[str]) -> bool:
    """Whether the run was made by what stands in the list already, or by no person."""
    if run is None or run.get("parent"):
        return True
    known = run.get("batch") in backfills
    backfills.add(run.get("batch") or "")
    return known and bool(run.get("batch"))


def _held(db: sqlite3.Connection, still: Sequence[Document]) -> list[Document]:
    """What is held now: flows, and runs that are not over."""
    flows = [
        {"flow": h.flow, "run": None, "since": h.at, "until": h.until, "by": _by(h.who, h.why)}
        for h in load_holds(db)
    ]
    runs = [
        {
            "flow": run["flow"],
            "run": run["key"],
            "since": run.get("held_at"),
            "until": None,
            "by": run.get("held_by") or "",
        }
        for run in still
        if run.get("held")
    ]
    return flows + runs


def _by(who: str, why: str) -> str:
    return f"{who}: {why}" if why else who


def _next(schedules: Sequence[Mapping[str, Any]], now: float) -> list[Document]:
    """The first start of each line in the next day."""
    rows = [
        {"at": row["next"][0]["at"], "line": row["name"], "flow": row["flow"], "held": row["held"]}
        for row in schedules
        if row["next"] and row["active"] and row["next"][0]["at"] <= now + AHEAD
    ]
    return sorted(rows, key=lambda row: row["at"])


def troubled(document: Mapping[str, Any]) -> bool:
    """Whether somebody has to look at something."""
    bad = [row for row in document["failed"] if row["state"] == State.FAILED]
    return bool(bad or document["lost"] or document["late"] or document["waiting"])
