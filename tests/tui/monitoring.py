"""The monitor on a real terminal over a real runtime, for tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.batch import Batch
from tests.tui.terminal import Terminal

JOBMON = str(Path(sys.executable).with_name("jobmon"))
LOAD = 30.0
"""Seconds: machines are shared and slow."""


@contextmanager
def monitor(
    batch: Batch, *args: str, columns: int = 100, rows: int = 30, **env: str
) -> Iterator[Terminal]:
    """`jobmon` on the batch folder, its picture there; closed afterwards whatever happens."""
    settings = environment(batch, env)
    argv = [JOBMON, "--home", str(batch.home), *args]
    with Terminal(argv, settings, columns=columns, rows=rows) as terminal:
        terminal.wait("COMMAND ===>", LOAD)
        yield terminal


def environment(batch: Batch, more: Mapping[str, str]) -> dict[str, str]:
    """A terminal with all colours, and a place of its own for what is remembered."""
    state = batch.home.parent / "remembered"
    return {"COLORTERM": "truecolor", "XDG_STATE_HOME": str(state), "LANG": "C.UTF-8", **more}


def shows(*texts: str) -> Callable[[Terminal], bool]:
    """A condition: all of these stand on the screen."""
    return lambda terminal: all(text in terminal.text() for text in texts)


def line_of(terminal: Terminal, text: str) -> str:
    """The first row in which a text stands; "" when there is none."""
    return next((row for row in terminal.screen() if text in row), "")


def row_says(job: str, state: str) -> Callable[[Terminal], bool]:
    """A condition: the row of the job says the state."""

    def said(terminal: Terminal) -> bool:
        rows = [row for row in terminal.screen() if f" {job} " in row]
        return any(state in row for row in rows)

    return said


def command(terminal: Terminal, line: str) -> None:
    """Type a line into the command line."""
    terminal.press(":")
    terminal.wait("COMMAND ===>")
    terminal.type(line)
    terminal.wait(lambda t: line in t.screen()[1])
    terminal.press("enter")


def alive(pid: int) -> bool:
    """Whether a process is there."""
    return os.path.exists(f"/proc/{pid}")
