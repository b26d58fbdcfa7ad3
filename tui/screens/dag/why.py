"""Why a job of a run stands where it stands, in a few words beside the tree. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from jobmon.runtime.board.book import LINED, UNSTARTED
from jobmon.runtime.forecasting.forecast import left_of
from jobmon.runtime.model import JobRun
from jobmon.runtime.obstacles import of_children, roots, unmet
from jobmon.runtime.states import State
from jobmon.runtime.words import LOST_WORDS, end_words
from jobmon.tui import rows
from jobmon.tui.ink import Ink
from jobmon.tui.look import job_look
from jobmon.tui.screens.dag.course import Course
from jobmon.tui.text import Cell, Span, cell, clock_span
from jobmon.tui.words import waits

NAMED = 6
"""Parents that are named; of the others only the number is said."""
SOME = 3
"""The same for a job that runs last: it waits for all."""
_TOLD = {State.LOST: "lost", State.WAITING_HUMAN: "your turn"}
"""States of a parent that only a person ends."""


def why(ink: Ink, course: Course, index: int) -> Cell:
    """What it waits for, how long it still takes, or how it ended."""
    job = course.jobs[index]
    if job.state in UNSTARTED and (held := _held(course, job)):
        return cell(ink.safe(held), "held")
    maker = _WHY.get(job.state)
    if maker is not None:
        return maker(ink, course, job)
    return cell(ink.safe(rows.why(course.row(index))), "dim")


def _held(course: Course, job: JobRun) -> str:
    if job.held:
        return f"held by {job.held_by}" if job.held_by else "held"
    if course.run.held and job.state in LINED:
        return f"run held by {course.run.held_by}" if course.run.held_by else "run held"
    return ""


def _waiting(ink: Ink, course: Course, job: JobRun) -> Cell:
    """The parents that are not done, by the rule that looks at them."""
    ups = unmet(course.site.board, job)
    if ups and (told := of_children(course.site.board, job)):
        return cell(told, "dim")
    if not ups:
        return cell(ink.safe(waits(course.run.waits) or "next to be queued"), "dim")
    jobdef, rule = course.shape.jobs[job.index], course.shape.rules[job.index]
    names = _names(course, ups)
    if job.index in course.shape.handles:
        words = f"only if {_names(course, ups, ' or ')} fails"
    elif jobdef.finally_:
        words = f"last, after {names if len(ups) <= SOME else f'{len(ups)} jobs'}"
    else:
        words = _RULES.get(rule, "needs {names}").format(names=names)
    when = f", when {jobdef.when}" if jobdef.when else ""
    told = any(up.state in _TOLD for up in ups)
    return cell(ink.safe(words + when), "note" if told else "dim")


_RULES = {
    "all_done": "after {names} (all_done)",
    "one_failed": "if one of {names} fails",
    "one_success": "one of {names} (one_success)",
    "none_failed": "needs {names} (none_failed)",
    "none_failed_min_one_success": "needs {names} (none_failed, one success)",
}


def _names(course: Course, ups: Sequence[JobRun], joint: str = " + ") -> str:
    words = [_named(course, up) for up in ups[:NAMED]]
    more = len(ups) - NAMED
    return joint.join([*words, f"{more} more"] if more > 0 else words)


def _named(course: Course, up: JobRun) -> str:
    name = course.name(up.index)
    return f"{name} ({_TOLD[up.state]})" if up.state in _TOLD else name


def _starting(_ink: Ink, course: Course, job: JobRun) -> Cell:
    return cell(f"starting {clock_span(course.now - job.since)}", "dim")


def _running(_ink: Ink, course: Course, job: JobRun) -> Cell:
    """Elapsed, and the signed time to go."""
    row = course.row(job.index)
    spans: list[Span] = [(clock_span(row.elapsed), "")]
    told = row.meter.at(row.now).progress if row.meter else None
    left = left_of(row.history, row.elapsed or 0.0, told)
    if left is not None and row.elapsed is not None:
        word = "over" if left < 0 else "to go"
        style = "late" if row.late else "dim"
        spans.append((f"  {clock_span(-left, signed=True)} {word}", style))
    return tuple(spans)


def _succeeded(ink: Ink, _course: Course, job: JobRun) -> Cell:
    taken = "" if job.started is None or job.ended is None else clock_span(job.ended - job.started)
    told = job.reason if job.by_operator or job.warn else ""
    spans = [(taken, "")] if taken else []
    gap = "  " if taken and told else ""
    return (*spans, *([(gap + ink.safe(told), "note" if job.warn else "dim")] if told else ()))


def _failed(ink: Ink, course: Course, job: JobRun) -> Cell:
    """How, after how long, and whether the run bears it."""
    row = course.row(job.index)
    taken = f" after {clock_span(row.elapsed)}" if row.elapsed is not None else ""
    spans: list[Span] = [(ink.safe(rows.why(row) or "failed"), "fail"), (taken, "")]
    handler = course.shape.handler[job.index]
    if course.shape.jobs[job.index].tolerate:
        spans.append(("  tolerated", "dim"))
    elif handler >= 0 and course.jobs[handler].state is State.SUCCEEDED:
        spans.append((ink.safe(f"  handled by {course.name(handler)}"), "dim"))
    return tuple(spans)


def _retry(ink: Ink, course: Course, job: JobRun) -> Cell:
    """When it starts again, which attempt that is, and how the last one ended."""
    retry = course.site.board.jobdef(job.key).retry
    wait = clock_span(max(0.0, (job.due or course.now) - course.now))
    tries = f"  try {job.tries + 1}/{retry.times + 1}" if retry and job.tries else ""
    return ((f"in {wait}{tries}", "late"), (ink.safe(f"  {end_words(job)}"), "dim"))


def _doomed(ink: Ink, course: Course, job: JobRun) -> Cell:
    """The job whose end it goes back to."""
    causes = roots(course.site.board, job)
    if not causes:
        return cell(ink.safe(job.reason), "dim")
    more = f" and {len(causes) - 1} more" if len(causes) > 1 else ""
    word = job_look(causes[0].state).word
    return cell(ink.safe(f"{word}: {course.name(causes[0].index)}{more}"), "dim")


def _lost(ink: Ink, _course: Course, job: JobRun) -> Cell:
    if job.probing:
        return cell("being probed: how did it end?", "held")
    reason = LOST_WORDS.get(job.reason, job.reason)
    return cell(ink.safe(f"M says how it ended; {reason}"), "held")


def _human(ink: Ink, course: Course, job: JobRun) -> Cell:
    text = course.site.board.jobdef(job.key).text
    return (("D when done", "key"), (ink.safe(f"  {text}"), ""))


def _skipped(ink: Ink, course: Course, job: JobRun) -> Cell:
    """An operator's, its own condition's, or that of the branch it hangs on."""
    if job.index in course.shape.handles and not job.by_operator:
        return cell("not needed: nothing failed", "dim")
    if job.cause == "condition":
        return cell(ink.safe(f"not so: {course.shape.jobs[job.index].when}"), "dim")
    return cell(ink.safe(job.reason.removeprefix("upstream ")), "dim")


_WHY: Mapping[State, Callable[[Ink, Course, JobRun], Cell]] = {
    State.WAITING: _waiting,
    State.UPSTREAM_FAILED: _doomed,
    State.STARTING: _starting,
    State.RUNNING: _running,
    State.SUCCEEDED: _succeeded,
    State.FAILED: _failed,
    State.RETRY_WAIT: _retry,
    State.LOST: _lost,
    State.WAITING_HUMAN: _human,
    State.SKIPPED: _skipped,
}
