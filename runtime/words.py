"""Words for people: states as parts of a sentence, durations, sizes, lines to paste in a shell.

Light to import: the command line says the same words before anything else is loaded.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from jobmon.runtime.states import State

if TYPE_CHECKING:
    from jobmon.runtime.model import JobRun

_WORDS = {
    State.SUCCEEDED: "succeeded",
    State.FAILED: "failed",
    State.CANCELLED: "was cancelled",
    State.SKIPPED: "was skipped",
    State.UPSTREAM_FAILED: "could not run (upstream_failed)",
    State.EXPIRED: "expired",
    State.LOST: "is lost",
    State.WAITING: "is waiting",
    State.QUEUED: "is queued",
    State.STARTING: "is starting",
    State.RUNNING: "is running",
    State.STOPPING: "is stopping",
    State.WAITING_HUMAN: "waits for a person",
    State.RETRY_WAIT: "waits for its retry",
}


def state_words(job: JobRun) -> str:
    """The job's state to follow its name or `it`: `failed`, `is running`, `was skipped`."""
    return _WORDS[job.state]


def shell_word(text: str) -> str:
    """`text` as one word of a shell line; quoted only where a shell would read more into it."""
    return text if _BARE.fullmatch(text) else shlex.quote(text)


_BARE = re.compile(r"[\w./@-][\w./@#:+=,-]*")


def command(*words: str) -> str:
    """A line of jobmon to paste into a shell: `jobmon rerun load#3 'my job'`; "" is left out."""
    return " ".join(["jobmon", *(shell_word(word) for word in words if word)])


def said(done: str, who: str, why: str) -> str:
    """What somebody did: `cancelled by anna: wrong day`."""
    text = f"{done} by {who}" if who else done
    return f"{text}: {why}" if why else text


def once(done: str, reason: str, plain: str = "") -> str:
    """`done` with its reason; the reason alone where it says so itself: `cancelled by anna`."""
    if reason.startswith(done):
        return reason
    return f"{plain or done}: {reason}" if reason else plain or done


def size(count: float) -> str:
    """Bytes as `812 MiB` or `3.2 GiB`."""
    mib = count / (1 << 20)
    return f"{mib / 1024:.1f} GiB" if mib >= 1024 else f"{mib:.0f} MiB"


def span(seconds: float) -> str:
    """A duration for people: `0.4s`, `12s`, `3m 20s`, `2h 5m`, `3d 4h`."""
    if seconds < 10:
        return f"{max(0.0, seconds):.1f}s".replace(".0s", "s")
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    for large, small, unit, rest in ((3600, 60, "m", "s"), (86400, 3600, "h", "m")):
        if whole < large:
            return _pair(whole // small, unit, whole % small * 60 // small, rest)
    return _pair(whole // 86400, "d", whole % 86400 // 3600, "h")


def _pair(much: int, unit: str, little: int, rest: str) -> str:
    return f"{much}{unit} {little}{rest}" if little else f"{much}{unit}"


def end_words(job: JobRun) -> str:
    """How the newest attempt ended: `exit code 3`, `killed by signal 9`, `timeout`."""
    if job.reason == "exit" and job.code is not None:
        return f"exit code {job.code}"
    if job.reason == "signal" and job.signal is not None:
        return f"killed by signal {job.signal}"
    return _ENDS.get(job.reason, job.reason)


_ENDS = {
    "timeout": "its time limit passed",
    "spawn": "its command could not be started",
    "output": "its output is no JSON of at most 64 KiB",
}

LOST_WORDS = {
    "reboot": "the machine was restarted while it ran",
    "identity": "its claim names no process that can be recognised",
    "initiator": "the process that supervised it was killed",
    "file": "the file of its attempt is gone",
}
"""The reasons of a lost attempt, in words."""
