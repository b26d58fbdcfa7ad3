"""The screen's own settings are checked against what there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime import config
from jobmon.runtime.errors import UsageError
from jobmon.tui.actions import ACTIONS, keymap
from jobmon.tui.settings import ScreenSettings, key_name

THEMES = {"night", "day"}
COLUMNS = ("job", "state", "elapsed")


def of(environ: dict[str, str] | None = None, **screen: Any) -> ScreenSettings:
    return ScreenSettings.of(screen, environ or {}, THEMES, COLUMNS)


def in_file(tmp_path: Path, text: str) -> ScreenSettings:
    (tmp_path / config.CONFIG_NAME).write_text(text, encoding="utf-8")
    return ScreenSettings.of(config.load(tmp_path, {}).screen, {}, THEMES, COLUMNS)


def test_nothing_said_is_the_usual(tmp_path: Path) -> None:
    assert in_file(tmp_path, "") == ScreenSettings("", "auto", 10.0, (), True, {})
    assert of() == ScreenSettings()


def test_fewer_pictures_over_ssh_unless_told() -> None:
    assert of({"SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22"}).fps == 4
    assert of({"SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22"}, fps=8.0).fps == 8


def test_the_environment_chooses_the_signs() -> None:
    assert of({"JOBMON_GLYPHS": "ascii"}, glyphs="unicode").glyphs == "ascii"
    assert of({"JOBMON_GLYPHS": "fancy"}, glyphs="unicode").glyphs == "unicode"


def test_all_of_them_from_the_file(tmp_path: Path) -> None:
    text = """
        [screen]
        theme = "day"
        glyphs = "ascii"
        fps = 5
        columns = ["state", "job"]
        mouse = false
        [screen.keys]
        job.rerun = "f9"
        "job.hold" = ["h", "ctrl+t"]
        app.quit = []
    """
    keys = {"job.rerun": ("f9",), "job.hold": ("h", "ctrl+t"), "app.quit": ()}
    expected = ScreenSettings("day", "ascii", 5.0, ("state", "job"), False, keys)
    assert in_file(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("theme = 3", "screen.theme must be a text"),
        ('glyphs = "fancy"', 'screen.glyphs must be "auto", "unicode" or "ascii"'),
        ("fps = 31", "screen.fps must be pictures a second, a number from 1 to 30"),
        ("fps = true", "screen.fps must be pictures a second"),
        ('columns = "job"', "screen.columns must be a list"),
        ("mouse = 1", "screen.mouse must be true or false"),
        ('keys = "r"', "screen.keys must be a table"),
        ("keys.job.rerun = 3", "screen.keys must be a table of keys, as in job.rerun = "),
        ("keys.job.rerun = [3]", "screen.keys must be a table of keys"),
        ('themes = "x"', "did you mean screen.theme?"),
        ('theme = "nigth"', "did you mean 'night'?"),
        ('columns = ["job", "elaps"]', "did you mean 'elapsed'?"),
        ('keys.job.rerin = "r"', "did you mean 'job.rerun'?"),
        ('keys.job.rerun = "ctl+r"', "job.rerun cannot have the key 'ctl+r'"),
        ('keys.job.rerun = "あ"', "job.rerun cannot have the key 'あ'"),
        ('keys.job.rerun = "ctrl++"', "job.rerun cannot have the key 'ctrl++'"),
    ],
)
def test_a_wrong_setting_is_told(line: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        in_file(tmp_path, f"[screen]\n{line}")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("r", "r"),
        ("R", "R"),
        ("7", "7"),
        ("?", "question_mark"),
        ("/", "slash"),
        ("+", "plus"),
        ("[", "left_square_bracket"),
        ("Ctrl+R", "ctrl+r"),
        ("F9", "f9"),
        ("esc", "escape"),
        ("pgdn", "pagedown"),
        ("shift+tab", "shift+tab"),
        ("alt+.", "alt+full_stop"),
    ],
)
def test_keys_as_people_write_them(written: str, name: str) -> None:
    keys = {action.id: () for action in ACTIONS} | {"job.log": [written]}
    assert of(keys=keys).keys["job.log"] == (name,)


def test_two_actions_of_one_screen_cannot_share_a_key() -> None:
    with pytest.raises(UsageError) as caught:
        of(keys={"job.rerun": ["c"]})
    assert "on the screen queue c is both job.rerun and job.cancel" in str(caught.value)
    with pytest.raises(UsageError, match=r"is both view\.filter and app\.quit"):
        of(keys={"app.quit": ["/"]})
    with pytest.raises(UsageError, match=r"is both job\.rerun and job\.hold"):
        of(keys={"job.rerun": ["f9"], "job.hold": ["f9"]})


def test_actions_may_change_their_keys_with_each_other() -> None:
    own = of(keys={"job.rerun": ["c"], "job.cancel": ["r"]}).keys
    assert keymap("queue", own)["c"].id == "job.rerun"
    assert keymap("log", own)["r"].id == "job.cancel"


@pytest.mark.parametrize("key", ["ctrl+d", "backspace", "delete"])
def test_no_verb_is_on_a_key_pressed_by_habit(key: str) -> None:
    with pytest.raises(UsageError, match="pressed by habit"):
        of(keys={"job.cancel": [key]})
    assert of(keys={"move.page_down": [key]}).keys == {"move.page_down": (key,)}


def test_the_usual_keys_are_names_that_could_be_written() -> None:
    every = {action.id: list(action.keys) for action in ACTIONS}
    assert of(keys=every).keys == {
        action.id: tuple(key_name(key) for key in action.keys) for action in ACTIONS
    }
