"""docs/monitor.md says what the monitor does: screens, commands, columns, themes, settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jobmon.runtime import config
from jobmon.tui.actions import ACTIONS, NP
from jobmon.tui.commandline import Complaint, Context, npcolumn, parse
from jobmon.tui.rows import FACTS
from jobmon.tui.screens.queue import FIELDS, SORT_KEYS
from jobmon.tui.screens.registry import Screens
from jobmon.tui.screens.view import View
from jobmon.tui.settings import ScreenSettings
from jobmon.tui.theme import THEMES
from tests.docs.pictures.shop import DAY, NOW

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "monitor.md").read_text(encoding="utf-8")
KNOWN = Context(
    now=NOW + DAY,  # the dates of the page are over, whatever the zone
    flows=("morning", "日次売上", "newsletter"),
    runs=("morning#12",),
    jobs=("collect", "売上取込 東店"),
    columns=FACTS,
    sorts=tuple(SORT_KEYS),
    themes=tuple(THEMES),
)


def part(heading: str, level: str = "##") -> str:
    found = PAGE.partition(f"\n{level} {heading}\n")[2]
    assert found, heading
    return re.split(rf"^#{{1,{len(level)}}} ", found, maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("view", [v for v in Screens({}, ()).values() if v.name != "keys"])
def test_every_screen_is_told_with_its_key(view: View) -> None:
    (action,) = (a for a in ACTIONS if a.id == f"go.{view.name}")
    title = {"dag": "DAG", "wall": "Wallboard"}.get(view.name, view.name.title())
    assert f"| `{action.keys[0]}` | [{title}](#{title.lower()}) |" in part("The screens")
    assert len(part(title, "###")) > 100


@pytest.mark.parametrize("line", re.findall(r"^COMMAND ===> (.+)$", PAGE, re.MULTILINE))
def test_every_command_that_is_typed_means_something(line: str) -> None:
    assert not isinstance(parse(line, KNOWN), Complaint)


@pytest.mark.parametrize(
    "line",
    [
        *re.findall(r"^\| `([^`]{2,})` \|", part("Filters and order"), re.MULTILINE),
        *re.findall(r"`((?:at|replay|theme|readonly|reset|queue|history) [^`]+)`", PAGE),
    ],
)
def test_every_command_in_the_text_means_something(line: str) -> None:
    assert not isinstance(parse(line, KNOWN), Complaint)


def test_the_np_column_does_what_is_said() -> None:
    shown = re.search(r"^NP .*?\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)
    assert shown
    rows = shown[1].splitlines()
    found = npcolumn.review(range(len(rows)), {n: row[:3].strip() for n, row in enumerate(rows)})
    assert not found.complaints
    assert [request.action for request in found.requests] == [NP["r"], *[NP["h"]] * 4]


def test_what_always_asks_is_what_is_said_to() -> None:
    said = re.search(r"^(.+?) always ask\.", part("From a failure to the rerun"), re.MULTILINE)
    assert said
    asks = {a.word for a in ACTIONS if a.asks in {"yes", "y"} and a.word != "rerunfailed"}
    assert set(said[1].lower().replace(" and", ",").split(", ")) == asks


def test_columns_facts_and_themes_are_named() -> None:
    settings, filters = part("Settings"), part("Filters and order")
    columns = [field.name for field in FIELDS if field.name != "np"]
    assert f"| `columns` | of the queue, all that fit if not said: `{'`, `'.join(columns)}` |" in (
        settings
    )
    assert all(re.search(rf"\b{fact}\b", filters) for fact in FACTS)
    assert all(f"`{theme}`" in settings for theme in THEMES)


def test_the_settings_of_the_example_are_valid_and_complete(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "jobmon.toml").write_text(example, encoding="utf-8")
    screen = config.load(tmp_path, {}).screen
    known = {s.key.partition(".")[2] for s in config.SETTINGS if s.key.startswith("screen.")}
    assert set(screen) == known
    assert all(f"| `{key}` |" in part("Settings") for key in known)
    settings = ScreenSettings.of(screen, {}, THEMES, [field.name for field in FIELDS])
    assert settings.keys["run.start"] == ("n", "insert")
    assert settings.keys["job.kill"] == ()


def test_what_the_banner_says_is_explained() -> None:
    source = (ROOT / "tui" / "absence.py").read_text(encoding="utf-8")
    said = set(re.findall(r'\bGone\("([A-Z ]+)"', source))
    assert said
    rows = set(re.findall(r"^\| `([A-Z ]+)` \|", part("When something is wrong"), re.MULTILINE))
    assert rows == {*said, "TROUBLE"}
