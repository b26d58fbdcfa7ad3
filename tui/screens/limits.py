"""The limits: slots, pools, rates, locks, initiators, with who holds each and who waits for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobmon.runtime.words import command
from jobmon.tui.bars import level
from jobmon.tui.limited import KINDS, Limit, limits_of
from jobmon.tui.look import job_look
from jobmon.tui.picture import Field, Line, Size, fit
from jobmon.tui.screens.filtered import Filtered, Painter, host
from jobmon.tui.screens.view import Stage
from jobmon.tui.text import Cell, Span, cell, clock_span, moment, pad, wrap
from jobmon.tui.words import rate_stands
from jobmon.tui.world import Row, Site

COLUMNS = (
    Field("kind", "LIMIT", 6),
    Field("name", "NAME", 12, grow=1, most=24),
    Field("bar", "IN USE", 8, keep=3, grow=1, most=24),
    Field("use", "", 7, right=True),
    Field("waits", "WAITS", 5, right=True, keep=2),
    Field("who", "HELD BY", 20, grow=3, most=90),
    Field("since", "SINCE", 11, keep=4),
    Field("took", "FOR", 8, keep=1, right=True),
)
DETAIL_FROM = 18
"""Lines from which holders and waiters of the row under the cursor are told under the table."""
DETAIL = 4
"""Lines of each."""
MOST = 100
"""More names than these lines have room for."""
LABEL = 14


class Limits(Filtered):
    """What is limited, kind by kind; the initiators are the slots one by one."""

    name = "limits"
    title = "LIMITS"
    noun = "row"
    columns = COLUMNS
    empty = "no runtime is known"

    def everything(self, stage: Stage) -> Sequence[Limit]:
        """Slots, pools, rates, locks, initiators, and the hosts they are on."""
        world = stage.world
        found = [limit for site in world.sites for limit in limits_of(site, world.now + site.skew)]
        return sorted(found, key=lambda limit: (KINDS.index(limit.kind), limit.site.number))

    def basis(self, stage: Stage) -> tuple[Any, ...]:
        """The documents of status: they say how much there is."""
        return tuple(part for s in stage.world.sites for part in (s.status, s.away, s.hello))

    def key(self, item: Limit) -> Any:
        """An initiator is the job it runs, so that verbs reach it."""
        if item.kind == "init" and item.holders:
            return item.holders[0].key
        return (item.kind, item.site.number, item.name)

    def text(self, stage: Stage, item: Limit) -> str:
        """Kind, name, and the jobs that hold it or wait for it."""
        names = [_full_name(row) for row in (*item.holders, *item.waiters)]
        return " ".join([item.kind, item.name, host(item.site), *names])

    def painter(self, name: str) -> Painter:
        """What makes the cells of a column."""
        return _PAINTERS[name]

    def below(self, stage: Stage, size: Size) -> list[Line]:
        """All that hold it, and in their order all that wait; how a freeze is ended."""
        item = self.item(stage)
        if item is None or size.height < DETAIL_FROM:
            return []
        lines = [
            *_thaw(stage, item),
            *_listed(stage, "held by", item.holders, size.width),
            *_listed(stage, "waiting", item.waiters, size.width),
        ]
        rule = ((stage.ink.lines.rule * size.width, "rule"),)
        return [rule, *(fit(line, size.width, stage.ink.lines.cut) for line in lines)]

    def hints(self) -> Sequence[str]:
        """What its key bar shows."""
        return ("job.log", "job.explain", "view.filter", "go.equalizer", "go.syslog")


def _full_name(row: Row) -> str:
    return f"{row.run.key} {row.name}"


def _kind(_stage: Stage, item: Limit, _width: int) -> Cell:
    return cell(item.kind, "accent")


def _name(stage: Stage, item: Limit, _width: int) -> Cell:
    if item.kind == "host":
        return cell(stage.ink.safe(host(item.site)), "bold")
    return cell(stage.ink.safe(item.name), "dim" if item.kind == "init" else "bold")


def _bar(stage: Stage, item: Limit, width: int) -> Cell:
    if item.kind == "host":
        return _state_of(item.site)
    if item.kind == "init":
        return _job_state(stage, item)
    if not item.total:
        return ()
    return level(stage.ink, item.used / item.total, width, _tint(item))


def _tint(item: Limit) -> str:
    """A full limit that somebody waits for is told from one that is just in use."""
    full = item.total is not None and item.used >= item.total
    return "late" if (full and item.waiters) or item.told.get("frozen_until") else "bar"


def _state_of(site: Site) -> Cell:
    return cell("up", "ok") if site.away is None else cell("away", "fail")


def _job_state(stage: Stage, item: Limit) -> Cell:
    if not item.holders:
        return cell("idle", "dim")
    look = job_look(item.holders[0].job.state)
    return cell(f"{stage.ink.sign(look)} {look.word}", look.style)


def _use(_stage: Stage, item: Limit, _width: int) -> Cell:
    if item.kind in ("host", "init"):
        return ()
    total = "" if item.total is None else f"/{item.total}"
    return ((f"{int(item.used)}", "bold" if item.used else "dim"), (total, "dim"))


def _waiting(_stage: Stage, item: Limit, _width: int) -> Cell:
    return cell(str(len(item.waiters)), "note") if item.waiters else ()


def _who(stage: Stage, item: Limit, _width: int) -> Cell:
    if item.kind == "host":
        return _about_host(stage, item.site)
    if item.kind == "init" and item.holders:
        return _about_job(stage, item.holders[0])
    if item.kind == "rate":
        return _about_rate(stage, item)
    names = ", ".join(_full_name(row) for row in item.holders) or item.told.get("holder") or ""
    return cell(stage.ink.safe(names) or "free", "" if names else "dim")


def _about_rate(stage: Stage, item: Limit) -> Cell:
    """Who froze it and until when, or how much it is."""
    words = rate_stands(item.told, stage.world.now + item.site.skew)
    return cell(stage.ink.safe(words), "late" if item.told.get("frozen_until") else "")


def _about_host(stage: Stage, site: Site) -> Cell:
    if site.away is not None:
        return cell(stage.ink.safe(site.trouble or "it does not answer"), "fail")
    hello = {**site.hello, **site.status}
    words = [f"{word} {hello[name]}" for name, word in _HOST_FACTS.items() if hello.get(name)]
    return cell(stage.ink.safe(f" {stage.ink.lines.dot} ".join(words)), "dim")


_HOST_FACTS = {"host": "on", "pid": "pid", "version": "jobmon", "home": "in"}


def _about_job(stage: Stage, row: Row) -> Cell:
    spans: tuple[Span, ...] = ((f"{row.run.key} ", ""), (row.name, "bold"))
    notes = [f"attempt {row.job.attempt}"] if row.job.attempt > 1 else []
    notes += [f"{word} {name}" for word, name in _claims(row) if name]
    notes += ["unsupervised"] if row.job.unsupervised else []
    spans = (*spans, (f"  {', '.join(notes)}" if notes else "", "dim"))
    return tuple((stage.ink.safe(text), style) for text, style in spans)


def _claims(row: Row) -> tuple[tuple[str, str], ...]:
    return (("pool", row.jobdef.pool), ("rate", row.jobdef.rate), ("lock", row.jobdef.lock))


def _started(item: Limit) -> float | None:
    """Since when it is so: the host up or away, the only holder started."""
    if item.kind == "host":
        return item.site.away or item.site.hello.get("started")
    if item.kind == "lock" and not item.holders:
        return item.told.get("since")
    starts = [row.job.started or row.job.since for row in item.holders]
    return starts[0] if len(starts) == 1 and item.kind != "slots" else None


def _since(stage: Stage, item: Limit, _width: int) -> Cell:
    return cell(moment(_started(item), stage.world.now + item.site.skew), "dim")


def _for(stage: Stage, item: Limit, _width: int) -> Cell:
    since = _started(item)
    now = stage.world.now + item.site.skew
    late = item.kind == "init" and any(row._replace(now=now).late for row in item.holders)
    return cell("" if since is None else clock_span(now - since), "late" if late else "")


_PAINTERS: Mapping[str, Painter] = {
    "kind": _kind,
    "name": _name,
    "bar": _bar,
    "use": _use,
    "waits": _waiting,
    "who": _who,
    "since": _since,
    "took": _for,
}


def _thaw(stage: Stage, item: Limit) -> list[Line]:
    """The command that lets a frozen rate go on before its time."""
    if not item.told.get("frozen_until"):
        return []
    line = stage.ink.safe(command("limits", "--thaw", item.name))
    return [((pad(" to thaw it", LABEL), "dim"), (line, ""))]


def _listed(stage: Stage, word: str, rows: Sequence[Row], width: int) -> list[Line]:
    """`held by 5   a, b, c`, in at most DETAIL lines."""
    if not rows:
        return []
    names = ", ".join(stage.ink.safe(_full_name(row)) for row in rows[:MOST])
    parts = wrap(names, width - LABEL - 3, ", ")
    if len(parts) > DETAIL:
        parts = [*parts[: DETAIL - 1], f"{parts[DETAIL - 1]}, {stage.ink.lines.cut}"]
    labels = [f" {word} {len(rows)}", *([""] * len(parts))]
    return [
        ((pad(label, LABEL), "dim"), (part, "")) for label, part in zip(labels, parts, strict=False)
    ]
