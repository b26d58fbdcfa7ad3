"""States as parts of a sentence."""

from __future__ import annotations

from jobmon.runtime.model import JobRun
from jobmon.runtime.states import State

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


def said(done: str, who: str, why: str) -> str:
    """What somebody did: `cancelled by anna: wrong day`."""
    text = f"{done} by {who}" if who else done
    return f"{text}: {why}" if why else text
