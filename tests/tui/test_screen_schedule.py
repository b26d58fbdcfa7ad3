"""The schedule: flows, holds, last runs, and what keeps a file from loading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime.model import Event
from jobmon.tui.picture import Size
from jobmon.tui.screens.schedule import NOT_YET, Schedule
from jobmon.tui.text import moment, plain
from tests.tui.cli_fakes import NOW
from tests.tui.flows import DAILY, HOURLY
from tests.tui.worlds import ASCII, HOSTILE, UNICODE, Folder, asked, page, stage


def row(flow: str, **more: Any) -> dict[str, Any]:
    return {
        "flow": flow, "file": f"flows/{flow}.py", "jobs": 2, "params": [], "tags": [],
        "description": "", "schedule": "10 6 * * 1-5", "tz": "Asia/Tokyo", "held": False,
        "until": None, "by": None,
    } | more  # fmt: skip


def document(*rows: dict[str, Any], mistakes: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"flows": list(rows), "mistakes": list(mistakes)}


def folder(*rows: dict[str, Any], mistakes: tuple[str, ...] = ()) -> Folder:
    found = Folder()
    found.site.flows = document(*rows, mistakes=mistakes)
    return found


def test_a_flow_is_shown_with_its_schedule_zone_and_last_run() -> None:
    one = folder(row("hourly"))
    one.now = NOW - 100
    one.run(HOURLY, 1)
    one.start(1, "fetch")
    one.now = NOW - 60
    one.end(1, "fetch", 1)
    (line,) = [text for text in page(Schedule(), stage(one), 120).split("\n") if "hourly " in text]
    assert "10 6 * * 1-5" in line
    assert "Asia/Tokyo" in line
    assert "✗ failed" in line
    assert moment(NOW - 100, NOW) in line
    assert "00:40" in line


def test_the_last_run_is_the_newest_one() -> None:
    one = folder(row("hourly"))
    one.run(HOURLY, 1)
    one.start(1, "fetch")
    one.end(1, "fetch", 1)
    one.run(HOURLY, 2)
    assert "running" in page(Schedule(), stage(one))


def test_what_never_ran_says_so_with_a_dash() -> None:
    assert " -  " in page(Schedule(), stage(folder(row("hourly"))))


def test_a_schedule_that_nothing_acts_on_is_told_honestly() -> None:
    assert NOT_YET in page(Schedule(), stage(folder(row("hourly"))))
    assert NOT_YET not in page(Schedule(), stage(folder(row("hourly", schedule=None))))


def test_slots_that_a_document_tells_are_shown_in_place_of_that() -> None:
    shown = page(Schedule(), stage(folder(row("hourly", next=[NOW + 60, NOW + 3660]))))
    assert NOT_YET not in shown
    assert moment(NOW + 60, NOW) in shown
    assert moment(NOW + 3660, NOW) in shown


def test_the_note_is_the_readme_s() -> None:
    told = " ".join((Path(__file__).parents[2] / "README.md").read_text("utf-8").split())
    assert NOT_YET.lower() in told.lower()


def test_a_hold_is_shown_as_soon_as_the_board_knows_it_with_who_why_and_until() -> None:
    one = folder(row("hourly"))
    data = {"flow": "hourly", "until": NOW + 600}
    one.fold(Event(kind="flow.hold", at=NOW - 5, who="anna@pts/1", why="feed is empty", data=data))
    shown = page(Schedule(), stage(one))
    assert "H hourly" in shown
    said = f"since {moment(NOW - 5, NOW)} by anna@pts/1: feed is empty"
    assert f"{said} until {moment(NOW + 600, NOW)}" in shown


def test_a_hold_that_only_the_document_knows_is_shown_too() -> None:
    one = folder(row("hourly", held=True, by="ops: month end"))
    assert "by ops: month end" in page(Schedule(), stage(one))


def test_broken_files_come_first_with_place_and_reason() -> None:
    mistakes = ("flows/bad.py:12: the job load has no command\n  give it one",)
    view, on = Schedule(), stage(folder(row("hourly"), mistakes=mistakes))
    assert page(view, on).split("\n")[0].startswith(" ! flows/bad.py:12: the job load has no")
    line = view.above(on, Size(80, 24))[0]
    assert line[0][1] == "fail"


def test_many_broken_files_leave_room_for_the_flows() -> None:
    mistakes = tuple(f"flows/bad{i}.py: no flow in it" for i in range(30))
    shown = page(Schedule(), stage(folder(row("hourly"), mistakes=mistakes)), 60, 15)
    assert "and 28 more mistakes: jobmon check" in shown
    assert "hourly" in shown


def test_the_flow_under_the_cursor_can_be_held_and_started() -> None:
    view, on = Schedule(), stage(folder(row("a"), row("b")), folder_two())
    page(view, on)
    assert view.flow(on) == (0, "a")
    view.act("move.bottom", on)
    assert view.flow(on) == (1, "c")
    assert view.cursor == ("flow", 1, "c")
    assert view.targets(on) == []


def folder_two() -> Folder:
    two = Folder(1, "etl02")
    two.site.flows = document(row("c"))
    return two


def test_without_a_flow_there_is_nothing_to_hold() -> None:
    view, on = Schedule(), stage(Folder())
    assert view.flow(on) is None
    assert "flows/*.py" in page(view, on)


def test_a_flow_that_was_added_turns_up() -> None:
    one = folder(row("old"))
    view, on = Schedule(), stage(one)
    assert asked(view, on) == {("flows", ())}
    page(view, on)
    one.site.flows = document(row("old"), row("new"))
    assert [item.flow for item in view.items(on)] == ["new", "old"]


def test_a_filter_says_what_it_hides_and_how_to_see_all_again() -> None:
    view, on = Schedule(), stage(folder(row("daily"), row("hourly", description="Lager")))
    view.search("LAGER")
    assert "daily" not in page(view, on)
    assert plain(view.state_line(on)).startswith('1 flow · filter "LAGER" hides 1 (reset)')
    view.search("nowhere")
    assert '2 flows hidden by filter "nowhere"' in page(view, on)
    view.reset()
    assert "daily" in page(view, on)


def test_held_flows_can_come_first() -> None:
    view, on = Schedule(), stage(folder(row("a"), row("b", held=True)))
    view.act("view.sort", on)
    assert [item.flow for item in view.items(on)] == ["b", "a"]
    assert "held first" in plain(view.state_line(on))


def test_filter_and_order_are_remembered_and_nonsense_is_not() -> None:
    view, again = Schedule(), Schedule()
    view.search("x")
    view.order = 1
    again.recall(view.remember())
    assert (again.filter, again.order) == ("x", 1)
    again.recall({"filter": 3, "order": 99})
    assert (again.filter, again.order) == ("", 0)


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 30), (160, 48)])
@pytest.mark.parametrize("ink", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_names_and_hostile_text_stay_in_their_cells(size: tuple[int, int], ink: Any) -> None:
    bad = row(HOSTILE, description=HOSTILE, schedule=HOSTILE, tz=HOSTILE, by=HOSTILE, held=True,
              params=[{"name": HOSTILE, "type": "str", "default": HOSTILE, "choices": [HOSTILE]}],
              tags=[HOSTILE], file=HOSTILE)  # fmt: skip
    one = folder(row("在庫棚卸・四半期の棚卸と在庫の突合"), bad, mistakes=(HOSTILE,))
    one.run(DAILY, 1)
    page(Schedule(), stage(one, folder_two(), ink=ink), *size)
