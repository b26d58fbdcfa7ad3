"""Verbs and maps: whom a verb on a map means, which lists a rerun asks for, what that changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from jobmon.jobs import expansion
from jobmon.jobs.definition import OutputRef
from jobmon.runtime.board.book import UNSTARTED
from jobmon.runtime.decide import outputs
from jobmon.runtime.fanout import mapping
from jobmon.runtime.model import JobRun
from jobmon.runtime.states import ACTIVE, TERMINAL, State

if TYPE_CHECKING:
    from jobmon.runtime.verbs.case import Case

_TAKEN: Mapping[str, Callable[[JobRun], bool]] = {
    "hold": lambda job: not job.held and job.state not in TERMINAL | {State.WAITING_HUMAN},
    "release": lambda job: job.held,
    "skip": lambda job: job.state in UNSTARTED | ACTIVE,  # one that runs is named in the refusal
    "cancel": lambda job: job.state not in TERMINAL and not _being_ended(job),
    "kill": lambda job: job.state in ACTIVE,
}
"""Verbs that mean the children too when they are told of a map: of these, which they can take."""


def _being_ended(job: JobRun) -> bool:
    return job.state is State.STOPPING and job.by_operator


def meant(verb: str, index: int, children: Sequence[JobRun]) -> list[int]:
    """The jobs a verb means by the job at `index`: of a map that has children, them too."""
    takes = _TAKEN.get(verb)
    found = [child.index for child in children if takes and takes(child)]
    own = [] if found and verb == "kill" else [index]
    return [*found, *own]


def with_children(case: Case, indices: Collection[int]) -> set[int]:
    """These jobs, and of the maps among them the children too."""
    return {*indices, *(child for index in indices for child in case.children(index))}


def lists(case: Case, closure: Collection[int], named: Collection[int]) -> list[int]:
    """The maps with a list that is to be asked for anew: a person named them, or what is before
    them runs again."""
    jobs = case.shape.jobs
    return [
        index
        for index in sorted(closure)
        if jobs[index].expanded
        and (index in named or any(up in closure for up in case.shape.entry(index)[0]))
    ]


def note(case: Case, index: int, closure: Collection[int]) -> str:
    """What the new list of a map changes, as far as it can be known now."""
    name, run = case.shape.jobs[index].name, case.run
    over = _over(case, index)
    if isinstance(over, OutputRef) and case.shape.names.get(over.job) in closure:
        return f"{name}: its list is asked for anew when {over.job} has run again"
    left = outputs(case.board.books[run.id], index, case.shape.entry(index)[0])
    try:
        items = mapping.items(case.board, run, index, left, case.current(index))
    except mapping.UnfitError as error:
        return f"{name}: its new list cannot be taken: {error.why}"
    return f"{name}: {expansion.difference(case.shape.flow, index, items)}"


def _over(case: Case, index: int) -> object:
    found = case.current(index).map or case.shape.jobs[index].map
    return found.over if found else None
