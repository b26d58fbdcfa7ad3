"""A run's tree: what is drawn where, what is folded, and where the cursor stays."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from jobmon.jobs.definition import FlowDef
from jobmon.tui.screens.dag.course import Course
from jobmon.tui.screens.dag.tree import RUN, Item, Tree
from jobmon.tui.screens.dag.view import DagView
from jobmon.tui.world import RowKey
from tests.core import job
from tests.tui.dags import REAL, SEED, at, begun, ends, flow_of, history, real, row_of, tree_of
from tests.tui.worlds import UNICODE, Folder, page, stage


def course(folder: Folder, version: int = 1) -> Course:
    return Course(folder.site, folder.site.board.runs[1], folder.now, version)


def drawn(tree: Tree, on: Course, width: int = 60) -> list[str]:
    """The rows as guides, `^` for a reference, and the name."""
    return [_text(on, item) for item in tree.items(on, UNICODE, width) if item.job != RUN]


def _text(on: Course, item: Item) -> str:
    beside = "".join(f" ^{on.name(i)}" for i in item.references)
    return f"{item.guides}{'^' if item.reference else ''}{on.name(item.job)}{beside}"


def test_a_job_of_several_parents_hangs_under_the_one_that_ends_last() -> None:
    on = course(begun(C=10.0, D=20.0))
    assert drawn(Tree(), on) == [
        "A",
        "└─ B",
        "   ├─ C",
        "   │  └─ ^E",
        "   └─ D",
        "      └─ E",
    ]


def test_as_it_really_ended_counts_more_than_what_it_usually_takes() -> None:
    folder = begun(C=10.0, D=20.0)
    ends(folder, A=0, B=0)
    folder.now += 5
    ends(folder, D=0)
    folder.now += 50
    ends(folder, C=0)
    assert "   │  └─ E" in drawn(Tree(), course(folder))


def test_the_tree_stands_still_while_only_the_clock_goes_on() -> None:
    folder = begun(C=10.0, D=20.0)
    ends(folder, A=0, B=0)
    tree = Tree()
    before = tree.items(course(folder), UNICODE, 60)
    for seconds in (1, 30, 500):
        folder.now += seconds
        assert tree.items(course(folder), UNICODE, 60) is before


def test_what_runs_last_is_drawn_last_and_under_none() -> None:
    definition = flow_of(job("sweep", finally_=True), job("A"), job("B", "A"))
    assert drawn(Tree(), course(begun(definition))) == ["A", "└─ B", "sweep"]


def test_a_handler_hangs_under_what_it_handles() -> None:
    definition = flow_of(job("A", on_failure="alarm"), job("alarm", trigger="one_failed"))
    assert drawn(Tree(), course(begun(definition))) == ["A", "└─ alarm"]


def test_many_references_stand_beside_their_jobs() -> None:
    heads = [f"x{n}" for n in range(20)]
    definition = flow_of(*map(job, heads), job("all", *heads))
    rows = drawn(Tree(), course(begun(definition)))
    assert len(rows) == 21
    assert sum(row.endswith(" ^all") for row in rows) == 19


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
@pytest.mark.parametrize("width", [26, 60])
def test_every_job_of_a_real_graph_is_drawn_once(path: Path, width: int) -> None:
    definition = real(path)
    on = course(begun(definition))
    items = Tree().items(on, UNICODE, width)
    rows = [item.job for item in items if not item.reference]
    assert sorted(rows) == [RUN, *range(len(definition.jobs))]
    assert _edges(on, items) == {(p, i) for i, ups in enumerate(on.edges) for p in ups}


def _edges(on: Course, items: Iterable[Item]) -> set[tuple[int, int]]:
    """What the tree says: a job's place under another, and its references."""
    tree = Tree()
    items = list(items)
    tree.items(on, UNICODE, 60)
    found = {(tree.above(item.job), item.job) for item in items if not item.reference}
    found |= {(item.job, other) for item in items for other in item.references}
    for item in items:
        if not isinstance(item.key, RowKey):
            found.add((item.key.parent.job, item.job))
    return {(above, i) for above, i in found if above != RUN and i != RUN}


# Folding


def test_a_fold_says_how_many_jobs_it_hides_and_in_which_states() -> None:
    folder, view = begun(), DagView()
    ends(folder, A=0)
    on = stage(folder)
    at(view, on, "B")
    assert view.act("dag.fold", on)
    shown = page(view, on)
    assert "B [+3]" in shown
    assert "◦3" in row_of(shown, "B")
    assert "C" not in tree_of(shown).split()
    view.act("dag.fold", on)
    assert " C " in page(view, on)


def test_folding_a_job_under_which_nothing_hangs_folds_its_parent() -> None:
    folder, view = begun(D=9.0), DagView()
    on = stage(folder)
    at(view, on, "E")
    view.act("dag.fold", on)
    assert "D [+1]" in page(view, on)
    assert view.targets(on) == [RowKey(0, 1, 3)]


def test_on_the_run_all_that_ended_well_is_folded_and_unfolded() -> None:
    definition = flow_of(job("A"), job("B", "A"), job("X"), job("Y", "X"))
    folder, view = begun(definition), DagView()
    ends(folder, A=0, B=0)
    on = stage(folder)
    page(view, on)
    view.show(RowKey(0, 1, RUN))
    view.act("dag.fold", on)
    shown = page(view, on)
    assert "A [+1]" in shown
    assert "Y" in shown
    view.act("dag.fold", on)
    assert "[+" not in page(view, on)


def test_a_job_that_is_looked_for_is_unfolded() -> None:
    folder, view = begun(D=9.0), DagView()
    on = stage(folder)
    at(view, on, "A")
    view.act("dag.fold", on)
    assert "E" not in tree_of(page(view, on)).split()
    at(view, on, "E")
    assert row_of(page(view, on), "E")


def test_folds_stay_in_the_next_run_of_the_flow() -> None:
    folder, view = begun(), DagView()
    folder.run(SEED, 2)
    on = stage(folder)
    view.show(RowKey(0, 1, 1))
    page(view, on)
    view.act("dag.fold", on)
    view.act("dag.next", on)
    shown = page(view, on)
    assert "morning#2" in shown
    assert "B [+3]" in shown


# The cursor


def test_the_cursor_stays_on_its_job_when_rows_move() -> None:
    folder, view = begun(C=10.0, D=20.0), DagView()
    ends(folder, A=0, B=0)
    on = stage(folder)
    key = at(view, on, "E")
    folder.now += 1
    ends(folder, D=0)
    folder.now += 60
    ends(folder, C=0)
    on.world.version += 1
    page(view, on)
    assert view.targets(on) == [key]


def test_the_cursor_stays_on_its_job_when_a_fold_above_opens() -> None:
    definition = flow_of(job("A"), job("B", "A"), job("X"))
    view, on = DagView(), stage(begun(definition))
    at(view, on, "A")
    view.act("dag.fold", on)
    key = at(view, on, "X")
    at(view, on, "A")
    view.act("dag.fold", on)
    assert at(view, on, "X") == key


def test_a_reference_stands_for_the_job_it_names() -> None:
    view, on = DagView(), stage(begun(C=1.0, D=9.0))
    at(view, on, "C")
    view.act("move.down", on)
    assert view.targets(on) == [RowKey(0, 1, 4)]
    assert "see below" in page(view, on)
    view.act("move.right", on)
    view.act("move.left", on)
    assert view.targets(on) == [RowKey(0, 1, 3)], "D, under which E is drawn"


def test_left_of_a_reference_is_the_parent_it_stands_under() -> None:
    view, on = DagView(), stage(begun(C=1.0, D=9.0))
    at(view, on, "C")
    view.act("move.down", on)
    view.act("move.left", on)
    assert view.targets(on) == [RowKey(0, 1, 2)]


def test_right_goes_under_a_job_and_unfolds_it() -> None:
    view, on = DagView(), stage(begun())
    at(view, on, "B")
    view.act("dag.fold", on)
    view.act("move.right", on)
    assert view.targets(on) == [RowKey(0, 1, 2)]
    assert "[+" not in page(view, on)


def test_marks_are_of_jobs_and_each_counts_once() -> None:
    view, on = DagView(), stage(begun(C=1.0, D=9.0))
    at(view, on, "C")
    for _ in range(4):
        view.act("mark.toggle", on)
    assert view.targets(on) == [RowKey(0, 1, 2), RowKey(0, 1, 4), RowKey(0, 1, 3)]
    assert "4 marked" in "".join(text for text, _ in view.state_line(on))
    view.act("mark.clear", on)
    assert len(view.targets(on)) == 1


def test_what_a_fold_or_another_run_hides_is_not_marked_any_more() -> None:
    folder, view = begun(D=9.0), DagView()
    folder.run(SEED, 2)
    on = stage(folder)
    at(view, on, "E")
    view.act("mark.toggle", on)
    at(view, on, "D")
    view.act("dag.fold", on)
    page(view, on)
    assert view.targets(on) == [at(view, on, "D")]
    view.act("mark.toggle", on)
    view.act("dag.next", on)
    page(view, on)
    assert [key.run for key in view.targets(on)] == [2]


def test_path_walks_along_the_critical_path() -> None:
    view, on = DagView(), stage(begun(A=5.0, B=5.0, C=1.0, D=9.0, E=1.0))
    at(view, on, "C")
    seen: list[int] = []
    for _ in range(5):
        view.act("dag.path", on)
        seen += [key.job for key in view.targets(on)]
    assert seen == [0, 1, 3, 4, 0]


def test_a_large_definition_with_many_references_keeps_deep_levels_readable() -> None:
    chain = [job("n0"), *(job(f"n{i}", f"n{i - 1}") for i in range(1, 30))]
    view, on = DagView(), stage(begun(FlowDef(name="deep", jobs=tuple(chain))))
    shown = page(view, on, 80, 40)
    assert all(f"n{i} " in shown for i in range(30))


def test_a_history_that_arrives_is_taken_up() -> None:
    folder = begun()
    tree = Tree()
    tree.items(course(folder), UNICODE, 60)
    folder.site.histories["morning"] = history({"C": 10.0, "D": 20.0})
    assert "      └─ E" in drawn(tree, course(folder))
