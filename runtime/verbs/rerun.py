"""rerun: of a job with everything downstream, of a job only, of all that did not succeed."""

from __future__ import annotations

from collections.abc import Iterable

from jobmon.runtime.board.triggers import BRANCHED, CANCELLED, FIRED, OPEN, Tally, class_of, verdict
from jobmon.runtime.errors import UsageError
from jobmon.runtime.model import Event, JobRun
from jobmon.runtime.states import ACTIVE, TERMINAL, Input, State
from jobmon.runtime.verbs import maps
from jobmon.runtime.verbs.case import Case, Plan, Touch
from jobmon.runtime.verbs.changes import Changes
from jobmon.runtime.words import state_words

_UNDONE = frozenset(
    {
        State.FAILED,
        State.LOST,
        State.CANCELLED,
        State.UPSTREAM_FAILED,
        State.EXPIRED,
    }
)
_DECIDED = frozenset({State.UPSTREAM_FAILED, State.SKIPPED})
"""Ends without a result of their own: the reset decides them anew, or an operator's word stays."""


def rerun(case: Case) -> Plan:
    """New attempts, by the current code."""
    if case.options.get("failed"):
        return _rerun_failed(case)
    if not case.jobs:
        hint = f"see them: {case.line('show')}, or rerun all that failed with --failed"
        raise UsageError(f"rerun {case.run.key}", "no job was named", hint)
    only = bool(case.options.get("only"))
    named = _still_there(case, {job.index for job in case.jobs})
    targets = named if only else maps.with_children(case, named)
    below = case.shape.downstream(targets)
    _wait_for_cancel(case)
    closure = targets if only else targets | below
    for job in (job for job in case.jobs if job.index in named):
        _may_start(case, job, closure, set() if only else below)
    _none_active(case, maps.with_children(case, closure))
    stale = _stale(case, below - closure) if only else []
    return _reset(case, closure, stale, maps.lists(case, closure, named))


def _still_there(case: Case, named: set[int]) -> set[int]:
    """Without the children that their map's list has lost, where the map is named with them."""
    jobs, names = case.shape.jobs, case.shape.names
    lost = {i for i in named if jobs[i].of and i not in case.living}
    return {i for i in named if i not in lost or names[jobs[i].of] not in named}


def _rerun_failed(case: Case) -> Plan:
    every = case.board.jobs_of(case.run.id)
    wanted = {job.index for job in case.jobs} or range(len(every))
    found = {i for i in wanted if every[i].state in _UNDONE}
    if not found:
        why = f"none of it failed: the run is {case.run.state}"
        case.refuse(None, why, case.line("rerun", None, "JOB"))
    stopping = [job.index for job in every if job.state is State.STOPPING]
    if stopping:
        why = f"{case.names(stopping)} is still stopping"
        case.refuse(None, why, f"wait for it, or {case.line('kill')}")
    found |= _answers(case, found)
    found |= _skipped_behind(case, found)
    stale = _stale(case, case.shape.downstream(found) - found, _DECIDED)
    return _reset(case, found, stale, maps.lists(case, found, ()))


def _answers(case: Case, reset: set[int]) -> set[int]:
    """What answered the earlier end of a reset job and has to answer the next one too.

    These are its on_failure handlers, which would else excuse a failure they never saw, and the
    finally_ jobs.
    """
    every, shape = case.board.jobs_of(case.run.id), case.shape
    below = shape.downstream(reset) - reset
    ended = [i for i in below if every[i].state is State.SUCCEEDED or every[i].state in ACTIVE]
    found = {i for i in ended if shape.jobs[i].finally_ or reset & {*shape.handles.get(i, ())}}
    active = [i for i in sorted(found) if every[i].state in ACTIVE]
    if active:
        first = every[active[0]]
        hint = f"wait for it, or cancel it: {case.line('cancel', first)}"
        case.refuse(None, f"{case.names(active)} {state_words(first)}, for the earlier end", hint)
    return {i for i in found if every[i].state is State.SUCCEEDED}


def _skipped_behind(case: Case, reset: set[int]) -> set[int]:
    """Jobs that a branch skipped because of a job that is reset."""
    every, found = case.board.jobs_of(case.run.id), set[int]()
    if not any(class_of(job) == BRANCHED for job in every):
        return found
    for index in case.shape.order:
        behind = any(up in reset or up in found for up in case.shape.parents[index])
        if behind and class_of(every[index]) == BRANCHED:
            found.add(index)
    return found


def _wait_for_cancel(case: Case) -> None:
    if case.run.cancel:
        every = case.board.jobs_of(case.run.id)
        stopping = [job.index for job in every if job.state is State.STOPPING]
        if stopping:
            why = f"the run is being cancelled: {case.names(stopping)} is still stopping"
            case.refuse(None, why, f"wait for it, or {case.line('kill')}")


def _may_start(case: Case, job: JobRun, closure: set[int], below: set[int]) -> None:
    """Refuse a job that has nothing to rerun, or whose upstream would not let it start."""
    every = case.board.jobs_of(case.run.id)
    if job.state in {State.WAITING, State.QUEUED} and job.index not in below:
        again = job.state is State.QUEUED and job.attempt > 0
        why = "it is queued for its next attempt" if again else "it has not run yet"
        case.refuse(job, f"{why}: it {state_words(job)}", f"why: {case.line('explain', job)}")
    if job.state is State.WAITING_HUMAN:
        case.refuse(job, "it waits for a person", case.line("done", job))
    if (of := case.shape.jobs[job.index].of) and job.index not in case.living:
        hint = f"ask for the list anew: {case.line('rerun', every[case.shape.names[of]])}"
        case.refuse(job, f"its key is no longer in the list of {of}", hint)
    ups, rule = case.shape.entry(job.index)
    outside = [up for up in ups if up not in closure]
    kinds = [class_of(every[up]) for up in outside]
    ok, branched, fired, cancelled = (kinds.count(kind) for kind in range(OPEN))
    tally = Tally(ok, branched, fired, cancelled, len(ups))
    found = verdict(rule, tally)
    blocked = found in {Input.DOOM, Input.BRANCH} or (found is None and OPEN in kinds)
    if blocked:
        _name_upstream(case, job, outside, found, rule)


def _name_upstream(
    case: Case, job: JobRun, outside: list[int], found: Input | None, rule: str
) -> None:
    every = case.board.jobs_of(case.run.id)
    left = [every[up] for up in outside if _against(every[up], found)]
    culprit = left[0] if left else every[outside[0]]
    name, more = case.name(culprit), f" (and {len(left) - 1} more)" if len(left) > 1 else ""
    words = f"upstream {name} {state_words(culprit)}{more}"
    if culprit.state in ACTIVE or culprit.state not in TERMINAL:
        hint = f"it goes on by itself: {case.line('explain', culprit)}"
    else:
        hint = f"rerun that one: {case.line('rerun', culprit)}"
    case.refuse(job, f"its rule {rule} is not met: {words}", hint)


def _against(up: JobRun, found: Input | None) -> bool:
    """Whether this upstream is what keeps the rule from being met."""
    kind = class_of(up)
    if found is None:
        return kind == OPEN
    return kind == BRANCHED if found is Input.BRANCH else kind in {FIRED, CANCELLED}


def _none_active(case: Case, closure: Iterable[int]) -> None:
    every = case.board.jobs_of(case.run.id)
    active = [i for i in sorted(closure) if every[i].state in ACTIVE]
    if active:
        first = every[active[0]]
        hint = f"cancel it first: {case.line('cancel', first)}"
        case.refuse(None, f"{case.names(active)} {state_words(first)}", hint)


def _stale(case: Case, below: Iterable[int], but: frozenset[State] = frozenset()) -> list[JobRun]:
    """Downstream jobs that have a result, or are making one, from what is now redone."""
    every = case.board.jobs_of(case.run.id)
    jobs = (every[i] for i in sorted(below))
    concerned = (TERMINAL | ACTIVE) - but
    return [job for job in jobs if not job.stale and job.state in concerned]


def _reset(case: Case, closure: set[int], stale: list[JobRun], again: list[int]) -> Plan:
    """Stale flags first, so that nothing downstream takes the reset as a repair.

    The lists of the maps `again` are asked for anew.
    """
    every = case.board.jobs_of(case.run.id)
    changes = Changes(case, closure)
    events: list[Event] = [case.event("run.rerun", jobs=sorted(closure))]
    touched: list[Touch] = []
    for job in stale:
        events.append(case.event("job.stale", job))
        touched.append(case.touch(job, "stale", "keeps its state; made from the earlier result"))
    events += [case.event("run.collapse", every[index]) for index in again]
    events += changes.marks()
    for index in sorted(closure):
        job = every[index]
        if job.state is not State.WAITING:
            events.append(case.event(f"job.{Input.RESET}", job))
            touched.append(case.touch(job, "waiting", _note(case, job, changes)))
        events += changes.events(job)
    notes = (*changes.notes(), *(maps.note(case, index, closure) for index in again))
    return Plan(events=tuple(events), touched=tuple(touched), notes=notes)


def _note(case: Case, job: JobRun, changes: Changes) -> str:
    once = case.board.jobdef(job.key).effects == "once" and job.attempt > 0
    held = "held: it starts when released" if job.held or case.run.held else ""
    parts = (
        "" if case.shape.jobs[job.index].map else f"attempt {job.attempt + 1}",
        changes.note(job.index),
        'effects="once": it runs again because you say so' if once else "",
        held,
    )
    return "; ".join(part for part in parts if part)
