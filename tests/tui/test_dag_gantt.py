"""The jobs against the clock: known times fall on known cells."""

from __future__ import annotations

import time

import pytest

from jobmon.runtime.forecasting.forecast import FlowHistory, JobHistory, Past
from jobmon.tui.ink import Ink
from jobmon.tui.screens.dag import gantt
from jobmon.tui.screens.dag.course import Course
from jobmon.tui.screens.dag.gantt import Axis
from jobmon.tui.screens.dag.tree import RUN, Item
from jobmon.tui.screens.dag.view import DagView
from jobmon.tui.text import cells, plain
from tests.core import job
from tests.tui.dags import SEED, begun, ends, flow_of, row_of
from tests.tui.worlds import ASCII, UNICODE, Folder, page, stage

BEGIN = 1_800_000_000.0


def folder() -> Folder:
    """A runs and usually takes 60 seconds, the others follow."""
    return begun(A=60.0, B=40.0, C=20.0, D=80.0, E=20.0)


def strips(one: Folder, ink: Ink, seconds: float, per: float = 10.0, width: int = 26) -> list[str]:
    """The rows of the run and its jobs, on an axis from the beginning."""
    course = Course(one.site, one.site.board.runs[1], one.now + seconds)
    axis = Axis(one.now, per, width)
    rows = [Item(course.key(n), n) for n in range(RUN, len(course.jobs))]
    made = [
        gantt.strip(ink, width, gantt.cells_of(axis, course, item), course, item) for item in rows
    ]
    assert all(cells(plain(row)) == width for row in made)
    return [plain(row).rstrip() for row in made]


def test_what_ran_what_is_expected_and_now() -> None:
    assert strips(folder(), ASCII, 40) == [
        "====>...............]",
        "====>.]",
        "    : [...]",
        "    :     [.]",
        "    :     [.......]",
        "    :             [.]",
    ]
    assert strips(folder(), UNICODE, 40)[:3] == [
        "━━━━━───────────────┤",
        "━━━━━─┤",
        "    ┊ ├───┤",
    ]


def test_how_late_it_may_be_is_drawn_fainter() -> None:
    one = folder()
    past = [Past(f"r{n}", "succeeded", 0.0, 60.0 if n < 10 else 90.0) for n in range(12)]
    one.site.histories["morning"] = FlowHistory({"A": JobHistory(past)})
    course = Course(one.site, one.site.board.runs[1], one.now + 40)
    assert course.timeline.stretches[0] == (one.now, one.now + 60, one.now + 87, True)
    assert strips(one, ASCII, 40)[1] == "====>.]--"


def test_what_ended_stands_where_it_was_and_a_failure_has_its_sign() -> None:
    one = folder()
    begin = one.now
    one.now += 50
    ends(one, A=0)
    one.now += 30
    ends(one, B=1)
    one.now = begin
    shown = strips(one, ASCII, 100)
    assert shown[1] == "======"
    assert shown[2] == "     ===x"
    assert [row.strip() for row in shown[3:]] == ["-", "-", "-"]
    assert not any(":" in row for row in shown), "a run that is over has no now"


def test_an_end_nobody_knows_is_a_question() -> None:
    definition = flow_of(job("check", kind="manual"), job("ship", "check"))
    shown = strips(begun(definition, ship=30.0), ASCII, 40)
    assert shown[1] == "[...?"
    assert shown[2] == "    [..?"


def test_a_job_that_will_not_run_has_no_place() -> None:
    definition = flow_of(job("A", on_failure="alarm"), job("alarm", trigger="one_failed"))
    assert strips(begun(definition, A=60.0, alarm=10.0), ASCII, 40)[2] == "    :"


def test_the_clock_has_round_labels_over_their_cells() -> None:
    start = BEGIN - time.localtime(BEGIN).tm_sec - 60 * (time.localtime(BEGIN).tm_min % 10)
    ((text, _style),) = gantt.clock(Axis(start, 60.0, 60))
    assert cells(text) == 60
    labels = text.split()
    assert labels == [time.strftime("%H:%M", time.localtime(start + 600 * n)) for n in range(6)]
    assert [text.index(label) for label in labels] == [0, 10, 20, 30, 40, 50]


@pytest.mark.parametrize("per", [0.01, 0.7, 1, 13, 100, 700, 5_000, 40_000, 400_000])
@pytest.mark.parametrize("width", [20, 47, 90])
def test_labels_never_touch_whatever_the_scale(per: float, width: int) -> None:
    ((text, _style),) = gantt.clock(Axis(BEGIN + 17, per, width))
    assert cells(text) == width
    assert text.split()
    assert not any(len(label) > 8 for label in text.split())


def test_the_scale_stands_still_while_the_end_draws_near() -> None:
    one = folder()
    run = one.site.board.runs[1]
    scales = {gantt.axis(Course(one.site, run, one.now + n), 47).per for n in range(40)}
    assert len(scales) == 1


def test_the_times_stand_beside_the_rows_of_their_jobs() -> None:
    view, on = DagView(), stage(folder(), ink=ASCII)
    on.world.now -= 3560
    shown = page(view, on, 160, 48)
    left, _, right = row_of(shown, "A").partition("|")
    assert "running" in left
    assert right.startswith("=")
    assert "expected" in shown
    view.act("dag.gantt", on)
    assert "expected" not in page(view, on, 160, 48)


def test_the_times_can_be_had_on_a_small_screen() -> None:
    view, on = DagView(), stage(folder(), ink=ASCII)
    on.world.now -= 3560
    assert "expected" not in page(view, on, 80, 24)
    view.act("dag.gantt", on)
    shown = page(view, on, 80, 24)
    assert "expected" in shown
    assert "WHY" not in shown
    assert SEED.jobs[4].name in shown
