"""The status page: one glance at the runtime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobmon.tui.ink import Ink
from jobmon.tui.look import Look, job_look, run_look
from jobmon.tui.profile import badge
from jobmon.tui.text import Cell, Column, bar, count, duration, moment, size, table

Document = Mapping[str, Any]
LABEL = 8


def page(ink: Ink, body: Document, now: float) -> list[str]:
    """Headline, counts, troubles."""
    runs, jobs = (
        _counts(ink, body.get("counts"), run_look),
        _counts(ink, body.get("jobs"), job_look),
    )
    mark = ink.paint(*badge(body.get("profile") or ""))
    head = _headline(ink, body, now)
    lines = [
        f"{mark} {head}" if mark else head,
        *_field(ink, "folder", ink.safe(body.get("home") or "")),
    ]
    lines += _field(ink, "slots", _slots(ink, body["slots"]) if body["running"] else "")
    lines += _field(ink, "runs", runs)
    lines += _field(ink, "jobs", jobs)
    lines += _field(ink, "flows", str(body["flows"]) if body.get("flows") is not None else "")
    lines += [ink.paint(f"trouble: {ink.safe(t)}", "bold red") for t in body.get("troubles") or ()]
    broken = body.get("mistakes") or ()
    text = f"{count(len(broken), 'mistake')} in flow files, see: jobmon check"
    return lines + ([ink.paint(text, "yellow")] if broken else [])


def _headline(ink: Ink, body: Document, now: float) -> str:
    if not body["running"]:
        seen = f", last seen {moment(body['seen'], now)}" if body.get("seen") else ""
        if body.get("troubles"):  # one is there and does not answer: to start another is no help
            return f"{ink.paint('no runtime answers', 'bold red')}{seen}"
        off = ink.paint("no runtime", "bold yellow")
        rest = "nothing starts until one is up; jobs that run go on. Start it: jobmon up"
        return f"{off}{seen}: {rest}"
    uptime = body.get("uptime")
    if uptime is None and body.get("started"):
        uptime = now - body["started"]
    dot = f" {ink.lines.dot} "
    facts = (f"pid {body.get('pid')}", f"up {duration(uptime)}", f"version {body.get('version')}")
    return f"{ink.paint('runtime up', 'bold green')}{dot}{dot.join(facts)}"


def _field(ink: Ink, label: str, text: str) -> list[str]:
    return [f"  {ink.paint(f'{label:<{LABEL}}', 'dim')}{text}"] if text else []


def _slots(ink: Ink, slots: Document) -> str:
    total, busy = slots.get("total") or 0, slots.get("busy") or 0
    if not total:
        return ""
    return f"{ink.paint(bar(ink, busy, total, min(total, 16)), 'blue')} {busy} of {total} busy"


def _counts(ink: Ink, counts: Document | None, look: Any) -> str:
    parts = [_part(ink, look(state), n) for state, n in (counts or {}).items() if n]
    return "  ".join(parts)


def _part(ink: Ink, look: Look, number: int) -> str:
    return f"{ink.paint(ink.sign(look), look.style)} {number:,} {look.word}"


def removed(ink: Ink, answer: Document, *, preview: bool) -> list[str]:
    """What gc took, or would take: in all, of each flow, and each run with why."""
    runs = answer.get("runs") or []
    verb = "would remove" if preview else "removed"
    freed = f", {size(answer['bytes'])}" if answer.get("bytes") is not None else ""
    head = f"{verb} {count(len(runs), 'run')}{freed}"
    flows = table(ink, GONE_COLUMNS, [_gone(ink, row) for row in answer.get("flows") or ()])
    rows = table(ink, GOING_COLUMNS, [_going(ink, row) for row in answer.get("going") or ()])
    return [head, *(["", *flows, "", *rows] if runs else [])]


GONE_COLUMNS = (
    Column("FLOW", flexible=True, least=12),
    Column("RUNS", right=True),
    Column("TOO OLD", right=True),
    Column("TOO MUCH", right=True),
    Column("LOGS", right=True),
)
GOING_COLUMNS = (
    Column("RUN", flexible=True, least=18),
    Column("LOGS", right=True),
    Column("WHY"),
)
_WHY = {"days": "older than keep_days", "bytes": "its flow takes more than keep_bytes"}


def _gone(ink: Ink, row: Document) -> list[Cell | str]:
    figures = [f"{row[name]:,}" if row[name] else "" for name in ("runs", "old", "over")]
    return [ink.safe(row["flow"]), *figures, size(row["bytes"])]


def _going(ink: Ink, row: Document) -> list[Cell | str]:
    return [ink.safe(row["run"]), size(row["bytes"]), _WHY.get(row["why"], "")]
