"""The question before something is done: everything it will touch, and what else to know. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from jobmon.tui.acting.orders import Order
from jobmon.tui.actions import Action
from jobmon.tui.boxes import Box, scrolled
from jobmon.tui.ink import Ink
from jobmon.tui.look import job_look
from jobmon.tui.picture import Field, Line, Place, Size, arrange, heading, row_of
from jobmon.tui.screens.filtered import host
from jobmon.tui.text import Cell, Span, cell, clock_span, count, wrap
from jobmon.tui.world import World

FIELDS = (
    Field("job", "JOB", 14, grow=2, most=34),
    Field("run", "RUN", 10, keep=2, grow=1, most=22),
    Field("now", "NOW", 12, grow=3, most=17),
    Field("becomes", "BECOMES", 9),
    Field("effects", "EFFECTS", 12, keep=3),
    Field("usual", "USUALLY", 7, keep=4, right=True),
    Field("note", "NOTE", 10, keep=1, grow=4, most=60),
)


WAYS = {"": "with downstream", "only": "this alone", "failed": "all failed"}
"""Of a rerun, by the option that asks for it."""
ANSWERS: Line = (("  y  yes  ", "button"), ("    ", ""), ("  n  no  ", "button"))


class Planned(NamedTuple):
    """An order and the runtime's preview of it."""

    order: Order
    preview: Mapping[str, Any]


class Confirm(Box):
    """Yes or no; for a rerun also: with what follows, the job alone, or all that failed."""

    def __init__(
        self,
        action: Action,
        plans: Sequence[Planned],
        world: World,
        yes: Callable[[Sequence[Order]], None],
        other: Callable[[str], None] | None = None,
        note: str = "",
    ) -> None:
        self._action, self._plans, self._world = action, plans, world
        self._yes, self._other, self._note = yes, other, note
        self._top, self._height, self._total = 0, 1, 0
        self._wanted = _way(plans[0].order) if plans else ""  # how a rerun was asked for last
        self._switching = False
        self._name()

    def _name(self) -> None:
        self.title = _title(self._action, self._plans, self._world)
        self.about = _run_of(self._plans, self._world)

    def previewed(self, plans: Sequence[Planned], note: str) -> None:
        """The preview of the way that was switched to; none when the runtime refuses that way."""
        self._switching, self._note = False, note
        self._plans = plans or self._plans
        self._name()

    @property
    def keys(self) -> Sequence[tuple[str, str]]:  # type: ignore[override]  # here it depends
        """Scrolling, where there is more than is seen."""
        last = min(self._total, self._top + self._height)
        more = ("up/down", f"{self._top + 1}-{last} of {self._total}")
        return (more,) if self._total > self._height else ()

    def body(self, ink: Ink, size: Size) -> list[Line]:
        """The jobs, then what the runtime notes and how long it takes, then the answers."""
        rows = [(plan.order.site, row) for plan, row in _rows(self._plans)]
        places = self._places(rows, size.width)
        notes = self._told(ink, size)
        ways: list[Line] = [_ways(self._plans[0].order), ()] if self._other else []
        foot = [(), *notes, *([()] if notes else []), *ways, ANSWERS]
        self._height, self._total = max(1, size.height - len(foot) - 1), len(rows)
        self._top = max(0, min(self._top, len(rows) - self._height))
        shown = rows[self._top : self._top + self._height]
        table = [
            row_of(self._cells(ink, row, places), FIELDS, places, ink.lines.cut) for row in shown
        ]
        return [heading(FIELDS, places), *table, *foot]

    def _places(self, rows: Sequence[tuple[int, Mapping[str, Any]]], width: int) -> list[Place]:
        """The columns there is something to say in."""
        noted = any(_note(row) for _, row in rows)
        timed = any(_declared(self._world, *row).get("median") is not None for row in rows)
        left_out = {"run" if self.about else "", "" if noted else "note", "" if timed else "usual"}
        kept = [i for i, field in enumerate(FIELDS) if field.name not in left_out]
        return [Place(kept[at], wide) for at, wide in arrange([FIELDS[i] for i in kept], width)]

    def _told(self, ink: Ink, size: Size) -> list[Line]:
        """The notes, as many as leave room for some of the jobs."""
        width = size.width - 2
        parts = [part for text in self._notes() for part in wrap(ink.safe(text), width)]
        lines: list[Line] = [((f"{ink.lines.dot} ", "dim"), (part, "note")) for part in parts]
        return lines[: max(1, size.height - 9)]

    def _cells(
        self, ink: Ink, touched: tuple[int, Mapping[str, Any]], places: Sequence[Place]
    ) -> list[Cell]:
        site, row = touched
        found = _declared(self._world, site, row)
        whose = f"{host(self._world.sites[site])} " if self._world.many else ""
        now, becomes = job_look(row.get("state") or ""), _becomes(row)
        effects = str(found.get("effects") or ("" if row.get("job") is None else "not declared"))
        values: dict[str, Cell] = {
            "job": cell(ink.safe(row.get("job") or "(the run)"), "bold"),
            "run": cell(ink.safe(f"{whose}{row.get('run') or ''}"), "dim"),
            "now": cell(f"{ink.sign(now)} {now.word}", now.style),
            "becomes": cell(ink.safe(becomes.replace("_", " "))),
            "effects": cell(effects, "" if effects == "idempotent" else "note"),
            "usual": cell(clock_span(found.get("median")), "dim"),
            "note": cell(ink.safe(_note(row)), "dim"),
        }
        return [values[FIELDS[p.field].name] for p in places]

    def _notes(self) -> list[str]:
        told = [str(note) for plan in self._plans for note in plan.preview.get("notes", ())]
        return [*told, *([self._note] if self._note else []), *self._length()]

    def _length(self) -> list[str]:
        """About how long what starts again takes, and whether a deadline is missed then."""
        if self._action.verb != "rerun":
            return []
        return [text for plan in self._plans for text in takes(self._world, plan)]

    @property
    def _yeses(self) -> frozenset[str]:
        return frozenset({"y", "Y"} if self._action.asks == "y" else {"y", "Y", "enter"})

    def press(self, key: str) -> bool:
        """y does it, and ENTER what is not dangerous; n and ESC leave, o switches.

        While another way is being asked for there is nothing yet to say yes to.
        """
        if key in self._yeses and not self._switching:
            self._yes([plan.order for plan in self._plans])
            return False
        if key == "o" and self._other and not self._switching:
            self._wanted, self._switching = _next_way(self._wanted), True
            self._other(self._wanted)
        self._top = max(0, self._top + scrolled(key, self._height))
        return key not in {"n", "N", "escape", "q", "f3"}


def _ways(order: Order) -> Line:
    """The ways of a rerun, with the one that is previewed marked."""
    chosen = _way(order)
    spans: list[Span] = [("o", "key"), (" switches: ", "dim")]
    for way, words in WAYS.items():
        mine = way == chosen
        text = f"[{words}]" if mine else f" {words} "
        spans.append((text, "title" if mine else "dim"))
    return tuple(spans)


def _way(order: Order) -> str:
    return next((way for way in WAYS if order.options.get(way)), "")


def _next_way(way: str) -> str:
    """The rerun that is previewed after this one."""
    ways = list(WAYS)
    return ways[(ways.index(way) + 1) % len(ways)]


Touched = Mapping[str, Any]
"""A job in a preview: run, job, state, becomes, note."""
_STALE = "stale"
"""What the runtime says a job becomes that keeps its state, but is made from an earlier result."""


def _acted(plan: Planned, row: Touched) -> bool:
    """Whether the verb is about this job, and does not only have a consequence for it."""
    if plan.order.verb == "rerun":
        return row.get("becomes") == "waiting"
    return not plan.order.jobs or row.get("job") in plan.order.jobs


def _rows(plans: Sequence[Planned]) -> list[tuple[Planned, Touched]]:
    """All that is touched, what is acted on first."""
    found = [(plan, row) for plan in plans for row in plan.preview["touched"]]
    return sorted(found, key=lambda pair: not _acted(*pair))


def _becomes(row: Touched) -> str:
    """The state it comes to."""
    becomes = str(row.get("becomes") or "")
    return "" if becomes == _STALE else becomes


def _note(row: Touched) -> str:
    note = str(row.get("note") or "")
    return f"{_STALE}; {note}" if row.get("becomes") == _STALE else note


def _title(action: Action, plans: Sequence[Planned], world: World) -> str:
    """How many jobs are acted on, and touched by that; whose, where all of a run is meant."""
    rows = _rows(plans)
    acted = sum(_acted(*pair) for pair in rows)
    more = f"; touches {len(rows) - acted:,} more" if acted < len(rows) else ""
    outcome = next((f" as {o}" for p in plans if (o := p.order.options.get("outcome"))), "")
    jobs = f"{count(acted, 'job')}{outcome}{more}"
    runs = [_named(plan.order, world) for plan in plans if not plan.order.jobs]
    if len(runs) < len(plans):
        return f"{action.verb} {jobs}?"
    act = "rerun what failed of" if action.verb == "rerun" else action.verb
    return f"{act} {f'the run {runs[0]}' if len(runs) == 1 else f'{len(runs)} runs'}: {jobs}?"


def _run_of(plans: Sequence[Planned], world: World) -> str:
    """The run that all jobs are of, where there is one and the title does not name it."""
    runs = {(plan.order.site, plan.order.run) for plan in plans}
    whole = any(not plan.order.jobs for plan in plans)
    return _named(plans[0].order, world) if len(runs) == 1 and not whole else ""


def _named(order: Order, world: World) -> str:
    """The run, and whose it is where there are several runtimes."""
    return f"{order.run} on {host(world.sites[order.site])}" if world.many else order.run


def _declared(world: World, number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    """What is declared of a touched job of that site, and how long it usually takes."""
    site = world.sites[number]
    for run in site.board.runs.values():
        if run.key == row.get("run"):
            shape = site.board.shape_of(run.id)
            index = shape.names.get(str(row.get("job")))
            if index is not None:
                found = world.row_of(number, run.id, index)
                return {"effects": shape.jobs[index].effects, "median": found.history.median}
    return {}


def idempotent(world: World, plans: Sequence[Planned]) -> bool:
    """Whether all that would be touched is declared idempotent."""
    rows = [(plan.order.site, row) for plan in plans for row in plan.preview["touched"]]
    return all(_declared(world, *row).get("effects") == "idempotent" for row in rows)


def takes(world: World, plan: Planned) -> list[str]:
    """`about 04:20 by the medians of earlier runs`; nothing where a median is missing."""
    for site, run in world.runs():
        if run.key == plan.order.run and site.number == plan.order.site:
            shape = site.board.shape_of(run.id)
            touched = plan.preview["touched"]
            names = [row["job"] for row in touched if row.get("becomes") == "waiting"]
            known = [shape.names[name] for name in names if name in shape.names]
            seconds = longest(world, site.number, run.id, known)
            if seconds is None:
                return []
            late = _deadline(shape.flow.deadline, run.time, world.now + site.skew + seconds)
            return [f"takes about {clock_span(seconds)}, by the medians of earlier runs", *late]
    return []


def longest(world: World, site: int, run: int, indices: Sequence[int]) -> float | None:
    """Seconds of the longest way through these jobs by their medians; None: one is unknown."""
    if not indices:
        return None
    shape, chosen = world.sites[site].board.shape_of(run), set(indices)
    ends: dict[int, float] = {}
    for index in shape.order:
        if index in chosen:
            median = world.row_of(site, run, index).history.median
            if median is None:
                return None
            ends[index] = median + max(
                (ends.get(up, 0.0) for up in shape.parents[index]), default=0
            )
    return max(ends.values())


def _deadline(text: str, time: str, end: float) -> list[str]:
    """Whether an end is past the first deadline from the run's own time on, by that one's clock."""
    if not text:
        return []
    begins = datetime.fromisoformat(time)
    due = begins.replace(hour=int(text[:2]), minute=int(text[3:]), second=0, microsecond=0)
    due += timedelta(days=due < begins)
    ends = datetime.fromtimestamp(end, begins.tzinfo)
    clock = ends.strftime("%H:%M" if ends.date() == due.date() else "%m-%d %H:%M")
    return [f"it would end at {clock}, past its deadline {text}"] if ends > due else []
