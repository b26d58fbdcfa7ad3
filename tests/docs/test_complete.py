"""Nothing is left out: pages in the index, flags, words, names of the kit, variables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_type_hints

import pytest

from jobmon.jobs import kit
from jobmon.runtime.model import JobRun
from jobmon.runtime.settings.declared import NOTIFY_ON
from jobmon.runtime.states import State
from jobmon.tui.commandline.table import WORDS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = {path.name for path in DOCS.glob("*.md")} - {"README.md"}
INTERNAL = {
    "JOBMON_ARGS",  # from the runtime to the process of a python job
    "JOBMON_KEPT",
    "JOBMON_LOADING",
    "JOBMON_DIE_AT",  # where the crash tests let a process die
    "JOBMON_DIE_ONCE",
}
WISHES = "XDG_[A-Z_]+|NO_COLOR|FORCE_COLOR|EDITOR|VISUAL|PAGER"
"""Variables of others by which people say what they want."""


def doc(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def source() -> str:
    rooms = (ROOT / room for room in ("jobs", "runtime", "tui"))
    return "\n".join(p.read_text(encoding="utf-8") for room in rooms for p in room.rglob("*.py"))


def test_every_page_is_in_the_index_and_in_the_readme_or_behind_it() -> None:
    assert set(re.findall(r"\]\((\w[\w-]*\.md)\)", doc("README.md"))) == PAGES
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    japanese = (ROOT / "README.ja.md").read_text(encoding="utf-8")
    assert all("(docs/README.md)" in text for text in (readme, japanese))
    assert "(README.ja.md)" in readme
    assert "(README.md)" in japanese


def test_every_flag_of_a_job_has_a_row() -> None:
    flags = {name for name, kind in get_type_hints(JobRun).items() if kind is bool}
    told = doc("states.md").partition("## Flags")[2].partition("\n## ")[0]
    rows = set(re.findall(r"^\| (\w+) \|", told, re.MULTILINE))
    assert rows - {"Flag"} == flags - {"by_operator"}  # by whom it ended is told with the state


def test_the_pages_of_states_and_kit_say_how_many_there_are() -> None:
    words = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    words += ("eleven", "twelve", "thirteen", "fourteen", "fifteen")
    assert f"exactly one of {words[len(State)]} states" in doc("states.md")
    assert all(
        re.search(rf"^\| .*`{name}[`(]", doc("kit.md"), re.MULTILINE) for name in kit.__all__
    )


@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_the_command_line_of_the_monitor_is_told(word: str) -> None:
    typed = re.findall(r"`:?([^`\n]+)`|^COMMAND ===> (.+)$", doc("monitor.md"), re.MULTILINE)
    shown = {word for pair in typed for line in pair for word in line.split()[:1]}
    assert word in shown or f" | `{word}` | " in doc("keys.md")


@pytest.mark.parametrize("word", NOTIFY_ON)
def test_every_word_of_what_people_are_told_has_a_row(word: str) -> None:
    assert f"\n| `{word}` | " in doc("notifications.md")


def test_every_variable_that_is_read_or_given_is_told() -> None:
    used = set(re.findall(r"\bJOBMON_[A-Z_]+\b", source())) - INTERNAL
    used |= set(re.findall(rf'environ\.get\("({WISHES})"', source()))
    pages = "\n".join(doc(name) for name in PAGES)
    assert {name for name in used if not re.search(rf"\b{name}\b", pages)} == set()
