"""Pages walked as they are printed: blocks of commands in a shell, what they show compared."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple, Self
from unittest import mock

from click.testing import CliRunner

from jobmon.runtime import client, config
from jobmon.tui.cli import cli
from jobmon.tui.desk import Desk
from tests.batch import until

LIMIT = 60.0
"""Seconds after which a step is taken for stuck."""


class Block(NamedTuple):
    """A fenced block of a page, and the text between it and the next one."""

    language: str
    code: str
    after: str


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page in their order."""
    parts = re.split(
        r"^```(\w*)\n(.*?)^```$", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    return [Block(*parts[n : n + 3]) for n in range(1, len(parts), 3)]


class _Desk(Desk):
    """That of one command, whose end closes its connections as the end of a process does."""

    def __enter__(self) -> Self:
        self._connections = contextlib.ExitStack()
        return self

    def __exit__(self, *_: object) -> None:
        self._connections.close()

    def connect(self, *, start: bool = False, limit: float | None = None) -> client.Client:
        return self._connections.enter_context(super().connect(start=start, limit=limit))


class Walker:
    """A shell that goes through blocks of commands and remembers where it stands."""

    def __init__(self, start: Path) -> None:
        self.here, self._note = start, start / ".here"
        own = str(Path(sys.executable).parent)
        self.env = {
            "PATH": f"{start / 'bin'}:{own}:{os.environ['PATH']}",
            "HOME": str(start),
            "LANG": "C.UTF-8",
            "JOBMON_PASS_ENV": "POLITE_SECONDS",
            "POLITE_SECONDS": "0",
        }

    def walk(self, block: str) -> subprocess.CompletedProcess[str]:
        """Run a block; what it printed, on both streams, is in stdout."""
        noted = f"trap 'pwd > {self._note}' EXIT\n{block}"
        done = subprocess.run(
            ["sh", "-ec", noted],
            cwd=self.here,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=LIMIT,
            check=False,
        )
        self.here = Path(self._note.read_text(encoding="utf-8").strip())
        return done

    def walk_here(self, block: str) -> subprocess.CompletedProcess[str]:
        """The same, and quicker: lines of jobmon and nothing else are run in this process."""
        printed, code = "", 0
        for alone, lines in itertools.groupby(block.splitlines(), _of_jobmon_alone):
            run = self._here if alone else self.walk
            done = run("\n".join(lines))
            printed, code = printed + done.stdout, done.returncode
            if code:
                break
        return subprocess.CompletedProcess(block, code, printed)

    def _here(self, block: str) -> subprocess.CompletedProcess[str]:
        printed, code = "", 0
        with contextlib.chdir(self.here), mock.patch.dict(os.environ, self.env, clear=True):
            for line in block.splitlines():
                with _Desk() as desk:
                    words = shlex.split(line)[1:]
                    done = CliRunner().invoke(cli, words, obj=desk, prog_name="jobmon")
                assert done.exception is None or isinstance(done.exception, SystemExit), line
                printed, code = printed + done.output, done.exit_code
                if code:
                    break
        return subprocess.CompletedProcess(block, code, printed)

    def ok(self, block: str) -> str:
        """Run a block that has to succeed; what it printed."""
        done = self.walk(block)
        assert done.returncode == 0, f"{block}\n{done.stdout}"
        return done.stdout

    def states(self, run: str = "morning") -> dict[str, str]:
        """The states of the jobs of a run."""
        return {job["job"]: job["state"] for job in self.view("show", run=run)["jobs"]}

    def view(self, name: str, **args: str) -> dict[str, Any]:
        """A document of docs/json.md, without a command."""
        return client.view(config.load(self.here, {}), name, **args)

    def until(self, job: str, state: str) -> None:
        """Wait until a job of the newest run is in a state."""
        until(lambda: self.states()[job] == state, f"{job} is {state}", LIMIT)


def _of_jobmon_alone(line: str) -> bool:
    return bool(re.match(r"jobmon\b", line)) and not re.search(r"[$|<>;&]", line)


def missing(shown: str, printed: str) -> list[str]:
    """The lines of a block whose words, figures and times aside, stand in no line printed."""
    lines = [line.split() for line in printed.splitlines()]
    wanted = {line: [w for w in line.split() if not _figure(w)] for line in shown.splitlines()}
    return [line for line, words in wanted.items() if not any(_in_order(words, x) for x in lines)]


def _figure(word: str) -> bool:
    return bool(re.fullmatch(r"[\d:.,+-]+[a-z]?", word))


def _in_order(words: list[str], line: list[str]) -> bool:
    rest = iter(line)
    return all(any(word in other for other in rest) for word in words)
