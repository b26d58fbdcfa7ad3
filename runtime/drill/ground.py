"""The folder of a drill: its runtime as a process to be killed, and what is found on the disk."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from jobmon.runtime import client
from jobmon.runtime.config import STATE_NAME
from jobmon.runtime.drill.accounts import AttemptRow, Found
from jobmon.runtime.drill.dummies import EFFECTS
from jobmon.runtime.errors import NoRuntimeError
from jobmon.runtime.reader import DB_NAME
from jobmon.runtime.views import OPEN

LOOK = 0.005


class Ground:
    """One folder, and at most one runtime on it."""

    def __init__(self, home: Path) -> None:
        self.home, self.state = home, home / STATE_NAME
        self._log = (home / "runtime.err").open("ab")

    def start(self, die_at: str = "") -> subprocess.Popen[bytes]:
        """Start the runtime, not waited for; `die_at` names the step at which it dies by itself."""
        command = [sys.executable, "-m", "jobmon.runtime", "--home", str(self.home), "--detached"]
        own = {key: value for key, value in os.environ.items() if not key.startswith("JOBMON_")}
        env = own | ({"JOBMON_DIE_AT": die_at} if die_at else {})
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._log,
            start_new_session=True, cwd="/", env=env,
        )  # fmt: skip

    def answers(self) -> bool:
        """Whether the runtime answers."""
        try:
            client.connect(self.state).close()
        except NoRuntimeError:
            return False
        return True

    def open_runs(self) -> dict[str, str]:
        """{key: state} of the runs that are not over."""
        marks = ", ".join(f"'{state}'" for state in OPEN)
        return dict(self._rows(f"SELECT key, state FROM runs WHERE state IN ({marks})"))

    def effects(self) -> list[tuple[str, str]]:
        """What the dummies wrote: ("start" or "end", attempt)."""
        lines = (self.home / EFFECTS).read_text(encoding="utf-8").splitlines()
        return [(word, attempt) for word, attempt in (line.split(" ") for line in lines)]

    def size(self) -> int:
        """Bytes that the dummies have written."""
        return (self.home / EFFECTS).stat().st_size

    def found(self, accepted: list[str]) -> Found:
        """Everything that is there, once nothing runs any more."""
        code = "json_extract(body, '$.code')"
        jobs = self._rows(f"SELECT run, job, state, {code} FROM job_runs")
        attempts = self._rows("SELECT run, job, n, outcome FROM attempts")
        return Found(
            effects=self.effects(),
            attempts=[AttemptRow(*row) for row in attempts],
            jobs={(run, job): (state, code) for run, job, state, code in jobs},
            runs={
                n: (key, state) for n, key, state in self._rows("SELECT id, key, state FROM runs")
            },
            accepted=accepted,
            left_over=[f"process {pid} is still there" for pid in self.processes()],
        )

    def processes(self) -> list[int]:
        """The processes that have this folder among their arguments: runtimes and initiators."""
        mine = {str(self.home), str(self.state)}
        every = psutil.process_iter(["cmdline", "status"])
        return [
            process.pid
            for process in every
            if process.info["status"] != psutil.STATUS_ZOMBIE
            and mine & set(process.info["cmdline"] or ())
        ]

    def close(self) -> None:
        """Let go of the file with the runtimes' last words."""
        self._log.close()

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database says; nothing before there is one."""
        try:
            db = sqlite3.connect(f"file:{self.state / DB_NAME}?mode=ro", uri=True, timeout=10)
        except sqlite3.OperationalError:
            return []
        try:
            return db.execute(query).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error) or "unable to open" in str(error):
                return []
            raise
        finally:
            db.close()


def wait_until(condition: Callable[[], Any], limit: float) -> bool:
    """Whether it came true within so many seconds."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(LOOK)
    return False
