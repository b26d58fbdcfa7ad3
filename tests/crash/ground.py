"""The batch folder under test: its runtime as a process to be killed, and what is found on disk.

Reads effects and attempt files by itself: the proof must not lean on the code it is about.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.batch import Batch
from tests.crash.plan import SCRIPT, STUBBORN, Plan, flow_file

SLOTS = 6
LOOK = 0.003
OPEN = "('queued', 'running', 'blocked', 'stopping')"


class Claim(NamedTuple):
    """Who holds an attempt: the initiator's pid and its start in clock ticks since boot."""

    pid: int
    ticks: int


class Ground:
    """One folder and at most one runtime process on it."""

    def __init__(self, home: Path, plan: Plan) -> None:
        self.home, self.plan, self.state = home, plan, home / ".jobmon"
        self.effects_file = home / "effects"
        (home / "flows").mkdir(parents=True)
        (home / "jobmon.toml").write_text(f"[runtime]\nslots = {SLOTS}\n")
        (home / "job.sh").write_text(SCRIPT)
        (home / "stubborn.sh").write_text(STUBBORN)
        for name, jobs in plan.items():
            (home / "flows" / f"{name}.py").write_text(flow_file(name, jobs))
        self.effects_file.touch()
        self._said = (home / "runtime.err").open("ab")

    def start(self, **env: str) -> subprocess.Popen[bytes]:
        """Start the runtime as `jobmon up` does, without waiting for it."""
        command = [sys.executable, "-m", "jobmon.runtime", "--home", str(self.home), "--detached"]
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._said,
            start_new_session=True, cwd="/", env=os.environ | env,
        )  # fmt: skip

    def answers(self) -> bool:
        """Whether somebody listens at the socket."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(str(self.state / "runtime.sock"))
        except OSError:
            return False
        finally:
            sock.close()
        return True

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database says, read only; nothing before there is one."""
        try:
            db = sqlite3.connect(f"file:{self.state / 'state.db'}?mode=ro", uri=True, timeout=10)
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

    def open_runs(self) -> dict[str, str]:
        """{key: state} of the runs that are not over."""
        return dict(self.rows(f"SELECT key, state FROM runs WHERE state IN {OPEN}"))

    def lost_jobs(self) -> dict[str, list[str]]:
        """{run key: names of its lost jobs}."""
        found: dict[str, list[str]] = {}
        for key, name in self.rows(
            "SELECT r.key, j.name FROM job_runs j JOIN runs r ON r.id = j.run"
            " WHERE j.state = 'lost'"
        ):
            found.setdefault(key, []).append(name)
        return found

    def effects(self) -> list[tuple[str, str]]:
        """("start" or "end", attempt id), in the order the jobs wrote them."""
        lines = self.effects_file.read_text().splitlines()
        return [(word, attempt) for word, attempt in (line.split(" ") for line in lines)]

    def busy(self) -> list[Claim]:
        """The living initiators that hold an attempt just now."""
        found = []
        for run, job, n in self.rows("SELECT run, job, n FROM attempts WHERE outcome = ''"):
            path = self.state / "attempts" / str(run) / f"{job}.{n}.jsonl"
            claim = claim_of(path)
            if claim and ticks_of(claim.pid) == claim.ticks and not ended(path):
                found.append(claim)
        return found

    def attempt_files(self) -> Iterator[tuple[str, Path]]:
        """(attempt id, file)."""
        for path in (self.state / "attempts").glob("*/*.jsonl"):
            yield f"{path.parent.name}.{path.stem}", path

    def processes(self) -> list[int]:
        """The living processes of this folder: jobs by their environment, the rest by arguments."""
        return list(_belonging(os.fsencode(self.home)))

    def close(self) -> None:
        """Let go of the file the runtimes write their last words to."""
        self._said.close()


def claim_of(path: Path) -> Claim | None:
    """Who claimed the attempt; None for a void one or none."""
    try:
        with path.open("rb") as file:
            head = json.loads(file.readline())
    except FileNotFoundError:
        return None
    return Claim(head["pid"], head["ticks"]) if "pid" in head else None


def ended(path: Path) -> bool:
    """Whether the file's last line is an exit record."""
    lines = path.read_bytes().split(b"\n")
    return lines[-1] == b"" and lines[-2].startswith(b'{"exit":')


def ticks_of(pid: int) -> int | None:
    """The start of a living process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def kill_initiator(claim: Claim) -> bool:
    """kill -9 exactly that process, and wait until it is dead. False: it was gone."""
    try:
        handle = os.pidfd_open(claim.pid)
    except ProcessLookupError:
        return False
    try:
        if ticks_of(claim.pid) != claim.ticks:
            return False
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    wait_until(lambda: ticks_of(claim.pid) != claim.ticks, 10)
    return True


def up(batch: Batch) -> None:
    """`jobmon up`."""
    command = [sys.executable, "-m", "jobmon.tui.cli", "--home", str(batch.home), "up"]
    subprocess.run(command, check=True, capture_output=True, timeout=30)


def attempt_file(batch: Batch, run: str, job: str) -> Path:
    """The file of the job's first attempt."""
    shown = batch.show(run)
    return Path(next(a["log"] for a in shown["attempts"] if a["job"] == job))


def wait_until(condition: Any, limit: float) -> bool:
    """Whether `condition()` came true within `limit` seconds."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(LOOK)
    return False


def _belonging(home: bytes) -> Iterable[int]:
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = Path(f"/proc/{name}/cmdline").read_bytes().split(b"\0")
            env = Path(f"/proc/{name}/environ").read_bytes().split(b"\0")
        except OSError:
            continue
        named = b"JOBMON_HOME=" + home in env or home in words or home + b"/.jobmon" in words
        if named and ticks_of(int(name)) is not None:
            yield int(name)
