"""What stands around the lanes: who comes next, how the last hour went, the lane in hand. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jobmon.runtime.model import RUN_TERMINAL
from jobmon.runtime.states import State
from jobmon.tui.lanes.gauges import signs
from jobmon.tui.lanes.lane import Lane, cause, name_of
from jobmon.tui.lanes.roster import HOUR, Roster, tally
from jobmon.tui.look import job_look, run_look
from jobmon.tui.picture import Line, Size, ends, fit
from jobmon.tui.rows import run_name, why
from jobmon.tui.screens.view import Stage
from jobmon.tui.text import Cell, Span, cells, clock_span, count, cut, cut_cell, local, plain
from jobmon.tui.world import Row, RowKey

_NAME = 24


def coming(stage: Stage, roster: Roster, width: int) -> Line:
    """`next:` those that wait for a person, a retry or a slot; how many more there are."""
    if roster.ahead:
        return listed(stage, "next", roster.ahead, _one, width)
    waiting = f"{count(len(roster.waiting), 'job')} waiting" if roster.waiting else "nothing"
    return (("next: ", "dim"), (waiting, "dim"))


def waiting(stage: Stage, roster: Roster, width: int) -> Line:
    """`waiting: load (needs extract)  mail (needs load)  +4`."""
    return listed(stage, "waiting", roster.waiting, _needing, width)


def listed(
    stage: Stage,
    title: str,
    keys: Sequence[RowKey],
    part_of: Callable[[Stage, Row], Cell],
    width: int,
) -> Line:
    """As many of these job runs as there is room for, and how many more there are."""
    spans: list[Span] = [(f"{title}: ", "dim")]
    room, left = width - len(title) - 2, len(keys)
    for key in keys:
        row = stage.world.row(key)
        part = () if row is None else part_of(stage, row)
        more = len(f"+{left - 1}") if left > 1 else 0
        if cells(plain(part)) + more > room:
            break
        spans += part
        room -= cells(plain(part))
        left -= 1
    spans += [(f"+{left}", "dim")] if left else []
    return cut_cell(tuple(spans), width, stage.ink.lines.cut)


def _needing(stage: Stage, row: Row) -> Cell:
    name = cut(name_of(stage, row), _NAME, stage.ink.lines.cut)
    why_not = cut(stage.ink.safe(why(row)), _NAME, stage.ink.lines.cut)
    return ((name, ""), (f" ({why_not})  ", "held" if row.job.held else "dim"))


def _one(stage: Stage, row: Row) -> Cell:
    """`↻ scrape.prices in 00:45`."""
    look, mark = job_look(row.job.state), stage.ink.lines.cut
    sign = (f"{stage.ink.sign(look)} ", look.style)
    name = (cut(name_of(stage, row), _NAME, mark), "")
    if row.job.held:
        return (sign, name, (" held  ", "held"))
    if row.job.state is State.RETRY_WAIT and row.job.due is not None:
        wait = f" in {clock_span(max(0.0, row.job.due - row.now))}  "
        return (sign, name, (wait, "dim"))
    if row.job.state is State.WAITING_HUMAN:
        return (sign, name, (" yours  ", "late"))
    return (sign, name, ("  ", ""))


_TALLY = (("succeeded", "ok", "ok"), ("failed", "failed", "fail"), ("lost", "lost", "held"))


def last_hour(stage: Stage, roster: Roster) -> Line:
    """`last 60m: 41 ok  2 failed  3 retried`."""
    found = tally(roster.since(stage.world.now - HOUR))
    spans: list[Span] = [("last 60m: ", "dim")]
    for name, word, style in _TALLY:
        if found[name] or word != "lost":
            spans.append((f"{found[name]} {word}  ", style if found[name] else "dim"))
    retried = found["retried"]
    return (*spans, (f"{retried} retried", "late" if retried else "dim"))


def in_hand(stage: Stage, lane: Lane, width: int) -> list[Line]:
    """The lane under the cursor: what it is, and what it said last or how it failed; unpadded."""
    row, mark = lane.row, stage.ink.lines.cut
    if row is None:
        return [(), ()]
    look = lane.look
    facts = [run_name(row), f"attempt {row.job.attempt}"]
    facts += [clock_span(lane.elapsed)] if lane.elapsed is not None else []
    facts += _usual(row)
    first: Line = (
        (f"{stage.ink.sign(look)} ", look.style),
        (cut(lane.name, max(_NAME, width // 3), mark), "bold"),
        ("  " + "  ".join(stage.ink.safe(fact) for fact in facts), "dim"),
    )
    return [cut_cell(first, width, mark), cut_cell(_saying(stage, lane, row), width, mark)]


def _usual(row: Row) -> list[str]:
    history = row.history
    if history.median is None:
        return ["no history"]
    p90 = f", p90 {clock_span(history.p90)}" if history.p90 is not None else ""
    return [f"usually {clock_span(history.median)}{p90} of {count(len(history.seconds), 'run')}"]


def _saying(stage: Stage, lane: Lane, row: Row) -> Line:
    said = stage.ink.safe(lane.reading.last or "") if lane.reading else ""
    if lane.dead:
        when = f" {local(row.job.ended)}" if row.job.ended is not None else ""
        return (("  ", ""), (stage.ink.safe(cause(row)), lane.hue), (f"{when}  {said}", "dim"))
    return ((f"  {said or 'no line yet'}", "dim"),)


def last_row(stage: Stage, roster: Roster, metric: str, standing: bool, width: int) -> Line:
    """What the signs mean, as far as there is room, and how the last hour went."""
    hour, glyphs = last_hour(stage, roster), signs(stage.ink)
    mark = glyphs.behind if standing else glyphs.line
    parts: list[tuple[Span, str]] = [(("LATE", "late"), " past p90")]
    if metric == "progress":
        parts = [(("~", ""), " estimated"), ((mark, "accent"), " median run"), *parts]
    else:
        mark = glyphs.peaks[1] if standing else glyphs.line
        parts = [((mark, "peak"), " highest of 60s"), *parts]
    parts.append(((glyphs.dead, "fail"), " failed, until seen"))
    found: list[Span] = []
    room = width - cells(plain(hour)) - 2
    for sign, meaning in parts:
        room -= len(sign[0]) + len(meaning) + 2
        if room < 0:
            break
        found += [sign, (f"{meaning}  ", "dim")]
    return ends(tuple(found), hour, width, stage.ink.lines.cut)


def calm(stage: Stage, roster: Roster) -> list[Line]:
    """What is said when nothing runs and nothing failed: how it ended, what is next."""
    lines: list[Line] = [(("nothing runs", "title"),)]
    last = _last_run(stage)
    if last is not None:
        lines.append(last)
    if roster.ahead or roster.waiting:
        lines.append(coming(stage, roster, 60))
    else:
        lines.append((("n", "key"), (" starts a flow", "dim")))
    return lines


def _last_run(stage: Stage) -> Line | None:
    over = [
        (run.ended, site, run)
        for site, run in stage.world.runs()
        if run.state in RUN_TERMINAL and run.ended is not None
    ]
    if not over:
        return None
    ended, site, run = max(over, key=lambda each: each[0] - each[1].skew)
    look = run_look(run.state)
    ago = clock_span(max(0.0, stage.world.now + site.skew - ended))
    return (
        ("last: ", "dim"),
        (f"{stage.ink.sign(look)} {stage.ink.safe(run.key)} {look.word}", look.style),
        (f" {ago} ago", "dim"),
    )


def centred(stage: Stage, lines: Sequence[Line], size: Size) -> list[Line]:
    """These lines in the middle of an area, and nothing under them."""
    above = max(0, (size.height - len(lines)) // 2)
    before = [" " * max(0, (size.width - cells(plain(line))) // 2) for line in lines]
    placed = [((space, ""), *line) for space, line in zip(before, lines, strict=True)]
    shown = [fit(line, size.width, stage.ink.lines.cut) for line in placed]
    return [*([()] * above), *shown][: size.height]
