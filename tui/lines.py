"""Single lines: a state change, an event, a record of a log."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jobmon.tui.ink import Ink
from jobmon.tui.look import job_look
from jobmon.tui.text import duration, elapsed, pad, size
from jobmon.tui.words import ended, why

Document = Mapping[str, Any]
NAME = 20
WORD = max(len("upstream failed"), len("waiting human"))


def clock(at: float | None) -> str:
    """Local wall-clock time with milliseconds."""
    if at is None:
        return " " * 12
    second, thousandths = divmod(round(at * 1000), 1000)
    return f"{_second(second)}.{thousandths:03}"


@lru_cache(maxsize=64)
def _second(at: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))


def change_line(ink: Ink, run: str, job: Document, event: Document) -> str:
    """One state change of a job: time, run, job, state, how long, why."""
    look = job_look(job["state"])
    at = event["at"]
    ended = job.get("ended")
    taken = duration(elapsed(job.get("started"), ended, at)) if ended else ""
    attempt = f"attempt {job['attempt']}" if (job.get("attempt") or 0) > 1 else ""
    extra = " ".join(part for part in (taken, attempt, ink.safe(why(job, at))) if part)
    line = (
        f"{ink.paint(clock(at), 'dim')} {ink.safe(run)} {pad(ink.safe(job['job']), NAME)} "
        f"{ink.paint(f'{ink.sign(look)} {look.word}', look.style)}"
    )
    return f"{line}  {extra}" if extra else line


def run_line(ink: Ink, run: str, event: Document) -> str:
    """What a person did to a whole run: time, run, the deed, by whom and why."""
    deed = event["kind"].removeprefix("run.")
    by = f"by {event['who']}" if event.get("who") else ""
    why = f'"{event["why"]}"' if event.get("why") else ended(event.get("data") or {})
    head = f"{ink.paint(clock(event['at']), 'dim')} {ink.safe(run)} {pad('(the run)', NAME)} "
    return head + "  ".join(part for part in (deed, ink.safe(by), ink.safe(why)) if part)


def event_line(ink: Ink, event: Document, run: str, job: str) -> str:
    """One event: number, time, where, what happened, by whom and why."""
    kind = str(event["kind"])
    where = ink.safe(" ".join(part for part in (run, job) if part))
    attempt = f" #{event['attempt']}" if event.get("attempt") else ""
    detail = ended(event.get("data") or {})
    parts = (
        ink.paint(f"{event['seq']:>6} {clock(event['at'])}", "dim"),
        pad(where, 22),
        pad(ink.safe(kind.removeprefix("job.")) + attempt, 12),
        ink.safe(detail),
        ink.safe(_said(event, detail)),
    )
    return " ".join(part for part in parts if part).rstrip()


def _said(event: Document, told: str) -> str:
    """By whom and why, as far as `told` does not say so already."""
    who, why = event.get("who") or "", event.get("why") or ""
    by = f"by {who}" if who not in ("", "runtime") and f"by {who}" not in told else ""
    because = f'"{why}"' if why and why not in told else ""
    return ": ".join(part for part in (by, because) if part)


def log_line(ink: Ink, record: Document) -> str:
    """One record of a log: time, a rule (`!` for standard error), the text, inert."""
    if "dropped" in record:
        return gap_line(ink, record)
    text = ink.safe(record.get("m", ""), tabs=True)
    wrong = record.get("s") == "err"
    rule = ink.paint("!", "yellow") if wrong else ink.paint("│" if ink.unicode else "|", "dim")
    return f"{ink.paint(clock(record.get('t')), 'dim')} {rule} {text}"


def gap_line(ink: Ink, record: Document) -> str:
    """What stands where output was left out."""
    why = ink.safe(record.get("why") or "")
    return ink.paint(f"-- {size(record['dropped'])} left out: {why} --", "yellow")


def end_line(ink: Ink, run: str, job: str, state: Document) -> str:
    """What closes a log on a terminal: how the attempt ended."""
    look = job_look(state["state"])
    taken = duration(elapsed(state.get("started"), state.get("ended"), state.get("ended") or 0))
    mark = ink.paint(f"{ink.sign(look)} {look.word}", look.style)
    parts = (f"{ink.safe(run)} {ink.safe(job)}", mark, taken, ink.safe(ended(state)))
    return "  ".join(part for part in parts if part)
