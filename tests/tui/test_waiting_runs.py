"""A run that waits as a whole says for what, on every screen and page."""

from __future__ import annotations

from typing import Any

import pytest

from jobmon.runtime.model import Wait
from jobmon.tui import lists, runpage
from jobmon.tui.ink import Ink
from jobmon.tui.screens.dag.view import DagView
from jobmon.tui.words import waits
from tests.core import job
from tests.tui.dags import flow_of
from tests.tui.worlds import Folder, page, stage

AFTER = Wait(kind="after", flow="読込", period="2026-11-23", on="success", until=9.0)
WORDS = "waits for 読込 of 2026-11-23 to succeed"


def test_the_tree_says_it_of_the_first_jobs() -> None:
    folder = Folder()
    folder.run(flow_of(job("A"), job("B", "A")), 1, waits=(AFTER,))
    folder.settle()
    shown = page(DagView(), stage(folder), 100, 12)
    assert "waits for 読込 of 2026-11-23" in shown


def row(**fields: Any) -> dict[str, Any]:
    given = {"run": "report#1", "state": "queued", "counts": {"waiting": 2}, "total": 2}
    after = {"kind": "after", "flow": "読込", "period": "2026-11-23", "on": "success"}
    return given | {"time": "", "jobs": [], "waits": [after], "ended": None} | fields


def test_ls_and_show_say_it_until_it_is_over() -> None:
    ink = Ink(colour=False)
    assert lists.run_note(ink, row()) == WORDS
    assert WORDS in "\n".join(runpage.title(ink, row(), 0.0))
    assert lists.run_note(ink, row(ended=1.0, state="cancelled")) == ""
    missing = "started all the same: there is no run of 読込"
    assert lists.run_note(ink, row(waits=[], reason=missing)) == missing


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), ""),
        ((Wait(kind="until", until=1.0),), "starts a little later"),
        ((Wait(kind="overlap"),), "waits for earlier runs"),
        ((AFTER, Wait(kind="overlap"), Wait(kind="until")), f"{WORDS}, earlier runs"),
    ],
)
def test_each_kind_has_its_words(given: tuple[Wait, ...], said: str) -> None:
    assert waits(given) == said
