"""docs/commands.md tells every command and every exit code, as they are."""

from pathlib import Path

import pytest

from jobmon.runtime import errors
from jobmon.tui import reference
from jobmon.tui.cli import cli

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_commands_is_current():
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert page == reference.text(), "python -m jobmon.tui.reference > docs/commands.md"


@pytest.mark.parametrize("name", list(cli.commands))
def test_every_command_is_documented(name):
    assert f"### `jobmon {name}" in (DOCS / "commands.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", sorted(v for k, v in vars(errors).items() if k.startswith("EXIT")))
def test_every_exit_code_is_documented(code):
    for name in ("commands.md", "json.md"):
        assert f"\n| {code} | " in (DOCS / name).read_text(encoding="utf-8")
