"""How a runtime is reached: by its batch folder here, or by a socket brought from afar."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobmon.runtime import client
from jobmon.runtime.client import Client
from jobmon.tui.logfiles.source import LocalLog, RemoteLog, Source
from jobmon.tui.world import Row

ANSWER = 12.0
"""Seconds after which a runtime that says nothing is taken for frozen.

What it was told to do may take longer, and is done all the same: so much only the client gives up.
"""


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
    """Stop a job; it is skipped once nothing of it is alive. One order: nothing comes between."""
    target = {"run": row.run.key, "jobs": [row.name], "why": why or "skipped while it ran"}
    return reach.call("verb", verb="skip", options={"stop": True}, **target)
