"""Hostile jobs on a real terminal: nothing they print or are called reaches it, columns stay."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import pytest

from jobmon.tui.look import JOB_LOOKS
from jobmon.tui.text import cells
from tests.batch import Batch
from tests.tui.hostile import NAMES, TEXTS
from tests.tui.monitoring import JOBMON, LOAD, command, environment, monitor, shows
from tests.tui.terminal import Terminal, hostile_free

PRINT = r"""
import json, sys
texts = json.load(open("texts.json"))
for out in (sys.stdout, sys.stderr):
    for text in texts:
        out.buffer.write(text.encode("utf-8", "surrogatepass") + b"\n")
    out.buffer.write(b"\x9b31m \xff\xfe \x1b[31m\n")
"""
LOUD = (
    PRINT
    + r"""
print("ERROR 売上 " * 400_000)
raise SystemExit("".join(texts).encode(errors="replace").decode()[:3000])
"""
)
FLOW = r"""
DAY = "\x1b]0;owned\x07"
flow = Flow("帳票[red]", description="\x1b[31mred\x9b1m\u202e", params={{"day": DAY}})
loud = flow.exec("loud [bold]x[red]", ["{python}", "loud.py"])
for name in {names}:
    loud >> flow.exec(name, ["{python}", "print.py"], trigger="all_done")
flow.manual("承認 🇯🇵", text="\x1b[31mgo\u202e on?")
flow.shell("ﾊﾝｶｸ sleeper", "cat texts.json; printf '\\033]0;owned\\007'; sleep 600", grace="1s")
"""
BROKEN = r"""raise RuntimeError("\x1b]0;owned\x07 \u202e\x9b31m")"""
SIGNS = {look.unicode for look in JOB_LOOKS.values()}
ASCII_SIGNS = {look.ascii for look in JOB_LOOKS.values()}


@pytest.fixture
def folder(batch: Batch) -> Batch:
    (batch.home / "texts.json").write_text(json.dumps(list(TEXTS.values())), encoding="utf-8")
    (batch.home / "print.py").write_text(PRINT, encoding="utf-8")
    (batch.home / "loud.py").write_text(LOUD, encoding="utf-8")
    names = [name[:60] for name in NAMES.values()]
    batch.flow(FLOW.format(python=sys.executable, names=ascii(names)))
    batch.flow(BROKEN, "broken")
    return batch


def column(terminal: Terminal, title: str) -> set[str]:
    """What stands in the cell under the beginning of a title, in every row of the table."""
    x, top = terminal.find(title)
    found = (terminal.cell(x, y).data for y in range(top + 1, terminal.rows - 4))
    return {sign for sign in found if sign != " "}


def at_head(title: str) -> Callable[[Terminal], bool]:
    """A condition: that screen is shown."""
    return lambda terminal: f" {title}" in terminal.screen()[0]


def walk(terminal: Terminal) -> None:
    """To every screen, and to every box."""
    screens = {"2": "DAG", "3": "EQUALIZER", "5": "SCHEDULE", "6": "HISTORY", "7": "LIMITS"}
    for key, title in (screens | {"8": "SYSLOG", "W": "WALL", "?": "KEYS", "1": "QUEUE"}).items():
        terminal.press(key)
        terminal.wait(at_head(title))
    command(terminal, "locate loud*")
    for key, title in {"w": "why loud", "r": "rerun 14 jobs?", "ctrl+p": "find an action"}.items():
        terminal.press(key)
        terminal.wait(title)
        terminal.press("esc")
        terminal.wait(lambda t, gone=title: gone not in t.text())
    terminal.press("n")
    terminal.wait("start a run of")
    terminal.press("enter")
    terminal.wait("start 帳票[red]")
    terminal.press("esc", "l")
    terminal.wait(at_head("LOG"))
    terminal.press("end", "x", "home")
    terminal.wait("␛[2J␛[1;1H")
    terminal.press("x", "1")
    command(terminal, "queue")
    terminal.wait(at_head("QUEUE"))


def test_nothing_of_a_hostile_job_reaches_the_terminal(folder: Batch) -> None:
    run = folder.run("帳票[red]")
    folder.wait_job(run, "दैनिक बिक्री रिपोर्ट", "succeeded")
    with monitor(folder, columns=160, rows=48) as terminal:
        terminal.wait(shows("loud [bold]x[red]", "sleeper", "承認 JP", "in the flow files"), LOAD)
        for columns, rows in ((160, 48), (80, 24)):
            terminal.resize(columns, rows)
            terminal.wait(lambda t, end=columns: _as_wide(t, end), LOAD)
            assert column(terminal, "STATE") <= SIGNS, terminal.text()
            walk(terminal)
        assert hostile_free(terminal.raw)
        terminal.press(":")
        terminal.paste("pasted \x07\x9b31m\u202e")
        terminal.wait("COMMAND ===> pasted")
        terminal.press("esc", "q")
        assert terminal.end() == 0
    assert hostile_free(terminal.raw)
    settings, argv = environment(folder, {}), [JOBMON, "--home", str(folder.home)]
    with Terminal(argv, settings, ambiguous=2) as terminal:  # as fonts for Japanese may be
        terminal.wait(shows("①※→ αβγ", "succeeded"), LOAD)
        assert column(terminal, "STATE") <= ASCII_SIGNS, terminal.text()


def _as_wide(terminal: Terminal, columns: int) -> bool:
    """Whether the clock stands at the right end of the head."""
    head = terminal.screen()[0]
    return cells(head.rstrip()) == columns - 1 and "QUEUE" in head
