"""The board: the whole live state as the fold of events.

The runtime, `simulate`, a command line without a runtime and a screen's mirror all use this class,
so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from jobmon.runtime.board.fanout import collapse, expand
from jobmon.runtime.board.fold import fold
from jobmon.runtime.board.registry import Registry
from jobmon.runtime.errors import NotFoundError, RefusedError
from jobmon.runtime.model import Event, FlowHold, JobRun, Run, Wait
from jobmon.runtime.states import Effect, Input, State, advance

INPUTS = {f"job.{given}": given for given in Input}
"""The event kinds that are inputs of the transition table."""

_ATTEMPT_NEWS = frozenset(
    {
        Input.STARTED,
        Input.VOIDED,
        Input.SUCCEED,
        Input.FAIL,
        Input.RETRY,
        Input.STOPPED,
        Input.LOSE,
    }
)
_FOR_THE_RECORD = ("runtime.", "run.state", "schedule.", "rate.", "notify.")


class Board(Registry):
    """The live state. Read freely; change only by `apply`, `load`, `forget`, `add_definition`."""

    def apply(self, event: Event) -> list[tuple[Effect, JobRun]]:
        """Fold one event. Returns what the executor is to do now: LAUNCH and STOP effects.

        Raises RefusedError or NotFoundError, and changes nothing, when the event does not fit the
        present state.
        """
        given = INPUTS.get(event.kind)
        if given is not None:
            return self._advance(event, given)
        act = _ACTS.get(event.kind)
        if act is not None:
            act(self, event)
        elif not event.kind.startswith(_FOR_THE_RECORD):
            raise RefusedError(f"apply event {event.kind}", "no such kind of event")
        return []

    def _advance(self, event: Event, given: Input) -> list[tuple[Effect, JobRun]]:
        old = self._job(event)
        try:
            move = advance(old.state, given)
        except RefusedError as error:
            raise RefusedError(self._about(event), error.why) from None
        if given in _ATTEMPT_NEWS and event.attempt != old.attempt:
            why = f"it is about attempt {event.attempt}, the newest is {old.attempt}"
            raise RefusedError(self._about(event), why)
        if given is Input.LAUNCH and event.attempt != old.attempt + 1:
            why = f"attempt {event.attempt} cannot follow attempt {old.attempt}"
            raise RefusedError(self._about(event), why)
        new = fold(old, event, given, move.to)
        self.put_job(new, event.at)
        if given is Input.LAUNCH or given is Input.STOP:
            return [(effect, new) for effect in move.effects]
        return []

    def _job(self, event: Event) -> JobRun:
        job = self.jobs.get((event.run, event.job))
        if job is None:
            where = f"job {event.job} of run {event.run}"
            raise NotFoundError(f"apply {event.kind}", f"{where} is not on the board")
        return job

    def _about(self, event: Event) -> str:
        name = self.name((event.run, event.job))
        return f"{event.kind.removeprefix('job.')} {self.runs[event.run].key} {name}"

    def _create(self, event: Event) -> None:
        run = msgspec.convert(event.data["run"], Run)
        if run.id in self.runs:
            raise RefusedError(f"create run {run.key}", "it is on the board already")
        self.add_run(run)

    def _change_run(self, event: Event, **fields: Any) -> None:
        self.put_run(replace(self.run_of(event.run), **fields), event.at)

    def _rerun(self, event: Event) -> None:
        """What kept it from going on is lifted. `run`: fields it has anew, as of its waits."""
        fields = dict(event.data.get("run", {}))
        if "waits" in fields:
            fields["waits"] = msgspec.convert(fields["waits"], tuple[Wait, ...])
        self._change_run(event, cancel="", reason="", start_by=None, **fields)

    def _ready(self, event: Event) -> None:
        """One of its waits is over: the one at place `wait`; `note` says what was missing."""
        run = self.run_of(event.run)
        waits = run.waits
        place = event.data["wait"]
        if not 0 <= place < len(waits):
            raise RefusedError(f"apply {event.kind}", f"run {event.run} has no wait {place}")
        rest = waits[:place] + waits[place + 1 :]
        self._change_run(event, waits=rest, reason=event.data.get("note", run.reason))

    def _expire(self, event: Event) -> None:
        """What of the run has not started never will, unless somebody starts it."""
        reason = event.data.get("reason", "")
        self._change_run(event, waits=(), reason=reason)
        for job in tuple(self.jobs_of(event.run)):
            if job.state in (State.WAITING, State.QUEUED):
                to = advance(job.state, Input.EXPIRE).to
                self.put_job(fold(job, event, Input.EXPIRE, to), event.at)

    def _change_job(self, event: Event, **fields: Any) -> None:
        self.put_job(replace(self._job(event), **fields), event.at)

    def _hold_flow(self, event: Event) -> None:
        flow, there = event.data["flow"], self.held_flows.get(event.data["flow"])
        at = event.at if there is None else there.at  # only its date is changed
        until = event.data.get("until")
        self.held_flows[flow] = FlowHold(
            flow=flow, at=at, who=event.who, why=event.why, until=until
        )
        self.changed.flows.add(flow)

    def _release_flow(self, event: Event) -> None:
        flow = event.data["flow"]
        self.held_flows.pop(flow, None)
        self.changed.flows.add(flow)

    def _unverified(self, event: Event) -> None:
        reason = f"{self._job(event).reason}; {event.data['reason']}"
        self._change_job(event, probing=False, reason=reason)

    def _redefine(self, event: Event) -> None:
        digest = event.data["definition"]
        if digest:
            self.shape(digest)  # raises when unknown
        self._change_job(event, definition=digest)


def _held(event: Event) -> dict[str, Any]:
    by = f"{event.who}: {event.why}" if event.why else event.who
    return {"held": True, "held_at": event.at, "held_by": by}


_FREE: dict[str, Any] = {"held": False, "held_at": None, "held_by": ""}

_ACTS: dict[str, Callable[[Board, Event], None]] = {
    "run.created": Board._create,
    "run.hold": lambda board, e: board._change_run(e, **_held(e)),
    "run.release": lambda board, e: board._change_run(e, **_FREE),
    "run.cancel": lambda board, e: board._change_run(e, cancel=e.data.get("mode", "soft")),
    "run.rerun": Board._rerun,
    "run.ready": Board._ready,
    "run.expand": expand,
    "run.collapse": collapse,
    "run.expire": Board._expire,
    "run.late": lambda board, e: board._change_run(e, late=True),
    "flow.hold": Board._hold_flow,
    "flow.release": Board._release_flow,
    "job.hold": lambda board, e: board._change_job(e, **_held(e)),
    "job.release": lambda board, e: board._change_job(e, **_FREE),
    "job.old_code": lambda board, e: board._change_job(e, old_code=e.data["old"]),
    "job.stale": lambda board, e: board._change_job(e, stale=True),
    "job.late": lambda board, e: board._change_job(e, late=e.data["late"]),
    "job.stuck": lambda board, e: board._change_job(e, stuck=e.data["stuck"]),
    "job.unsupervised": lambda board, e: board._change_job(e, unsupervised=True),
    "job.unverified": Board._unverified,
    "job.definition": Board._redefine,
}
