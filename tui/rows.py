"""What every screen says of a job run: its state, how far it is, how long, and why. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jobmon.jobs.durations import rate_of
from jobmon.runtime.forecasting.forecast import left_of
from jobmon.runtime.model import Limits, Pace
from jobmon.runtime.obstacles import against_launch, of_children, roots, unmet
from jobmon.runtime.states import State
from jobmon.tui import words
from jobmon.tui.bars import level
from jobmon.tui.look import ASCII_STROKES, FLAGS, UNICODE_STROKES, job_look
from jobmon.tui.screens.view import Stage
from jobmon.tui.text import Cell, cell, cells, clock_span, cut, local, moment, whole_percent
from jobmon.tui.world import Row


def _name(stage: Stage, row: Row, _width: int) -> Cell:
    strong = "bold" if row.active else ""
    return cell(stage.ink.safe(row.name), strong)


def run_name(row: Row) -> str:
    """A run's key with its slot as people read it: `morning#31`, `daily@06:10` of today."""
    flow, slot, time = row.run.key.rpartition("@")
    if not slot:
        return row.run.key
    day, clock = time[5:10], time[11:16]
    return f"{flow}@{clock}" if day == local(row.now, full=True)[5:10] else f"{flow}@{day} {clock}"


def _run(stage: Stage, row: Row, width: int) -> Cell:
    """Its run; where that is too long the flow is cut, as the number tells runs apart."""
    name, mark = stage.ink.safe(run_name(row)), stage.ink.lines.cut
    at = max(name.rfind("#"), name.rfind("@"))
    room = width - cells(name[at:])
    if at > 0 and 3 < room < cells(name[:at]):
        name = cut(name[:at], room, mark) + name[at:]
    return cell(name, "dim")


def state(stage: Stage, row: Row, _width: int = 0) -> Cell:
    """Sign, word and flags."""
    look = job_look(row.job.state)
    sign = stage.ink.sign(look)
    if row.late:
        found: Cell = ((f"{stage.ink.sign(look)} ", look.style), ("LATE", "late"))
    else:
        found = ((f"{sign} {look.word}", look.style),)
    flags = [
        (f" {flag.word}", flag.style)
        for name, flag in FLAGS.items()
        if getattr(row.job, name) and not (name == "late" and row.late)
    ]
    return (*found, *flags)


def share(row: Row) -> tuple[float | None, bool]:
    """How far it is, and whether that is estimated; None: nobody knows."""
    if row.job.state is State.SUCCEEDED:
        return 1.0, False
    if not row.active or row.elapsed is None:
        return None, False
    told = row.meter.at(row.now).progress if row.meter else None
    return (told, False) if told is not None else (row.history.progress(row.elapsed), True)


def percent(_stage: Stage, row: Row, _width: int = 0) -> Cell:
    """`55%`, `~80%`."""
    part, guessed = share(row)
    if part is None or row.job.state is State.SUCCEEDED:
        return ()
    return cell(f"{'~' if guessed else ''}{whole_percent(part)}", "dim" if guessed else "")


def progress(stage: Stage, row: Row, width: int) -> Cell:
    """A bar in the state's colour; a thin line when it is over: the eye belongs to what moves."""
    if row.job.state is State.SUCCEEDED:
        strokes = UNICODE_STROKES if stage.ink.unicode else ASCII_STROKES
        return cell(strokes.ran * width, job_look(row.job.state).tint)
    part, _guessed = share(row)
    if part is None:
        return ()
    look = "late" if row.late else job_look(row.job.state).tint.replace("bold ", "")
    return level(stage.ink, part, width, look)


def elapsed(_stage: Stage, row: Row, _width: int = 0) -> Cell:
    """How long it runs, or took."""
    return cell(clock_span(row.elapsed))


def eta(stage: Stage, row: Row, _width: int = 0) -> Cell:
    """Time to go, or why it stands as it does."""
    if row.job.state is not State.RUNNING:
        return cell(stage.ink.safe(why(row)), "dim")
    left = to_go(row)
    if left is None:
        return ()
    return cell(clock_span(-left, signed=True), "late" if left < 0 else "dim")


def to_go(row: Row) -> float | None:
    """Seconds until a running job ends, negative when it is over its time; None: nobody knows."""
    if row.job.state is not State.RUNNING or row.elapsed is None:
        return None
    told = row.meter.at(row.now).progress if row.meter else None
    return left_of(row.history, row.elapsed, told)


def why(row: Row) -> str:
    """The reason of its state in a few words."""
    job = row.job
    if job.state is State.WAITING:
        return _holder(job.held_by) if job.held else _needs(row)
    if job.held and job.held_by:
        return _holder(job.held_by)
    if job.state is State.UPSTREAM_FAILED:
        causes = roots(row.site.board, job)
        return f"after {row.site.board.name(causes[0].key)}" if causes else job.reason
    if job.state is State.QUEUED:
        return next(iter(against_launch(row.site.board, job, _limits(row))), "starts next")
    if job.state is State.STOPPING and job.grace is not None:
        return f"KILL in {max(0.0, job.since + job.grace - row.now):.0f}s"
    record = {name: getattr(job, name) for name in ("state", "reason", "cause", "code", "signal")}
    return words.why({**record, "due": job.due, "text": row.jobdef.text}, row.now)


def _holder(by: str) -> str:
    """Why it is held, then by whom: what is cut is the latter."""
    who, said, why = by.partition(": ")
    return f"{why} (by {who})" if said else f"by {who}"


def _limits(row: Row) -> Limits:
    status = row.site.status
    pools = {n: p["total"] for n, p in (status.get("pools") or {}).items() if p.get("total")}
    rates = status.get("rates") or {}
    return Limits(
        slots=(status.get("slots") or {}).get("total") or 1_000_000,
        pools=pools,
        locked={n: r["holder"] for n, r in (status.get("locks") or {}).items() if r.get("holder")},
        paces={name: _pace(told) for name, told in rates.items() if told.get("limit")},
    )


def _pace(told: Mapping[str, Any]) -> Pace:
    count, seconds = rate_of(told["limit"]) or (0, 0.0)
    return Pace(
        count=count,
        seconds=seconds,
        used=told.get("used") or 0,
        waiting=told.get("turns") or 0,
        next=told.get("next") or 0.0,
        frozen=told.get("frozen_until"),
        by=told.get("frozen_by") or "",
    )


def _needs(row: Row) -> str:
    """What it still waits for, or its whole run."""
    if whole := row.site.board.runs[row.job.run].waits:
        return words.waits(whole)
    if told := of_children(row.site.board, row.job):
        return told
    names = [row.site.board.name(up.key) for up in unmet(row.site.board, row.job)]
    more = f" +{len(names) - 2}" if len(names) > 2 else ""
    return f"needs {', '.join(names[:2])}{more}" if names else ""


def _code(_stage: Stage, row: Row, _width: int) -> Cell:
    code = row.job.code
    return cell("" if code is None else str(code), "fail" if code else "dim")


def _try(_stage: Stage, row: Row, _width: int) -> Cell:
    return cell(str(row.job.attempt) if row.job.attempt > 1 else "", "dim")


CELLS: Mapping[str, Callable[[Stage, Row, int], Cell]] = {
    "host": lambda stage, row, _w: cell(stage.ink.safe(row.site.label), "accent"),
    "job": _name,
    "run": _run,
    "started": lambda _s, row, _w: cell(moment(row.job.started, row.now), "dim"),
    "owner": lambda stage, row, _w: cell(stage.ink.safe(row.run.who), "dim"),
    "state": state,
    "progress": progress,
    "percent": percent,
    "elapsed": elapsed,
    "eta": eta,
    "code": _code,
    "try": _try,
}
"""The cell of each column, by its name, for a row and a width."""


FACTS = (
    "job", "run", "flow", "state", "host", "owner", "reason", "elapsed", "percent", "eta", "code",
    "try", "tags",
)  # fmt: skip
"""What `filter` can ask for."""


def facts(row: Row) -> dict[str, Any]:
    """What filters can ask of a row, by column name."""
    job, left = row.job, to_go(row)
    part, _guessed = share(row)
    return {
        "job": row.name,
        "run": row.run.key,
        "flow": row.run.flow,
        "state": job.state.value,
        "host": row.site.label,
        "owner": row.run.who,
        "reason": job.reason,
        "elapsed": row.elapsed or 0.0,
        "percent": "" if part is None else int(100 * part),
        "eta": "" if left is None else left,
        "code": "" if job.code is None else job.code,
        "try": job.attempt,
        "tags": " ".join(row.run.tags),
        "late": row.late,
        "stuck": job.stuck,
        "held": job.held or row.run.held,
    }
