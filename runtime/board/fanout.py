"""How a map becomes its children in a run, and is asked for its list anew: two events' folding.

The event carries the items, so whoever folds it comes to the same flow version.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from jobmon.jobs import expansion
from jobmon.jobs.definition import FlowDef, JobDef
from jobmon.runtime.board.fold import fold
from jobmon.runtime.board.registry import Registry
from jobmon.runtime.errors import RefusedError
from jobmon.runtime.model import Event, JobRun
from jobmon.runtime.states import TERMINAL, Input, State, advance

GONE = "no longer in the list"


def expand(board: Registry, event: Event) -> None:
    """`run.expand`: the list of a waiting map is known. Raises RefusedError when it is no such."""
    job = board.jobs.get((event.run, event.job))
    if job is None or job.state is not State.WAITING or not _is_map(board, event, expanded=False):
        raise RefusedError(f"apply {event.kind}", f"job {event.job} is no map that waits")
    old, items = board.shape_of(event.run).flow, event.data["items"]
    difference = expansion.difference(old, event.job, items)
    new = expansion.expand(old, event.job, board.jobdef(job.key), items)
    board.reshape(event.run, new, event.at)
    for index, given in _settled(old, new, event.job, board.jobs_of(event.run)):
        _put(board, board.jobs[event.run, index], event, given)
    again = any(each.of == old.jobs[event.job].name for each in old.jobs)
    told = str(difference) if again else _count(len(items))
    board.put_job(replace(board.jobs[job.key], reason=told), event.at)


def collapse(board: Registry, event: Event) -> None:
    """`run.collapse`: a rerun asks a map for its list anew. RefusedError when it has none yet."""
    if not _is_map(board, event, expanded=True):
        raise RefusedError(f"apply {event.kind}", f"job {event.job} is no map with a list")
    flow = board.shape_of(event.run).flow
    board.reshape(event.run, expansion.collapse(flow, event.job), event.at)


def _is_map(board: Registry, event: Event, *, expanded: bool) -> bool:
    jobs: Sequence[JobDef] = board.shape_of(board.run_of(event.run).id).jobs
    there = 0 <= event.job < len(jobs)
    return there and jobs[event.job].map is not None and jobs[event.job].expanded is expanded


def _settled(
    old: FlowDef, new: FlowDef, index: int, jobs: Sequence[JobRun]
) -> list[tuple[int, Input]]:
    """What the new list means for the children that were there, in the order it is to happen."""
    before, now = set(expansion.children(old, index)), set(expansion.children(new, index))
    found: list[tuple[int, Input]] = []
    for at in expansion.places_of(old, old.jobs[index].name).values():
        again = at in now and (at not in before or old.jobs[at].item != new.jobs[at].item)
        gone = at in before and at not in now
        if (again or gone) and jobs[at].state in TERMINAL:
            found.append((at, Input.RESET))
        if gone:
            found.append((at, Input.SKIP))
    return found


def _put(board: Registry, job: JobRun, event: Event, given: Input) -> None:
    data: dict[str, Any] = {"reason": GONE} if given is Input.SKIP else {}
    told = replace(event, data=data)
    board.put_job(fold(job, told, given, advance(job.state, given).to), event.at)


def _count(number: int) -> str:
    return f"{number:,} item" + ("" if number == 1 else "s")
