"""What every screen says of a run: its state, how long it took and usually takes, why. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from jobmon.runtime.forecasting.forecast import JobHistory, Past
from jobmon.runtime.model import Run
from jobmon.tui.bars import level
from jobmon.tui.lists import finished, run_note
from jobmon.tui.look import ASCII_STROKES, FLAGS, UNICODE_STROKES, run_look
from jobmon.tui.text import Cell, cell, clock_span, elapsed, moment
from jobmon.tui.world import Document, Site

if TYPE_CHECKING:
    from jobmon.tui.screens.view import Stage

_FAULTY = ("failed", "lost", "upstream_failed", "waiting_human", "expired")
"""Job states that make a run one to look at."""
_WORST = ("failed", "expired", "blocked", "cancelled", "stopping", "running", "queued")


class Entry(NamedTuple):
    """A run as `ls` tells it; the `usual` runs of its flow, the longest of which took `longest`."""

    site: Site
    row: Document
    usual: JobHistory
    longest: float

    def took(self, now: float) -> float | None:
        """Seconds from start to end, or to now."""
        return elapsed(self.row.get("started"), self.row.get("ended"), now + self.site.skew)

    def late(self, now: float) -> bool:
        """It is running for longer than nine of ten runs of its flow took."""
        took = self.took(now)
        return took is not None and self.row.get("ended") is None and self.usual.late(took)


def board_row(site: Site, run: Run) -> Document:
    """A run on the board, as `ls` would tell it."""
    counts = site.board.counts(run.id)
    row = msgspec.structs.asdict(run) | {"run": run.key, "counts": counts}
    return row | {"total": sum(counts.values())}


def usual_of(
    rows: Sequence[tuple[Site, Document]],
) -> dict[tuple[int, str], tuple[JobHistory, float]]:
    """By site and flow: what its runs usually take, and what the longest that is listed took."""
    listed: dict[tuple[int, str], list[Past]] = {}
    for site, r in rows:
        past = Past(r["run"], r["state"], r.get("started"), r.get("ended"))
        listed.setdefault((site.number, r["flow"]), []).append(past)
    sites = {site.number: site for site, _row in rows}
    told = {(n, flow): h.runs for n, site in sites.items() for flow, h in site.histories.items()}
    return {
        flow: (JobHistory(told.get(flow) or past), max(p.seconds or 0.0 for p in past))
        for flow, past in listed.items()
    }


def run_before(item: Entry, entries: Sequence[Entry]) -> Entry | None:
    """The run before this one of the same flow."""
    flow = item.row["flow"]
    earlier = [
        e for e in entries
        if e.site is item.site and e.row["flow"] == flow and e.row["id"] < item.row["id"]
    ]  # fmt: skip
    return max(earlier, key=lambda e: e.row["id"], default=None)


def faulty(row: Document) -> bool:
    """It is a run to look at: something failed, is held, or waits for a person."""
    counts = row.get("counts") or {}
    bad = any(counts.get(state) for state in _FAULTY)
    return bad or bool(row.get("held")) or row["state"] in ("failed", "blocked", "expired")


def rank(row: Document) -> int:
    """The worst state is 0."""
    state = row["state"]
    return _WORST.index(state) if state in _WORST else len(_WORST) + (not row.get("warn"))


def _run(stage: Stage, item: Entry, _width: int) -> Cell:
    look = run_look(item.row["state"])
    return ((f"{stage.ink.sign(look)} ", look.style), (stage.ink.safe(item.row["run"]), ""))


def _state(_stage: Stage, item: Entry, _width: int) -> Cell:
    look = run_look(item.row["state"])
    flags = [FLAGS[name] for name in ("held", "late", "warn") if item.row.get(name)]
    return ((look.word, look.style), *((f" {flag.word}", flag.style) for flag in flags))


def _jobs(_stage: Stage, item: Entry, _width: int) -> Cell:
    return cell(f"{finished(item.row.get('counts') or {})}/{item.row.get('total', 0)}")


def _started(stage: Stage, item: Entry, _width: int) -> Cell:
    now = stage.world.now + item.site.skew
    return cell(moment(item.row.get("started") or item.row.get("created"), now), "dim")


def _took(stage: Stage, item: Entry, _width: int) -> Cell:
    late = "late" if item.late(stage.world.now) else ""
    return cell(clock_span(item.took(stage.world.now)), late)


def _bar(stage: Stage, item: Entry, width: int) -> Cell:
    took = item.took(stage.world.now)
    if took is None:
        return ()
    longest = max(item.longest, took)
    part, tint = took / longest if longest else 0.0, run_look(item.row["state"]).tint
    if item.row["state"] == "succeeded":  # a thin line: the eye belongs to the others
        strokes = UNICODE_STROKES if stage.ink.unicode else ASCII_STROKES
        return cell(strokes.ran * max(1, round(part * width)), tint)
    return level(stage.ink, part, width, "late" if item.late(stage.world.now) else tint)


def _median(_stage: Stage, item: Entry, _width: int) -> Cell:
    return cell(clock_span(item.usual.median), "dim")


def _note(stage: Stage, item: Entry, _width: int) -> Cell:
    late = (("LATE ", "late"),) if item.late(stage.world.now) else ()
    return (*late, (run_note(stage.ink, item.row), "note" if faulty(item.row) else "dim"))


def params(row: Document) -> str:
    """`day=2026-08-31 mode=full`."""
    return " ".join(f"{name}={value}" for name, value in (row.get("params") or {}).items())


CELLS: Mapping[str, Callable[[Stage, Entry, int], Cell]] = {
    "run": _run,
    "state": _state,
    "jobs": _jobs,
    "started": _started,
    "took": _took,
    "bar": _bar,
    "median": _median,
    "note": _note,
    "params": lambda stage, item, _w: cell(stage.ink.safe(params(item.row)), "dim"),
    "who": lambda stage, item, _w: cell(stage.ink.safe(item.row.get("who") or ""), "dim"),
}
"""The cell of each column, by its name, for a run and a width."""
