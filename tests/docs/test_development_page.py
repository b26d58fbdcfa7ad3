"""docs/development.md names modules that there are, where they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
HEAD = r"^\| Module of `(\w+)/` \|.*\n\|---\|---\|\n"
TABLES = re.findall(rf"{HEAD}((?:\|.*\n)+)", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("room", "rows"), TABLES, ids=[room for room, _ in TABLES])
def test_every_module_of_the_tables_is_there(room: str, rows: str) -> None:
    named = [name for row in rows.splitlines() for name in re.findall("`(.+?)`", row.split("|")[1])]
    assert len(named) > 20
    assert [name for name in named if not (ROOT / room / name).exists()] == []


def test_the_places_for_something_new_are_there() -> None:
    (part,) = re.findall(r"^Where to add something:\n(.+?)^## ", PAGE, re.DOTALL | re.MULTILINE)
    named = re.findall(r"`([\w/]+\.py)`", part)
    assert [name for name in named if not (ROOT / "tui" / name).exists()] == []
