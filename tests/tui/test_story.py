"""The story at a real terminal: a morning breaks, is read, mended, rerun, held, skipped, ended."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.batch import Batch, alive, until
from tests.tui.monitoring import LOAD, command, line_of, monitor, row_says, shows
from tests.tui.terminal import Terminal

MORNING = """
flow = Flow("morning")
a = flow.shell("A", "echo 朝の集計", effects="idempotent")
b = flow.exec("B", ["PYTHON", "b.py"], effects="idempotent")
c = flow.shell("C", "echo c", effects="idempotent")
d = flow.shell("D", "echo d", effects="idempotent")
e = flow.shell("E", "echo e", effects="idempotent")
a >> b >> [c, d] >> e
"""
EVENING = """
flow = Flow("evening")
gate = flow.shell("gate", "until [ -e open ]; do sleep 0.05; done")
late = flow.shell("夜間集計", "echo done")
extra = flow.shell("extra", "echo done")
last = flow.shell("last", "echo done")
gate >> [late, extra] >> last
"""
STUBBORN = """
flow = Flow("stubborn")
flow.shell("stubborn", "trap '' TERM; sh -c 'echo $$ > child; exec sleep 600' & "
           "while :; do sleep 1; done", grace="1s")
"""
BROKEN = "offers = [{'price-with-tax': 120}]\nprint(offers[0]['price'])\n"


@pytest.fixture
def folder(batch: Batch, tmp_path: Path) -> Batch:
    batch.flow(MORNING.replace("PYTHON", sys.executable), "morning")
    batch.flow(EVENING, "evening")
    batch.flow(STUBBORN, "stubborn")
    (batch.home / "b.py").write_text(BROKEN, encoding="utf-8")
    editor = tmp_path / "editor"
    editor.write_text(
        "#!/bin/sh\nprintf '%s ' \"$@\" > " + str(tmp_path / "edited") + "\n"
        "for file; do :; done\nsed -i \"s/'price'/'price-with-tax'/\" \"$file\"\n",
        encoding="utf-8",
    )
    editor.chmod(0o755)
    return batch


def start(terminal: Terminal, flow: str) -> None:
    """n, the flow out of the list, and its form as it stands."""
    terminal.press("n")
    terminal.wait("start a run of")
    for _ in range(10):
        if f"> {flow}" in terminal.text():
            break
        terminal.press("down")
        terminal.settle(0.1)
    terminal.press("enter")
    terminal.wait(f"start {flow}")
    terminal.press("enter")
    terminal.wait(f"started {flow}#")


def test_a_morning_from_its_failure_to_its_end_and_back_again(
    folder: Batch, tmp_path: Path
) -> None:
    with monitor(folder, EDITOR=str(tmp_path / "editor"), VISUAL="") as terminal:
        # See B fail, and read why.
        command(terminal, "run morning")
        terminal.wait(row_says("B", "failed"), LOAD)
        terminal.wait(row_says("E", "upstream failed"))
        command(terminal, "locate B")
        terminal.press("w")
        terminal.wait(shows("why B", "KeyError: 'price'"))
        terminal.press("esc")
        terminal.wait(lambda t: "why B" not in t.text())
        # e opens the editor at the line, and offers the rerun afterwards.
        terminal.press("e")
        terminal.wait("rerun 4 jobs?", LOAD)
        edited = (tmp_path / "edited").read_text(encoding="utf-8")
        assert edited.split()[-1].endswith("b.py")
        terminal.press("n")
        terminal.wait(lambda t: "rerun 4 jobs?" not in t.text())
        assert folder.states("morning")["B"] == "failed"
        # r, and C, D, E follow.
        terminal.press("r")
        terminal.wait(shows("rerun 4 jobs?", "idempotent"))
        terminal.press("y")
        folder.wait("morning", "succeeded")
        terminal.wait(row_says("E", "succeeded"))
        assert [a["job"] for a in folder.show("morning")["attempts"]].count("A") == 1
        # Hold, skip and release in another run.
        start(terminal, "evening")
        terminal.wait(row_says("gate", "running"), LOAD)
        command(terminal, "locate 夜間集計")
        terminal.press("h")
        terminal.wait(row_says("夜間集計", "held"))
        command(terminal, "locate extra")
        terminal.press("s")
        terminal.wait("skip 1 job?")
        terminal.press("y")
        terminal.wait(row_says("extra", "skipped"))
        (folder.home / "open").touch()
        terminal.wait(row_says("gate", "succeeded"), LOAD)
        assert folder.states("evening")["夜間集計"] in {"queued", "waiting"}
        command(terminal, "locate 夜間集計")
        terminal.press("h")
        folder.wait("evening", "succeeded")
        assert folder.states("evening")["extra"] == "skipped"
        # Cancel one with a child that does not listen.
        command(terminal, "run stubborn")
        terminal.wait(row_says("stubborn", "running"), LOAD)
        until((folder.home / "child").exists, "the child is there")
        child = int((folder.home / "child").read_text())
        command(terminal, "locate stubborn")
        terminal.press("c")
        terminal.wait("cancel 1 job?")
        terminal.press("y")
        folder.wait_job("stubborn", "stubborn", "cancelled")
        terminal.wait(row_says("stubborn", "cancelled"))
        assert not alive(child)
        # Quit; nothing is lost by it.
        command(terminal, "prefix *集計")
        terminal.wait("prefix=*集計")
        terminal.press("q")
        assert terminal.end() == 0
        assert terminal.sane()
        assert "the runtime goes on" in terminal.text()
    with monitor(folder) as terminal:  # state as left
        terminal.wait(shows("prefix=*集計", "夜間集計"))
        assert not line_of(terminal, " gate ")
