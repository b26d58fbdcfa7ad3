"""Named steps at which a crash test has the runtime killed: JOBMON_DIE_AT=<step>[:<nth time>].

With JOBMON_DIE_ONCE=<path> only the process that creates that file dies, so a restart goes on.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

STEPS = ("recovered", "gathered", "decided", "committed", "submitting", "submitted", "acted")
"""In the order a turn reaches them."""

SLOTTED = "slotted"
"""Reached by a turn in which slots are decided: before anything of it is committed."""

TELLING = ("told", "posting", "answered")
"""Reached before messages are committed, before they are sent, before it is committed that they
were."""

TAKING = ("taken", "moving", "moved")
"""Reached when a record of a wrapped command became a run that is not committed yet, before its
logs are moved once it is, before the record is removed."""

_wanted, _, _nth = os.environ.get("JOBMON_DIE_AT", "").partition(":")
_passed: Counter[str] = Counter()


def reached(step: str) -> None:
    """Die here if a test asked for it."""
    if step != _wanted:
        return
    _passed[step] += 1
    if _passed[step] >= int(_nth or 1) and _first():
        os.kill(os.getpid(), signal.SIGKILL)


def _first() -> bool:
    path = os.environ.get("JOBMON_DIE_ONCE")
    if path is None:
        return True
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    return True
