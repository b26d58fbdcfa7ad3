"""The tutorial, done as it is printed: each block in order, what it shows, how it ends."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.batch import until
from tests.docs.walking import Block, Walker, blocks, missing

ROOT = Path(__file__).parents[2]
BLOCKS = blocks(ROOT / "docs" / "tutorial.md")
VENV = f'[ "$2" = venv ] && exec {sys.executable} -m venv --without-pip "$3"'
OUTSIDE = {"pip": 'echo "$@" > pip.args', "python3": f'{VENV}\nexec {sys.executable} "$@"'}
"""What would fetch things from outside, and what stands in for it."""


@pytest.fixture
def walker(tmp_path: Path, brisk: None) -> Iterator[Walker]:
    (tmp_path / "bin").mkdir()
    for name, script in OUTSIDE.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    walker = Walker(tmp_path)
    walker.env["PYTHONPATH"] = os.environ["PYTHONPATH"]
    yield walker
    walker.here = tmp_path
    walker.walk("jobmon --home shop down")


def test_the_tutorial(walker: Walker, tmp_path: Path) -> None:
    printed = ""
    for number, block in enumerate(BLOCKS):
        if block.language == "sh":
            printed = _run(walker, block.code, _told(number))
        elif block.language == "text":
            assert missing(block.code, printed) == [], printed
        else:
            _edit(walker, block)
    assert set(walker.states().values()) == {"succeeded"}
    assert set(walker.states("morning#4").values()) == {"succeeded", "skipped"}
    _extras_are_there((tmp_path / "pip.args").read_text("utf-8"))


def _told(number: int) -> int:
    """The exit code that the text names after a block of commands, and after what it shows."""
    shown = BLOCKS[number + 1 : number + 2]
    text = BLOCKS[number].after + "".join(b.after for b in shown if b.language == "text")
    named = re.search(r"exit code is (\d+)", text)
    return int(named[1]) if named else 0


def _run(walker: Walker, code: str, told: int) -> str:
    before, done, after = code.partition("jobmon done morning\n")
    if done:
        assert walker.walk_here(before).returncode == 0
        walker.until("look", "waiting_human")
    ran = walker.walk_here(done + after if done else code)
    assert ran.returncode == told, f"{code}\n{ran.stdout}"
    return ran.stdout


def _edit(walker: Walker, block: Block) -> None:
    """Python takes the place of the line with arrows, a rule is added to the settings."""
    if block.language == "toml":
        with (walker.here / "jobmon.toml").open("a", encoding="utf-8") as file:
            file.write(block.code)
        until(lambda: walker.view("notify")["rules"], "the rule holds")
        return
    flow = walker.here / "flows" / "morning.py"
    text = flow.read_text("utf-8")
    (old,) = re.findall(r"^collect >> .*\n", text, re.MULTILINE)
    flow.write_text(text.replace(old, block.code), encoding="utf-8")


def _extras_are_there(given: str) -> None:
    (named,) = re.findall(r"jobmon\[(\w+)\]", given)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert named in project["optional-dependencies"]
