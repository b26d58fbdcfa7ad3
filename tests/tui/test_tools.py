"""Programs that get the terminal: at which line an editor opens, how one ended."""

from __future__ import annotations

import sys

import pytest

from jobmon.tui.tools import Outside, editor


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ({"EDITOR": "sensible-editor"}, ["sensible-editor", "+53", "b.py"]),
        ({"EDITOR": "nano", "VISUAL": "vim -u NONE"}, ["vim", "-u", "NONE", "+53", "b.py"]),
        ({"EDITOR": "code"}, ["code", "--goto", "--wait", "b.py:53"]),
        ({"EDITOR": "ed"}, ["ed", "b.py"]),
    ],
)
def test_an_editor_is_opened_at_the_line_as_it_wants_it(
    said: dict[str, str], command: list[str]
) -> None:
    assert editor("b.py", 53, said) == command


@pytest.mark.parametrize("code", [0, 3])
def test_it_is_known_how_a_program_ended(code: int) -> None:
    assert Outside().run([sys.executable, "-c", f"raise SystemExit({code})"]) == code
