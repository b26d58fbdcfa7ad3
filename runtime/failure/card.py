"""The failure card: how a job ended, why, what changed since it last succeeded, how to go on.

Pure. The card is a plain dict, as `jobmon explain --json` prints it under "card".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from signal import Signals
from typing import Any

from jobmon.runtime.failure.causes import Cause, Line, clip, find_cause, lines_of
from jobmon.runtime.model import Attempt, JobRun, Run
from jobmon.runtime.settle import TO_FAIL
from jobmon.runtime.states import State
from jobmon.runtime.words import LOST_WORDS, command, once, shell_word, size, span

LAST_LINES = 20
CODES = {
    1: "the usual code for any failure",
    2: "wrong usage of a command or a shell built-in",
    64: "a command was used wrongly",
    65: "class data: what it was given is wrong",
    66: "an input is missing",
    69: "a service it needs is not available",
    70: "an error inside the program",
    73: "an output could not be created",
    74: "an input or output error",
    75: "class external: trouble outside, a later try may do",
    77: "no permission",
    78: "class rule: a business rule forbids it",
    124: "the `timeout` command stopped it",
    126: "a command was found but could not be run: permission, or no program",
    127: "a command was not found",
    255: "ssh could not connect, or the program said -1",
}
"""What exit codes usually mean. A program may mean something else by them."""
SIGNALS = {
    "SIGHUP": "its terminal or session was closed",
    "SIGINT": "interrupted, as by Ctrl-C",
    "SIGQUIT": "asked to quit",
    "SIGILL": "an instruction this processor does not have",
    "SIGABRT": "it gave itself up: an assertion, or a library's abort",
    "SIGBUS": "memory that is not there",
    "SIGFPE": "an arithmetic error",
    "SIGKILL": "by the kernel, for want of memory (see dmesg), or by a `kill -9`",
    "SIGSEGV": "it touched memory that is not its own: a crash in native code",
    "SIGPIPE": "it wrote to a pipe that nobody reads",
    "SIGTERM": "asked to end by something other than jobmon",
    "SIGXCPU": "its limit of CPU time is used up",
    "SIGXFSZ": "its limit of file size is reached",
    "SIGSYS": "it made a system call that a sandbox forbids",
}


def card(
    run: Run,
    job_name: str,
    job_run: JobRun,
    attempt: Attempt | None,
    records: Iterable[Mapping[str, Any]],
    last_success: Attempt | None = None,
    *,
    since: str | None = None,
) -> dict[str, Any]:
    """What to know of a job that did not succeed, as JSON values.

    `records` are the last records of the attempt's log. `last_success` is the newest attempt of the
    same job that succeeded, in any run, and `since` the key of that run. `attempt` is None when
    none was ever started; when the job was reset since, the attempt is not what the state is about.
    """
    if not job_run.tries:
        attempt, records = None, ()
    lines = lines_of(records)
    # A person's word is the reason, not what the last attempt happened to say.
    judged = job_run.by_operator and job_run.state is not State.LOST
    cause = None if judged else _cause(attempt, lines)
    return {
        "job": job_name,
        "run": run.key,
        "attempt": attempt.n if attempt else 0,
        "state": str(job_run.state),
        "ended_how": ended_how(job_run, attempt),
        "cause": _cause_row(cause),
        "last": [clip(line.text) for line in lines if line.text.strip()][-LAST_LINES:],
        "changed": changed(attempt, last_success),
        "since": since if last_success else None,
        "next": _next(run.key, job_name, job_run.state, cause) if attempt else [],
    }


def ended_how(job_run: JobRun, attempt: Attempt | None) -> str:
    """How it ended, in words: exit code, signal, timeout, spawn, or that nobody knows."""
    if job_run.state is State.LOST:
        return _lost(job_run.reason)
    if job_run.state is State.CANCELLED:
        return once("cancelled", job_run.reason)
    if job_run.by_operator and job_run.reason.endswith(TO_FAIL):
        return f"{_lost(job_run.reason)}; {TO_FAIL}"
    if job_run.by_operator:
        return once("marked", job_run.reason, f"marked {job_run.state} by a person")
    if attempt is None:
        return "never started" + _because(job_run.reason)
    if attempt.reason == "spawn":
        return "could not be started"
    if attempt.reason == "timeout":
        return f"timed out after {span(_seconds(attempt))}"
    if attempt.reason == "output":
        return "it succeeded, but its output was refused"
    if attempt.signal is not None:
        return _signal_words(attempt.signal, attempt.rusage)
    if attempt.code is not None:
        return _code_words(attempt.code, attempt.rusage)
    return job_run.reason or attempt.reason or "unknown"


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def _lost(reason: str) -> str:
    known = next((words for key, words in LOST_WORDS.items() if key in reason), "")
    return "lost: nobody can know how it ended" + (f"; {known}" if known else "")


def _code_words(code: int, rusage: Mapping[str, float]) -> str:
    if 128 < code < 128 + 65:
        return f"exit code {code}: a program inside it was {_signal_words(code - 128, rusage)}"
    known = CODES.get(code)
    return f"exit code {code}" + (f": {known}" if known else "")


def _signal_words(number: int, rusage: Mapping[str, float]) -> str:
    try:
        name = Signals(number).name
    except ValueError:
        name = "signal"
    known = SIGNALS.get(name)
    words = f"killed by {name} ({number})" + (f": {known}" if known else "")
    peak = rusage.get("maxrss", 0)
    return f"{words}; its memory reached {size(peak)}" if number == 9 and peak else words


def _seconds(attempt: Attempt) -> float:
    return max((attempt.ended or 0.0) - (attempt.started or attempt.created), 0.0)


def _cause(attempt: Attempt | None, lines: Sequence[Line]) -> Cause | None:
    if attempt is not None and attempt.error:
        return Cause(clip(attempt.error), None, None, "record")
    found = find_cause(lines)
    # What a program said last does not tell why somebody else ended it.
    ended_from_outside = attempt is not None and attempt.reason in {"timeout", "signal", "stop"}
    return None if found and found.origin == "last line" and ended_from_outside else found


def _cause_row(cause: Cause | None) -> dict[str, Any] | None:
    if cause is None:
        return None
    return {
        "line": cause.line,
        "file": cause.file,
        "lineno": cause.lineno,
        "from": cause.origin,
        "hint": cause.hint,
    }


def changed(attempt: Attempt | None, before: Attempt | None) -> dict[str, list[str]]:
    """What differs between two attempts' fingerprints, in words; empty lists where nothing does."""
    now = attempt.fingerprint if attempt else {}
    then = before.fingerprint if before else {}
    if not now or not then:
        return {"code": [], "params": [], "env": [], "files": []}
    return {
        "code": [] if now.get("job") == then.get("job") else ["the job's own lines in the flow"],
        "params": _differences(then, now, "params", values=True),
        "env": _differences(then, now, "env"),
        "files": _differences(then, now, "files"),
    }


def _differences(
    then: Mapping[str, Any], now: Mapping[str, Any], key: str, *, values: bool = False
) -> list[str]:
    old, new = then.get(key) or {}, now.get(key) or {}
    names = [n for n in dict.fromkeys((*old, *new)) if old.get(n) != new.get(n)]
    return [_difference(name, old, new, values) for name in names]


def _difference(name: str, old: Mapping[str, str], new: Mapping[str, str], values: bool) -> str:
    if name not in old:
        return f"{name} (new)"
    if name not in new:
        return f"{name} (gone)"
    return f"{name}: {clip(old[name])} → {clip(new[name])}" if values else name


def _next(run: str, job: str, state: State, cause: Cause | None) -> list[str]:
    """Commands that go on from here, the likeliest first."""
    look, again = command("logs", run, job), command("rerun", run, job)
    if state is State.LOST:
        return [look, command("mark", run, job, "success"), again]
    edit = []
    if cause and cause.file and cause.lineno:
        edit = [f"$EDITOR +{cause.lineno} {shell_word(cause.file)}"]
    return [*edit, again, look]
