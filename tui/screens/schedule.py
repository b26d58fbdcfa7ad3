"""The schedule: every flow, when it starts, whether it is held, and how its last run went."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from jobmon.runtime.model import FlowHold, Run
from jobmon.tui.look import FLAGS, run_look
from jobmon.tui.picture import Field, Line, Size, fit
from jobmon.tui.screens.filtered import Filtered, Painter, host
from jobmon.tui.screens.view import Stage
from jobmon.tui.text import Cell, Span, cell, clock_span, elapsed, moment
from jobmon.tui.world import Document, Site, Want, World

COLUMNS = (
    Field("flow", "FLOW", 16, grow=2, most=30),
    Field("schedule", "SCHEDULE", 13, keep=1, grow=1, most=20),
    Field("zone", "ZONE", 10, keep=7, grow=1, most=20),
    Field("next", "NEXT", 11, keep=4),
    Field("last", "LAST RUN", 12, keep=2, grow=1, most=17),
    Field("when", "WHEN", 11, keep=3),
    Field("took", "TOOK", 7, keep=5, right=True),
    Field("jobs", "JOBS", 4, keep=8, right=True),
    Field("hold", "HOLD", 18, keep=6, grow=3, most=40),
    Field("params", "PARAMS", 16, keep=9, grow=3, most=60),
)
NOT_YET = "not yet a clock: in this version a flow starts when somebody starts it"
MOST_MISTAKES = 4
"""Lines of mistakes over the table; `jobmon check` tells all."""
DETAIL_FROM = 18
"""Lines from which what does not fit the flow's row is told under the table."""


class Entry(NamedTuple):
    """A flow as its file says it, with its hold and its newest run."""

    site: Site
    flow: str
    row: Document
    hold: FlowHold | None
    last: Run | None


class Schedule(Filtered):
    """Flows by name; those that do not load are told on top."""

    name = "schedule"
    title = "SCHEDULE"
    noun = "flow"
    columns = COLUMNS
    orders = ("by name", "held first", "last run first")
    empty = "no flow yet: flows/*.py of the batch folder declare them"

    def everything(self, stage: Stage) -> Sequence[Entry]:
        """Every flow of every site."""
        last = newest_runs(stage.world)
        found = [
            _entry(site, row, last.get((site.number, str(row["flow"]))))
            for site in stage.world.sites
            for row in site.flows.get("flows") or ()
        ]
        return sorted(found, key=_SORTS[self.order])

    def basis(self, stage: Stage) -> tuple[Any, ...]:
        """The documents of flows."""
        return tuple(site.flows for site in stage.world.sites)

    def wants(self, stage: Stage) -> Sequence[Want]:
        """The flows of each site, fresher than other screens need them."""
        return [Want(site.number, "flows") for site in stage.world.sites]

    def key(self, item: Entry) -> tuple[str, int, str]:
        """A flow is known by its site and name."""
        return ("flow", item.site.number, item.flow)

    def text(self, stage: Stage, item: Entry) -> str:
        """Names, schedule, hold, parameters, tags, file and description."""
        row, hold = item.row, item.hold
        held = f"held {hold.who} {hold.why}" if hold else ""
        words = (row.get("schedule"), row.get("tz"), held, row.get("file"), row.get("description"))
        tags = " ".join(row.get("tags") or ())
        return " ".join(str(w) for w in (item.flow, *words, _params(row), tags) if w)

    def flow(self, stage: Stage) -> tuple[int, str] | None:
        """Site number and name of the flow under the cursor: what is held, released, started."""
        item = self.item(stage)
        return None if item is None else (item.site.number, item.flow)

    def explained(self, stage: Stage) -> list[Line]:
        """Why the flow under the cursor starts when it does, and what it takes."""
        item = self.item(stage)
        if item is None:
            return []
        starts = [] if item.row.get("schedule") else [("starts", "when somebody starts it")]
        facts = [fact for fact in (*starts, *_facts(stage, item)) if fact[1]]
        held: Line = (("n starts a run; while it is held its slots are kept back", "dim"),)
        free: Line = (("n starts a run, h holds it", "dim"),)
        lines = [_fact(stage, word, text) for word, text in facts]
        return [*lines, (), held if item.hold else free]

    def painter(self, name: str) -> Painter:
        """What makes the cells of a column."""
        return _PAINTERS[name]

    def above(self, stage: Stage, size: Size) -> list[Line]:
        """Broken flow files; and what a schedule means today."""
        lines = _mistakes(stage, size)
        entries = self.items(stage)
        if any(e.row.get("schedule") for e in entries) and not any(_next(e) for e in entries):
            lines.append(fit(((f" {NOT_YET}", "note"),), size.width, stage.ink.lines.cut))
        return lines

    def below(self, stage: Stage, size: Size) -> list[Line]:
        """More about the flow under the cursor."""
        item = self.item(stage)
        if item is None or size.height < DETAIL_FROM:
            return []
        rule = ((stage.ink.lines.rule * size.width, "rule"),)
        facts = [_fact(stage, word, text) for word, text in _facts(stage, item) if text]
        return [rule, *(fit(fact, size.width, stage.ink.lines.cut) for fact in facts[:5])]

    def hints(self) -> Sequence[str]:
        """What its key bar shows."""
        return ("flow.explain", "job.hold", "run.start", "view.filter", "view.sort", "go.history")


def newest_runs(world: World) -> dict[tuple[int, str], Run]:
    """The newest known run of each flow, by site number and name."""
    found: dict[tuple[int, str], Run] = {}
    for site, run in world.runs():
        key = (site.number, run.flow)
        if key not in found or found[key].id < run.id:
            found[key] = run
    return found


def _entry(site: Site, row: Document, last: Run | None) -> Entry:
    """The board knows of a hold at once, the document since when it was asked."""
    flow = str(row["flow"])
    hold = site.board.held_flows.get(flow)
    if hold is None and row.get("held"):
        hold = FlowHold(flow=flow, at=0.0, who=row.get("by") or "", until=row.get("until"))
    return Entry(site, flow, row, hold, last)


_SORTS: tuple[Callable[[Entry], Any], ...] = (
    lambda e: (e.flow, e.site.number),
    lambda e: (e.hold is None, e.flow, e.site.number),
    lambda e: (-(e.last.created if e.last else 0.0), e.flow, e.site.number),
)


def _now(stage: Stage, item: Entry) -> float:
    return stage.world.now + item.site.skew


def _flow(stage: Stage, item: Entry, _width: int) -> Cell:
    held = FLAGS["held"]
    sign = (f"{stage.ink.sign(held)} ", held.style) if item.hold else ("  ", "")
    return (sign, (stage.ink.safe(item.flow), "bold"))


def _schedule(stage: Stage, item: Entry, _width: int) -> Cell:
    return cell(stage.ink.safe(item.row.get("schedule") or "-"))


def _zone(stage: Stage, item: Entry, _width: int) -> Cell:
    zone = item.row.get("tz") or ("local" if item.row.get("schedule") else "")
    return cell(stage.ink.safe(zone), "dim")


def _next(item: Entry) -> list[float]:
    """Its next slots, where the document tells any."""
    found = item.row.get("next") or ()
    return list(found) if isinstance(found, list | tuple) else [found]


def _next_cell(stage: Stage, item: Entry, _width: int) -> Cell:
    slots = _next(item)
    if item.hold or not slots:
        return cell("held" if slots else "-", "dim")
    return cell(moment(slots[0], _now(stage, item)), "accent")


def _last(stage: Stage, item: Entry, _width: int) -> Cell:
    if item.last is None:
        return cell("-", "dim")
    look, warn = run_look(item.last.state), FLAGS["warn"]
    flag = ((f" {warn.word}", warn.style),) if item.last.warn else ()
    return ((f"{stage.ink.sign(look)} {look.word}", look.style), *flag)


def _when(stage: Stage, item: Entry, _width: int) -> Cell:
    run = item.last
    return cell(moment(run.started or run.created, _now(stage, item)) if run else "", "dim")


def _took(stage: Stage, item: Entry, _width: int) -> Cell:
    run = item.last
    return cell(clock_span(elapsed(run.started, run.ended, _now(stage, item))) if run else "")


def _jobs(stage: Stage, item: Entry, _width: int) -> Cell:
    return cell(stage.ink.safe(item.row.get("jobs", "")), "dim")


def _hold_words(stage: Stage, item: Entry) -> str:
    """`since 02:10:00 by anna: reason, until 06:00:00`."""
    hold, now = item.hold, _now(stage, item)
    if hold is None:
        return ""
    who = f"{hold.who}: {hold.why}" if hold.why else hold.who
    since = f"since {moment(hold.at, now)}" if hold.at else ""
    until = f"until {moment(hold.until, now)}" if hold.until else ""
    return " ".join(part for part in (since, f"by {who}" if who else "", until) if part)


def _hold(stage: Stage, item: Entry, _width: int) -> Cell:
    return cell(stage.ink.safe(_hold_words(stage, item)), "held")


def _params(row: Document) -> str:
    parts = [(p["name"], p.get("default")) for p in row.get("params") or ()]
    return " ".join(name if value is None else f"{name}={value}" for name, value in parts)


_PAINTERS: Mapping[str, Painter] = {
    "flow": _flow,
    "schedule": _schedule,
    "zone": _zone,
    "next": _next_cell,
    "last": _last,
    "when": _when,
    "took": _took,
    "jobs": _jobs,
    "hold": _hold,
    "params": lambda stage, item, _w: cell(stage.ink.safe(_params(item.row)), "dim"),
}


def _mistakes(stage: Stage, size: Size) -> list[Line]:
    """The files that do not load: place and reason, the first ones."""
    sites = stage.world.sites
    prefix = [(site, f"{host(site)}: " if stage.world.many else "") for site in sites]
    told = [(name, str(m)) for s, name in prefix for m in s.flows.get("mistakes") or ()]
    most = max(1, min(MOST_MISTAKES, size.height // 5))
    shown = told if len(told) <= most else told[: most - 1]
    lines = [_mistake(stage, name, text, size.width) for name, text in shown]
    if len(told) > len(shown):
        more = f" ... and {len(told) - len(shown)} more mistakes: jobmon check"
        lines.append(((more, "fail"),))
    return lines


def _mistake(stage: Stage, name: str, text: str, width: int) -> Line:
    said = stage.ink.safe(" ".join(f"{name}{text}".split()))
    return fit(((f" ! {said}", "fail"),), width, stage.ink.lines.cut)


def _facts(stage: Stage, item: Entry) -> list[tuple[str, str]]:
    """What a flow's row may have no room for."""
    row, now = item.row, _now(stage, item)
    schedule = f"{row['schedule']} {row.get('tz') or 'local time'}" if row.get("schedule") else ""
    slots = ", ".join(moment(at, now) for at in _next(item)[:4])
    params = ", ".join(_param(p) for p in row.get("params") or ())
    return [
        ("about", str(row.get("description") or "")),
        ("starts", ", next ".join(part for part in (schedule, slots) if part)),
        ("held", _hold_words(stage, item)),
        ("params", params),
        ("file", " ".join([str(row.get("file") or ""), *(f"#{t}" for t in row.get("tags") or ())])),
    ]


def _param(param: Mapping[str, Any]) -> str:
    """`day date = 2026-08-31`, `mode str of fast|full`."""
    default = "" if param.get("default") is None else f" = {param['default']}"
    choices = "|".join(str(choice) for choice in param.get("choices") or ())
    return f"{param['name']} {param.get('type', '')}{default}" + (
        f" of {choices}" if choices else ""
    )


def _fact(stage: Stage, word: str, text: str) -> tuple[Span, ...]:
    return ((f" {word:<8}", "dim"), (stage.ink.safe(text), ""))
