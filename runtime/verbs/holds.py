"""hold and release: of jobs, of a run, of a flow."""

from __future__ import annotations

from typing import Any

from jobmon.runtime.errors import RefusedError, UsageError
from jobmon.runtime.model import RUN_TERMINAL, JobRun
from jobmon.runtime.states import ACTIVE, TERMINAL, State
from jobmon.runtime.verbs.case import Case, Plan, Step, Touch, planned
from jobmon.runtime.waiting.reasons import waits_for
from jobmon.runtime.words import command, state_words


def hold(case: Case) -> Plan:
    """What has not started will not start; what runs is left alone."""
    if case.command.flow:
        return _hold_flow(case, case.command.flow)
    if case.options.get("until") is not None:
        what = f"hold {case.run.key} until a time"
        hint = command("hold", "--flow", case.run.flow, "--until", "TIME")
        raise UsageError(what, "only a flow is held until a time", hint)
    if case.command.jobs is None:
        return _hold_run(case)
    return planned([_hold_job(case, job) for job in case.jobs])


def release(case: Case) -> Plan:
    """Undo a hold."""
    if case.command.flow:
        return _release_flow(case, case.command.flow)
    if case.command.jobs is None:
        return _release_run(case)
    return planned([_release_job(case, job) for job in case.jobs])


def _hold_job(case: Case, job: JobRun) -> Step:
    if job.held:
        hint = f"let it go: {case.line('release', job)}"
        case.refuse(job, _already(case, job.held_at, job.held_by), hint)
    if job.state in TERMINAL:
        case.refuse(job, f"it has ended: it {state_words(job)}", "hold what is still to start")
    if job.state is State.WAITING_HUMAN:
        hint = f"{case.line('done', job)}, or skip or cancel it"
        case.refuse(job, "it waits for a person already", hint)
    if job.state is State.STOPPING and job.by_operator:
        case.refuse(job, "it is stopping and will not start again", case.line("explain", job))
    note = "its process goes on; no retry of it starts" if job.state in ACTIVE else ""
    return Step(case.event("job.hold", job), case.touch(job, "held", note))


def _release_job(case: Case, job: JobRun) -> Step:
    if not job.held:
        why, hint = "it is not held", f"why it stands there: {case.line('explain', job)}"
        if case.run.held:
            why, hint = "it is not held itself, its run is", case.line("release")
        case.refuse(job, why, hint)
    note = "its run is held too: it does not start before that is released" if case.run.held else ""
    return Step(case.event("job.release", job), case.touch(job, job.state.value, note))


def _hold_run(case: Case) -> Plan:
    run = case.run
    if run.held:
        hint = f"let it go: {case.line('release')}"
        case.refuse(None, _already(case, run.held_at, run.held_by), hint)
    if run.state in RUN_TERMINAL:
        case.refuse(None, f"it has ended: {run.state}", "hold a run that is still to go on")
    active = [job.index for job in case.board.jobs_of(run.id) if job.state in ACTIVE]
    note = f"running jobs go on: {case.names(active)}" if active else ""
    touch = Touch(run.id, -1, run.key, run.state, "held", note)
    return Plan(events=(case.event("run.hold"),), touched=(touch,))


def _release_run(case: Case) -> Plan:
    run = case.run
    held = [job.index for job in case.board.jobs_of(run.id) if job.held]
    if not run.held and run.waits and run.state not in RUN_TERMINAL:
        return _no_more_waiting(case)
    if not run.held:
        hint = case.line("release", None, *_names(case, held)) if held else case.line("explain")
        why = f"it is not held, only jobs of it: {case.names(held)}" if held else "it is not held"
        case.refuse(None, why, hint)
    note = f"jobs that stay held: {case.names(held)}" if held else ""
    touch = Touch(run.id, -1, run.key, "held", run.state, note)
    return Plan(events=(case.event("run.release"),), touched=(touch,))


def _no_more_waiting(case: Case) -> Plan:
    """What the whole run waits for is not waited for any longer."""
    run = case.run
    event = case.event("run.ready", wait=0, note="a person let it start without waiting")
    note = "no longer: " + "; ".join(waits_for(case.board, run, case.clock))
    touch = Touch(run.id, -1, run.key, "waiting", run.state, note)
    return Plan(events=(event,) * len(run.waits), touched=(touch,))


def _hold_flow(case: Case, flow: str) -> Plan:
    held, until = case.board.held_flows.get(flow), case.options.get("until")
    if held is not None and until in {None, held.until}:
        date = f"another date: {command('hold', '--flow', flow, '--until', 'TIME')}"
        hint = f"let it go: {command('release', '--flow', flow)}; {date}"
        raise RefusedError(f"hold flow {flow}", _already(case, held.at, held.who), hint)
    if until is not None and until <= case.now:
        why = f"{case.clock(until)} is past"
        raise UsageError(f"hold flow {flow}", why, "give a time to come")
    data: dict[str, Any] = {"flow": flow} | ({} if until is None else {"until": until})
    becomes = _held(case, until)
    note = "runs that are there already go on"
    note = note if held is None else _already(case, held.at, held.who)
    was = "free" if held is None else _held(case, held.until)
    return Plan(
        events=(case.event("flow.hold", **data),),
        touched=(Touch(0, -1, flow, was, becomes, note),),
    )


def _held(case: Case, until: float | None) -> str:
    return "held" if until is None else f"held until {case.clock(until)}"


def _release_flow(case: Case, flow: str) -> Plan:
    if flow not in case.board.held_flows:
        hint = "see which are: jobmon ls --flows"
        raise RefusedError(f"release flow {flow}", "it is not held", hint)
    return Plan(
        events=(case.event("flow.release", flow=flow),),
        touched=(Touch(0, -1, flow, "held", "free"),),
    )


def _names(case: Case, indices: list[int]) -> list[str]:
    return [case.shape.jobs[index].name for index in indices]


def _already(case: Case, at: float | None, by: str) -> str:
    who = f", by {by}" if by else ""
    return f"it is held already, since {case.clock(at)}{who}"
