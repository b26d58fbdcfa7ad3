"""What starts by itself, as the schedule screen shows it: flows, their plans, what is to be said.

A plan is a flow by a schedule: its own, or one of a deployment. A flow without one is a row, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from jobmon.runtime.model import RUN_TERMINAL, FlowHold, Run
from jobmon.runtime.words import span
from jobmon.tui.text import count, moment
from jobmon.tui.world import Document, Site, Want, World

SCHEDULE = "schedule"
"""The document of plans."""


class Last(NamedTuple):
    """The newest run of a row. `began` is its slot when nothing else is known."""

    state: str
    began: float
    warn: bool = False
    started: float | None = None
    ended: float | None = None


class Entry(NamedTuple):
    """A row: the flow as its file says it, and the plan, {} for a flow that has none."""

    site: Site
    name: str
    flow: str
    row: Document
    plan: Document
    hold: FlowHold | None
    last: Last | None

    @property
    def cron(self) -> str:
        """When it starts, as it is written."""
        return str(self.plan.get("schedule") or self.row.get("schedule") or "")

    @property
    def zone(self) -> str:
        """Where that is read; "" for here."""
        return str((self.plan or self.row).get("tz") or "")

    @property
    def off(self) -> bool:
        """It is declared not to start by itself."""
        return self.plan.get("active") is False

    @property
    def next(self) -> list[float]:
        """Its next slots that are known, in seconds."""
        if self.plan:
            return [slot["at"] for slot in self.plan.get("next") or ()]
        found = self.row.get("next") or ()
        return list(found) if isinstance(found, list | tuple) else [found]

    @property
    def missed(self) -> list[str]:
        """The records of slots that expired lately."""
        return list(self.plan.get("missed") or ())

    @property
    def error(self) -> str:
        """Why its schedule cannot be followed."""
        error = self.plan.get("error") or {}
        return " ".join(str(error[word]) for word in ("text", "hint") if error.get(word))


def want(site: Site) -> Want:
    """The plans of a site."""
    return Want(site.number, SCHEDULE)


def entries(world: World) -> Iterator[Entry]:
    """Every plan, and every flow without one."""
    newest = newest_runs(world)
    for site in world.sites:
        rows = {str(row["flow"]): row for row in site.flows.get("flows") or ()}
        plans = (site.document(want(site)) or {}).get("schedules") or ()
        planned = [(str(plan["name"]), str(plan["flow"]), plan) for plan in plans]
        ran = {flow for _name, flow, _plan in planned}
        bare: list[tuple[str, str, Document]] = [(f, f, {}) for f in rows if f not in ran]
        for name, flow, plan in (*planned, *bare):
            row = rows.get(flow, {"flow": flow})
            last = _last(newest.get((site.number, name)), plan)
            yield Entry(site, name, flow, row, plan, _hold(site, flow, row), last)


def newest_runs(world: World) -> dict[tuple[int, str], Run]:
    """The newest known run of each plan or flow, by site number and name."""
    found: dict[tuple[int, str], Run] = {}
    for site, run in world.runs():
        key = (site.number, run.line or run.flow)
        if key not in found or found[key].id < run.id:
            found[key] = run
    return found


def _last(run: Run | None, plan: Document) -> Last | None:
    """The board has the newest; the document one that is over for long."""
    if run is not None:
        return Last(run.state, run.started or run.created, run.warn, run.started, run.ended)
    told = plan.get("last")
    return Last(told["state"], told["at"]) if told else None


def _hold(site: Site, flow: str, row: Document) -> FlowHold | None:
    """The board knows of a hold at once, the document since when it was asked."""
    hold = site.board.held_flows.get(flow)
    if hold is None and row.get("held"):
        hold = FlowHold(flow=flow, at=0.0, who=row.get("by") or "", until=row.get("until"))
    return hold


# What is said of a row


def facts(item: Entry, now: float) -> list[tuple[str, str]]:
    """(word, text) of what a row may have no room for, the weightiest first; texts may be ""."""
    row = item.row
    tags = item.plan.get("tags") or row.get("tags") or ()
    broken = row.get("last_good")
    version = f"the version of {moment(broken, now)} goes on" if broken else ""
    return [
        ("error", item.error),
        ("broken", f"its file cannot be loaded: {version}" if version else ""),
        ("starts", _starts(item, now)),
        ("held", hold_words(item.hold, now)),
        ("missed", _missed(item.missed)),
        ("backfill", _backfills(item)),
        ("rules", _rules(item.plan)),
        ("about", str(row.get("description") or "")),
        ("params", _params(item)),
        ("file", " ".join([str(row.get("file") or ""), *(f"#{tag}" for tag in tags)])),
    ]


def _starts(item: Entry, now: float) -> str:
    """`10 6 * * 1-5 Asia/Tokyo, next 2026-11-24 06:10 there, 11-23 22:10 here, in 9h 4m`."""
    if not item.cron:
        return ""
    parts = [f"{item.cron} {item.zone or 'local time'}"]
    if item.name != item.flow:
        parts.insert(0, f"flow {item.flow}")
    if item.off:
        return ", ".join([*parts, "not active: nothing starts it by itself"])
    slots = item.plan.get("next") or ()
    there = f"{str(slots[0]['time'])[:16].replace('T', ' ')} there, " if slots and item.zone else ""
    if item.next:
        here = " here" if item.zone else ""
        first, *others = item.next
        wait = span(max(0.0, first - now))
        parts.append(f"next {there}{moment(first, now)}{here}, in {wait}")
        parts += [f"then {', '.join(moment(at, now) for at in others[:3])}"] if others else []
    return ", ".join(parts)


def hold_words(hold: FlowHold | None, now: float) -> str:
    """`until 06:00:00 since 02:10:00 by anna: reason`: what matters most is cut last."""
    if hold is None:
        return ""
    who = f"{hold.who}: {hold.why}" if hold.why else hold.who
    since = f"since {moment(hold.at, now)}" if hold.at else ""
    until = f"until {moment(hold.until, now)}" if hold.until else ""
    return " ".join(part for part in (until, since, f"by {who}" if who else "") if part)


def _missed(keys: list[str]) -> str:
    if not keys:
        return ""
    return f"{count(len(keys), 'slot')}, the last one {keys[-1]}: a rerun in the history starts it"


def _backfills(item: Entry) -> str:
    """Those on their way: `prices-week: 12 runs to go`."""
    runs = item.site.board.runs.values()
    left: dict[str, int] = {}
    for run in runs:
        if run.batch and run.line == item.name and run.state not in RUN_TERMINAL:
            left[run.batch] = left.get(run.batch, 0) + 1
    return ", ".join(f"{batch}: {count(number, 'run')} to go" for batch, number in left.items())


def _rules(plan: Document) -> str:
    """What differs from the usual, and what becomes of slots that meet something."""
    if not plan:
        return ""
    calendar = f"calendar {plan['calendar']}, else {plan.get('shift')}" if plan["calendar"] else ""
    blackout = " and ".join(plan.get("blackout") or ())
    return ", ".join(
        part
        for part in (
            calendar,
            f"none in {blackout}" if blackout else "",
            f"overlap {plan['overlap']}" if plan.get("overlap") else "",
            f"catch-up {plan['catchup']}" if plan.get("catchup") else "",
            f"deadline {plan['deadline']}" if plan.get("deadline") else "",
        )
        if part
    )


def _params(item: Entry) -> str:
    given: Mapping[str, Any] = item.plan.get("params") or {}
    return ", ".join(_param(p, given) for p in item.row.get("params") or ())


def _param(param: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """`day date = 2026-08-31`, `mode str of fast|full`."""
    value = given.get(param["name"], param.get("default"))
    default = "" if value is None else f" = {value}"
    choices = "|".join(str(choice) for choice in param.get("choices") or ())
    kind = f"{param['name']} {param.get('type', '')}{default}"
    return f"{kind} of {choices}" if choices else kind


def brief_params(item: Entry) -> str:
    """`day=2026-08-31 mode`: each with what it is when nothing else is said."""
    given = item.plan.get("params") or {}
    told = [
        (p["name"], given.get(p["name"], p.get("default"))) for p in item.row.get("params") or ()
    ]
    return " ".join(name if value is None else f"{name}={value}" for name, value in told)
