"""The pane beside the queue: all that is known of the job run in hand. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobmon.runtime.forecasting.forecast import JobHistory
from jobmon.tui.look import job_look
from jobmon.tui.picture import Line, Size, fit
from jobmon.tui.screens.view import Stage
from jobmon.tui.text import cells, clock_span, cut, moment, wrap
from jobmon.tui.world import Row, Want

LABEL = 8
LAST_RUNS = 10
REASONS = 6
"""Lines of them at most."""
HEIGHTS = "▁▂▃▄▅▆▇█"


def want(row: Row) -> Want:
    """The failure card and the reasons, as the runtime tells them."""
    args = (("run", row.run.key), ("job", row.name))
    tag = f"{row.job.state.value} {row.job.attempt} {row.job.since}"
    return Want(row.site.number, "explain", args, 30.0, tag)


def pane(stage: Stage, row: Row | None, size: Size) -> list[Line]:
    """Title, facts, why, card, last lines, last runs."""
    if row is None:
        return [(("  no job in hand", "dim"),)]
    explained = row.site.document(want(row)) or {}
    parts = [
        _title(stage, row, size.width),
        *_facts(stage, row, size.width),
        (),
        *_reasons(stage, explained.get("reasons") or (), size.width),
        *_card(stage, explained.get("card") or {}, size.width),
        *_output(stage, row, size.width),
    ]
    tail = _runs(stage, row.history, size.width)
    room = size.height - len(tail)
    return [*parts[:room], *([()] * max(0, room - len(parts))), *tail]


def _title(stage: Stage, row: Row, width: int) -> Line:
    look = job_look(row.job.state)
    sign = (f" {stage.ink.sign(look)} {look.word} ", look.style)
    return fit((sign, (" ", ""), (stage.ink.safe(row.name), "title")), width, stage.ink.lines.cut)


def _facts(stage: Stage, row: Row, width: int) -> list[Line]:
    job, history = row.job, row.history
    span = f"  {clock_span(row.elapsed)}" if row.elapsed is not None else ""
    retry = row.jobdef.retry
    tries = f"{job.attempt} of {retry.times + 1}" if retry else str(job.attempt or "")
    known = history.median is not None
    p90 = f"  p90 {clock_span(history.p90)}" if history.p90 is not None else ""
    params = " ".join(f"{name}={value}" for name, value in row.run.params.items())
    facts = {
        "run": row.run.key,
        "params": params,
        "started": moment(job.started, row.now) + span if job.started else "",
        "usually": f"{clock_span(history.median)}{p90}  of {len(history.seconds)}" if known else "",
        "attempt": tries,
        "effects": row.jobdef.effects,
        "limits": " ".join(filter(None, (row.jobdef.pool, row.jobdef.rate, row.jobdef.lock))),
        "blocks": ", ".join(_blocked(row)),
        "by": row.run.who,
    }
    return [_fact(stage, label, text, width) for label, text in facts.items() if text]


def _fact(stage: Stage, label: str, text: str, width: int) -> Line:
    line = ((f" {label:<{LABEL}} ", "dim"), (stage.ink.safe(text), ""))
    return fit(line, width, stage.ink.lines.cut)


def _blocked(row: Row) -> list[str]:
    """The jobs that wait for this one."""
    if row.job.ended is not None and row.job.state.value in {"succeeded", "skipped"}:
        return []
    shape = row.site.board.shape_of(row.run.id)
    return [shape.jobs[i].name for i in shape.children[row.job.index]][:6]


def _reasons(stage: Stage, reasons: Sequence[Any], width: int) -> list[Line]:
    dot = stage.ink.lines.dot
    lines: list[Line] = []
    for text in reasons:
        first, *rest = wrap(stage.ink.safe(text), width - 4)
        lines += [((f" {dot} ", "dim"), (first, "")), *(((f"   {part}", ""),) for part in rest)]
    return lines[:REASONS]


def _card(stage: Stage, card: Mapping[str, Any], width: int) -> list[Line]:
    cause = card.get("cause") or {}
    if not card:
        return []
    lines: list[Line] = []
    if cause.get("line"):
        text = wrap(stage.ink.safe(cause["line"]), width - 2)
        lines += [((f" {part}", "fail"),) for part in text[:3]]
    if cause.get("file"):
        place = f"{cause['file']}:{cause.get('lineno') or 1}"
        lines.append(((" at ", "dim"), (_end_of(stage.ink.safe(place), width - 18), "accent"),
                      ("  e", "key"), (" edits", "dim")))  # fmt: skip
    last = [cut(stage.ink.safe(text), width - 4, stage.ink.lines.cut) for text in card["last"][-6:]]
    rule = "│" if stage.ink.unicode else "|"
    return [(), *lines, (), *(((f" {rule} ", "rule"), (text, "dim")) for text in last)]


def _end_of(text: str, width: int) -> str:
    """A path in so many cells: its end tells most."""
    if cells(text) <= width:
        return text
    end = text[-(width - 1) :]
    while cells(end) >= width:
        end = end[1:]
    return f"~{end}"


def _output(stage: Stage, row: Row, width: int) -> list[Line]:
    last = row.meter.at(row.now).last if row.active and row.meter else None
    if not last:
        return []
    said: Line = ((f" {stage.ink.safe(last)}", ""),)
    return [(), ((" last line", "dim"),), fit(said, width, stage.ink.lines.cut)]


def _runs(stage: Stage, history: JobHistory, width: int) -> list[Line]:
    """How its last runs ended, and how long they took."""
    past = history.past[-LAST_RUNS:]
    if not past:
        return []
    looks = [job_look(p.state) for p in past]
    signs = tuple((f"{stage.ink.sign(look)} ", look.tint) for look in looks)
    longest = max((p.seconds or 0.0 for p in past), default=0.0) or 1.0
    heights = HEIGHTS if stage.ink.unicode else ".:-=+*#@"
    bars = "".join(heights[min(7, int((p.seconds or 0) / longest * 7.99))] + " " for p in past)
    label = f" last {len(past):<3}"
    return [
        (),
        fit(((f"{label} ", "dim"), *signs), width),
        fit(((f"{' ' * len(label)} ", ""), (bars, "pulse"), (clock_span(longest), "dim")), width),
    ]
