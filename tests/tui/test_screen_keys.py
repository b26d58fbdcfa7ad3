"""The page of keys: every action, with the person's own keys, at every size."""

from __future__ import annotations

from typing import Any

import pytest

from jobmon.tui import keyspage
from jobmon.tui.actions import ACTIONS, GROUPS
from jobmon.tui.screens.keys import Keys
from jobmon.tui.text import plain
from tests.tui.cli_fakes import PIPE
from tests.tui.worlds import ASCII, UNICODE, Folder, page, stage


def everything(view: Keys, on: Any, width: int, height: int = 20) -> str:
    """All that scrolling down shows."""
    pages = [page(view, on, width, height)]
    for _ in range(20):
        view.act("move.page_down", on)
        pages.append(page(view, on, width, height))
    return "\n".join(pages)


@pytest.mark.parametrize("width", [60, 80, 120, 160])
def test_every_action_is_on_the_page(width: int) -> None:
    shown = everything(Keys(), stage(Folder()), width)
    for action in ACTIONS:
        assert action.help[:20] in shown, action.id
    assert all(title in shown for title in GROUPS.values())


def test_keys_np_characters_and_commands_stand_in_one_line() -> None:
    (line,) = [text for text in page(Keys(), stage(Folder())).split("\n") if ":rerun " in text]
    assert line.split()[:3] == ["r", "r", ":rerun"]


def test_a_person_s_own_keys_are_shown() -> None:
    shown = page(Keys({"job.rerun": ("f9", "question_mark")}), stage(Folder()))
    assert "F9 ? " in shown


def test_where_there_is_room_it_has_two_columns_and_needs_no_scrolling() -> None:
    view, on = Keys(), stage(Folder())
    shown = page(view, on, 160, 44)
    assert all(title in shown for title in GROUPS.values())
    view.act("move.bottom", on)
    assert page(view, on, 160, 44) == shown


def test_scrolling_stops_at_both_ends() -> None:
    view, on = Keys(), stage(Folder())
    first = page(view, on)
    view.act("move.up", on)
    assert page(view, on) == first
    view.act("move.bottom", on)
    last = page(view, on)
    view.act("move.page_down", on)
    assert page(view, on) == last
    assert "quit" in last
    view.act("move.top", on)
    assert page(view, on) == first


def test_the_filter_leaves_what_has_the_text_and_says_so() -> None:
    view, on = Keys(), stage(Folder())
    view.search("critical PATH")
    assert "Jump along the critical path." in page(view, on)
    assert "In the log" not in page(view, on)
    assert f"hides {len(ACTIONS) - 1}" in plain(view.state_line(on))
    view.search("nothing has this")
    assert "reset shows all" in page(view, on)
    view.reset()
    assert f"{len(ACTIONS)} actions" in plain(view.state_line(on))


def test_words_after_help_are_a_filter() -> None:
    view, on = Keys(), stage(Folder())
    view.command(["rerun"], on)
    assert view.filter == "rerun"


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 30), (160, 48)])
@pytest.mark.parametrize("ink", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_every_size_and_glyph_set_is_filled(size: tuple[int, int], ink: Any) -> None:
    page(Keys(), stage(Folder(), ink=ink), *size)


def test_in_a_pipe_nothing_is_cut() -> None:
    told = "\n".join(keyspage.lines(PIPE))
    assert all(action.help in told for action in ACTIONS)


def test_a_terminal_s_width_is_kept_and_own_keys_are_told() -> None:
    lines = keyspage.lines(ASCII, {"app.quit": ("ctrl+q",)})
    assert all(len(line) <= 80 for line in lines)
    assert any(line.startswith("ctrl+q") for line in lines)
