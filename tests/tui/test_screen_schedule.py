"""The schedule: flows, holds, last runs, and what keeps a file from loading."""

from __future__ import annotations

from typing import Any

import pytest

from jobmon.runtime.model import Event
from jobmon.tui.picture import Size
from jobmon.tui.screens.schedule import Schedule
from jobmon.tui.text import moment, plain
from tests.tui.cli_fakes import NOW
from tests.tui.flows import DAILY, HOURLY
from tests.tui.worlds import ASCII, HOSTILE, UNICODE, Folder, asked, give, page, stage


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


def plan(name: str, flow: str = "", **more: Any) -> dict[str, Any]:
    return {
        "name": name, "flow": flow or name, "schedule": "10 6 * * 1-5", "tz": "Asia/Tokyo",
        "calendar": "", "shift": "skip", "blackout": [], "params": {}, "tags": [], "active": True,
        "overlap": "skip", "catchup": "latest", "deadline": "", "last": None, "missed": [],
        "error": None, "next": [{"at": NOW + 7500, "time": "2026-11-24T06:10+09:00"}],
    } | more  # fmt: skip


def planned(one: Folder, *plans: dict[str, Any], mistakes: tuple[str, ...] = ()) -> tuple[Any, Any]:
    view, on = Schedule(), stage(one)
    give(view, on, "schedule", {"schedules": list(plans), "mistakes": list(mistakes)})
    return view, on


def test_the_next_slot_is_told_here_and_in_its_zone_with_the_time_until_then() -> None:
    view, on = planned(folder(row("日次")), plan("日次"))
    shown = page(view, on, 120, 30)
    (line,) = [text for text in shown.split("\n") if text.strip().startswith("日次")]
    assert moment(NOW + 7500, NOW) in line
    assert "2h 5m" in line
    here = f"next 2026-11-24 06:10 there, {moment(NOW + 7500, NOW)} here, in 2h 5m"
    assert here in shown


def test_without_plans_the_flows_own_times_are_shown() -> None:
    shown = page(Schedule(), stage(folder(row("hourly", next=[NOW + 60, NOW + 3660]))))
    assert moment(NOW + 60, NOW) in shown
    assert f"then {moment(NOW + 3660, NOW)}" in shown


def test_a_deployment_has_a_row_of_its_own_with_what_it_gives_the_flow() -> None:
    param = {"name": "shop", "type": "str", "default": "tokyo", "choices": []}
    one = folder(row("morning", params=[param]))
    view, on = planned(
        one, plan("morning"), plan("morning-大阪", "morning", params={"shop": "osaka"})
    )
    assert [(item.name, item.flow) for item in view.items(on)] == [
        ("morning", "morning"),
        ("morning-大阪", "morning"),
    ]
    view.act("move.bottom", on)
    assert view.flow(on) == (0, "morning")
    shown = page(view, on, 160, 40)
    assert "flow morning, 10 6 * * 1-5" in shown
    assert "shop str = osaka" in shown


def test_what_is_not_active_says_so_and_has_no_next_slot() -> None:
    view, on = planned(folder(row("a")), plan("a", active=False))
    shown = page(view, on, 100, 30)
    assert " off " in shown
    assert "not active" in shown
    assert moment(NOW + 7500, NOW) not in shown


def test_missed_slots_are_counted_and_named() -> None:
    view, on = planned(folder(row("a")), plan("a", missed=["a@2026-11-22", "a@2026-11-23"]))
    (line,) = [text for text in page(view, on, 120).split("\n") if text.strip().startswith("a ")]
    assert line.endswith(" 2")
    assert "2 slots, the last one a@2026-11-23" in page(view, on, 120)


def test_rules_calendar_and_backfills_stand_under_the_table() -> None:
    one = folder(row("a"))
    one.run(HOURLY, 3, line="a", batch="a-week", origin="backfill")
    said = {"calendar": "JP", "shift": "next", "blackout": ["01:00-03:00"], "deadline": "08:00"}
    view, on = planned(one, plan("a", **said))
    shown = page(view, on, 120, 40)
    assert "calendar JP, else next, none in 01:00-03:00, overlap skip, catch-up latest" in shown
    assert "a-week: 1 run to go" in shown


def test_a_broken_file_s_flow_is_marked_and_says_which_version_goes_on() -> None:
    for ink in (UNICODE, ASCII):
        one = folder(row("a", last_good=NOW - 60), mistakes=("flows/a.py:3: broken",))
        view, on = Schedule(), stage(one, ink=ink)
        shown = page(view, on, 100, 30)
        assert "! a" in shown
        assert f"the version of {moment(NOW - 60, NOW)} goes on" in shown


def test_a_schedule_that_cannot_be_followed_says_why() -> None:
    error = {"text": "there is no calendar XX", "hint": "a country code"}
    view, on = planned(
        folder(row("a")), plan("a", error=error, next=[]), mistakes=("b: no flow b",)
    )
    shown = page(view, on, 100, 30)
    assert "there is no calendar XX a country code" in shown
    assert " ! b: no flow b" in shown


def test_the_last_run_of_long_ago_is_known_from_the_document() -> None:
    last = {"run": "a@2026-11-20", "state": "expired", "at": NOW - 90_000}
    shown = page(*planned(folder(row("a")), plan("a", last=last)), 120)
    assert "expired" in shown
    assert moment(NOW - 90_000, NOW) in shown


def test_what_starts_next_can_come_first() -> None:
    soon = [{"at": NOW + 60, "time": ""}]
    view, on = planned(folder(row("a"), row("b")), plan("a"), plan("b", next=soon))
    view.order = 3
    assert [item.name for item in view.items(on)] == ["b", "a"]


def test_a_hold_is_shown_as_soon_as_the_board_knows_it_with_who_why_and_until() -> None:
    one = folder(row("hourly"))
    data = {"flow": "hourly", "until": NOW + 600}
    one.fold(Event(kind="flow.hold", at=NOW - 5, who="anna@pts/1", why="feed is empty", data=data))
    shown = page(Schedule(), stage(one))
    assert "H hourly" in shown
    said = f"since {moment(NOW - 5, NOW)} by anna@pts/1: feed is empty"
    assert f"until {moment(NOW + 600, NOW)} {said}" in shown


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
    assert asked(view, on) == {("flows", ()), ("schedule", ())}
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
