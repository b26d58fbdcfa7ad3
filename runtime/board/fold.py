"""How each input of the transition table changes the fields of a job run.

The state itself comes from the table; here is what stands beside it. Pure: (job run, event) ->
job run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from jobmon.runtime.model import Event, JobRun
from jobmon.runtime.states import TERMINAL, Input, State

Fields = dict[str, Any]
_BLANK: Fields = {
    "reason": "",
    "cause": "",
    "started": None,
    "ended": None,
    "due": None,
    "code": None,
    "signal": None,
    "output": None,
    "warn": False,
    "unsupervised": False,
    "grace": None,
    "probing": False,
    "then": "",
    "by_operator": False,
    "old_code": False,
    "late": False,
    "stuck": False,
}


def fold(job: JobRun, event: Event, given: Input, to: State) -> JobRun:
    """The job run after `event`, whose input `given` leads to state `to`."""
    fields = _FIELDS[given](job, event)
    if to is not job.state:
        fields["since"] = event.at
        if to in TERMINAL and "ended" not in fields:
            fields["ended"] = event.at
    return replace(job, state=to, **fields)


def _plain(_job: JobRun, event: Event) -> Fields:
    reason = event.data.get("reason", "")
    return {"reason": reason, "due": None, "started": None, "ended": None}


def _asked(_job: JobRun, event: Event) -> Fields:
    return {"reason": event.data.get("reason", ""), "started": event.at}


def _judged(_job: JobRun, event: Event) -> Fields:
    data = event.data
    return {"reason": data.get("reason", ""), "cause": data.get("cause", ""), "due": None}


def _doomed(job: JobRun, event: Event) -> Fields:
    """A map leaves what those of its children did that did well."""
    left = {name: event.data[name] for name in ("output", "started") if name in event.data}
    return _judged(job, event) | left


def _launched(job: JobRun, event: Event) -> Fields:
    slot = event.data.get("slot", -1)
    return _BLANK | {"attempt": event.attempt, "tries": job.tries + 1, "slot": slot}


def _started(_job: JobRun, event: Event) -> Fields:
    return {"started": event.data.get("at", event.at)}


def _voided(job: JobRun, event: Event) -> Fields:
    return {"reason": event.data.get("reason", job.reason), "tries": max(0, job.tries - 1)}


def _stopping(job: JobRun, event: Event) -> Fields:
    """A job's own time limit is no decision from outside; everything else is."""
    reason = event.data.get("reason", "")
    told = [grace for grace in (job.grace, event.data.get("grace")) if grace is not None]
    return {
        "reason": reason,
        "by_operator": job.by_operator or reason != "timeout",
        "grace": min(told, default=None),
        "then": event.data.get("then", job.then),
        "output": event.data.get("output", job.output),
    }


def _ended(job: JobRun, event: Event) -> Fields:
    data = event.data
    return {
        "reason": data.get("reason", ""),
        "cause": data.get("cause", ""),
        "code": data.get("code"),
        "signal": data.get("signal"),
        "started": job.started if job.started is not None else data.get("started"),
        "ended": data.get("ended", event.at),
        "due": data.get("due"),
        "output": data.get("output"),
        "warn": data.get("warn", False),
        "unsupervised": False,
        "late": False,
        "stuck": False,
        "grace": None,
        "then": "",
        "probing": event.data.get("probing", False),
        "by_operator": False,
    }


def _lost(job: JobRun, event: Event) -> Fields:
    """That its stop was asked for stays known: then no policy starts it again."""
    return _ended(job, event) | {"by_operator": job.by_operator}


def _decided(_job: JobRun, event: Event) -> Fields:
    data = event.data
    return {
        "reason": data.get("reason", ""),
        "cause": data.get("cause", ""),
        "ended": event.at,
        "due": None,
        "code": None,
        "signal": None,
        "output": data.get("output"),
        "warn": False,
        "stale": False,
        "old_code": False,
        "unsupervised": False,
        "late": False,
        "stuck": False,
        "grace": None,
        "then": "",
        "probing": False,
        "by_operator": True,
    }


def _collected(job: JobRun, event: Event) -> Fields:
    reason = event.data.get("reason", job.reason)  # what came of its list
    left = {name: event.data.get(name) for name in ("output", "started")}
    return {"reason": reason, **left}


def _retried(job: JobRun, event: Event) -> Fields:
    """The retries of each round of a repeated job are counted anew."""
    number = event.data.get("round")
    again = {} if number is None else {"round": number, "tries": 0}
    return _ended(job, event) | again


def _reset(job: JobRun, event: Event) -> Fields:
    if event.data.get("keep_tries"):
        return _BLANK | {"stale": False}
    return _BLANK | {"tries": 0, "round": 0, "stale": False}


def _revived(_job: JobRun, _event: Event) -> Fields:
    return dict(_BLANK)


_FIELDS: dict[Input, Callable[[JobRun, Event], Fields]] = {
    Input.READY: _plain,
    Input.ASK: _asked,
    Input.BRANCH: _judged,
    Input.DOOM: _doomed,
    Input.EXPIRE: _judged,
    Input.UNFIT: _judged,
    Input.LAUNCH: _launched,
    Input.STARTED: _started,
    Input.VOIDED: _voided,
    Input.STOP: _stopping,
    Input.SUCCEED: _ended,
    Input.FAIL: _ended,
    Input.RETRY: _retried,
    Input.STOPPED: _ended,
    Input.LOSE: _lost,
    Input.DUE: _plain,
    Input.CANCEL: _decided,
    Input.SKIP: _decided,
    Input.COLLECT: _collected,
    Input.DONE: _decided,
    Input.MARK_SUCCESS: _decided,
    Input.MARK_FAILED: _decided,
    Input.RESET: _reset,
    Input.REVIVE: _revived,
}
