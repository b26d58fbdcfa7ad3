"""The history: runs of all sites, live ones among them, and what is usual for their flow."""

from __future__ import annotations

from typing import Any

import pytest

from jobmon.runtime.forecasting.forecast import FlowHistory, Past
from jobmon.tui.picture import Size
from jobmon.tui.screens.history import History
from jobmon.tui.text import plain
from jobmon.tui.world import RowKey
from tests.tui.cli_fakes import NOW, job, ls, show
from tests.tui.flows import DAILY, HOURLY
from tests.tui.worlds import ASCII, HOSTILE, UNICODE, Folder, asked, give, page, stage


def old(number: int, took: float = 60.0, *, flow: str = "nightly", **more: Any) -> dict[str, Any]:
    """A run that was over before this screen was opened."""
    start = NOW - 86400 + number * 60
    fields: dict[str, Any] = {
        "run": f"{flow}#{number}", "id": number, "flow": flow, "created": start, "started": start,
        "ended": start + took, "who": "anna@pts/1",
    }  # fmt: skip
    return show(
        [job("a", "succeeded"), job("b", "skipped")], **{"state": "succeeded"} | fields | more
    )


def hourly_folder() -> Folder:
    """hourly#21 runs since 80 seconds."""
    one = Folder()
    one.now = NOW - 80
    one.run(HOURLY, 21)
    one.start(21, "fetch")
    return one


def listed(view: History, on: Any) -> list[str]:
    return [item.row["run"] for item in view.items(on)]


def test_runs_come_newest_first_live_ones_and_old_ones() -> None:
    view, on = History(), stage(hourly_folder())
    give(view, on, "ls", ls(old(1), old(3), old(2)))
    assert listed(view, on) == ["hourly#21", "nightly#3", "nightly#2", "nightly#1"]
    shown = page(view, on)
    assert "▸ hourly#21" in shown
    assert "✓ nightly#3" in shown
    assert "2/2" in shown
    assert "4 runs · newest first" in plain(view.state_line(on))


def test_the_board_knows_better_than_an_older_list() -> None:
    one = hourly_folder()
    view, on = History(), stage(one)
    give(view, on, "ls", ls(old(21, flow="hourly", state="queued", ended=None)))
    assert "running" in page(view, on)
    one.end(21, "fetch", 1)
    on.world.version += 1
    assert "✗ hourly#21" in page(view, on)
    assert "1 failed" in page(view, on)


def test_several_sites_are_one_list_with_a_host_column() -> None:
    one, two = hourly_folder(), Folder(1, "etl02")
    two.now = NOW - 10
    two.run(DAILY, 4)
    view, on = History(), stage(one, two)
    assert listed(view, on) == ["daily#4", "hourly#21"]
    assert "HOST" in page(view, on)
    assert "etl02" in page(view, on)
    assert view.targets(on) == [RowKey(1, 4, -1)]


def test_a_bar_is_relative_to_the_longest_run_of_its_own_flow() -> None:
    view, on = History(), stage(Folder())
    give(view, on, "ls", ls(old(1, 100.0), old(2, 50.0), old(9, 4000.0, flow="monthly")))
    lines = page(view, on, 80).split("\n")
    bars = {line.split()[1]: line.count("█") for line in lines if "#" in line}
    assert bars["nightly#1"] == bars["monthly#9"] == 2 * bars["nightly#2"]


def test_the_median_needs_three_good_runs() -> None:
    view, on = History(), stage(Folder())
    give(view, on, "ls", ls(old(1, 60.0), old(2, 60.0)))
    assert "01:00  " not in [line[95:] for line in page(view, on, 160).split("\n")][1]
    assert {item.usual.median for item in view.items(on)} == {None}
    give(view, on, "ls", ls(old(1, 60.0), old(2, 60.0), old(3, 120.0)))
    assert {item.usual.median for item in view.items(on)} == {60.0}


def test_a_long_history_that_was_read_counts_more_than_what_is_listed() -> None:
    one = Folder()
    past = [Past(f"nightly#{i}", "succeeded", 0.0, 30.0) for i in range(10)]
    one.site.histories["nightly"] = FlowHistory(runs=past)
    view, on = History(), stage(one)
    give(view, on, "ls", ls(old(1, 100.0)))
    assert [item.usual.median for item in view.items(on)] == [30.0]


def test_a_run_that_takes_unusually_long_is_late() -> None:
    one = hourly_folder()
    past = [Past(f"hourly#{i}", "succeeded", 0.0, 20.0 + i) for i in range(10)]
    one.site.histories["hourly"] = FlowHistory(runs=past)
    view, on = History(), stage(one)
    assert "LATE" in page(view, on)
    view.act("view.faults", on)
    assert listed(view, on) == ["hourly#21"]


def test_history_of_a_flow_asks_for_more_of_it_and_says_what_it_hides() -> None:
    view, on = History(), stage(hourly_folder())
    give(view, on, "ls", ls(old(1)))
    assert view.command(["nightly"], on) == ""
    assert ("ls", (("flow", "nightly"), ("limit", 500))) in asked(view, on)
    give(view, on, "ls", ls(old(1), old(2)), flow="nightly")
    assert listed(view, on) == ["nightly#2", "nightly#1"]
    assert "flow nightly hides 1 (reset)" in plain(view.state_line(on))
    view.reset()
    assert len(listed(view, on)) == 2


def test_words_after_the_flow_are_a_filter() -> None:
    view, on = History(), stage(hourly_folder())
    view.command(["hourly", "month", "end"], on)
    assert (view.flow_name, view.filter) == ("hourly", "month end")
    assert '1 run hidden by flow hourly, filter "month end"' in page(view, on)


def test_faults_leave_what_somebody_has_to_look_at() -> None:
    bad = show([job("a", "failed")], "failed", run="x#5", id=5, flow="x", ended=NOW - 5)
    asks = show([job("a", "waiting_human")], "blocked", run="x#6", id=6, flow="x")
    held = show([job("a")], "queued", run="x#7", id=7, flow="x", held=True)
    view, on = History(), stage(Folder())
    give(view, on, "ls", ls(bad, asks, held, old(1)))
    view.act("view.faults", on)
    assert sorted(listed(view, on)) == ["x#5", "x#6", "x#7"]
    assert "only faults hides 1" in plain(view.state_line(on))


def test_the_filter_finds_parameters_reasons_and_people() -> None:
    view, on = History(), stage(Folder())
    give(
        view,
        on,
        "ls",
        ls(old(1, params={"day": "2026-08-31"}), old(2, why="棚卸"), old(3, who="bo")),
    )
    for text, number in (("08-31", 1), ("棚卸", 2), ("BO", 3)):
        view.search(text)
        assert listed(view, on) == [f"nightly#{number}"]


@pytest.mark.parametrize(
    ("times", "first"), [(1, "nightly#2"), (2, "alpha#9"), (3, "nightly#7"), (4, "alpha#9")]
)
def test_sorting_goes_through_its_orders(times: int, first: str) -> None:
    bad = old(7, 10.0, state="failed")
    view, on = History(), stage(Folder())
    give(view, on, "ls", ls(bad, old(2, 500.0), old(9, 20.0, flow="alpha")))
    for _ in range(times):
        view.act("view.sort", on)
    assert listed(view, on)[0] == first
    assert view.orders[times % 4] in plain(view.state_line(on))


def test_the_past_shows_nothing_of_what_came_later() -> None:
    one = Folder()
    view, on = History(), stage(one)
    give(view, on, "ls", ls(old(1), old(2, state="running", ended=None), old(3, 90_000.0)))
    assert len(listed(view, on)) == 3
    on.world.live, on.world.version = False, 2
    assert listed(view, on) == ["nightly#1"]


def test_marks_cursor_and_top_stay_with_their_runs() -> None:
    one = hourly_folder()
    view, on = History(), stage(one)
    give(view, on, "ls", ls(*(old(i) for i in range(1, 9))))
    page(view, on)
    view.act("move.bottom", on)
    view.act("mark.toggle", on)
    one.run(HOURLY, 22)
    on.world.version += 1
    page(view, on)
    assert view.cursor == RowKey(0, 1, -1)
    assert view.targets(on) == [RowKey(0, 1, -1)]
    assert "1 marked" in plain(view.state_line(on))


def test_before_anything_ran_it_says_so() -> None:
    assert "n starts a run" in page(History(), stage(Folder()))


def test_what_is_remembered_is_taken_up_again() -> None:
    view, again = History(), History()
    view.command(["daily"], stage(Folder()))
    view.faults = True
    again.recall(view.remember())
    assert (again.flow_name, again.faults) == ("daily", True)
    again.recall({"flow": 3, "faults": "yes"})
    assert (again.flow_name, again.faults) == ("", False)


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 30), (160, 48)])
@pytest.mark.parametrize("ink", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_names_and_hostile_text_stay_in_their_cells(size: tuple[int, int], ink: Any) -> None:
    one, two = hourly_folder(), Folder(1, HOSTILE)
    one.run(DAILY, 3, params={HOSTILE: HOSTILE}, why=HOSTILE)
    view, on = History(), stage(one, two, ink=ink)
    bad = old(1, run=HOSTILE, who=HOSTILE, why=HOSTILE, state="half_done")
    give(view, on, "ls", ls(bad, old(5, flow="在庫棚卸・四半期の棚卸と在庫の突合")))
    page(view, on, *size)


def test_five_hundred_runs_are_drawn_quickly() -> None:
    import time

    one = hourly_folder()
    view, on = History(), stage(one)
    give(view, on, "ls", ls(*(old(i, flow=f"f{i % 40}") for i in range(500))))
    view.lines(on, Size(160, 48))
    start = time.perf_counter()
    for _ in range(20):
        view.lines(on, Size(160, 48))
    assert time.perf_counter() - start < 1.0
