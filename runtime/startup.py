"""Starting the runtime of a batch folder: detached, and waited for until it answers."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from jobmon.runtime.errors import EXIT_OTHER_RUNTIME, JobmonError, NoRuntimeError, as_error

START_LIMIT = 30.0
"""Seconds a runtime may take from its start to its hello."""
MODULE = "jobmon.runtime"
"""What is run as one."""
_THRIFTY = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "131072"}
"""Has glibc give large blocks back when they are freed: a flow of 10,000 jobs passes in some."""
_C = TypeVar("_C")


def start(state_dir: Path, connect: Callable[[], _C | None]) -> _C:
    """Start a runtime; what `connect` makes of it once it answers (None: not yet).

    Raises what kept it from starting.
    """
    home = str(state_dir.parent)
    if os.environ.get("JOBMON_ATTEMPT_ID"):  # its initiator ends whatever is left of a job
        raise NoRuntimeError(
            f"start a runtime for {home}",
            "a runtime started inside a job would end with that job",
            f"start it outside: jobmon --home {shlex.quote(home)} up",
        )
    command = [sys.executable, "-m", MODULE, "--home", home, "--detached"]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        start_new_session=True, cwd="/", env=_THRIFTY | os.environ,
    )  # fmt: skip
    try:
        return _await(state_dir, process, connect)
    finally:
        assert process.stderr is not None
        process.stderr.close()
        # It outlives most who start it; a screen may outlive it, and must leave no zombie of it.
        threading.Thread(target=process.wait, daemon=True, name="reaper").start()


def _await(
    state_dir: Path, process: subprocess.Popen[bytes], connect: Callable[[], _C | None]
) -> _C:
    limit = time.monotonic() + START_LIMIT
    pause = 0.005
    while time.monotonic() < limit:
        client = connect()
        if client is not None:
            return client
        code = process.poll()
        if code not in (None, EXIT_OTHER_RUNTIME):
            assert process.stderr is not None
            raise _failed_start(state_dir, process.stderr.read())
        time.sleep(pause)
        pause = min(pause * 1.05, 0.1)  # most runtimes answer within a third of a second
    raise NoRuntimeError(
        f"start a runtime for {state_dir.parent}",
        f"it did not answer within {START_LIMIT:.0f} s",
        f"look into {state_dir / 'log' / 'runtime.log'}",
    )


def _failed_start(state_dir: Path, said: bytes) -> JobmonError:
    text = said.decode(errors="replace").strip().splitlines()
    try:
        return as_error(json.loads(text[-1]))
    except (ValueError, IndexError, KeyError):
        why = text[-1] if text else "it ended without a word"
        return NoRuntimeError(f"start a runtime for {state_dir.parent}", why, "jobmon doctor")
