"""The document `schedule`: when each plan fires next, or why its days are as they are."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby, islice, takewhile
from typing import Any, NamedTuple

from jobmon.jobs.definition import FlowDef
from jobmon.jobs.mistakes import WrongError
from jobmon.runtime.config import Settings
from jobmon.runtime.errors import NotFoundError, UsageError
from jobmon.runtime.model import FlowHold
from jobmon.runtime.scheduling.plans import Plan, read
from jobmon.runtime.timetable import Slot, Told, explain_days, fire_times, slot_key
from jobmon.runtime.timetable.zones import land, zone
from jobmon.runtime.words import command

Document = dict[str, Any]
MOST = 5_000
"""Slots of one plan that are told at most, and planned times that are explained."""
USUAL = 10
"""Fire times of a flow that is asked for by name; of all flows only the next one is told."""
EXPLAINED = 14
"""Days that are explained when nothing is said."""
LOOKED_AT = 100
"""Runs of a flow among which its newest slot is looked for."""
YEARS = range(1970, 2200)
LONGEST = 366
"""Days that are told at most."""
_RECENT = f"SELECT key, state, body FROM runs WHERE flow = ? ORDER BY id DESC LIMIT {LOOKED_AT}"


class Asked(NamedTuple):
    """What the document is to tell. `start`: the first day or minute, in each schedule's zone.

    With `days` all slots of so many days, else the first `most`; `explain`: each planned time.
    """

    flow: str | None = None
    most: int | None = None
    start: str | None = None
    days: int | None = None
    explain: bool = False


class Known(NamedTuple):
    """What the state knows: holds, the newest scheduled run of a plan, the slots it missed."""

    holds: Mapping[str, FlowHold] = {}
    last: Callable[[Plan], Document | None] = lambda _plan: None
    missed: Callable[[Plan], list[str]] = lambda _plan: []


class _Span(NamedTuple):
    """From just before the first instant; None: no end, and from now."""

    after: float
    until: float | None
    first: dt.date


def schedule(
    flows: Mapping[str, FlowDef],
    settings: Settings,
    known: Known,
    asked: Asked,
    *,
    now: float,
    local: str,
) -> Document:
    """The plans and their slots, those that fire next first; what is wrong with others.

    Raises NotFoundError when nothing starts the flow asked for, UsageError for a bad `start`,
    `most` or `days`.
    """
    _bounded("count", asked.most, MOST)
    _bounded("days", asked.days, LONGEST)
    found, faults = read(flows, settings)
    wanted = [plan for plan in found.values() if asked.flow in (None, plan.name, plan.flow.name)]
    if asked.flow and not wanted:
        raise _nothing(asked.flow, flows, [*found, *flows], faults)
    rows = [_row(plan, settings, known, asked, now, local) for plan in wanted]
    rows.sort(key=lambda row: (row["next"][0]["at"] if row["next"] else float("inf"), row["name"]))
    return {
        "schema": "jobmon.schedule/1",
        "now": now,
        "local": local,
        "schedules": rows,
        "mistakes": [] if asked.flow else [f"{name}: {why}" for name, why in faults.items()],
    }


def _bounded(name: str, value: int | None, most: int) -> None:
    if value is not None and not 1 <= value <= most:
        raise UsageError(f"tell {value} {name}", f"{name} must be from 1 to {most}")


def _nothing(
    name: str, flows: Mapping[str, FlowDef], known: Iterable[str], faults: Mapping[str, str]
) -> UsageError | NotFoundError:
    what = f"find the schedule of {name}"
    if name in faults:
        return UsageError(what, faults[name], command("check"))
    if name in flows:
        hint = 'add schedule=Cron("10 6 * * 1-5") to it, or a row to [deployments] of jobmon.toml'
        return NotFoundError(what, "nothing starts it by itself", hint)
    import difflib

    near = difflib.get_close_matches(name, list(known), n=1)
    hint = f"did you mean {near[0]}?" if near else command("ls", "--flows")
    return NotFoundError(what, "there is no flow and no deployment of that name", hint)


def _row(
    plan: Plan, settings: Settings, known: Known, asked: Asked, now: float, local: str
) -> Document:
    cron = plan.cron
    row: Document = {
        "name": plan.name,
        "flow": plan.flow.name,
        "schedule": cron.expression,
        "tz": cron.tz,
        "zone": cron.tz or local,
        "calendar": cron.calendar,
        "shift": cron.shift,
        "blackout": list(cron.blackout),
        "params": {name: str(value) for name, value in plan.params.items()},
        "tags": list(plan.tags),
        "active": plan.active,
        "overlap": plan.overlap,
        "catchup": plan.catchup,
        "deadline": plan.deadline,
        **hold_fields(known.holds.get(plan.flow.name)),
        "last": known.last(plan),
        "missed": known.missed(plan),
        "next": [],
        "more": False,
        "days": [],
        "error": None,
    }
    try:
        return row | _times(plan, settings, asked, now, local)
    except WrongError as error:
        return row | {"error": {"text": error.text, "hint": error.hint}}


def hold_fields(hold: FlowHold | None) -> Document:
    """Whether a flow is held, until when, and by whom and why."""
    if hold is None:
        return {"held": False, "until": None, "by": None}
    by = f"{hold.who}: {hold.why}" if hold.why else hold.who
    return {"held": True, "until": hold.until, "by": by}


def last_run(db: sqlite3.Connection, plan: Plan) -> Document | None:
    """The run of the newest slot among the last runs of the flow."""
    query = f"""SELECT key, state, json_extract(body, '$.slot') AS slot FROM ({_RECENT})
        WHERE json_extract(body, '$.line') = ? AND slot IS NOT NULL ORDER BY slot DESC LIMIT 1"""
    row = db.execute(query, (plan.flow.name, plan.name)).fetchone()
    return None if row is None else {"run": row[0], "state": row[1], "at": row[2]}


def missed_runs(db: sqlite3.Connection, plan: Plan) -> list[str]:
    """The slots that expired among the last runs of the flow, as the keys of their records."""
    query = f"""SELECT key FROM ({_RECENT}) WHERE state = 'expired'
        AND json_extract(body, '$.line') = ? ORDER BY json_extract(body, '$.slot')"""
    return [key for (key,) in db.execute(query, (plan.flow.name, plan.name))]


def _times(plan: Plan, settings: Settings, asked: Asked, now: float, local: str) -> Document:
    span = _span(asked, zone(plan.cron.tz, local), now)
    times = fire_times(plan.cron, span.after, local, settings.calendars)
    most = asked.most or (MOST if span.until else USUAL if asked.flow else 1)
    end = float("inf") if span.until is None else span.until
    slots = list(islice(takewhile(lambda slot: slot.at < end, times), most + 1))
    here = zone("", local)
    told: Document = {
        "next": [_slot(plan.name, slot, here) for slot in slots[:most]],
        "more": span.until is not None and len(slots) > most,
    }
    if asked.explain:
        days = asked.days or EXPLAINED
        found = explain_days(plan.cron, span.first, days, local, settings.calendars)
        cut = list(islice(found, MOST + 1))
        told["days"] = _days(plan.name, cut[:MOST], here)
        told["more"] = told["more"] or len(cut) > MOST
    return told


def _span(asked: Asked, where: dt.tzinfo, now: float) -> _Span:
    if asked.start is None and not asked.explain:
        until = now + asked.days * 86400 if asked.days else None
        return _Span(now, until, dt.datetime.fromtimestamp(now, where).date())
    begin = _begin(asked.start) if asked.start else _midnight(now, where)
    after = land(begin, where, elapsed=False).instants[0] - 0.001
    days = asked.days or (EXPLAINED if asked.explain else 0)
    end = begin + dt.timedelta(days=days)
    until = land(end, where, elapsed=False).instants[0] if days else None
    return _Span(after, until, begin.date())


def _midnight(now: float, where: dt.tzinfo) -> dt.datetime:
    return dt.datetime.combine(dt.datetime.fromtimestamp(now, where), dt.time.min)


def _begin(text: str) -> dt.datetime:
    try:
        begin = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"begin at {text!r}", str(error), "as 2027-04-28") from error
    if begin.tzinfo is not None or begin.year not in YEARS:
        why = f"a day or minute of the years {YEARS[0]} to {YEARS[-1]}, without a zone"
        raise UsageError(f"begin at {text!r}", f"it is not {why}", "as 2027-04-28")
    return begin


def _slot(name: str, slot: Slot, here: dt.tzinfo) -> Document:
    return {
        "at": slot.at,
        "time": slot.moment.isoformat(timespec="minutes"),
        "local": dt.datetime.fromtimestamp(slot.at, here).isoformat(timespec="minutes"),
        "run": slot_key(name, slot),
    }


def _days(name: str, found: Iterable[Told], here: dt.tzinfo) -> list[Document]:
    """Rows of planned times of one day that have the same fate."""
    return [
        {
            "day": day.isoformat(),
            "verdict": verdict,
            "why": why,
            "planned": [f"{one.planned:%H:%M}" for one in same],
            "slots": [_slot(name, slot, here) for one in same for slot in one.slots],
        }
        for (day, verdict, why), group in groupby(
            found, lambda one: (one.planned.date(), one.verdict, one.why)
        )
        for same in [list(group)]
    ]
