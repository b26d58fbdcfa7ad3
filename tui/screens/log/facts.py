"""What the log screen says around the lines: whose log, how it stands, how it ended. Pure."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from jobmon.tui import rows, words
from jobmon.tui.logfiles.file import LogFile
from jobmon.tui.look import Look, job_look
from jobmon.tui.picture import Line
from jobmon.tui.screens.view import Stage
from jobmon.tui.text import Span, clock_span, count, size
from jobmon.tui.world import Row, RowKey


class About(NamedTuple):
    """Whose log it is: the job run, its names, which of how many attempts."""

    key: RowKey
    run: str
    job: str
    attempt: int
    attempts: int


def row_of(stage: Stage, about: About) -> Row | None:
    """The job run, while this is its newest attempt."""
    row = stage.world.row(about.key)
    return row if row is not None and row.job.attempt == about.attempt else None


def is_open(stage: Stage, about: About, log: LogFile) -> bool:
    """Whether more may still be written."""
    row = row_of(stage, about)
    return log.exit is None and row is not None and row.active


def head(stage: Stage, about: About, log: LogFile) -> Line:
    """Job, run, attempt, how it stands."""
    safe, row = stage.ink.safe, row_of(stage, about)
    spans: list[Span] = [(f" {safe(about.job)}", "title"), (f"  {safe(about.run)}", "")]
    many = max(about.attempts, about.attempt)
    spans.append((f"  attempt {about.attempt}/{many}" if many > 1 else "", "dim"))
    spans.append(("  ", ""))
    if row is not None:
        return (*spans, *rows.state(stage, row), ("  ", ""), *rows.elapsed(stage, row))
    look = _look(log.exit, None)
    return (*spans, (f"{stage.ink.sign(look)} {look.word}", look.style))


def place(stage: Stage, log: LogFile, number: int) -> Line:
    """Which line of how many, and its day where that is not today's."""
    if not log.complete:
        return ((f"reading {log.progress * 100:.0f}% ", "dim"),)
    total = len(log.index)
    if not total:
        return (("no lines ", "dim"),)
    entry = log.line(number)
    return (
        (_day(entry.t if entry else None, stage.world.now), "dim"),
        (f"  line {number + 1:,}/{total:,} ", ""),
    )


def _day(at: float | None, now: float) -> str:
    when, today = time.localtime(at), time.localtime(now)
    return "" if at is None or when[:3] == today[:3] else time.strftime("%Y-%m-%d", when)


def level_counts(log: LogFile) -> list[Span]:
    """How many errors and warnings there are; nothing before that is known."""
    if not log.complete:
        return []
    errors, warnings = len(log.index.errors), len(log.index.warnings)
    return [
        (count(errors, "error"), "fail" if errors else "dim"),
        (count(warnings, "warning"), "late" if warnings else "dim"),
    ]


# The end


def _look(record: Mapping[str, Any] | None, row: Row | None) -> Look:
    """By the job's state, as long as this is its newest attempt, else by the exit record."""
    if row is not None and not row.active:
        return job_look(row.job.state)
    if record is None:
        return Look("·", "-", "not known", "dim")
    if record.get("reason") == "stop":
        return job_look("cancelled")
    good = record.get("reason") == "exit" and not record.get("code")
    return job_look("succeeded" if good else "failed")


def ending(stage: Stage, about: About, log: LogFile) -> Line:
    """How the attempt ended: what the log's last line says."""
    record, row = log.exit, row_of(stage, about)
    look = _look(record, row)
    spans: list[Span] = [(f"{stage.ink.sign(look)} {look.word}", look.style)]
    if record is None:
        told = row.job.reason if row is not None else ""
        told = told or "there is no exit record: nobody saw how it ended"
        return (*spans, (f"  {stage.ink.safe(told)}", "dim"))
    return (*spans, (f"  {stage.ink.safe(_told(record))}", ""), (_sizes(record), "dim"))


def _told(record: Mapping[str, Any]) -> str:
    parts = [words.ended(record)]
    begun, ended = record.get("started"), record.get("ended")
    if isinstance(begun, int | float) and isinstance(ended, int | float):
        parts.append(f"after {clock_span(ended - begun)}")
    if record.get("error"):
        parts.append(str(record["error"]))
    return "  ".join(part for part in parts if part)


def _sizes(record: Mapping[str, Any]) -> str:
    lines, amount, dropped = (record.get(name) or 0 for name in ("lines", "bytes", "dropped"))
    left_out = f", {size(dropped)} left out" if dropped else ""
    return f"  {count(lines, 'line')}, {size(amount)}{left_out}"
