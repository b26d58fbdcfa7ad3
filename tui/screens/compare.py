"""Two runs compared: what changed between them, the largest differences first."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from jobmon.tui.look import job_look, run_look
from jobmon.tui.picture import Field, Line, Place, Size, fit
from jobmon.tui.screens.view import Stage, Table
from jobmon.tui.text import Cell, Span, cell, clock_span, count, elapsed, moment
from jobmon.tui.world import Document, RowKey, Site, Want

NOTABLE = 0.2
"""A job that took this part longer or shorter counts as changed, if that is a second or more."""
LABEL = 9


class Side(NamedTuple):
    """One of the two runs: whose, and its row as lists tell it."""

    site: Site
    row: Document

    @property
    def want(self) -> Want:
        """The run with its jobs and attempts."""
        args = (("attempts", True), ("run", self.row["run"]))
        return Want(self.site.number, "show", args)

    @property
    def shown(self) -> Document | None:
        """That document; None before it came."""
        return self.site.document(self.want)


class Change(NamedTuple):
    """A job in both runs; None in the one that does not have it. `took` in seconds."""

    job: str
    before: Document | None
    after: Document | None
    took: tuple[float | None, float | None]

    @property
    def more(self) -> float | None:
        """Seconds it took longer; None when it did not run in both."""
        first, second = self.took
        return None if first is None or second is None else second - first

    @property
    def weight(self) -> int:
        """3 another end, 2 another code, 1 notably longer or shorter, 0 as before."""
        if self.before is None or self.after is None:
            return 3
        if self.before["state"] != self.after["state"]:
            return 3
        if self.before.get("code") != self.after.get("code"):
            return 2
        more, first = self.more or 0.0, self.took[0] or 0.0
        return int(abs(more) >= max(1.0, NOTABLE * first))


def changes(before: Document, after: Document, now: float = 0.0) -> list[Change]:
    """Every job of two `show` documents, what differs most first."""
    first = {job["job"]: job for job in before["jobs"]}
    second = {job["job"]: job for job in after["jobs"]}
    names = dict.fromkeys([*second, *first])
    found = [_change(name, first.get(name), second.get(name), now) for name in names]
    return sorted(found, key=lambda change: (-change.weight, -abs(change.more or 0.0)))


def _change(name: str, before: Document | None, after: Document | None, now: float) -> Change:
    first, second = (
        elapsed(job.get("started"), job.get("ended"), now) if job else None
        for job in (before, after)
    )
    return Change(name, before, after, (first, second))


def versions(run: Document) -> tuple[str, ...]:
    """The flow versions its attempts used, in order of their first use; else that of the run."""
    attempts = sorted(run.get("attempts") or (), key=lambda attempt: attempt.get("created") or 0.0)
    used = dict.fromkeys(a["definition"] for a in attempts if a.get("definition"))
    return tuple(used) or (str(run.get("definition") or ""),)


class Comparison(Table):
    """The jobs of two runs; over them what was given to each."""

    name = "compare"
    fields = (
        Field("job", "JOB", 12, grow=2, most=36),
        Field("before", "BEFORE", 12, grow=1, most=17),
        Field("first", "TOOK", 7, keep=2, right=True),
        Field("after", "AFTER", 12, grow=1, most=17),
        Field("second", "TOOK", 7, keep=1, right=True),
        Field("more", "MORE", 8, right=True),
        Field("code", "RC", 7, keep=3, grow=1, most=12),
    )

    def __init__(self, before: Side | None, after: Side) -> None:
        super().__init__()
        self.before, self.after = before, after

    def wants(self, stage: Stage) -> Sequence[Want]:
        """Both runs."""
        return [side.want for side in (self.before, self.after) if side is not None]

    def items(self, stage: Stage) -> Sequence[Change]:
        """Every job, what differs most first; none before both documents came."""
        before = self.before.shown if self.before else None
        after = self.after.shown
        if before is None or after is None:
            return ()
        return changes(before, after, stage.world.now + self.after.site.skew)

    def key(self, item: Change) -> RowKey:
        """The job in the later run; in the earlier one when only that has it."""
        side = self.after if item.after is not None or self.before is None else self.before
        job = item.after if item.after is not None else item.before
        return RowKey(side.site.number, side.row["id"], (job or {}).get("index", -1))

    def cells(self, stage: Stage, item: Change, places: Sequence[Place]) -> list[Cell]:
        """One job."""
        return [_PAINTERS[self.fields[place.field].name](stage, item) for place in places]

    def ground(self, stage: Stage, item: Change) -> str:
        """What is as before steps back."""
        return "" if item.weight else "dim"

    def above(self, stage: Stage, size: Size) -> list[Line]:
        """The two runs, parameters, code, and how many jobs differ."""
        if self.before is None:
            return []
        mark, width = stage.ink.lines.cut, size.width
        before, after = self.before.shown or self.before.row, self.after.shown or self.after.row
        found = [
            _run_line(stage, "before", self.before.site, before),
            _run_line(stage, "after", self.after.site, after),
            *(_labelled("params", line) for line in _params(stage, before, after)),
        ]
        if self.items(stage):
            found += [_labelled("code", _code_line(stage, before, after)), _sum(self.items(stage))]
        return [*(fit(line, width, mark) for line in found), ()]

    def nothing(self, stage: Stage) -> list[Line]:
        """Why there is nothing to compare."""
        if self.before is not None:
            return [(), (("  both runs are being read", "dim"),)]
        run, flow = stage.ink.safe(self.after.row["run"]), stage.ink.safe(self.after.row["flow"])
        return [(), ((f"  no run of {flow} before {run} is known", "note"),)]

    def state_line(self, stage: Stage) -> Line:
        """What it is, and how to leave it."""
        return (("comparison", "accent"), (f" {stage.ink.lines.dot} ", "dim"), ("esc", "key"),
                (" closes it", "dim"))  # fmt: skip


def _labelled(label: str, line: Line) -> Line:
    return ((f" {label:<{LABEL}}", "dim"), *line)


def _run_line(stage: Stage, label: str, site: Site, row: Document) -> Line:
    look, now = run_look(row["state"]), stage.world.now + site.skew
    took = clock_span(elapsed(row.get("started"), row.get("ended"), now))
    when = moment(row.get("started") or row.get("created"), now)
    name = stage.ink.safe(row["run"])
    state: Span = (f"{stage.ink.sign(look)} {look.word}", look.style)
    return _labelled(label, ((name, "title"), ("  ", ""), state, (f"  {when}  {took}", "dim")))


def _params(stage: Stage, before: Document, after: Document) -> list[Line]:
    """One line for each parameter that differs."""
    first, second = before.get("params") or {}, after.get("params") or {}
    arrow = f" {stage.ink.lines.arrow} "
    lines = [
        ((f"{stage.ink.safe(name)} = ", ""), (_value(stage, first, name), "dim"), (arrow, "accent"),
         (_value(stage, second, name), "title"))
        for name in dict.fromkeys([*first, *second])
        if first.get(name) != second.get(name) or (name in first) != (name in second)
    ]  # fmt: skip
    same = "the same" if first else "none"
    return lines or [((same, "dim"),)]


def _value(stage: Stage, params: Mapping[str, Any], name: str) -> str:
    if name not in params:
        return "not given"
    value = params[name]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return stage.ink.safe(text or '""')


def _code_line(stage: Stage, before: Document, after: Document) -> Line:
    first, second = (
        "+".join(stage.ink.safe(version)[:8] for version in versions(run))
        for run in (before, after)
    )
    if first == second:
        return ((f"the same, {first}", "dim"),)
    arrow = (f" {stage.ink.lines.arrow} ", "accent")
    return (("changed  ", "note"), (first, "dim"), arrow, (second, "title"))


def _sum(found: Sequence[Change]) -> Line:
    changed = sum(1 for change in found if change.weight)
    of = f" of {count(len(found), 'job')}"
    return _labelled("differ", ((str(changed), "title" if changed else "dim"), (of, "dim")))


def _state(job: Document | None, stage: Stage) -> Cell:
    if job is None:
        return cell("not there", "dim")
    look = job_look(job["state"])
    return cell(f"{stage.ink.sign(look)} {look.word}", look.style)


def _more(_stage: Stage, change: Change) -> Cell:
    if change.more is None or abs(change.more) < 1:
        return ()
    style = ("late" if change.more > 0 else "ok") if change.weight else "dim"
    return cell(clock_span(change.more, signed=True), style)


def _code(stage: Stage, change: Change) -> Cell:
    codes = [job.get("code") for job in (change.before, change.after) if job is not None]
    shown = ["-" if code is None else str(code) for code in codes]
    if len(set(shown)) == 1:
        return cell(shown[0], "dim")
    arrow = (stage.ink.lines.arrow, "accent")
    return ((shown[0], "dim"), arrow, (shown[1], "fail" if codes[1] else "ok"))


_PAINTERS: Mapping[str, Callable[[Stage, Change], Cell]] = {
    "job": lambda stage, change: cell(stage.ink.safe(change.job), "bold" if change.weight else ""),
    "before": lambda stage, change: _state(change.before, stage),
    "after": lambda stage, change: _state(change.after, stage),
    "first": lambda _stage, change: cell(clock_span(change.took[0]), "dim"),
    "second": lambda _stage, change: cell(clock_span(change.took[1])),
    "more": _more,
    "code": _code,
}
