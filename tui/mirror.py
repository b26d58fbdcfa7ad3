"""One run as a document that events keep current: the fold a following client needs. Pure.

It goes by the table of transitions, so that every change shows, also one that is over before a
new document could be asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobmon.runtime.states import TABLE, TERMINAL, Effect, Input, State

Document = dict[str, Any]
_CARRIED = ("reason", "cause", "code", "signal", "output", "warn", "due")
_FLAGS = {
    "job.hold": ("held", True),
    "job.release": ("held", False),
    "job.stale": ("stale", True),
    "job.unsupervised": ("unsupervised", True),
}
RUN_ENDS = frozenset({"succeeded", "failed", "cancelled", "expired"})
_GOING = ("starting", "running", "stopping", "retry_wait")


class OutOfStepError(Exception):
    """An event that does not fit the document: ask for the document anew."""


class Mirror:
    """`document` is a `show` document; `number` is the run's id, which events carry."""

    def __init__(self, document: Document, number: int) -> None:
        self.number = number
        self.document = document

    def blank(self) -> None:
        """Put every job back to where a new run begins, to fold all its events from there."""
        for job in self.document["jobs"]:
            job.update(dict.fromkeys((*_CARRIED, "started", "ended")), state="waiting", attempt=0)
            job.update(held=False, stale=False, unsupervised=False, tries=0)
        self.document["state"] = "queued"
        self._count()

    def apply(self, event: Mapping[str, Any]) -> Document | None:
        """Fold one event; the job it changed, None when it was about something else.

        Raises OutOfStepError when the document is not the one the event happened to.
        """
        if event.get("run") != self.number or event.get("job", -1) < 0:
            return None
        job = self.document["jobs"][event["job"]]
        kind = event["kind"]
        if kind in _FLAGS:
            name, value = _FLAGS[kind]
            job[name] = value
            return job
        given = kind.removeprefix("job.")
        if given not in Input.__members__.values():
            return None
        self._move(job, Input(given), event)
        return job

    def _move(self, job: Document, given: Input, event: Mapping[str, Any]) -> None:
        move = TABLE.get((State(job["state"]), given))
        if move is None:
            raise OutOfStepError
        job["state"] = move.to.value
        data = event.get("data") or {}
        job["since"] = event["at"]
        job.update(_times(job, given, move.effects, event))
        if given is Input.LAUNCH:
            job["attempt"] = event["attempt"]
        job.update({name: data[name] for name in _CARRIED if name in data})
        self._count()

    def _count(self) -> None:
        counts: dict[str, int] = {}
        for job in self.document["jobs"]:
            counts[job["state"]] = counts.get(job["state"], 0) + 1
        self.document["counts"] = counts
        self.document["total"] = len(self.document["jobs"])
        if self.document["state"] not in RUN_ENDS:
            self.document["state"] = _standing(counts, self.document["state"])

    @property
    def settled(self) -> bool:
        """No job has anything left to do."""
        return all(state in TERMINAL for state in self.document["counts"])


def _standing(counts: Mapping[str, int], before: str) -> str:
    """The state of a run that is not over, as far as its jobs tell; holds are not seen here."""
    if any(counts.get(state) for state in _GOING):
        return "stopping" if before == "stopping" else "running"
    if any(counts.get(state) for state in ("waiting_human", "lost")):
        return "blocked"
    return before


def _times(
    job: Mapping[str, Any], given: Input, effects: tuple[Effect, ...], event: Mapping[str, Any]
) -> Document:
    """What an input does to a job's times and to what is known of its last end."""
    data = event.get("data") or {}
    if given in (Input.RESET, Input.REVIVE, Input.LAUNCH):
        return dict.fromkeys((*_CARRIED, "started", "ended"))
    if given is Input.STARTED:
        return {"started": data.get("at", event["at"])}
    if Effect.SETTLED in effects or given is Input.RETRY:
        end = data.get("end") or {}
        started = end.get("started") or job.get("started")
        return {"started": started, "ended": end.get("ended") or event["at"] if started else None}
    return {}
