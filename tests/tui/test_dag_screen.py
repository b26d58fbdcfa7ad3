"""The DAG screen: which run, what each state says, what stands under the tree, its sizes."""

from __future__ import annotations

import time

import pytest

from jobmon.jobs.definition import RetryDef
from jobmon.runtime.model import Event
from jobmon.tui.ink import Ink
from jobmon.tui.picture import Size
from jobmon.tui.screens.dag.view import DagView
from jobmon.tui.screens.view import Stage
from jobmon.tui.text import cells, plain
from jobmon.tui.world import RowKey
from tests.core import job
from tests.tui.dags import (
    REAL,
    SEED,
    at,
    begun,
    ends,
    flow_of,
    history,
    real,
    row_of,
    start_all,
    tree_of,
)
from tests.tui.racks import Read, Told
from tests.tui.worlds import ASCII, HOSTILE, UNICODE, Folder, page, stage

SIZES = [(60, 15), (80, 24), (120, 30), (160, 48)]


def said(view: DagView, on: Stage) -> str:
    return plain(view.state_line(on))


def event(folder: Folder, kind: str, name: str, **data: object) -> None:
    """News of a job's newest attempt."""
    run, index = folder.key(1, name)
    attempt = folder.site.board.jobs[run, index].attempt
    folder.fold(
        Event(kind=kind, at=folder.now, run=run, job=index, attempt=attempt, data=data, who="anna")
    )
    folder.settle()


# Which run


def test_the_newest_run_that_goes_on_is_shown() -> None:
    folder, view = begun(), DagView()
    folder.now += 10
    folder.run(SEED, 2)
    on = stage(folder)
    assert "morning#2" in page(view, on)
    assert "[2/2]" in said(view, on)


def test_of_runs_that_are_all_over_the_newest_is_shown() -> None:
    folder = begun(flow_of(job("A")))
    ends(folder, A=0)
    folder.now += 10
    folder.run(flow_of(job("A")), 2)
    start_all(folder, 2)
    ends(folder, 2, A=0)
    assert "morning#2" in page(DagView(), stage(folder))


def test_a_run_that_goes_on_is_kept_while_a_newer_one_begins() -> None:
    one = flow_of(job("A"))
    folder, view = begun(one), DagView()
    on = stage(folder)
    page(view, on)
    folder.now += 10
    folder.run(one, 2)
    assert "morning#1" in page(view, on)
    ends(folder, A=0)
    on.world.version += 1
    assert "morning#2" in page(view, on)


def test_a_run_somebody_chose_is_kept_when_it_is_over() -> None:
    one = flow_of(job("A"))
    folder, view = begun(one), DagView()
    on = stage(folder)
    view.show(RowKey(0, 1, 0))
    ends(folder, A=0)
    folder.run(one, 2)
    assert "morning#1" in page(view, on)
    folder.site.board.forget(1)
    on.world.version += 1
    assert "morning#2" in page(view, on), "it is not there any more"


def test_the_runs_of_the_flow_are_walked_with_the_cursor_on_the_same_job() -> None:
    folder, view = begun(), DagView()
    for number in (2, 3):
        folder.now += 10
        folder.run(SEED, number)
    folder.run(flow_of(job("Z"), name="other"), 4)
    on = stage(folder)
    view.show(RowKey(0, 2, 3))
    page(view, on)
    for action, run in (("next", 3), ("next", 3), ("previous", 2), ("previous", 1)):
        assert view.act(f"dag.{action}", on)
        page(view, on)
        assert view.targets(on) == [RowKey(0, run, 3)]


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (["morning#1"], RowKey(0, 1, -1)),
        (["morning#1", "D"], RowKey(0, 1, 3)),
        (["morning", "e"], RowKey(0, 2, 4)),
    ],
)
def test_the_command_line_names_a_run_and_a_job(words: list[str], key: RowKey) -> None:
    folder, view = begun(), DagView()
    folder.run(SEED, 2)
    on = stage(folder)
    assert view.command(words, on) == ""
    page(view, on)
    assert view.targets(on) == [key]


@pytest.mark.parametrize("words", [["evening"], ["morning#9"], ["morning", "F"]])
def test_what_is_not_there_is_named_and_nothing_moves(words: list[str]) -> None:
    view, on = DagView(), stage(begun())
    before = page(view, on)
    assert words[-1] in view.command(words, on)
    assert page(view, on) == before


def test_without_any_run_it_says_how_to_start_one() -> None:
    folder, view = Folder(), DagView()
    assert "no run yet" in page(view, stage(folder))
    folder.site.flows = {"flows": [{"flow": "morning"}]}
    shown = page(view, stage(folder))
    assert "morning" in shown
    assert "n starts a run" in shown
    for action in ("dag.fold", "dag.path", "dag.next", "dag.boxes", "move.down", "move.left"):
        view.act(action, stage(folder))
    assert view.targets(stage(folder)) == []


def test_the_host_is_told_where_there_are_several() -> None:
    here, there = begun(), begun()
    here.site.label, there.site.label, there.site.number = "here", "there", 1
    view = DagView()
    on = stage(here, there)
    view.show(RowKey(1, 1, 0))
    page(view, on)
    assert "there" in said(view, on)
    assert view.targets(on) == [RowKey(1, 1, 0)]


# What each state says


def test_a_waiting_job_names_what_it_needs() -> None:
    folder, view = begun(), DagView()
    ends(folder, A=0, B=0)
    on = stage(folder)
    assert "needs C + D" in row_of(page(view, on), "E")
    ends(folder, C=0)
    on.world.version += 1
    assert "needs D" in row_of(page(view, on), "E")


def test_a_running_job_says_how_long_it_runs_and_how_long_it_still_takes() -> None:
    folder, view = begun(A=100.0), DagView()
    on = stage(folder)
    on.world.now = folder.now + 40
    row = row_of(page(view, on, 120), "A")
    assert "00:40  -01:00 to go" in row
    assert "~32%" in row
    on.world.now = folder.now + 140
    row = row_of(page(view, on, 120), "A")
    assert "LATE" in row
    assert "02:20  +00:40 over" in row


def test_what_a_job_says_of_itself_counts_and_a_mark_says_where_it_usually_is() -> None:
    folder, view = begun(A=100.0), DagView()
    on = stage(folder)
    on.world.now = folder.now + 50
    folder.site.meters[1, 0] = Told(Read(progress=0.25, last="page 25 of 100"))  # pyright: ignore[reportArgumentType]
    row = row_of(page(view, on, 120), "A")
    assert " 25%" in row
    assert "00:50  -02:30 to go" in row
    assert "│" in row
    at(view, on, "A")
    assert "page 25 of 100" in page(view, on, 120)


def test_without_a_history_there_is_no_bar_and_no_end() -> None:
    folder, view = begun(), DagView()
    on = stage(folder)
    on.world.now = folder.now + 40
    row = row_of(page(view, on, 120), "A")
    assert "00:40" in row
    assert "%" not in row
    assert "~" not in tree_of(page(view, on, 120))


def test_every_end_says_how_it_came() -> None:
    definition = flow_of(
        job("load", on_failure="alarm"), job("alarm", trigger="one_failed"), job("ship", "load"),
        job("extra", tolerate=True), job("maybe", "extra", trigger="all_done", when="1 > 2"),
        job("behind", "maybe"), job("sweep", finally_=True),
    )  # fmt: skip
    folder, view = begun(definition), DagView()
    on = stage(folder)
    shown = page(view, on, 140, 40)
    assert "only if load fails" in row_of(shown, "alarm")
    assert "last, after 6 jobs" in row_of(shown, "sweep")
    assert "after extra (all_done), when 1 > 2" in row_of(shown, "maybe")
    folder.now += 30
    ends(folder, load=8, extra=1, alarm=0)
    on.world.version += 1
    shown = page(view, on, 140, 40)
    assert "exit code 8 after 00:30  handled by alarm" in row_of(shown, "load")
    assert "failed: load" in row_of(shown, "ship")
    assert "tolerated" in row_of(shown, "extra")
    assert "not so: 1 > 2" in row_of(shown, "maybe")
    assert "maybe was skipped" in row_of(shown, "behind")


def test_a_handler_that_was_not_needed_says_so() -> None:
    definition = flow_of(job("load", on_failure="alarm"), job("alarm", trigger="one_failed"))
    folder = begun(definition)
    ends(folder, load=0)
    assert "not needed: nothing failed" in row_of(page(DagView(), stage(folder), 120), "alarm")


def test_what_waits_for_a_person_says_what_to_do() -> None:
    definition = flow_of(
        job("check", kind="manual", text="compare the totals"), job("ship", "check"),
        job("gone"), job("after", "gone"),
    )  # fmt: skip
    folder, view = begun(definition), DagView()
    event(folder, "job.lose", "gone", reason="reboot")
    shown = page(view, stage(folder), 120)
    assert "D when done  compare the totals" in row_of(shown, "check")
    assert "needs check (your turn)" in row_of(shown, "ship")
    assert "M says how it ended" in row_of(shown, "gone")
    assert "needs gone (lost)" in row_of(shown, "after")
    assert "blocked: 1 waiting human, 1 lost" in shown


def test_a_retry_counts_down() -> None:
    definition = flow_of(job("A", retry=RetryDef(3, delay=60.0, on=("unknown",))))
    folder, view = begun(definition), DagView()
    ends(folder, A=1)
    on = stage(folder)
    on.world.now = folder.now + 15
    row = row_of(page(view, on, 120), "A")
    assert "in 00:45  try 2/4  exit code 1" in row
    assert view.pace(on) == 1.0


def test_a_hold_says_whose_it_is() -> None:
    folder, view = begun(), DagView()
    event(folder, "job.hold", "B")
    row = row_of(page(view, stage(folder)), "B")
    assert "held by anna" in row
    assert "waiting" in row


def test_a_job_that_only_the_slots_keep_waiting_makes_the_end_a_lower_bound() -> None:
    definition = flow_of(job("A"), job("B"))
    folder = begun(definition, slots=1, A=1e5, B=10.0)
    shown = page(DagView(), stage(folder), 120)
    assert "at the earliest" in shown
    assert "queued" in row_of(shown, "B")


# What stands under it, and beside it


def test_the_critical_path_and_when_the_run_ends_stand_under_the_tree() -> None:
    folder, view = begun(A=60.0, B=60.0, C=60.0, D=600.0, E=60.0), DagView()
    on = stage(folder)
    on.world.now = folder.now
    rule = next(r for r in page(view, on, 120).split("\n") if "critical path" in r)
    ended = time.strftime("%H:%M", time.localtime(folder.now + 780))
    assert "A → B → D → E" in rule
    assert f"ends ~{ended}" in rule


def test_the_job_in_hand_is_told_of() -> None:
    folder, view = begun(A=60.0, B=60.0, C=60.0, D=600.0, E=60.0), DagView()
    on = stage(folder)
    on.world.now = folder.now
    at(view, on, "C")
    under = page(view, on, 120).rpartition("critical path")[2]
    assert "slack 09:00" in under
    assert "median 01:00" in under
    assert "after ◦ B" in under
    assert "then ◦ E" in under
    at(view, on, "D")
    assert "on the critical path" in page(view, on, 120)


def test_the_slowest_job_is_named() -> None:
    folder, view = begun(A=60.0), DagView()
    folder.now += 75
    ends(folder, A=0)
    assert "slowest against its median  A  +00:15" in page(view, stage(folder), 120)


def test_the_last_runs_stand_beside_their_job_on_a_large_screen() -> None:
    folder, view = begun(A=60.0, B=5.0), DagView()
    folder.site.histories["morning"] = history({"A": 60.0, "B": 5.0}, fails="A")
    shown = page(view, stage(folder), 160, 48)
    assert "✗✓✓✓✓✓✓✓✓✓✓✓" in row_of(shown, "A")
    assert "✗" not in row_of(shown, "B")


def test_a_large_screen_has_boxes_and_all_that_is_known_of_the_job() -> None:
    view, on = DagView(), stage(begun())
    at(view, on, "A")
    shown = page(view, on, 160, 48)
    assert "┤◦ B├" in shown
    assert "attempt  1" in shown
    assert [want.name for want in view.wants(on)] == ["explain"]
    page(view, on, 120, 30)
    assert view.wants(on) == []


def test_a_filter_shows_only_the_jobs_it_finds() -> None:
    definition = flow_of(job("load-a"), job("load-b", "load-a"), job("ship", "load-b"))
    view, on = DagView(), stage(begun(definition))
    view.search("LOAD")
    shown = tree_of(page(view, on))
    assert "load-b" in shown
    assert "ship" not in shown
    assert "LOAD" in said(view, on)
    view.reset()
    assert "ship" in tree_of(page(view, on))


def test_a_click_puts_the_cursor_on_a_row() -> None:
    view, on = DagView(), stage(begun())
    rows = page(view, on).split("\n")
    y = next(n for n, row in enumerate(rows) if "◦ D" in row or "◦D" in row)
    assert view.point(30, y, on)
    assert view.targets(on) == [RowKey(0, 1, 3)]


def test_what_was_shown_is_remembered() -> None:
    view, on = DagView(), stage(begun())
    page(view, on)
    view.act("dag.gantt", on)
    view.act("dag.boxes", on)
    other = DagView()
    other.recall(view.remember())
    assert other.remember() == {"gantt": True, "boxes": True}
    other.recall({"gantt": "x", "boxes": 3})
    assert other.remember() == {"gantt": None, "boxes": False}


def test_a_run_of_which_nothing_moves_needs_no_pictures() -> None:
    folder, view = begun(flow_of(job("A"), job("B", "A"))), DagView()
    on = stage(folder)
    assert view.pace(on) == 1.0
    ends(folder, A=1)
    on.world.version += 1
    assert view.pace(on) == 0.0


def test_a_runtime_that_is_away_is_dim() -> None:
    folder, view = begun(), DagView()
    folder.site.away = folder.now
    lines = view.lines(stage(folder), Size(80, 20))
    assert all("dim" in style for _, style in lines[1])


# Sizes and signs

NAMES = ("日次売上集計の長い名前の仕事", "ﾊﾝｶｸ", "が", HOSTILE, "[red]x[/]", "x" * 90)


def hostile() -> Folder:
    jobs = [job(NAMES[0])]
    jobs += [job(name, before.name) for name, before in zip(NAMES[1:], jobs * 5, strict=True)]
    jobs += [job("合流", *NAMES[1:4], finally_=False), job("手動", kind="manual", text=HOSTILE)]
    folder = begun(flow_of(*jobs, name="朝の流れ"))
    folder.site.histories["朝の流れ"] = history(dict.fromkeys(NAMES, 100.0))
    return folder


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ink", [UNICODE, ASCII])
@pytest.mark.parametrize("how", ["", "dag.gantt", "dag.boxes"])
def test_every_line_keeps_to_its_cells(size: tuple[int, int], ink: Ink, how: str) -> None:
    view, on = DagView(), stage(hostile(), ink=ink)
    page(view, on, *size)
    view.act(how, on)
    for _ in range(12):
        page(view, on, *size)
        view.act("move.down", on)


@pytest.mark.parametrize("size", SIZES)
def test_every_row_of_the_tree_has_its_columns_at_the_same_cells(size: tuple[int, int]) -> None:
    view, on = DagView(), stage(hostile())
    shown = tree_of(page(view, on, *size)).split("\n")
    state = shown[0].index("STATE")
    rows = [row for row in shown[1:] if "waiting" in row.split()]
    assert rows
    for row in rows:
        before = row.partition("waiting")[0]
        assert cells(before) == state


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
@pytest.mark.parametrize("ink", [UNICODE, ASCII])
def test_real_graphs_are_drawn_at_every_size(path: object, ink: Ink) -> None:
    definition = real(next(p for p in REAL if p == path))
    folder = begun(definition, slots=20)
    folder.site.histories["trace"] = history({j.name: 50.0 for j in definition.jobs})
    view, on = DagView(), stage(folder, ink=ink)
    for size in SIZES:
        page(view, on, *size)
        for action in ("move.page_down", "move.bottom", "dag.path", "dag.boxes", "dag.boxes"):
            view.act(action, on)
            page(view, on, *size)


def test_the_largest_graph_is_scrolled_at_once() -> None:
    definition = real(max(REAL, key=lambda path: path.stat().st_size))
    folder = begun(definition, slots=40)
    folder.site.histories["trace"] = history({j.name: 50.0 for j in definition.jobs})
    view, on = DagView(), stage(folder)
    page(view, on, 160, 48)
    taken: list[float] = []
    for _ in range(20):
        view.act("move.page_down", on)
        on.world.now += 1
        began = time.process_time()
        view.lines(on, Size(160, 48))
        taken.append(time.process_time() - began)
    assert min(taken) < 0.02
