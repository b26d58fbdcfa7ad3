"""A batch folder with a real runtime on it, and what is measured there."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import proc
from jobmon.runtime import client
from jobmon.runtime.errors import JobmonError

JOBMON = str(Path(sys.executable).with_name("jobmon"))
SLOTS = 8
LIMIT = 300.0
_LOOK = 0.002


class Ground:
    """One folder. The runtime is started by the first request and stays until `close`."""

    def __init__(self, home: Path, **flows: str) -> None:
        self.home, self.state = home, home / ".jobmon"
        (home / "flows").mkdir(parents=True)
        (home / "jobmon.toml").write_text(f"[runtime]\nslots = {SLOTS}\n")
        for name, text in flows.items():
            self.flow(name, text)

    def flow(self, name: str, text: str) -> None:
        """Write flows/<name>.py; `text` continues after the imports."""
        head = f"from jobmon.jobs import Cron, Flow\nflow = Flow({name!r})\n"
        (self.home / "flows" / f"{name}.py").write_text(head + text)

    def warm(self) -> None:
        """Runtime up, flows loaded: as it is on any but the first minute of its life."""
        self.call("status")

    def call(self, op: str, **args: Any) -> dict[str, Any]:
        """One request."""
        with client.connect(self.state, start=True) as connection:
            return connection.call(op, **args)

    def pid(self) -> int:
        """The runtime's process."""
        with client.connect(self.state, start=True) as connection:
            return connection.hello["pid"]

    def family(self) -> list[int]:
        """The runtime, its template and its initiators."""
        return proc.family(self.pid())

    def timed_run(self, flow: str) -> tuple[int, float]:
        """(run id, seconds from sending the request until its end is seen committed)."""
        begun = time.perf_counter()
        run = self.call("run", flow=flow)["id"]
        self.until(lambda db: self._ended(db, run))
        return run, time.perf_counter() - begun

    def _ended(self, db: sqlite3.Connection, run: int) -> bool:
        (state,) = db.execute("SELECT state FROM runs WHERE id = ?", (run,)).fetchone()
        if state in ("failed", "blocked"):
            raise RuntimeError(f"run {run} is {state}: {self._states(db, run)}")
        return state == "succeeded"

    def _states(self, db: sqlite3.Connection, run: int) -> dict[str, int]:
        query = "SELECT state, count(*) FROM job_runs WHERE run = ? GROUP BY state"
        return dict(db.execute(query, (run,)))

    def until(self, seen: Callable[[sqlite3.Connection], Any]) -> None:
        """Look at the committed rows every 2 ms until `seen` says so."""
        end = time.monotonic() + LIMIT
        with contextlib.closing(self.reader()) as db:
            while not seen(db):
                if time.monotonic() > end:
                    raise TimeoutError(f"not over within {LIMIT:.0f} s: {self.call('status')}")
                time.sleep(_LOOK)

    def reader(self) -> sqlite3.Connection:
        """The committed rows."""
        return sqlite3.connect(f"file:{self.state / 'state.db'}?mode=ro", uri=True, timeout=10)

    def times(self, run: int) -> list[tuple[float, float]]:
        """(start, end) of the newest attempt of every job of a run, as recorded."""
        columns = "body ->> '$.started', body ->> '$.ended'"
        query = f"SELECT {columns} FROM attempts WHERE run = ? ORDER BY job"
        with contextlib.closing(self.reader()) as db:
            return db.execute(query, (run,)).fetchall()

    def cli(self, *args: str) -> float:
        """Seconds one `jobmon` command takes as a process."""
        return timed([JOBMON, "--home", str(self.home), *args])

    def down(self) -> None:
        """Stop the runtime and wait until it is gone."""
        with contextlib.suppress(JobmonError):
            with client.connect(self.state) as connection:
                pid = connection.hello["pid"]
                connection.call("down")
            while proc.alive(pid):
                time.sleep(_LOOK)

    def close(self) -> None:
        """End what still runs, then the runtime."""
        with contextlib.suppress(JobmonError), client.connect(self.state) as connection:
            for row in connection.call("view", name="ls")["runs"]:
                if row["ended"] is None:
                    verb = {"verb": "kill", "run": row["run"], "options": {"hard": True}}
                    connection.call("verb", **verb)
        self.down()


def timed(command: list[str], **options: Any) -> float:
    """Seconds a command takes as a process. Raises CalledProcessError when it fails."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)
    return time.perf_counter() - begun
