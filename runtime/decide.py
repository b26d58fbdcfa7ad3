"""What follows from the board as it stands: the one place where jobmon makes up its mind.

`decide` changes nothing; it returns the events that are to be folded, and is called again until
there are none. It looks only at what changed (ripe jobs, due retries, free slots), never at all
jobs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Any

from jobmon.jobs.conditions import ConditionError, evaluate
from jobmon.runtime.board import Board
from jobmon.runtime.board.book import Book
from jobmon.runtime.board.lines import Entry, LaunchLine, Needs
from jobmon.runtime.board.triggers import BRANCHED, CANCELLED, FIRED, class_of
from jobmon.runtime.fanout import mapping
from jobmon.runtime.model import Event, Limits, Run
from jobmon.runtime.states import Input
from jobmon.runtime.stops import cancel_run
from jobmon.runtime.words import state_words

POLICY = "policy"
"""Who decides when it is nobody in person."""

MOST_NAMED = 3
"""Children of a map that are named in its reason."""


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
    if given is Input.READY and book.shape.jobs[index].map:
        return _mapped(board, run, index, now)
    data: dict[str, Any] = {}
    if given in (Input.READY, Input.ASK) and book.shape.jobs[index].when:
        given, data = _by_condition(book, run, index, given)
    elif given in (Input.DOOM, Input.BRANCH):
        data = _by_parents(book, index, given)
    elif given is Input.COLLECT:
        data = mapping.collected(book, index)
    elif given is Input.RESET:
        data = {"keep_tries": True}
    elif given is Input.CANCEL:
        data = {"reason": "the run was cancelled"}
    return Event(kind=f"job.{given}", at=now, run=run.id, job=index, who=POLICY, why="", data=data)


def _mapped(board: Board, run: Run, index: int, now: float) -> Event:
    """The turn of a map has come: the event that tells its list, or what keeps it from one."""
    book = board.books[run.id]
    given, data = Input.READY, {}
    if book.shape.jobs[index].when:
        given, data = _by_condition(book, run, index, given)
    kind = f"job.{given}"
    if given is Input.READY:
        kind, data = _listed(board, run, index)
    return Event(kind=kind, at=now, run=run.id, job=index, who=POLICY, data=data)


def _listed(board: Board, run: Run, index: int) -> tuple[str, dict[str, Any]]:
    book = board.books[run.id]
    try:
        items = mapping.items(board, run, index, outputs(book, index))
    except mapping.UnfitError as error:
        return f"job.{Input.UNFIT}", {"reason": error.reason, "cause": "data"}
    return "run.expand", {"items": items}


def _by_condition(book: Book, run: Run, index: int, given: Input) -> tuple[Input, dict[str, Any]]:
    """Its trigger rule is met: ask its own `when`."""
    when = book.shape.jobs[index].when
    try:
        if evaluate(when, run.params, outputs(book, index)):
            return given, {}
    except ConditionError as error:
        return Input.UNFIT, {"reason": f"when {when}: {error}", "cause": "data"}
    return Input.BRANCH, {"reason": f"its condition is false: {when}", "cause": "condition"}


def outputs(book: Book, index: int, ups: Iterable[int] | None = None) -> dict[str, Any]:
    """What the job's parents (or `ups`) left, by job name; those without an output are left out."""
    parents = book.shape.parents[index] if ups is None else ups
    found = ((book.shape.jobs[up].name, book.jobs[up]) for up in parents)
    return {name: job.output for name, job in found if job.output is not None}


def _by_parents(book: Book, index: int, given: Input) -> dict[str, Any]:
    """Name the parent that decided it."""
    kinds = (FIRED, CANCELLED) if given is Input.DOOM else (BRANCHED,)
    if book.shape.jobs[index].expanded:
        return mapping.collected(book, index) | {"reason": _by_children(book, index)}
    cause = "" if given is Input.DOOM else "branch"
    ups = book.shape.parents[index]
    found = next((up for up in ups if class_of(book.jobs[up]) in kinds), None)
    if found is None:
        rule = book.shape.rules[index]
        return {"reason": f"no upstream made {rule} come true", "cause": cause}
    name, job = book.shape.jobs[found].name, book.jobs[found]
    return {"reason": f"upstream {name} {state_words(job)}", "cause": cause}


def _by_children(book: Book, index: int) -> str:
    """How many of a map's children ended badly, and the first of them."""
    places = book.shape.parents[index]
    bad = [at for at in places if class_of(book.jobs[at]) in (FIRED, CANCELLED)]
    names = [book.shape.jobs[at].name for at in bad[:MOST_NAMED]]
    more = f" and {len(bad) - MOST_NAMED} more" if len(bad) > MOST_NAMED else ""
    return f"{len(bad)} of {len(places)} did not succeed: {', '.join(names)}{more}"


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
    """As many launches as there is room for, most urgent first."""
    line = board.launch_line
    room: dict[Any, int] = {}
    heads: list[tuple[Entry, int, Needs, list[Any]]] = []
    for needs in hopeful(line, limits):
        bounds = _bounds(needs, line, limits)
        if all(left > 0 for left in bounds.values()):
            room |= bounds
            heappush(heads, (line.ready[needs][0], 0, needs, list(bounds)))
    events: list[Event] = []
    slots = line.free_slots()
    while heads:
        entry, place, needs, wanted = heappop(heads)
        if any(room[bound] <= 0 for bound in wanted):
            continue  # the more urgent ones took the last of it
        for bound in wanted:
            room[bound] -= 1
        events.append(_launch(board, entry, -1 if needs.slotless else next(slots), now))
        if place + 1 < len(line.ready[needs]):
            heappush(heads, (line.ready[needs][place + 1], place + 1, needs, wanted))
    return events


def wanted(board: Board, limits: Limits) -> Counter[str]:
    """How many starts of each rate there would be now if only the other limits bounded them."""
    found: Counter[str] = Counter()
    for event in _launches(board, 0.0, limits):
        found[board.needs(board.jobs[event.run, event.job]).rate] += 1
    return found


def hopeful(line: LaunchLine, limits: Limits) -> Iterable[Needs]:
    """The lines worth a look: most often all slots are taken, and none is."""
    if limits.slots > line.active:
        return line.ready
    return [needs for needs in line.ready if needs.slotless and limits.slots > 0]


def _bounds(needs: Needs, line: LaunchLine, limits: Limits) -> dict[Any, int]:
    """What bounds the start of a job, and how many may start by it now."""
    pool, rate, lock, group, slotless = needs
    found: dict[Any, int] = {} if slotless else {"slots": limits.slots - line.active}
    if pool in limits.pools:
        found["pool", pool] = limits.pools[pool] - line.busy.get(pool, 0)
    if rate in limits.rates:
        found["rate", rate] = limits.rates[rate]
    if lock:
        found["lock", lock] = 0 if lock in line.taken or lock in limits.locked else 1
    if group:
        found[group] = group.most - line.grouped.get(group, 0)
    return found


def _launch(board: Board, entry: Entry, slot: int, now: float) -> Event:
    _, run, index = entry
    n = board.jobs[run, index].attempt + 1
    data = {"attempt": n, "slot": slot}
    return Event(kind="job.launch", at=now, run=run, job=index, attempt=n, who=POLICY, data=data)
