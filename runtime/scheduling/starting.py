"""The one place where a trigger becomes a run: a slot, a call, a file, the end of another flow.

All triggers are decided one after the other inside the engine's turn. That is atomic as long as
each start's events are folded before the next start is asked for:

- an order (`Engine.order`) returns `start(...).events`: the engine folds them before the next one;
- a duty's `attend` is a generator and does `yield from start(...).events` for each start in turn
  (the engine folds event by event). It must not collect the events of several starts in a list.

A start that the overlap policy refuses is no exception: it is a record that expired at once, whose
reason names the run that still goes on. Who asked is told by `Started.refused`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from jobmon.jobs.definition import FlowDef
from jobmon.runtime import births, verbs
from jobmon.runtime.board import Board
from jobmon.runtime.errors import RefusedError
from jobmon.runtime.model import Event, Run, Wait
from jobmon.runtime.scheduling.overlap import Queue, Refuse, Replace, Verdict, active, overlap
from jobmon.runtime.stops import cancel_run
from jobmon.runtime.store import Batch, Store
from jobmon.runtime.waiting import periods
from jobmon.runtime.words import command as line_of


class Wanted(NamedTuple):
    """A run that a trigger asks for.

    `origin`: hand, schedule, backfill, file, flow, hook, subflow. `moment` is the logical time with
    its zone. `line`: the plan within which `policy` looks for runs that still go on; "": all runs
    of the flow. `key` "" takes the flow's next number. `expired`: why it is to be an expired record
    at once. `given`: params as text or typed values. `wait`: for what the flow comes `after`, too.
    `fields`: further fields of the Run.
    """

    flow: FlowDef
    origin: str
    moment: dt.datetime
    policy: str = "allow"
    line: str = ""
    key: str = ""
    given: Mapping[str, Any] = {}
    who: str = ""
    why: str = ""
    expired: str = ""
    waits: tuple[Wait, ...] = ()
    wait: bool = True
    fields: Mapping[str, Any] = {}


class Started(NamedTuple):
    """The run, the events to fold, why it was refused ("" = it starts), what else goes on."""

    run: Run
    events: list[Event]
    refused: str = ""
    others: tuple[Run, ...] = ()


def start(board: Board, store: Store, batch: Batch, wanted: Wanted, now: float) -> Started:
    """Make the run and decide by its policy what becomes of it.

    Its flow version and number go into `batch`. Raises UsageError for params that the flow does not
    take; then nothing is made.
    """
    others = () if wanted.expired else _active(board, wanted)
    verdict = overlap(wanted.policy, others)
    waits = (*wanted.waits, *waiting(verdict, now))
    run = _run(wanted, store, batch, now, waits)
    batch.definitions.append(wanted.flow)
    board.add_definition(wanted.flow)
    refused = wanted.expired or (verdict.reason if isinstance(verdict, Refuse) else "")
    events = [*making_room(board, verdict, run.key, now), births.created(run, now)]
    if refused:
        events.append(expired(run, refused, now))
    return Started(run, events, refused, others)


def preview(board: Board, wanted: Wanted, now: float) -> Started:
    """What `start` would make now, with no number and no id; nothing is changed."""
    others = _active(board, wanted)
    verdict = overlap(wanted.policy, others)
    refused = verdict.reason if isinstance(verdict, Refuse) else ""
    run = _new(wanted, 0, f"{wanted.flow.name}#0", now, (*wanted.waits, *waiting(verdict, now)))
    return Started(run, [], refused, others)


def again(
    board: Board, batch: Batch, run: Run, wanted: Wanted, now: float, *, every: bool = False
) -> Started:
    """Have a run that is over start again instead of a new one: what failed or expired of it.

    It must be on the board. `every`: all of its jobs. Raises RefusedError when nothing of it can.
    """
    others = tuple(other for other in _active(board, wanted) if other.id != run.id)
    verdict = overlap(wanted.policy, others)
    if isinstance(verdict, Refuse):
        return Started(run, [], verdict.reason, others)
    batch.definitions.append(wanted.flow)
    command = verbs.Command(
        verb="rerun",
        target_run=run.id,
        jobs=tuple(range(len(board.jobs_of(run.id)))) if every else None,
        options={} if every else {"failed": True},
        who=wanted.who,
        why=wanted.why,
        definition=board.add_definition(wanted.flow),
    )
    first, *rest = verbs.plan(board, command, now).events
    after = periods.waits(wanted.flow, wanted.moment, now) if wanted.wait else ()
    waits = msgspec.to_builtins((*wanted.waits, *waiting(verdict, now), *after))
    fields = {name: wanted.fields[name] for name in ("batch", "priority") if name in wanted.fields}
    anew = fields | {"line": wanted.line, "waits": waits}
    first = msgspec.structs.replace(first, data=first.data | {"run": anew})
    events = [*making_room(board, verdict, run.key, now), first, *rest]
    return Started(run, events, "", others)


def waiting(verdict: Verdict, now: float) -> tuple[Wait, ...]:
    """What a run has to wait for by the verdict: its place in the line is the time it came."""
    queued = isinstance(verdict, Queue | Replace)
    return (Wait(kind="overlap", since=now),) if queued else ()


def making_room(board: Board, verdict: Verdict, key: str, now: float) -> list[Event]:
    """The cancels of the runs that the run `key` replaces; those being cancelled are left alone."""
    if not isinstance(verdict, Replace):
        return []
    why = f'overlap = "cancel_running": {key} takes its place'
    return [
        event
        for run in verdict.runs
        if not run.cancel
        for event in cancel_run(board, run.id, now, hard=False, who="policy", why=why)
    ]


def expired(run: Run, reason: str, now: float) -> Event:
    """The event that makes a record of a run that is not to start."""
    return Event(kind="run.expire", at=now, run=run.id, who="runtime", data={"reason": reason})


def refusal(key: str, reason: str) -> RefusedError:
    """What to tell who asked for the run that was refused, of which the record `key` is kept."""
    hint = f"start it all the same: {line_of('rerun', key, '--failed')}"
    return RefusedError(f"start {key}", reason, hint)


def _active(board: Board, wanted: Wanted) -> tuple[Run, ...]:
    return tuple(active(board.runs.values(), wanted.line, wanted.flow.name))


def _run(wanted: Wanted, store: Store, batch: Batch, now: float, waits: tuple[Wait, ...]) -> Run:
    name = wanted.flow.name
    if wanted.key:
        return _new(wanted, store.new_run_id(), wanted.key, now, waits)
    number = (batch.counters.get(name) or store.last_number(name)) + 1
    run = _new(wanted, store.new_run_id(), f"{name}#{number}", now, waits)
    batch.counters[name] = number
    return run


def _new(wanted: Wanted, run_id: int, key: str, now: float, waits: tuple[Wait, ...]) -> Run:
    fields = {"origin": wanted.origin, "line": wanted.line, "waits": waits}
    return births.new_run(
        wanted.flow,
        run_id=run_id,
        key=key,
        moment=wanted.moment,
        now=now,
        given=wanted.given,
        who=wanted.who,
        why=wanted.why,
        wait=wanted.wait,
        **fields | dict(wanted.fields),
    )
