"""What the local executor knows of one attempt it answers for."""

from __future__ import annotations

from collections.abc import Callable

from jobmon.runtime.executors.contract import AttemptSpec
from jobmon.runtime.executors.pool import InitiatorLink
from jobmon.runtime.model import Identity


class Track:
    """From `submit`, `adopt` or `cancel` until its end, or Gone, is reported."""

    def __init__(self, attempt: str, spec: AttemptSpec | None = None) -> None:
        self.attempt = attempt
        self.spec = spec  # None when an earlier runtime submitted it
        self.slotless = spec is not None and spec.slotless
        self.link: InitiatorLink | None = None
        self.initiator: Identity | None = None
        self.leader: Identity | None = None
        self.unwatch: Callable[[], None] | None = None
        self.kill_by: float | None = None  # a stop was asked for: when KILL is due, monotonic
        self.by_hand = False  # that stop is done without an initiator
        self.over = False
