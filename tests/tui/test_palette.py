"""Finding an action by some of its letters."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobmon.tui.actions import ACTIONS
from jobmon.tui.commandline.palette import find


class Entry(NamedTuple):
    id: str
    label: str
    help: str = ""


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("rerun", "job.rerun"),
        ("rerun failed", "run.rerun_failed"),
        ("failed rerun", "run.rerun_failed"),
        ("rrf", "run.rerun_failed"),
        ("RELEASE", "job.release"),
        ("ｈｏｌｄ", "job.hold"),
        ("eq", "go.equalizer"),
        ("quit", "app.quit"),
        ("gantt", "dag.gantt"),
        ("job.kill", "job.kill"),
        ("clipboard", "log.copy"),
    ],
)
def test_the_best_match_comes_first(text: str, first: str) -> None:
    assert find(text, ACTIONS)[0].id == first


def test_nothing_typed_is_everything_in_its_order() -> None:
    assert find(" ", ACTIONS) == list(ACTIONS)


def test_equal_matches_keep_their_order() -> None:
    entries = [Entry(f"flow.{n}", f"run daily {n}") for n in range(9)]
    assert find("daily", entries) == entries


def test_what_matches_nowhere_is_left_out() -> None:
    assert find("zzz", ACTIONS) == []
    assert find("rerun zzz", ACTIONS) == []


@pytest.mark.parametrize("text", ["売上", "ﾊﾞｯﾁ", "ばっち"])
def test_width_and_kana_make_no_difference(text: str) -> None:
    entries = [Entry("job.log", "log"), Entry("run 売上バッチ", "売上バッチ")]
    assert find(text, entries) == entries[1:]


@given(st.text())
def test_any_text_finds_some_of_what_there_is(text: str) -> None:
    found = find(text, ACTIONS)
    assert len(found) == len(set(found))
    assert set(found) <= set(ACTIONS)
