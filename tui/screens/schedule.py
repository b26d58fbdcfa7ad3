"""The schedule: what starts by itself and when, what is held or was missed, how it went last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jobmon.runtime.words import span
from jobmon.tui.look import FLAGS, run_look
from jobmon.tui.picture import Field, Line, Size, fit
from jobmon.tui.plans import Entry, brief_params, entries, facts, hold_words, want
from jobmon.tui.screens.filtered import Filtered, Painter, host
from jobmon.tui.screens.view import Stage
from jobmon.tui.text import Cell, Span, cell, clock_span, elapsed, moment
from jobmon.tui.world import Want

COLUMNS = (
    Field("flow", "FLOW", 16, grow=2, most=34),
    Field("schedule", "SCHEDULE", 13, keep=1, grow=1, most=20),
    Field("zone", "ZONE", 10, keep=8, grow=1, most=20),
    Field("next", "NEXT", 11, keep=2),
    Field("wait", "IN", 8, keep=5, right=True),
    Field("last", "LAST RUN", 12, keep=3, grow=1, most=17),
    Field("when", "WHEN", 11, keep=4),
    Field("missed", "MISSED", 6, keep=6, right=True),
    Field("took", "TOOK", 7, keep=7, right=True),
    Field("jobs", "JOBS", 4, keep=10, right=True),
    Field("hold", "HOLD", 18, keep=9, grow=3, most=40),
    Field("params", "PARAMS", 16, keep=11, grow=3, most=60),
)
MOST_MISTAKES = 4
"""Lines of mistakes over the table; `jobmon check` tells all."""
HOUR = 3600.0
DETAIL_FROM = 18
"""Lines from which what does not fit the flow's row is told under the table."""


class Schedule(Filtered):
    """Flows by name; those that do not load are told on top."""

    name = "schedule"
    title = "SCHEDULE"
    noun = "flow"
    columns = COLUMNS
    orders = ("by name", "held first", "last run first", "next first")
    empty = "no flow yet: flows/*.py of the batch folder declare them"

    def everything(self, stage: Stage) -> Sequence[Entry]:
        """Every plan, and flow without one, of every site."""
        return sorted(entries(stage.world), key=_SORTS[self.order])

    def basis(self, stage: Stage) -> tuple[Any, ...]:
        """The documents of flows and plans."""
        return tuple(part for s in stage.world.sites for part in (s.flows, s.document(want(s))))

    def wants(self, stage: Stage) -> Sequence[Want]:
        """The flows and plans of each site, fresher than other screens need them."""
        sites = stage.world.sites
        return [found for s in sites for found in (Want(s.number, "flows"), want(s))]

    def pace(self, stage: Stage) -> float:
        """Seconds are counted down in the last hour."""
        soon = stage.world.now + HOUR
        near = any(at <= soon for item in self.items(stage) for at in item.next[:1])
        return max(super().pace(stage), 1.0 if near else 0.0)

    def key(self, item: Entry) -> tuple[str, int, str]:
        """A plan is known by its site and name."""
        return ("flow", item.site.number, item.name)

    def text(self, stage: Stage, item: Entry) -> str:
        """Names, schedule, hold, parameters, tags, file and description."""
        row, hold = item.row, item.hold
        held = f"held {hold.who} {hold.why}" if hold else ""
        tags = " ".join(item.plan.get("tags") or row.get("tags") or ())
        words = (item.cron, item.zone, held, row.get("file"), row.get("description"))
        return " ".join(
            str(w) for w in (item.name, item.flow, *words, brief_params(item), tags) if w
        )

    def flow(self, stage: Stage) -> tuple[int, str] | None:
        """Site number and name of the flow under the cursor: what is held, released, started."""
        item = self.item(stage)
        return None if item is None else (item.site.number, item.flow)

    def explained(self, stage: Stage) -> list[Line]:
        """Why the flow under the cursor starts when it does, and what it takes."""
        item = self.item(stage)
        if item is None:
            return []
        starts = [] if item.cron else [("starts", "when somebody starts it")]
        told = [fact for fact in (*starts, *facts(item, _now(stage, item))) if fact[1]]
        held: Line = (("n starts a run; while it is held its slots are kept back", "dim"),)
        free: Line = (("n starts a run, h holds it", "dim"),)
        lines = [_fact(stage, word, text) for word, text in told]
        return [*lines, (), held if item.hold else free]

    def painter(self, name: str) -> Painter:
        """What makes the cells of a column."""
        return _PAINTERS[name]

    def above(self, stage: Stage, size: Size) -> list[Line]:
        """Broken flow files, and deployments that make no plan."""
        return _mistakes(stage, size)

    def below(self, stage: Stage, size: Size) -> list[Line]:
        """More about the flow under the cursor."""
        item = self.item(stage)
        if item is None or size.height < DETAIL_FROM:
            return []
        rule = ((stage.ink.lines.rule * size.width, "rule"),)
        told = [fact for fact in facts(item, _now(stage, item)) if fact[1]]
        lines = [_fact(stage, word, text) for word, text in told[: size.height // 4]]
        return [rule, *(fit(line, size.width, stage.ink.lines.cut) for line in lines)]

    def hints(self) -> Sequence[str]:
        """What its key bar shows."""
        return ("flow.explain", "job.hold", "run.start", "view.filter", "view.sort", "go.history")


_SORTS: tuple[Callable[[Entry], Any], ...] = (
    lambda e: (e.flow, e.name != e.flow, e.name, e.site.number),
    lambda e: (e.hold is None, e.name, e.site.number),
    lambda e: (-(e.last.began if e.last else 0.0), e.name, e.site.number),
    lambda e: (e.off or not e.next, e.next, e.name, e.site.number),
)


def _now(stage: Stage, item: Entry) -> float:
    return stage.world.now + item.site.skew


def _flow(stage: Stage, item: Entry, _width: int) -> Cell:
    """A deployment by its own name; what it runs is told under the table."""
    held = FLAGS["held"]
    sign: Span = (f"{stage.ink.sign(held)} ", held.style) if item.hold else ("  ", "")
    if item.row.get("last_good") or item.error:
        sign = ("! ", "fail")
    return (sign, (stage.ink.safe(item.name), "dim" if item.off else "bold"))


def _schedule(stage: Stage, item: Entry, _width: int) -> Cell:
    others = ", ".join(item.row.get("triggers") or ())
    return cell(stage.ink.safe(", ".join(filter(None, [item.cron, others])) or "-"))


def _zone(stage: Stage, item: Entry, _width: int) -> Cell:
    return cell(stage.ink.safe(item.zone or ("local" if item.cron else "")), "dim")


def _next_cell(stage: Stage, item: Entry, _width: int) -> Cell:
    if why := _resting(item):
        return cell(why, "dim")
    return cell(moment(item.next[0], _now(stage, item)), "accent")


def _resting(item: Entry) -> str:
    """Why there is no next slot."""
    if item.off:
        return "off"
    if item.hold:
        return "held"
    return "" if item.next else "-"


def _wait(stage: Stage, item: Entry, _width: int) -> Cell:
    if _resting(item):
        return cell("")
    return cell(span(max(0.0, item.next[0] - _now(stage, item))), "accent")


def _last(stage: Stage, item: Entry, _width: int) -> Cell:
    if item.last is None:
        return cell("-", "dim")
    look, warn = run_look(item.last.state), FLAGS["warn"]
    flag = ((f" {warn.word}", warn.style),) if item.last.warn else ()
    return ((f"{stage.ink.sign(look)} {look.word}", look.style), *flag)


def _when(stage: Stage, item: Entry, _width: int) -> Cell:
    return cell(moment(item.last.began, _now(stage, item)) if item.last else "", "dim")


def _missed(stage: Stage, item: Entry, _width: int) -> Cell:
    return cell(str(len(item.missed)) if item.missed else "", "late")


def _took(stage: Stage, item: Entry, _width: int) -> Cell:
    run = item.last
    return cell(clock_span(elapsed(run.started, run.ended, _now(stage, item))) if run else "")


def _jobs(stage: Stage, item: Entry, _width: int) -> Cell:
    return cell(stage.ink.safe(item.row.get("jobs", "")), "dim")


def _hold(stage: Stage, item: Entry, _width: int) -> Cell:
    return cell(stage.ink.safe(hold_words(item.hold, _now(stage, item))), "held")


_PAINTERS: Mapping[str, Painter] = {
    "flow": _flow,
    "schedule": _schedule,
    "zone": _zone,
    "next": _next_cell,
    "wait": _wait,
    "last": _last,
    "when": _when,
    "missed": _missed,
    "took": _took,
    "jobs": _jobs,
    "hold": _hold,
    "params": lambda stage, item, _w: cell(stage.ink.safe(brief_params(item)), "dim"),
}


def _mistakes(stage: Stage, size: Size) -> list[Line]:
    """The files that do not load, and rows that make no plan: place and reason, the first ones."""
    told = [
        (f"{host(site)}: " if stage.world.many else "", str(mistake))
        for site in stage.world.sites
        for source in (site.flows, site.document(want(site)) or {})
        for mistake in source.get("mistakes") or ()
    ]
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


def _fact(stage: Stage, word: str, text: str) -> tuple[Span, ...]:
    return ((f" {word:<8}", "dim"), (stage.ink.safe(text), ""))
