"""A run in the foreground ends when its person or its engine says so, whatever it waits for."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest

from tests.faults import PYTHON, environment

FLOW = """
from jobmon.jobs import Flow
flow = Flow("man")
flow.manual("look", text="look at it")
"""
BROKEN = """
import sys
from jobmon.runtime import engine, foreground
async def run(self):
    raise RuntimeError("a defect")
engine.Engine.run = run
sys.exit(foreground.main())
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "batch" / "flows" / "man.py"
    path.parent.mkdir(parents=True)
    path.write_text(FLOW)
    return path


@pytest.mark.parametrize(("answer", "code"), [(b"", 1), (b"\n", 0), (b"\x04", 1)])
def test_a_manual_step_is_answered_or_interrupted(file: Path, answer: bytes, code: int) -> None:
    ours, theirs = pty.openpty()
    words = [PYTHON, "-m", "jobmon.runtime.foreground", str(file), "--flow", "man"]
    process = subprocess.Popen(
        words, stdin=theirs, stdout=theirs, stderr=theirs, env=environment(), start_new_session=True
    )
    os.close(theirs)
    said = b""
    while b"done?" not in said:
        said += os.read(ours, 4096)
    if answer:
        os.write(ours, answer)
    else:
        process.send_signal(signal.SIGINT)
    try:
        assert process.wait(timeout=10) == code
    finally:
        process.kill()
        os.close(ours)


def test_the_death_of_the_engine_ends_it(file: Path) -> None:
    words = [PYTHON, "-c", BROKEN, str(file), "--flow", "man"]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=20, check=False, env=environment(),
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 1
    assert "a defect" in done.stderr


def test_it_waits_for_no_other_flow_and_no_files_start_it(file: Path) -> None:
    file.write_text(
        "from jobmon.jobs import Flow, File, after\n"
        'flow = Flow("man", after=after("nobody"), triggers=File("flows/*", settle=0))\n'
        'flow.shell("a", "true")\n'
    )
    words = [PYTHON, "-m", "jobmon.runtime.foreground", str(file), "--flow", "man"]
    done = subprocess.run(words, env=environment(), capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
