"""Verbs: what a person may do to jobs, runs and flows. A verb either acts or says why not.

`plan` changes nothing: it returns the events to fold, or raises RefusedError naming the state that
stands against it and the command that would work. With several jobs, all or none are acted on.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from jobmon.runtime.board import Board
from jobmon.runtime.decide import decide
from jobmon.runtime.errors import UsageError
from jobmon.runtime.model import RUN_TERMINAL, Event, JobRun, Limits
from jobmon.runtime.states import ACTIVE, TERMINAL, Input, State
from jobmon.runtime.stops import cancel_inner, cancel_run, end_job
from jobmon.runtime.verbs.case import Case, Command, Plan, Step, Touch, planned
from jobmon.runtime.verbs.holds import hold, release
from jobmon.runtime.verbs.rerun import rerun
from jobmon.runtime.words import said, state_words

__all__ = ["VERBS", "Command", "Plan", "Touch", "plan", "preview"]


def plan(board: Board, command: Command, now: float) -> Plan:
    """What `command` would do now.

    Raises RefusedError (why not, and what works), NotFoundError or UsageError.
    """
    act = VERBS.get(command.verb)
    if act is None:
        raise UsageError(f"do {command.verb}", "no such verb", f"one of {', '.join(VERBS)}")
    return act(Case(board, command, now))


def preview(board: Board, made: Plan, now: float) -> Plan:
    """The plan with what follows from it at once: successors that become ready, doomed...

    Played on a copy of the run without launching anything; O(jobs of the run).
    """
    runs = {event.run for event in made.events if event.run}
    named = {(touch.run, touch.job) for touch in made.touched}
    follows = [
        touch
        for run_id in runs
        for touch in _followers(board, run_id, made, now)
        if (touch.run, touch.job) not in named
    ]
    return Plan(
        events=made.events,
        touched=(*made.touched, *follows),
        notes=made.notes,
    )


def _followers(board: Board, run_id: int, made: Plan, now: float) -> list[Touch]:
    copy = board.copy_of(run_id)
    before = list(board.jobs_of(run_id))
    for event in made.events:
        if event.run == run_id:
            copy.apply(event)
    while events := decide(copy, now, Limits(slots=0)):
        for event in events:
            copy.apply(event)
    after = copy.jobs_of(run_id)[: len(before)]  # what a map would make new is told by its list
    return [
        Touch(run_id, old.index, board.name(old.key), old.state.value, new.state.value, new.reason)
        for old, new in zip(before, after, strict=True)
        if old.state is not new.state
    ]


def _skip(case: Case) -> Plan:
    """Jobs become skipped, with `stop` running ones once they are stopped; successors go on."""
    if case.options.get("stop"):
        return _with_inner(case, [_skip_job(case, job) for job in _named(case)], None)
    return planned([_skip_job(case, job) for job in _named(case)])


def _skip_job(case: Case, job: JobRun) -> Step:
    _not_ended(case, job)
    if job.state in ACTIVE:
        return _stop_and_skip(case, job)
    value = case.options.get("value")
    output = case.board.jobdef(job.key).skip_value if value is None else value
    reason = said("skipped", case.command.who, case.command.why)
    return case.step(Input.SKIP, job, "skipped", reason=reason, output=output)


def _stop_and_skip(case: Case, job: JobRun) -> Step:
    """One commit says both, so no end of a screen or of a runtime comes in between."""
    if not case.options.get("stop"):
        hint = f"stop it as well: {case.line('skip', job, '--stop')}"
        case.refuse(job, f"it {state_words(job)}", hint)
    step = _end(case, job, case.options.get("grace"))
    value = case.options.get("value")
    data = step.event.data | {
        "then": "skip",
        "reason": said("skipped", case.command.who, case.command.why),
        "output": case.board.jobdef(job.key).skip_value if value is None else value,
    }
    event = msgspec.structs.replace(step.event, data=data)
    return Step(event, case.touch(job, "skipped", f"stopped first: {step.touch.note}"))


def _cancel(case: Case) -> Plan:
    """Jobs: TERM, grace, KILL, or simply never started. A run: all of its jobs."""
    if case.command.jobs is None:
        return _cancel_run(case, case.options.get("grace"))
    steps = [_cancel_job(case, job) for job in _named(case)]
    return _with_inner(case, steps, case.options.get("grace"))


def _cancel_job(case: Case, job: JobRun) -> Step:
    _not_ended(case, job)
    if job.state is State.STOPPING and job.by_operator:
        hint = f"do not wait for it: {case.line('kill', job)}"
        case.refuse(job, f"it is stopping already, since {case.clock(job.since)}", hint)
    return _end(case, job, case.options.get("grace"))


def _kill(case: Case) -> Plan:
    """KILL at once, for jobs with a process or all of a run."""
    if case.command.jobs is None:
        return _cancel_run(case, 0.0)
    return _with_inner(case, [_kill_job(case, job) for job in _named(case)], 0.0)


def _kill_job(case: Case, job: JobRun) -> Step:
    _not_ended(case, job)
    if job.state not in ACTIVE:
        hint = f"cancel it: {case.line('cancel', job)}"
        case.refuse(job, f"it has no process: it {state_words(job)}", hint)
    return _end(case, job, 0.0)


def _with_inner(case: Case, steps: list[Step], grace: float | None) -> Plan:
    """The plan of ended jobs, with the runs that subflows among them have started."""
    command, plan = case.command, planned(steps)
    how = {"hard": False, "who": command.who, "why": command.why, "grace": grace}
    events = [e for job in case.jobs for e in cancel_inner(case.board, job, case.now, **how)]
    touched = (*plan.touched, *_inner_touched(case, events))
    return Plan(events=(*plan.events, *events), touched=touched, notes=plan.notes)


def _inner_touched(case: Case, events: list[Event]) -> list[Touch]:
    runs = [case.board.runs[e.run] for e in events if e.kind == "run.cancel"]
    return [
        Touch(run.id, -1, run.key, run.state, "cancelled", f"started by {run.parent}")
        for run in runs
        if run.id != case.run.id
    ]


def _end(case: Case, job: JobRun, grace: float | None) -> Step:
    command = case.command
    event = end_job(case.board, job, case.now, who=command.who, why=command.why, grace=grace)
    note = ""
    if job.state in ACTIVE:
        seconds = event.data["grace"]
        note = f"TERM, {seconds:g}s grace, KILL" if seconds else "KILL at once"
    return Step(event, case.touch(job, "cancelled", note))


def _cancel_run(case: Case, grace: float | None) -> Plan:
    run, command = case.run, case.command
    hard = bool(case.options.get("hard")) or run.cancel == "hard"
    if run.state in RUN_TERMINAL:
        case.refuse(None, f"it has ended: {run.state}", case.line("rerun", None, "--failed"))
    if command.verb == "cancel" and run.cancel == ("hard" if hard else "soft"):
        case.refuse(None, "it is being cancelled already", case.line("kill"))
    events = cancel_run(
        case.board, run.id, case.now, hard=hard, who=command.who, why=command.why, grace=grace
    )
    if len(events) == 1:
        hint = case.line("cancel", None, "--hard")
        case.refuse(None, "nothing of it is left but its finally jobs", hint)
    every = case.board.jobs_of(run.id)
    own = [event for event in events[1:] if event.run == run.id]
    touched = (
        *(case.touch(every[event.job], "cancelled") for event in own),
        *_inner_touched(case, events),
    )
    note = "" if hard else _spared(case)
    return Plan(events=tuple(events), touched=touched, notes=(note,) if note else ())


def _spared(case: Case) -> str:
    left = [
        job.index
        for job in case.board.jobs_of(case.run.id)
        if case.shape.jobs[job.index].finally_ and job.state not in TERMINAL
    ]
    return f"its finally jobs still run: {case.names(left)}" if left else ""


def _mark(case: Case) -> Plan:
    """Set the outcome of jobs that are not running; successors are looked at again."""
    outcome = case.options.get("outcome")
    if outcome not in {"success", "failed"}:
        why = f"the outcome is {outcome!r}"
        raise UsageError(f"mark {case.run.key}", why, "say success or failed")
    jobs = _named(case)
    steps = [_mark_job(case, job, outcome) for job in jobs]
    revived = _ask_conditions_again(case, {job.index for job in jobs})
    note = "the run is cancelled: nothing of it starts before a rerun" if case.run.cancel else ""
    return planned([*steps, *revived], note)


def _mark_job(case: Case, job: JobRun, outcome: str) -> Step:
    value = case.options.get("value")
    if job.state in ACTIVE:
        case.refuse(job, f"it {state_words(job)}", f"cancel it first: {case.line('cancel', job)}")
    given = Input.MARK_SUCCESS if outcome == "success" else Input.MARK_FAILED
    becomes = State.SUCCEEDED if outcome == "success" else State.FAILED
    if job.state is becomes and value is None:
        case.refuse(job, f"it {state_words(job)} already", case.line("rerun", job))
    reason = said(f"marked {outcome}", case.command.who, case.command.why)
    return case.step(given, job, becomes.value, reason=reason, output=value)


def _ask_conditions_again(case: Case, marked: set[int]) -> list[Step]:
    """Successors skipped by their own condition: it may read the marked jobs' outputs."""
    every = case.board.jobs_of(case.run.id)
    children = {child for index in marked for child in case.shape.children[index]}
    asked = [every[child] for child in sorted(children - marked)]
    return [
        case.step(Input.REVIVE, child, "waiting", "its condition is asked again")
        for child in asked
        if child.state is State.SKIPPED and child.cause == "condition" and not child.stale
    ]


def _done(case: Case) -> Plan:
    """Manual steps that wait for a person are finished."""
    return planned([_done_job(case, job) for job in _named(case)])


def _done_job(case: Case, job: JobRun) -> Step:
    if case.shape.jobs[job.index].kind != "manual":
        hint = case.line("mark", job, "success")
        case.refuse(job, f"it is no manual step; it {state_words(job)}", hint)
    if job.state is not State.WAITING_HUMAN:
        hint = f"why: {case.line('explain', job)}"
        case.refuse(job, f"it does not wait for a person: it {state_words(job)}", hint)
    reason = said("done", case.command.who, case.command.why)
    return case.step(Input.DONE, job, "succeeded", reason=reason, output=case.options.get("value"))


def _named(case: Case) -> list[JobRun]:
    if not case.jobs:
        hint = f"see them: {case.line('show')}"
        raise UsageError(f"{case.command.verb} {case.run.key}", "no job was named", hint)
    return case.jobs


def _not_ended(case: Case, job: JobRun) -> None:
    if job.state in TERMINAL:
        lost = job.state is State.LOST
        hint = ", or: ".join(case.judgements(job)) if lost else case.line("rerun", job)
        case.refuse(job, f"it {state_words(job)} already" if not lost else "it is lost", hint)


VERBS: dict[str, Callable[[Case], Plan]] = {
    "hold": hold,
    "release": release,
    "skip": _skip,
    "cancel": _cancel,
    "kill": _kill,
    "rerun": rerun,
    "mark": _mark,
    "done": _done,
}
"""The verbs that act on what is there, by name."""
