"""A batch folder with a real runtime on it, driven through its socket; for integration tests."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobmon.runtime import client, startup, views
from jobmon.runtime.client import Client
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.reader import one_moment

LIMIT = 30.0


def until(condition: Callable[[], Any], what: str, limit: float = LIMIT) -> Any:
    """The first true value of `condition`, polled every 10 ms up to `limit` seconds."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"not within {limit:g} s: {what}")


class Batch:
    """One folder. `flow` writes a flow file; verbs go through the runtime's socket."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.state = home / ".jobmon"
        (home / "flows").mkdir(parents=True)

    def flow(self, text: str, name: str = "flow") -> None:
        """Write flows/<name>.py."""
        (self.home / "flows" / f"{name}.py").write_text(
            "from jobmon.jobs import *\n" + text, encoding="utf-8"
        )

    def client(self) -> Client:
        """A connection; the runtime is started when none runs."""
        return client.connect(self.state, start=True)

    def call(self, op: str, **args: Any) -> dict[str, Any]:
        """One request on a connection of its own."""
        with self.client() as connection:
            return connection.call(op, **args)

    def run(self, flow: str, **params: Any) -> str:
        """Start a run; returns its key."""
        return self.call("run", flow=flow, params=params)["run"]

    def verb(self, verb: str, run: str | None, *jobs: str, **options: Any) -> dict[str, Any]:
        """Do a verb to a run or some of its jobs."""
        why = options.pop("why", None)
        return self.call(
            "verb", verb=verb, run=run, jobs=list(jobs) or None, options=options, why=why
        )

    def show(self, run: str) -> dict[str, Any]:
        """The run as committed, with its attempts; reads the state, needs no runtime."""
        db = sqlite3.connect(f"file:{self.state / 'state.db'}?mode=ro", uri=True)
        try:
            with one_moment(db):
                return views.show(db, run=run, attempts=True, state_dir=self.state)
        finally:
            db.close()

    def runs(self) -> list[dict[str, Any]]:
        """Every run as committed, newest first; needs no runtime."""
        db = sqlite3.connect(f"file:{self.state / 'state.db'}?mode=ro", uri=True)
        try:
            return views.ls(db, all=True)["runs"]
        finally:
            db.close()

    def states(self, run: str) -> dict[str, str]:
        """{job: state}."""
        return {row["job"]: row["state"] for row in self.show(run)["jobs"]}

    def wait(self, run: str, *states: str, limit: float = LIMIT) -> dict[str, Any]:
        """Wait until the run is in one of `states` (default: over)."""
        wanted = states or ("succeeded", "failed", "cancelled")
        until(
            lambda: self.show(run)["state"] in wanted,
            f"{run} is {' or '.join(wanted)}",
            limit,
        )
        return self.show(run)

    def wait_job(self, run: str, job: str, *states: str) -> None:
        """Wait until the job is in one of `states`."""
        until(lambda: self.states(run)[job] in states, f"{job} of {run} is {' or '.join(states)}")

    def pid(self) -> int:
        """The runtime's process."""
        with self.client() as connection:
            return connection.hello["pid"]

    def kill(self) -> None:
        """kill -9 the runtime."""
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        until(lambda: not alive(pid), f"runtime {pid} is gone")

    def dies_at(self, step: str) -> bool:
        """A runtime that kills itself at a step; whether it did."""
        command = [sys.executable, "-m", startup.MODULE, "--home", str(self.home), "--detached"]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, cwd="/", env=os.environ | {"JOBMON_DIE_AT": step},
        )  # fmt: skip
        return process.wait(30) == -signal.SIGKILL

    def log(self, run: str, job: str, n: int = 1) -> list[dict[str, Any]]:
        """The records of one attempt's log."""
        shown = self.show(run)
        row = next(a for a in shown["attempts"] if a["job"] == job and a["n"] == n)
        lines = Path(row["log"]).read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def close(self) -> None:
        """End the runtime and every attempt that still runs."""
        with contextlib.suppress(JobmonError):
            with client.connect(self.state) as connection:
                pid = connection.hello["pid"]
                for row in connection.call("view", name="ls")["runs"]:
                    if row["ended"] is None:
                        with contextlib.suppress(JobmonError):
                            connection.call(
                                "verb", verb="kill", run=row["run"], options={"hard": True}
                            )
                connection.call("down", drain=True)
            until(lambda: not alive(pid), "the runtime has ended")


def alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
