"""How an attempt ended, and what to conclude about one that nobody speaks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from jobmon.jobs.conditions import ConditionError, evaluate
from jobmon.jobs.definition import JobDef, RetryDef
from jobmon.runtime.executors.contract import Evidence
from jobmon.runtime.model import Event, ExitRecord, JobRun
from jobmon.runtime.states import Input, State

CLASSES: Mapping[int, str] = {75: "external", 65: "data", 78: "rule"}
"""Exit codes by which a job tells its failure class; the setting `classes` adds to them."""

LOST_RERUNS = 3
"""Attempts in a row after which `on_lost="rerun"` asks a person: a job that takes its initiator
down every time would otherwise start for ever."""

TO_FAIL = "declared to fail then"
"""Why a lost job is failed without anybody's word."""

_MAX_EXPONENT = 60  # keeps backoff ** tries a finite number


class Finish(msgspec.Struct, frozen=True):
    """It ended: conclude from its exit record."""

    record: ExitRecord


class Adopt(msgspec.Struct, frozen=True):
    """It runs under its initiator: watch it."""


class AdoptUnsupervised(msgspec.Struct, frozen=True):
    """It runs, but its initiator is gone: watch it; its exit code will never be known."""


class Void(msgspec.Struct, frozen=True):
    """It never started. Make sure it never will, then it may be launched anew."""


class Lost(msgspec.Struct, frozen=True):
    """Nobody can know how it ended. `reason`: reboot, identity, initiator or file."""

    reason: str


Conclusion = Finish | Adopt | AdoptUnsupervised | Void | Lost


def settle(job_run: JobRun, evidence: Evidence) -> Conclusion:
    """What the evidence says about the newest attempt of a job run whose end is not recorded."""
    if evidence.exit is not None:
        return Finish(evidence.exit)
    if evidence.claim != "claimed":
        # An attempt that was seen running did start, whatever became of its file; so did one of
        # which something lives.
        if evidence.leader_alive:
            return AdoptUnsupervised()
        return Void() if job_run.started is None else Lost("file")
    if not evidence.same_boot:
        return Lost("reboot")
    if evidence.locked or evidence.initiator_alive:
        return Adopt()
    if evidence.leader_alive:
        return AdoptUnsupervised()
    unknown = evidence.foreign or evidence.initiator is None
    return Lost("identity" if unknown else "initiator")


def conclude(
    job: JobDef,
    job_run: JobRun,
    record: ExitRecord,
    now: float,
    classes: Mapping[int, str] = CLASSES,
    params: Mapping[str, Any] | None = None,
) -> Event:
    """The event an exit record makes of an open attempt: succeed, fail, retry, stopped
    or, of one that was stopped for that, skip.

    `job` is the definition the attempt used, `classes` what exit codes tell. A stop asked for from
    outside the job wins over whatever the process made of it; nothing stopped that way is retried.
    """
    if job_run.state is State.STOPPING and job_run.by_operator:
        given = Input.SKIP if job_run.then == "skip" else Input.STOPPED
        left = {"output": job_run.output} if given is Input.SKIP else {}
        return _event(given, job_run, record, now, reason=job_run.reason, **left)
    overran = job_run.state is State.STOPPING or record.reason == "timeout"
    if record.reason == "exit" and not overran and record.code in job.ok_codes + job.warn_codes:
        if job.repeat is not None and (again := _again(job, job_run, record, now, params or {})):
            return again
        warn = record.code not in job.ok_codes
        words = {"reason": f"exit code {record.code} is a warning", "warn": True} if warn else {}
        return _event(Input.SUCCEED, job_run, record, now, output=record.output, **words)
    cause = failure_class(record, classes)
    return _failure(job, job_run, record, "timeout" if overran else record.reason, cause, now)


def _again(
    job: JobDef, job_run: JobRun, record: ExitRecord, now: float, params: Mapping[str, Any]
) -> Event | None:
    """What becomes of a repeated job whose round went well: None when it will do."""
    repeat, done = job.repeat, job_run.round + 1
    assert repeat is not None
    left = {} if record.output is None else dict.fromkeys((job.name, job.of), record.output)
    try:
        if evaluate(repeat.until, params, left):
            return None
    except ConditionError as error:
        reason = f"until {repeat.until}: {error}"
        return _event(Input.FAIL, job_run, record, now, reason=reason, cause="data")
    if done >= repeat.most:
        reason = f"still not after {done} rounds: {repeat.until}"
        return _event(Input.FAIL, job_run, record, now, reason=reason, cause="rule")
    words = {"reason": f"round {done} of {repeat.most}", "output": record.output, "round": done}
    return _event(Input.RETRY, job_run, record, now, due=now + repeat.every, **words)


def failure_class(record: ExitRecord, classes: Mapping[int, str]) -> str:
    """external, data or rule when the exit code says so, else unknown."""
    told = classes.get(record.code or 0, "unknown")
    return told if record.reason == "exit" else "unknown"


def on_lost(job: JobDef, job_run: JobRun, now: float, *, cancelled: bool = False) -> str | Event:
    """What the job's declaration says to do about a lost attempt.

    "ask" (nothing: a person decides), "verify" (run its probe first), or the policy's event:
    a reset for `on_lost="rerun"` of an idempotent job, a mark for `on_lost="fail"`. `cancelled`:
    its run is, so nothing starts again; nor does a job that was being stopped.
    """
    if job.verify:
        return "verify"
    return after_lost(job, job_run, now, cancelled=cancelled)


def after_lost(job: JobDef, job_run: JobRun, now: float, *, cancelled: bool = False) -> str | Event:
    """`on_lost` for a job without a probe, or whose probe did not know."""
    if job.on_lost == "fail":
        reason = f"lost ({job_run.reason}); {TO_FAIL}"
        return _policy(Input.MARK_FAILED, job_run, now, {"reason": reason, "cause": "unknown"})
    unwanted = cancelled or job_run.by_operator
    may_start = job.effects == "idempotent" and not unwanted and job_run.tries < LOST_RERUNS
    if job.on_lost == "rerun" and may_start:
        return _policy(Input.RESET, job_run, now, {"keep_tries": True})
    return "ask"


def retry_wait(retry: RetryDef, tries: int) -> float:
    """Seconds before retry number `tries`: delay * backoff ** (tries - 1), at most max_delay."""
    wait = retry.delay * retry.backoff ** min(tries - 1, _MAX_EXPONENT)
    return wait if retry.max_delay is None else min(wait, retry.max_delay)


def may_retry(job: JobDef, tries: int, cause: str) -> bool:
    """Whether a failure of class `cause` after `tries` attempts is retried without a person."""
    retry = job.retry
    if retry is None or tries > retry.times or job.effects == "once":
        return False
    return cause in retry.on or cause in {"", "unknown"}


def _failure(
    job: JobDef, job_run: JobRun, record: ExitRecord, reason: str, cause: str, now: float
) -> Event:
    if job.retry is not None and may_retry(job, job_run.tries, cause):
        due = now + retry_wait(job.retry, job_run.tries)
        return _event(Input.RETRY, job_run, record, now, reason=reason, cause=cause, due=due)
    return _event(Input.FAIL, job_run, record, now, reason=reason, cause=cause)


def _event(given: Input, job_run: JobRun, record: ExitRecord, now: float, **outcome: Any) -> Event:
    data = {
        "code": record.code,
        "signal": record.signal,
        "started": record.started,
        "ended": record.ended or now,
    }
    return Event(
        kind=f"job.{given}",
        at=now,
        run=job_run.run,
        job=job_run.index,
        attempt=job_run.attempt,
        who="runtime",
        data=data | outcome,
    )


def _policy(given: Input, job_run: JobRun, now: float, data: dict[str, Any]) -> Event:
    return Event(
        kind=f"job.{given}", at=now, run=job_run.run, job=job_run.index, who="policy", data=data
    )
