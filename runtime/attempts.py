"""Attempts as the fold of events: what launch, start and end said of each, in one record."""

from __future__ import annotations

from typing import Any

import msgspec

from jobmon.runtime.model import Attempt, Event, ExitRecord, Identity

OUTCOMES = {
    "job.succeed": "succeeded",
    "job.fail": "failed",
    "job.retry": "failed",
    "job.stopped": "cancelled",
    "job.skip": "cancelled",  # of one that was stopped to be skipped: others have no open attempt
    "job.lose": "lost",
    "job.voided": "void",
}
"""The events that end an attempt, and the outcome each gives it."""


def fold(attempt: Attempt | None, event: Event) -> Attempt | None:
    """The attempt after `event`; None when the event concerns no open attempt."""
    if event.kind == "job.launch":
        return _begun(event)
    if attempt is None or attempt.n != event.attempt:
        return None
    if event.kind == "job.started":
        return _started(attempt, event)
    if event.kind in OUTCOMES:
        return _ended(attempt, event)
    return None


def end_data(record: ExitRecord) -> dict[str, Any]:
    """What an end event carries of the exit record beside the outcome: `data["end"]`."""
    fields = ("started", "ended", "error", "rusage", "lines", "bytes", "quiet", "artifacts")
    return {"end": {name: getattr(record, name) for name in fields}}


def _begun(event: Event) -> Attempt:
    data = event.data
    return Attempt(
        run=event.run,
        job=event.job,
        n=event.attempt,
        created=event.at,
        boot=data.get("boot", ""),
        definition=data.get("definition", ""),
        fingerprint=data.get("fingerprint", {}),
    )


def _started(attempt: Attempt, event: Event) -> Attempt:
    return msgspec.structs.replace(
        attempt,
        started=event.data.get("at", event.at),
        initiator=_identity(event.data.get("initiator")),
        leader=_identity(event.data.get("leader")),
    )


def _identity(value: Any) -> Identity | None:
    return msgspec.convert(value, Identity) if value else None


def _ended(attempt: Attempt, event: Event) -> Attempt:
    data = event.data
    end = data.get("end", {})
    return msgspec.structs.replace(
        attempt,
        # A round of a repeated job went well, whatever it was to bring.
        outcome="succeeded" if "round" in data else OUTCOMES[event.kind],
        reason=data.get("reason", ""),
        cause=data.get("cause", ""),
        code=data.get("code"),
        signal=data.get("signal"),
        started=end.get("started") or attempt.started,
        ended=end.get("ended") or event.at,
        error=end.get("error", ""),
        rusage=end.get("rusage", {}),
        lines=end.get("lines", 0),
        bytes=end.get("bytes", 0),
        quiet=end.get("quiet", 0.0),
        artifacts=end.get("artifacts", []),
    )
