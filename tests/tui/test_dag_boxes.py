"""Small runs as boxes: every edge can be followed with a finger, and no other."""

from __future__ import annotations

import random

import pytest

from jobmon.tui.ink import Ink
from jobmon.tui.look import ASCII_WIRES, UNICODE_WIRES
from jobmon.tui.screens.dag.layers import Plan, plan
from jobmon.tui.screens.dag.view import DagView
from jobmon.tui.screens.dag.wiring import EAST, NORTH, SOUTH, WEST, Wiring
from jobmon.tui.text import plain
from jobmon.tui.world import RowKey
from tests.core import job
from tests.tui.dags import at, begun, flow_of
from tests.tui.worlds import ASCII, UNICODE, page, stage

Edges = set[tuple[int, int]]
SIGNS = {sign: mask for mask, sign in UNICODE_WIRES.items()}
STEPS = {NORTH: (0, -1), EAST: (1, 0), SOUTH: (0, 1), WEST: (-1, 0)}
BACK = {NORTH: SOUTH, EAST: WEST, SOUTH: NORTH, WEST: EAST}


def followed(drawing: Plan) -> Edges:
    """The edges as an eye follows the lines of the picture."""
    wiring = Wiring(UNICODE)
    for link in drawing.links:
        wiring.link(link, "")
    for spot in drawing.boxes.values():
        wiring.frame(spot, "")
    rows = [plain(wiring.line(y)).ljust(drawing.width) for y in range(drawing.height)]
    return {
        (job, end) for job, spot in drawing.boxes.items()
        for end in _reached(rows, drawing, spot.x + spot.width - 1, spot.y)
    }  # fmt: skip


def _reached(rows: list[str], drawing: Plan, x: int, y: int) -> set[int]:
    """The boxes that lie at the end of the lines from a box's right side."""
    doors = {(spot.x, spot.y): job for job, spot in drawing.boxes.items()}
    if not SIGNS[rows[y][x]] & EAST:
        return set()
    found: set[int] = set()
    seen: set[tuple[int, int, int]] = set()
    todo = [(x, y, EAST)]
    while todo:
        x, y, way = todo.pop()
        x, y = x + STEPS[way][0], y + STEPS[way][1]
        if (x, y, way) in seen:
            continue
        seen.add((x, y, way))
        if way == EAST and (x, y) in doors:
            found.add(doors[x, y])
            continue
        ways = SIGNS[rows[y][x]]
        if not ways & BACK[way]:
            todo.append((x, y, way))  # it goes behind another line
            continue
        # Lines lead to the right: nobody reads one back to where it came from.
        todo += [(x, y, on) for on in STEPS if ways & on and on not in {BACK[way], WEST}]
    return found


def edges_of(parents: list[list[int]]) -> Edges:
    return {(up, i) for i, ups in enumerate(parents) for up in ups}


SHAPES = {
    "seed": [[], [0], [1], [1], [2, 3]],
    "many to one": [[], [], [], [], [0, 1, 2, 3]],
    "one to many to one": [[], [0], [0], [0], [1, 2, 3]],
    "two by two": [[], [], [0, 1], [0, 1]],
    "over layers": [[], [0], [1], [2, 0], [0]],
    "apart": [[], [], [1], []],
}


@pytest.mark.parametrize("parents", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("gap", [0, 1])
def test_the_lines_lead_exactly_where_the_edges_do(parents: list[list[int]], gap: int) -> None:
    drawing = plan(parents, [6] * len(parents), gap)
    assert drawing is not None
    assert followed(drawing) == edges_of(parents)


@pytest.mark.parametrize("seed", range(60))
def test_random_graphs_are_drawn_right_or_not_at_all(seed: int) -> None:
    dice = random.Random(seed)
    count = dice.randint(2, 14)
    parents = [[p for p in range(i) if dice.random() < 1.4 / (i + 1)] for i in range(count)]
    drawing = plan(parents, [dice.randint(5, 9) for _ in parents], dice.randint(0, 1))
    if drawing is None:
        return
    assert followed(drawing) == edges_of(parents)
    taken: set[tuple[int, int]] = set()
    for spot in drawing.boxes.values():
        own = {
            (x, y)
            for x in range(spot.x, spot.x + spot.width)
            for y in range(spot.y - 1, spot.y + 2)
        }
        assert not own & taken
        assert all(0 <= x < drawing.width and 0 <= y < drawing.height for x, y in own)
        taken |= own


def test_most_random_graphs_can_be_drawn() -> None:
    dice = random.Random(7)
    drawn = 0
    for _ in range(60):
        parents = [[p for p in range(i) if dice.random() < 1.4 / (i + 1)] for i in range(12)]
        drawn += plan(parents, [8] * 12, 0) is not None
    assert drawn > 50


# On the screen


def boxed(ink: Ink = UNICODE) -> str:
    view, on = DagView(), stage(begun(), ink=ink)
    at(view, on, "A")
    view.act("dag.boxes", on)
    return page(view, on)


def test_the_seed_is_drawn_as_boxes_in_layers() -> None:
    shown = boxed()
    rows = [row.rstrip() for row in shown.split("\n")[:7]]
    assert rows == [
        "                ╭───╮",
        "              ╭─┤◦ C├─╮",
        "╭───╮   ╭───╮ │ ╰───╯ │ ╭───╮",
        "│▸ A├───┤◦ B├─┤       ├─┤◦ E│",
        "╰───╯   ╰───╯ │ ╭───╮ │ ╰───╯",
        "              ╰─┤◦ D├─╯",
        "                ╰───╯",
    ]


def test_the_same_in_ascii() -> None:
    shown = boxed(ASCII)
    assert "|> A+---+o B+" in shown
    assert set(ASCII_WIRES.values()) == {"|", "-", "+"}


def test_arrows_go_from_box_to_box() -> None:
    view, on = DagView(), stage(begun())
    at(view, on, "A")
    view.act("dag.boxes", on)
    page(view, on)
    seen: list[int] = []
    for way in ("right", "right", "down", "up", "right", "right", "left", "left", "left", "left"):
        view.act(f"move.{way}", on)
        page(view, on)
        seen += [key.job for key in view.targets(on)]
    assert seen == [1, 2, 3, 2, 4, 4, 2, 1, 0, 0]


def test_the_key_of_the_times_leaves_the_boxes_for_the_tree_with_its_times() -> None:
    view, on = DagView(), stage(begun())
    at(view, on, "A")
    page(view, on)
    view.act("dag.boxes", on)
    boxes = page(view, on)
    view.act("dag.gantt", on)
    tree = page(view, on)
    assert "╭─┤◦ C├─╮" in boxes.split("\n")[1]
    assert not view.boxes
    assert "─┤◦ C├─" not in tree.split("\n")[1]
    assert view.gantt


def test_a_click_takes_the_box() -> None:
    view, on = DagView(), stage(begun())
    at(view, on, "A")
    view.act("dag.boxes", on)
    rows = page(view, on).split("\n")
    y = next(n for n, row in enumerate(rows) if "◦ E" in row)
    assert view.point(rows[y].index("◦ E"), y, on)
    assert view.targets(on) == [RowKey(0, 1, 4)]
    assert not view.point(79, 0, on)


def test_a_box_says_how_far_or_how_long() -> None:
    view, on = DagView(), stage(begun(flow_of(job("long_name")), long_name=4000.0))
    page(view, on)
    view.act("dag.boxes", on)
    assert "~72%" in page(view, on)


def test_what_is_too_large_for_boxes_stays_a_tree_and_says_so() -> None:
    view, on = DagView(), stage(begun(flow_of(*(job(f"j{n}") for n in range(21)))))
    page(view, on)
    view.act("dag.boxes", on)
    shown = page(view, on)
    assert "no boxes for 21 jobs" in shown
    assert "STATE" in shown


def test_what_does_not_fit_stays_a_tree_and_says_so() -> None:
    jobs = [job("j0"), *(job(f"j{n}", f"j{n - 1}") for n in range(1, 12))]
    view, on = DagView(), stage(begun(flow_of(*jobs)))
    page(view, on)
    view.act("dag.boxes", on)
    assert "larger screen" in page(view, on, 60, 15)
    assert "┤◦ j5├" in page(view, on, 160, 48)
