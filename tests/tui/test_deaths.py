"""Deaths at a real terminal: of the runtime under the monitor, and of the monitor in every way."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.batch import Batch, alive, until
from tests.tui.monitoring import (
    JOBMON,
    LOAD,
    command,
    environment,
    line_of,
    row_says,
    shows,
)
from tests.tui.terminal import Terminal

LONG = """
flow = Flow("long")
clock = flow.shell("時計", "while [ ! -e stop ]; do i=$((i+1)); echo tick $i; sleep 0.1; done")
for n in range(100):
    clock >> flow.shell(f"job{n:02}", "true")
"""
NAMES = [f"job{n:02}" for n in range(100)]


@pytest.fixture
def long(batch: Batch) -> Batch:
    """A job that goes on whatever happens around it, and many that wait for it."""
    batch.flow(LONG)
    batch.wait_job(batch.run("long"), "時計", "running")
    return batch


def ticks(batch: Batch) -> int:
    return (batch.state / "attempts" / "1" / "0.1.jsonl").read_bytes().count(b"tick")


def unharmed(batch: Batch, since: int) -> None:
    """The job is the same, and goes on."""
    assert len(batch.show("long")["attempts"]) == 1
    until(lambda: ticks(batch) > since, "the job goes on")


def elapsed(terminal: Terminal) -> str:
    """What the clock of the running job says."""
    return line_of(terminal, " 時計 ").split()[-1]


SHELL = ["bash", "--norc", "--noprofile", "--noediting", "-i"]


def test_the_runtime_dies_and_is_stopped_under_the_monitor(long: Batch) -> None:
    with Terminal(SHELL, environment(long, {"PS1": "$ "}), 100, 30) as terminal:
        terminal.type(f"{JOBMON} --home {long.home}\r")
        terminal.wait(row_says("時計", "running"), LOAD)
        x, y = terminal.find("時計")
        bright = terminal.cell(x, y).fg
        # It dies without a word: told, dimmed, and started again.
        since, first = ticks(long), long.pid()
        os.kill(first, signal.SIGKILL)
        terminal.wait("THE RUNTIME IS AWAY since", LOAD)
        assert terminal.cell(x, y).fg != bright
        terminal.wait(lambda t: "THE RUNTIME" not in t.text(), LOAD)
        assert long.pid() != first
        unharmed(long, since)
        # The row, the lane and the log of the job go on.
        terminal.wait(lambda t: t.cell(x, y).fg == bright)
        before = elapsed(terminal)
        terminal.wait(lambda t: elapsed(t) > before)
        terminal.press("3")
        terminal.wait(shows("EQUALIZER", "時計", "running"))
        terminal.press("4")
        terminal.wait("LOG")
        now = ticks(long)
        terminal.wait(lambda t: f"tick {now + 3}" in t.text())
        # Stopped in order: it stays so, and its clocks stand, until somebody wants it back.
        terminal.press("esc", "1")
        terminal.wait("QUEUE")
        long.call("down")
        terminal.wait("THE RUNTIME IS STOPPED since", LOAD)
        stood = elapsed(terminal)
        terminal.wait("00:02 old", LOAD)
        assert elapsed(terminal) == stood
        terminal.press("u")
        terminal.wait(lambda t: "THE RUNTIME" not in t.text(), LOAD)
        unharmed(long, since)
        # It waits behind the shell; a stop that nobody announced, and what is no text, do no harm.
        terminal.press("ctrl+z")
        terminal.wait("Stopped")
        assert terminal.sane()
        terminal.type("fg\r")
        terminal.wait(shows("QUEUE", "時計"))
        (own,) = terminal.process.children()
        threads = own.num_threads()
        own.send_signal(signal.SIGSTOP)
        terminal.wait("Stopped")
        terminal.type("fg\n")
        terminal.wait(lambda t: "Stopped" not in t.text())
        terminal.write_bytes(b"\xff\xfe\x83")
        terminal.press("3")
        terminal.wait(shows("EQUALIZER", "時計"))
        assert own.num_threads() <= threads
        terminal.press("ctrl+c")
        terminal.wait("the monitor is closed")
        assert terminal.sane()


def fill(terminal: Terminal) -> None:
    """Have more painted than a terminal that does not read can take: then all stands still."""

    def moves() -> bool:
        before = terminal.cpu()
        for turn in range(8):
            terminal.resize(100 + turn % 2, 30)
            time.sleep(0.03)
        return terminal.cpu() > before

    until(lambda: not moves(), "the program waits for its terminal")
    terminal.resize(100, 30)


def rows(terminal: Terminal) -> list[str]:
    """Those of the table, which no clock changes."""
    return [row for row in terminal.screen() if " job" in row]


def test_several_monitors_see_the_same_and_die_each_in_its_own_way(
    long: Batch, tmp_path: Path
) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nexec sleep 600\n", encoding="utf-8")
    editor.chmod(0o755)
    own = [JOBMON, "--home", str(long.home)]
    runtime, since = long.pid(), ticks(long)
    with ExitStack() as stack:
        opened = [
            stack.enter_context(Terminal(argv, environment(long, {"EDITOR": str(editor)}), 100, 30))
            # The last one's terminal is not its controlling one.
            for argv in (own, own, own, own, ["setsid", "--wait", *own])
        ]
        slow, other, killed, closed, far = opened
        slow.type(":sort job\r")  # before there is anything to see
        for terminal in opened:
            terminal.wait(row_says("job00", "waiting"), 2 * LOAD)
        slow.wait("sort=job A", LOAD)
        family = [p for t in opened for p in (t.process, *t.process.children())]

        # What is done in one is seen in the other; a terminal that took nothing catches up.
        command(other, "locate job07")
        other.press("h")
        killed.wait(row_says("job07", "held"), 3)  # by news, not by asking now and then
        with slow.frozen():
            fill(slow)
            for turn in range(21):
                long.verb("release" if turn % 2 else "hold", "long#1", *NAMES[8:])
        command(other, "sort job")
        other.press("home")
        other.wait(lambda t: len(rows(t)) > 20 and all("held" in row for row in rows(t)[8:]), LOAD)
        slow.wait(lambda t: rows(t) == rows(other), LOAD)

        # Whatever ends one leaves no process, and a terminal that a shell can go on with.
        killed.signal(signal.SIGKILL)
        assert killed.end() == -signal.SIGKILL
        closed.hang_up()
        far.hang_up()
        other.press("e")  # an editor has the terminal
        until(lambda: [c for c in other.process.children() if c.name() == "sleep"], "it is open")
        other.signal(signal.SIGTERM)
        assert other.end() == 128 + signal.SIGTERM
        assert other.sane()
        with slow.frozen():
            fill(slow)
            slow.signal(signal.SIGHUP)
            until(lambda: not slow.alive, "it has ended all the same", 10)
        assert slow.end() == 128 + signal.SIGHUP
        assert slow.sane()
        until(lambda: not any(alive(p.pid) for p in family), "no process is left", 10)
    assert long.pid() == runtime
    unharmed(long, since)
