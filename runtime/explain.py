"""Why a job or a run is in its state, and what would change it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from jobmon.runtime.board import Board
from jobmon.runtime.board.outcome import excuses
from jobmon.runtime.model import JobKey, JobRun, Limits
from jobmon.runtime.obstacles import against_launch, of_children, roots, unmet
from jobmon.runtime.settle import may_retry
from jobmon.runtime.states import ACTIVE, State
from jobmon.runtime.stops import inner_runs
from jobmon.runtime.verbs.case import Case, Command
from jobmon.runtime.waiting.reasons import waits_for, ways_on
from jobmon.runtime.words import LOST_WORDS, command, end_words, once, span, state_words

READY = "it is ready and starts with the next decision"
"""Said of a queued job that nothing is known to keep."""


class Explanation(msgspec.Struct, frozen=True):
    """`reasons`: why it is so, the most important first. `next`: commands that would change it."""

    reasons: tuple[str, ...]
    next: tuple[str, ...] = ()


class Reader(Case):
    """A job looked at: the words of a `Case`, and what bounds launches."""

    def __init__(self, board: Board, run_id: int, now: float, limits: Limits) -> None:
        super().__init__(board, Command(verb="explain", target_run=run_id), now)
        self.limits = limits


def explain_job(board: Board, key: JobKey, now: float, limits: Limits) -> Explanation:
    """Why the job run is in its state and what would change it. Raises NotFoundError."""
    reader = Reader(board, key[0], now, limits)
    board.run_of(key[0])
    job = board.jobs[key]
    found = _READ[job.state](reader, job)
    flags = _flags(reader, job)
    return Explanation((*found.reasons, *flags.reasons), (*flags.next, *found.next))


def explain_run(board: Board, run_id: int, now: float, limits: Limits) -> Explanation:
    """Why the run is in its state: its counts, and the jobs that decide it."""
    run = board.run_of(run_id)
    reader = Reader(board, run_id, now, limits)
    counts = ", ".join(f"{n} {state}" for state, n in board.counts(run_id).items())
    reasons = [f"the run is {run.state}: {counts or 'it has no jobs'}"]
    reasons += waits_for(board, run, reader.clock)
    reasons += [run.reason] if run.reason else []
    commands = ways_on(run)
    if run.held:
        by = f" by {run.held_by}" if run.held_by else ""
        reasons.append(f"it is held since {reader.clock(run.held_at)}{by}: nothing new starts")
        commands.append(reader.line("release"))
    if run.cancel:
        reasons.append(f"it was cancelled ({run.cancel})")
    if run.state == "expired":
        return Explanation(tuple(reasons), (*commands, reader.line("rerun", None, "--failed")))
    excused = excuses(reader.shape, board.jobs_of(run_id))
    if excused:
        reasons.append(f"failed, but excused: {reader.names(sorted(excused))}")
    for states, verb, words in _DECIDING:
        every = board.jobs_of(run_id)
        jobs = [job for job in every if job.state in states and job.index not in excused]
        if jobs:
            reasons.append(f"{words}: {reader.names([job.index for job in jobs])}")
            commands += [line for job in jobs[:3] for line in _lines(reader, verb, job)]
    if board.counts(run_id).get("failed", 0) + board.counts(run_id).get("cancelled", 0):
        commands.append(reader.line("rerun", None, "--failed"))
    return Explanation(tuple(reasons), tuple(commands))


def _lines(reader: Reader, verb: str, job: JobRun) -> list[str]:
    return reader.judgements(job) if verb == "mark" else [reader.line(verb, job)]


_DECIDING = (
    ({State.FAILED, State.EXPIRED}, "explain", "failed"),
    ({State.LOST}, "mark", "lost, and only a person can say how it ended"),
    ({State.WAITING_HUMAN}, "done", "waits for a person"),
    (ACTIVE, "explain", "has a process"),
)


def _waiting(reader: Reader, job: JobRun) -> Explanation:
    rule = reader.shape.rules[job.index]
    ups = unmet(reader.board, job)
    if ups and (told := of_children(reader.board, job)):
        reasons = (f"it waits for its children: {told}",)
        return Explanation(reasons, (reader.line("show"), reader.line("explain", ups[0])))
    if whole := waits_for(reader.board, reader.run, reader.clock):
        words = tuple(f"the run{reason.removeprefix('it')}" for reason in whole)
        return Explanation(words, tuple(ways_on(reader.run)))
    if not ups:
        return Explanation(("its turn has come: it is queued with the next decision",))
    words = [f"{reader.name(up)} {state_words(up)}" for up in ups[:5]]
    more = f" and {len(ups) - 5} more" if len(ups) > 5 else ""
    lost = [up for up in ups if up.state is State.LOST][:3]
    hints = [line for up in lost for line in reader.judgements(up)]
    reasons = (f"its rule {rule} waits: {', '.join(words)}{more}",)
    return Explanation(reasons, (*hints, reader.line("explain", ups[0])))


def _queued(reader: Reader, job: JobRun) -> Explanation:
    if job.held or reader.run.held:
        return Explanation(("it is ready",))
    found = against_launch(reader.board, job, reader.limits)
    rate = reader.board.jobdef(job.key).rate
    pace = reader.limits.paces.get(rate)
    ways = (command("limits", "--thaw", rate),) if pace is not None and pace.frozen else ()
    return Explanation(tuple(found) or (READY,), ways)


def _active(reader: Reader, job: JobRun) -> Explanation:
    at = job.since if job.started is None else job.started
    word = state_words(job).removeprefix("is ")
    ago = span(reader.now - at)
    reasons = [f"attempt {job.attempt} {word} since {reader.clock(at)} ({ago})"]
    jobdef = reader.board.jobdef(job.key)
    if job.state is State.RUNNING and jobdef.timeout is not None:
        left = at + jobdef.timeout - reader.now
        reasons.append(f"its time limit of {span(jobdef.timeout)} ends in {span(left)}")
    if job.state is State.STOPPING:
        reasons.append(f"{job.reason}; it ends when none of its processes is alive")
    if jobdef.kind == "subflow":
        reasons += [f"it waits for {run.key}: {run.state}" for run in inner_runs(reader.board, job)]
    if job.unsupervised:
        reasons.append("its supervisor is gone: its exit code will not be known")
    commands = (reader.line("logs", job, "-f"), reader.line("cancel", job))
    return Explanation(tuple(reasons), commands)


def _waiting_human(reader: Reader, job: JobRun) -> Explanation:
    text = reader.board.jobdef(job.key).text
    reasons = (f"a person is asked since {reader.clock(job.since)}: {text}",)
    return Explanation(reasons, (reader.line("done", job), reader.line("skip", job)))


def _retry_wait(reader: Reader, job: JobRun) -> Explanation:
    retry = reader.board.jobdef(job.key).retry
    times = retry.times if retry else 0
    wait = span((job.due or reader.now) - reader.now)
    if not job.tries:  # an attempt that failed would count
        reasons = (f"it is repeated: {job.reason} in vain", f"the next begins in {wait}")
        return Explanation(reasons, (reader.line("cancel", job),))
    reasons = (
        f"attempt {job.attempt} failed: {end_words(job)}",
        f"retry {job.tries} of {times} in {wait}, at {reader.clock(job.due)}",
    )
    return Explanation(reasons, (reader.line("rerun", job), reader.line("cancel", job)))


def _succeeded(reader: Reader, job: JobRun) -> Explanation:
    how = job.reason or ("" if job.code is None else f"exit code {job.code}")
    return Explanation((f"it succeeded: {how}" if how else "it succeeded",))


def _failed(reader: Reader, job: JobRun) -> Explanation:
    reasons = [f"it failed: {end_words(job)}", *_no_retry(reader, job)]
    shape, every = reader.shape, reader.board.jobs_of(job.run)
    handler = shape.handler[job.index]
    if shape.jobs[job.index].tolerate:
        reasons.append("it is declared tolerate=True: the run does not fail for it")
    if handler >= 0:
        reasons.append(f"its handler {shape.jobs[handler].name} {state_words(every[handler])}")
    ways = ("logs", "rerun")
    commands = [reader.line(verb, job) for verb in ways] if job.attempt else []
    return Explanation(tuple(reasons), (*commands, reader.line("mark", job, "success")))


def _no_retry(reader: Reader, job: JobRun) -> list[str]:
    """Why no further attempt follows by itself."""
    jobdef = reader.board.jobdef(job.key)
    if job.by_operator or not job.attempt or may_retry(jobdef, job.tries, job.cause):
        return []
    if jobdef.retry is None:
        return ["no retry is declared"]
    if jobdef.effects == "once":
        return ['effects="once": only a person may start it again']
    if job.tries > jobdef.retry.times:
        return [f"all {jobdef.retry.times} retries are used up"]
    return [f"its failure class is {job.cause}: retried is {', '.join(jobdef.retry.on)}"]


def _decided(reader: Reader, job: JobRun) -> Explanation:
    words = state_words(job).removeprefix("was ")
    was = "was " if state_words(job) != words else ""
    return Explanation((f"it {was}{once(words, job.reason)}",), (reader.line("rerun", job),))


def _upstream_failed(reader: Reader, job: JobRun) -> Explanation:
    causes = roots(reader.board, job)
    rule, reasons = reader.shape.rules[job.index], [job.reason]
    if not reader.shape.jobs[job.index].expanded:
        reasons = [f"its rule {rule} can no longer be met: {job.reason}"]
    if causes:
        names = reader.names([cause.index for cause in causes])
        reasons.append(f"it goes back to where it began: {names} {state_words(causes[0])}")
    commands = [reader.line(verb, cause) for cause in causes[:2] for verb in ("explain", "rerun")]
    return Explanation(tuple(reasons), tuple(commands))


def _lost(reader: Reader, job: JobRun) -> Explanation:
    reasons = (
        f"nobody can know how attempt {job.attempt} ended: "
        f"{LOST_WORDS.get(job.reason, job.reason)}",
        "look at what it did, then say so, or run it again",
    )
    commands = (
        reader.line("logs", job),
        *reader.judgements(job),
        reader.line("rerun", job),
    )
    return Explanation(reasons, commands)


def _flags(reader: Reader, job: JobRun) -> Explanation:
    reasons: list[str] = []
    commands: list[str] = []
    unended = job.ended is None or job.state is State.RETRY_WAIT
    if job.held:
        by = f" by {job.held_by}" if job.held_by else ""
        reasons.append(f"it is held since {reader.clock(job.held_at)}{by}: it will not start")
        commands.append(reader.line("release", job))
    if reader.run.held and unended:
        reasons.append(f"its run is held since {reader.clock(reader.run.held_at)}")
        commands.append(reader.line("release"))
    if job.stale:
        reasons.append("stale: an upstream was run again after it")
        commands.append(reader.line("rerun", job))
    if job.old_code:
        reasons.append("done with old code: it, or a file it names, changed since")
        commands.append(reader.line("rerun", job))
    if job.warn:
        reasons.append("with a warning")
    if job.definition:
        reasons.append(f"its code is version {job.definition[:8]}, taken over by a rerun")
    return Explanation(tuple(reasons), tuple(commands))


_READ: dict[State, Callable[[Reader, JobRun], Explanation]] = {
    State.WAITING: _waiting,
    State.QUEUED: _queued,
    State.STARTING: _active,
    State.RUNNING: _active,
    State.STOPPING: _active,
    State.WAITING_HUMAN: _waiting_human,
    State.RETRY_WAIT: _retry_wait,
    State.SUCCEEDED: _succeeded,
    State.FAILED: _failed,
    State.CANCELLED: _decided,
    State.SKIPPED: _decided,
    State.EXPIRED: _decided,
    State.UPSTREAM_FAILED: _upstream_failed,
    State.LOST: _lost,
}
