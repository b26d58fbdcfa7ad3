"""What follows from the board as it stands: the one place where jobmon makes up its mind.

`decide` changes nothing; it returns the events that are to be folded, and is called again until
there are none. It looks only at what changed (ripe jobs, due retries, free slots), never at all
jobs.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any

from jobmon.jobs.conditions import ConditionError, evaluate
from jobmon.runtime.board import Board
from jobmon.runtime.board.book import Book
from jobmon.runtime.board.lines import Entry
from jobmon.runtime.board.triggers import BRANCHED, CANCELLED, FIRED, class_of
from jobmon.runtime.model import Event, Limits, Run
from jobmon.runtime.states import Input
from jobmon.runtime.stops import cancel_run
from jobmon.runtime.words import state_words

POLICY = "policy"
"""Who decides when it is nobody in person."""


def decide(board: Board, now: float, limits: Limits) -> list[Event]:
    """The next events; [] when nothing is to be done before `next_time`.

    Launches come last, once everything else has settled, so that the most urgent job goes first.
    """
    if board.failing:
        return _fail_fast(board, now)
    events = [*_releases(board, now), *_ripe(board, now), *_due(board, now)]
    return events or _launches(board, now, limits)


def next_time(board: Board, now: float) -> float | None:
    """When `decide` must be called again if nothing else happens; None: not before an event."""
    times = [hold.until for hold in board.held_flows.values() if hold.until is not None]
    due = board.due_line.entries
    if due:
        times.append(due[0][0])
    return max(now, min(times)) if times else None


def _releases(board: Board, now: float) -> list[Event]:
    """Holds of flows that were to last until now."""
    return [
        Event(kind="flow.release", at=now, who=POLICY, why="until", data={"flow": hold.flow})
        for hold in board.held_flows.values()
        if hold.until is not None and hold.until <= now
    ]


def _fail_fast(board: Board, now: float) -> list[Event]:
    events: list[Event] = []
    for run_id, index in sorted(board.failing.items()):
        why = f"fail_fast: {board.name((run_id, index))} failed"
        events += cancel_run(board, run_id, now, hard=False, who=POLICY, why=why)
    return events


def _ripe(board: Board, now: float) -> list[Event]:
    return [
        _ripened(board, board.runs[run_id], index, now)
        for run_id in sorted(board.restless)
        for index in sorted(board.books[run_id].ripe)
    ]


def _ripened(board: Board, run: Run, index: int, now: float) -> Event:
    """The event that the outcomes of its parents call for."""
    book = board.books[run.id]
    given = book.pending(run, index)
    assert given is not None
    data: dict[str, Any] = {}
    if given in (Input.READY, Input.ASK) and book.shape.jobs[index].when:
        given, data = _by_condition(book, run, index, given)
    elif given in (Input.DOOM, Input.BRANCH):
        data = _by_parents(book, index, given)
    elif given is Input.RESET:
        data = {"keep_tries": True}
    elif given is Input.CANCEL:
        data = {"reason": "the run was cancelled"}
    return Event(kind=f"job.{given}", at=now, run=run.id, job=index, who=POLICY, why="", data=data)


def _by_condition(book: Book, run: Run, index: int, given: Input) -> tuple[Input, dict[str, Any]]:
    """Its trigger rule is met: ask its own `when`."""
    when = book.shape.jobs[index].when
    try:
        if evaluate(when, run.params, outputs(book, index)):
            return given, {}
    except ConditionError as error:
        return Input.UNFIT, {"reason": f"when {when}: {error}", "cause": "data"}
    return Input.BRANCH, {"reason": f"its condition is false: {when}", "cause": "condition"}


def outputs(book: Book, index: int) -> dict[str, Any]:
    """What the job's parents left, by job name; parents without an output are left out."""
    found = ((book.shape.jobs[up].name, book.jobs[up]) for up in book.shape.parents[index])
    return {name: job.output for name, job in found if job.output is not None}


def _by_parents(book: Book, index: int, given: Input) -> dict[str, Any]:
    """Name the parent that decided it."""
    kinds = (FIRED, CANCELLED) if given is Input.DOOM else (BRANCHED,)
    cause = "" if given is Input.DOOM else "branch"
    ups = book.shape.parents[index]
    found = next((up for up in ups if class_of(book.jobs[up]) in kinds), None)
    if found is None:
        rule = book.shape.rules[index]
        return {"reason": f"no upstream made {rule} come true", "cause": cause}
    name, job = book.shape.jobs[found].name, book.jobs[found]
    return {"reason": f"upstream {name} {state_words(job)}", "cause": cause}


def _due(board: Board, now: float) -> list[Event]:
    events: list[Event] = []
    for due, run_id, index in board.due_line.entries:
        if due > now:
            break
        # A job that is ripe too goes back to waiting instead.
        if index not in board.books[run_id].ripe:
            events.append(Event(kind="job.due", at=now, run=run_id, job=index, who=POLICY))
    return events


def _launches(board: Board, now: float, limits: Limits) -> list[Event]:
    """As many launches as there is room for, most urgent first, one per free lock."""
    line = board.launch_line
    free = limits.slots - line.active
    if free <= 0 or not line.ready:
        return []
    slots = line.free_slots()
    heads: list[tuple[Entry, int, str]] = []
    room = {pool: _room(pool, line.busy, limits, free) for pool in line.ready}
    for pool, entries in line.ready.items():
        if room[pool] > 0:
            heappush(heads, (entries[0], 0, pool))
    events: list[Event] = []
    while heads and len(events) < free:
        entry, place, pool = heappop(heads)
        events.append(_launch(board, entry, next(slots), now))
        room[pool] -= 1
        if room[pool] > 0 and place + 1 < len(line.ready[pool]):
            heappush(heads, (line.ready[pool][place + 1], place + 1, pool))
    return events


def _room(pool: str, busy: dict[str, int], limits: Limits, free: int) -> int:
    limit = limits.pools.get(pool)
    return free if limit is None else min(free, limit - busy.get(pool, 0))


def _launch(board: Board, entry: Entry, slot: int, now: float) -> Event:
    _, run, index = entry
    n = board.jobs[run, index].attempt + 1
    data = {"attempt": n, "slot": slot}
    return Event(kind="job.launch", at=now, run=run, job=index, attempt=n, who=POLICY, data=data)
