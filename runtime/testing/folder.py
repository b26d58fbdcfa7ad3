"""A batch folder of a test: a copy of the user's own, with a real runtime on it when needed."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from jobmon.jobs.loader import load_folder
from jobmon.runtime import client, logs
from jobmon.runtime.config import STATE_NAME
from jobmon.runtime.errors import JobmonError, NoRuntimeError, UsageError
from jobmon.runtime.model import RUN_TERMINAL
from jobmon.runtime.settings.profiles import CONFIG_NAME
from jobmon.runtime.testing.quiet import quieten

LEFT_OUT = (
    STATE_NAME,
    ".git",
    ".venv",
    "venv",
    "node_modules",
    "__pycache__",
    ".pytest_cache",
    "jobmon.*.toml",
)
"""What is not copied: state, other people's tools, and the profiles, which may tell real people."""
START_LIMIT, END_LIMIT = 30.0, 20.0
LOOK = 0.02

Document = dict[str, Any]


class Ran:
    """A run that is over, or blocked: what came of it, by the names of its jobs.

    `document` is that of `jobmon show --json`.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.key: str = document["run"]
        self.outcome: str = document["state"]

    @property
    def states(self) -> dict[str, str]:
        """Each job's state."""
        return {row["job"]: row["state"] for row in self.document["jobs"]}

    @property
    def attempts(self) -> dict[str, int]:
        """How many attempts each job had."""
        return {row["job"]: row["attempt"] for row in self.document["jobs"]}

    @property
    def outputs(self) -> dict[str, Any]:
        """The JSON that each job left; jobs that left none are not in it."""
        rows = self.document["jobs"]
        return {row["job"]: row["output"] for row in rows if row["output"] is not None}

    @property
    def logs(self) -> dict[str, str]:
        """What each job wrote, its attempts one after the other."""
        found: dict[str, str] = {}
        for row in self.document["attempts"]:
            text = found.get(row["job"], "")
            found[row["job"]] = text + _text(Path(row["log"]))
        return found


class BatchFolder:
    """`home` is the copy. Nothing starts by the clock in it, no message goes out, no port opens."""

    def __init__(self, home: Path, original: Path | None = None) -> None:
        self.home, self.state = home, home / STATE_NAME
        self._process: subprocess.Popen[bytes] | None = None
        if original is None:
            (home / "flows").mkdir(parents=True)
        else:
            shutil.copytree(original, home, symlinks=True, ignore=_left_out)

    def flow(self, name: str, text: str) -> Path:
        """Write flows/NAME.py."""
        path = self.home / "flows" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, name: str, /, *, limit: float = 60.0, **params: Any) -> Ran:
        """Run a flow to its end and return what came of it. Manual steps are answered at once.

        Returns a run that is blocked, too, because a job is lost or held. AssertionError when it
        takes longer than `limit` seconds; JobmonError when it cannot be started.
        """
        with self._connected() as runtime:
            given = {key: str(value) for key, value in params.items()}
            run = runtime.call("run", flow=name, params=given, now=True)["run"]
            end = time.monotonic() + limit
            while not self._over(runtime, run):
                assert time.monotonic() < end, _late(self._shown(runtime, run), limit)
                time.sleep(LOOK)
            return self._shown(runtime, run)

    def call(self, op: str, **args: Any) -> Document:
        """Ask the runtime for what the command line asks: `call("verb", verb="hold", ...)`."""
        with self._connected() as runtime:
            return runtime.call(op, **args)

    def close(self) -> None:
        """End all jobs and the runtime."""
        if self._process is None:
            return
        with contextlib.suppress(JobmonError), client.connect(self.state) as runtime:
            _stop_all(runtime)
            runtime.call("down", drain=True)
        try:
            self._process.communicate(timeout=END_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def _shown(self, runtime: client.Client, run: str) -> Ran:
        args = {"run": run, "attempts": True}
        return Ran(runtime.call("view", name="show", args=args))

    def _over(self, runtime: client.Client, run: str) -> bool:
        shown = runtime.call("view", name="show", args={"run": run})
        asked = [row["job"] for row in shown["jobs"] if row["state"] == "waiting_human"]
        if asked:
            runtime.call("verb", verb="done", run=run, jobs=asked, options={})
        return not asked and shown["state"] in (*RUN_TERMINAL, "blocked")

    def _connected(self) -> client.Client:
        if self._process is not None:
            with contextlib.suppress(NoRuntimeError):
                return client.connect(self.state)
            self._process.kill()  # the test may have done so itself
            self._process.communicate()
        self._start()
        return client.connect(self.state)

    def _start(self) -> None:
        flows = load_folder(self.home).flows
        try:
            quieten(self.home / CONFIG_NAME, [n for n, flow in flows.items() if flow.schedule])
        except (ValueError, TypeError) as error:
            raise UsageError(f"read {self.home / CONFIG_NAME}", str(error)) from error
        command = [sys.executable, "-m", "jobmon.runtime", "--home", str(self.home), "--detached"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            start_new_session=True, cwd="/", env=_environ(),
        )  # fmt: skip
        self._await(self._process)

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + START_LIMIT
        while time.monotonic() < end and process.poll() is None:
            with contextlib.suppress(NoRuntimeError), client.connect(self.state):
                return
            time.sleep(LOOK)
        process.kill()
        _, said = process.communicate()
        why = said.decode(errors="replace").strip() or f"no answer within {START_LIMIT:g} s"
        raise NoRuntimeError(f"start a runtime for {self.home}", why, "jobmon doctor")


def _late(ran: Ran, limit: float) -> str:
    """What an assertion says of a run that is not over."""
    return f"{ran.key} is {ran.outcome} after {limit:g} s: {ran.states}"


def _left_out(folder: str, names: list[str]) -> set[str]:
    """What is not copied; beside what is named, all that is no file: pipes, sockets."""
    with os.scandir(folder) as entries:
        special = {e.name for e in entries if not (e.is_file() or e.is_dir() or e.is_symlink())}
    return special | shutil.ignore_patterns(*LEFT_OUT)(folder, names)


def _stop_all(runtime: client.Client) -> None:
    """Kill what still runs."""
    for row in runtime.call("view", name="ls")["runs"]:
        if row["ended"] is None:
            with contextlib.suppress(JobmonError):
                runtime.call("verb", verb="kill", run=row["run"], options={"hard": True})


def _environ() -> dict[str, str]:
    """Ours, without what a shell or a job says of another batch folder."""
    return {key: value for key, value in os.environ.items() if not key.startswith("JOBMON_")}


def _text(log: Path) -> str:
    lines = logs.records(log) if log.exists() else ()
    return "".join(f"{record['m']}\n" for record in lines if "m" in record)
