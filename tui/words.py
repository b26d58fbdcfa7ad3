"""Why a job is in its state, in one line for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from signal import Signals
from typing import Any

from jobmon.tui.text import duration, moment

_ENDS = {
    "timeout": "timed out",
    "spawn": "could not be started",
    "output": "its output was refused",
    "stop": "stopped",
}
_NO_CLASS = frozenset({"unknown", "condition", "branch"})


def ended(fields: Mapping[str, Any]) -> str:
    """How an attempt ended, from `reason`, `code`, `signal` and the failure class `cause`."""
    reason, cause = fields.get("reason") or "", fields.get("cause") or ""
    words = _ENDS.get(reason, reason)
    if reason == "exit" and fields.get("code") is not None:
        words = f"exit code {fields['code']}"
    if reason == "signal" and fields.get("signal"):
        words = f"killed by {signal_name(fields['signal'])}"
    known = cause and cause not in _NO_CLASS and cause not in words
    return f"{words} ({cause})".lstrip() if known else words


def signal_name(number: int) -> str:
    """`SIGKILL`, or `signal 64` for one that has no name."""
    try:
        return Signals(number).name
    except ValueError:
        return f"signal {number}"


def why(job: Mapping[str, Any], now: float) -> str:
    """The reason of a state; a retry's countdown, a manual step's text."""
    if job["state"] == "retry_wait" and job.get("due"):
        return f"again in {_countdown(job['due'] - now)}: {ended(job) or 'failed'}"
    if job["state"] == "waiting_human":
        return job.get("text") or job.get("reason") or ""
    return ended(job)


def _countdown(seconds: float) -> str:
    return duration(seconds) if seconds >= 60 else f"{max(0.0, seconds):.0f}s"


def rate_stands(row: Mapping[str, Any], now: float) -> str:
    """How a rate stands: until when it is frozen and by whom, or its limit and when the next goes.

    `row` is that of the document of the status.
    """
    if row.get("frozen_until"):
        by = row.get("frozen_by") or "somebody"
        return f"frozen until {moment(row['frozen_until'], now)} by {by}"
    limit, at = row.get("limit") or "no limit is set", row.get("next") or 0.0
    full = row.get("turns") or (row.get("used") or 0) >= (row.get("total") or 1)
    return f"{limit}, the next at {moment(at, now)}" if full and at > now else limit


def waits(waits: Iterable[Any]) -> str:
    """What a run waits for, by rows or records: `waits for load of 2026-11-23 to succeed`."""
    rows = [wait if isinstance(wait, Mapping) else _plain(wait) for wait in waits]
    afters = [w for w in rows if w["kind"] == "after"]
    others = [f"{w['flow']} of {w['period']} to {_AIMS[w['on']]}" for w in afters]
    others += ["earlier runs"] if any(w["kind"] == "overlap" for w in rows) else []
    return f"waits for {', '.join(others)}" if others else "starts a little later" if rows else ""


def _plain(wait: Any) -> dict[str, Any]:
    return {name: getattr(wait, name) for name in ("kind", "flow", "period", "on")}


_AIMS = {"success": "succeed", "failure": "fail", "end": "end"}
