"""How a runtime is reached: by its batch folder here, or by a socket brought from afar."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobmon.runtime import client
from jobmon.runtime.client import Client
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.states import TERMINAL, State
from jobmon.tui.logfiles.source import LocalLog, RemoteLog, Source
from jobmon.tui.world import Row

ANSWER = 12.0
"""Seconds after which a runtime that says nothing is taken for frozen.

What it was told to do may take longer, and is done all the same: so much only the client gives up.
"""
SKIP_PATIENCE = 30.0
"""Seconds beyond its grace that a job may take to be cancelled before it is skipped."""


class Reach:
    """One runtime. `state_dir` is None when its files are on another machine."""

    def __init__(self, state_dir: Path | None = None, sock: Path | None = None) -> None:
        self.state_dir, self.sock = state_dir, sock

    def connect(self, start: bool = False) -> Client:
        """A new connection; `start` starts a runtime of this machine that is not there."""
        if self.sock is not None:
            return client.connect_socket(self.sock, limit=ANSWER)
        assert self.state_dir is not None
        return client.connect(self.state_dir, start=start, limit=ANSWER)

    def call(self, op: str, **args: Any) -> dict[str, Any]:
        """One request on a connection of its own. Raises the JobmonError it comes to."""
        with contextlib.closing(self.connect()) as connection:
            if changes(op, args):
                connection.allow(client.ANSWER_LIMIT)
            return connection.call(op, **args)

    def log(self, attempt: str) -> Source:
        """The log of an attempt, `run.job.n`."""
        path = self.log_path(attempt)
        return LocalLog(path) if path is not None else RemoteLog(self.call, attempt)

    def log_path(self, attempt: str) -> Path | None:
        """Its file, when it is on this machine."""
        if self.state_dir is None:
            return None
        run, rest = attempt.split(".", 1)
        return self.state_dir / "attempts" / run / f"{rest}.jsonl"


def changes(op: str, args: Mapping[str, Any]) -> bool:
    """Whether a request does something, and does not only look."""
    return op in {"verb", "run"} and not args.get("preview")


def skip_running(reach: Reach, row: Row, why: str) -> dict[str, Any]:
    """Cancel a job and, once nothing of it is alive, skip it. Blocks for as long as that takes.

    It is held meanwhile, so that nothing starts it between the two; one that somebody holds
    already stays held.
    """
    import time

    target = {"run": row.run.key, "why": why or "skipped while it ran"}

    def verb(name: str, *others: str, **options: Any) -> dict[str, Any]:
        jobs = [row.name, *others]
        return reach.call("verb", verb=name, jobs=jobs, options=options, **target)

    before = _jobs(reach, row)
    held = before[row.job.index]["held"]
    if not held:
        verb("hold")
    try:
        verb("cancel")
        limit = time.monotonic() + row.jobdef.grace + SKIP_PATIENCE
        while (now := _jobs(reach, row))[row.job.index]["state"] not in TERMINAL:
            if time.monotonic() > limit:
                break
            time.sleep(0.1)
        verb("rerun", *_given_up(before, now), only=True)
        return verb("skip")
    finally:
        with contextlib.suppress(JobmonError):
            if not held:
                verb("release")


def _jobs(reach: Reach, row: Row) -> list[dict[str, Any]]:
    """What the runtime says of the run's jobs now."""
    return reach.call("view", name="show", args={"run": row.run.key})["jobs"]


def _given_up(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[str]:
    """Jobs behind the cancelled one, which a skip satisfies."""
    pairs = zip(before, now, strict=True)
    failed = (job for was, job in pairs if was["state"] not in TERMINAL)
    return [job["job"] for job in failed if job["state"] == State.UPSTREAM_FAILED]
