"""What stands around the screens: who it is, how it stands, and keys that do something now."""

from __future__ import annotations

import pytest

from jobmon.runtime.model import Event
from jobmon.tui.picture import Size
from jobmon.tui.text import cells, plain
from jobmon.tui.world import RowKey
from tests.core import job
from tests.tui import nights
from tests.tui.cli_fakes import NOW
from tests.tui.fakehands import Session
from tests.tui.flows import flow
from tests.tui.worlds import ASCII, Folder

WORK = flow("work", job("gate"), job("load", "gate"), job("売上集計", "gate"), job("last", "load"))


def working() -> Folder:
    """gate runs, what follows waits; in the run before it load failed."""
    folder = Folder(label="shop")
    folder.run(WORK, 6)
    folder.start(6, "gate")
    folder.end(6, "gate")
    folder.start(6, "load", "売上集計")
    folder.end(6, "load", code=3)
    folder.end(6, "売上集計")
    folder.run(WORK, 7)
    folder.start(7, "gate")
    return folder


def bar(session: Session, width: int = 80) -> str:
    return session.text(width, 24).splitlines()[-1]


def keys(session: Session, width: int = 160) -> set[str]:
    """The labels on the key bar."""
    return {plain(hint.words).split(" ", 2)[2].strip() for hint in session.monitor.hints(width)}


def on(session: Session, run: int, name: str) -> set[str]:
    """The labels of the key bar with the cursor on that job."""
    shape = session.world.sites[0].board.shape_of(run)
    session.monitor.screens.queue.cursor = RowKey(0, run, shape.names[name])
    session.text()
    return keys(session)


def test_the_key_bar_offers_what_the_row_in_hand_can_take() -> None:
    session = Session(working())
    running, failed, waiting = (
        on(session, 7, "gate"),
        on(session, 6, "load"),
        on(session, 7, "last"),
    )
    assert {"cancel", "kill", "skip", "hold"} <= running
    assert not {"rerun", "rerun failed", "done"} & running
    assert {"rerun", "rerun failed", "mark"} <= failed
    assert not {"cancel", "kill", "skip", "hold", "done"} & failed
    assert {"cancel", "skip", "hold"} <= waiting
    assert not {"kill", "rerun", "done"} & waiting


def test_a_marked_row_that_can_take_it_is_enough() -> None:
    session = Session(working())
    on(session, 6, "load")
    session.press("space")
    on(session, 7, "gate")
    session.press("space")
    assert {"rerun", "cancel"} <= keys(session)


def test_a_held_row_is_offered_its_release() -> None:
    folder = working()
    session = Session(folder)
    assert "hold" in on(session, 7, "gate")
    _, index = folder.key(7, "gate")
    folder.fold(Event(kind="job.hold", at=NOW, run=7, job=index, who="anna"))
    session.world.version += 1
    found = keys(session)
    assert "release" in found
    assert "hold" not in found


def test_what_only_looks_on_offers_no_verb() -> None:
    for session in (Session(working(), readonly=True), Session(working())):
        session.world.live = session.monitor.readonly  # the second one looks at the past
        assert not {"cancel", "skip", "hold", "rerun", "start"} & on(session, 7, "gate")
        assert {"log", "why"} <= keys(session)


def test_where_there_is_no_row_a_run_can_be_started() -> None:
    session = Session(Folder())
    assert "start" in keys(session)
    assert not {"log", "why", "rerun", "hold"} & keys(session)


def test_a_click_on_the_key_bar_presses_what_stands_there() -> None:
    session = Session(working())
    session.hands.answers["explain"] = {"job": "gate", "run": "work#7", "state": "running"}
    on(session, 7, "gate")
    hints = session.monitor.hints(session.size.width)
    why = next(hint for hint in hints if hint.action.id == "job.explain")
    session.monitor.click(why.start + 1, session.size.height - 1)
    assert session.hands.given("view")
    session.press("escape")
    last = hints[-1]
    session.monitor.click((hints[-2].end + last.start) // 2, session.size.height - 1)
    assert session.monitor.view.name == "queue"
    session.monitor.click(last.end - 2, session.size.height - 1)
    assert session.monitor.view.name == "keys"


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_help_always_stands_at_the_end_of_the_key_bar(width: int) -> None:
    session = Session(working())
    for key in ("1", "2", "3", "5", "6", "7", "8", "W", "escape"):
        session.press(key)
        line = bar(session, width)
        assert line.endswith("? help"), key
        assert cells(line) == width - 1, key
        if width >= 80:
            assert len(session.monitor.hints(width)) > 4, key


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_head_is_never_cut_in_a_word(width: int) -> None:
    folder = working()
    folder.site.label = "a-host-with-a-rather-long-name.example"
    session = Session(folder, ink=ASCII)
    for key in ("1", "3", "m", "m", "W", "escape"):
        session.press(key)
        head = session.text(width, 24).splitlines()[0]
        assert "~" not in head, head
        assert session.monitor.view.title.split()[0] in head


def test_the_least_screen_fits_whatever_it_has() -> None:
    session = Session(working())
    for height in range(1, 16):
        for width in range(1, 60, 7):
            lines = session.monitor.lines(Size(width, height))
            assert [cells(plain(line)) for line in lines] == [width] * height


@pytest.mark.parametrize("screen", ["queue", "equalizer"])
def test_name_and_figures_of_the_head_never_touch(screen: str) -> None:
    session = nights.session()
    session.monitor.show(screen)
    for width in range(60, 110):
        assert " run 2/8" in session.text(width, 24).splitlines()[0]
