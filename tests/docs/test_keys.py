"""docs/keys.md tells every key, as the table of actions has it."""

from pathlib import Path

import pytest

from jobmon.tui import keyspage
from jobmon.tui.actions import ACTIONS, shown

PAGE = Path(__file__).parents[2] / "docs" / "keys.md"


def test_the_page_of_keys_is_current():
    page = PAGE.read_text(encoding="utf-8")
    assert page == keyspage.markdown(), "python -m jobmon.tui.keyspage > docs/keys.md"


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_every_action_has_a_row_with_its_keys(action):
    rows = [line for line in PAGE.read_text(encoding="utf-8").split("\n") if action.help in line]
    assert rows
    assert all(any(f"`{shown(key)}`" in row for row in rows) for key in action.keys)
