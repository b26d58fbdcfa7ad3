"""Every command that the documentation shows or a hint offers is one that there is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from jobmon.tui.cli import cli

ROOT = Path(__file__).parents[2]
PAGES = (*ROOT.glob("README*.md"), *sorted((ROOT / "docs").glob("*.md")))
ROOMS = ("jobs", "runtime", "tui")
COMMAND = re.compile(r"\bjobmon ((?:--?|[a-z])[^`\n|;&()]*)")
HINT = re.compile(r"""(?:[:"'`]|&& ) ?jobmon ([a-z-]+(?: [^"'`;&|,()\n]*)?)""")
CALL = re.compile(r"""\bcommand\(\s*(?:f?"([a-z]+)")""")


def in_code(page: str) -> Iterator[str]:
    """The code blocks and the inline code of a page, without what follows a #."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    rest = re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE)
    for text in (*blocks, *re.findall(r"`([^`]+)`", rest)):
        yield from (line.split(" # ")[0] for line in text.splitlines())


def words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a quote that closes behind the part that was cut out
        return line.split()


def _takes_value(options: dict[str, click.Parameter], name: str) -> bool:
    option = options.get(name)
    return isinstance(option, click.Option) and not (option.is_flag or option.count)


def fault(line: str) -> str:
    """What is wrong with the words after `jobmon`; "" when nothing is."""
    command: click.Command = cli
    rest = iter(words(re.sub(r"[\[\]]|\.\.\.", " ", line)))
    for word in rest:
        if word == "--":  # what follows is no word of jobmon
            return ""
        name = word.split("=")[0].rstrip(".,:")
        if name.startswith("-") and name != "-":
            options = {opt: p for p in command.params for opt in (*p.opts, *p.secondary_opts)}
            if name not in {*options, "--help", "-h", "--version"}:
                return f"{command.name} has no option {name}"
            if isinstance(command, click.Group) and "=" not in word and _takes_value(options, name):
                next(rest, "")
        elif isinstance(command, click.Group):
            if name == "COMMAND":
                return ""
            if name not in command.commands:
                return f"there is no command {name}"
            command = command.commands[name]
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_command_a_page_shows_is_there(page: Path) -> None:
    shown = [m for code in in_code(page.read_text("utf-8")) for m in COMMAND.findall(code)]
    assert {line: fault(line) for line in shown if fault(line)} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_every_command_a_hint_offers_is_there(room: str) -> None:
    offered: list[str] = []
    for path in (ROOT / room).rglob("*.py"):
        text = path.read_text("utf-8")
        offered += [*HINT.findall(text), *CALL.findall(text)]
    assert {line: fault(line) for line in offered if fault(line)} == {}


def test_a_command_that_is_not_there_is_found() -> None:
    assert fault("flows") == "there is no command flows"
    assert fault("kill s#1 --hard") == "kill has no option --hard"
    assert not fault("--home DIR run FLOW --follow")
    assert not fault("--socket a.sock --socket b.sock wall")
    assert fault("--view flows") == "there is no command flows"
    assert not fault("cancel s#1 --hard")
