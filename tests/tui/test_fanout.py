"""A map of many items on the screens, and what a follower makes of one."""

from __future__ import annotations

import msgspec

from jobmon.jobs.definition import FlowDef, Literal, MapDef
from jobmon.runtime.testing import Simulation
from jobmon.tui import runpage
from jobmon.tui.mirror import Mirror
from jobmon.tui.screens.dag.view import DagView
from tests.core import job
from tests.tui.cli_fakes import PIPE, show
from tests.tui.cli_fakes import job as row
from tests.tui.dags import at, begun, flow_of, row_of, start_all
from tests.tui.worlds import Folder, page, stage


def shops(count: int) -> FlowDef:
    over = MapDef(Literal([f"店{i}" for i in range(count)]))
    return flow_of(job("list"), job("get", "list", map=over), job("send", "get"))


def under_way(count: int) -> Folder:
    """The list is known, and 3 of the children have ended, one of them badly."""
    folder = begun(shops(count), slots=12)
    folder.end(1, "list")
    start_all(folder)
    for i, code in enumerate((0, 3, 0)):
        folder.end(1, f"get[店{i}]", code)
        start_all(folder)
    return folder


def test_the_many_children_of_a_map_are_told_together_until_it_is_unfolded() -> None:
    view, on = DagView(), stage(under_way(200))
    shown = page(view, on)
    assert "get [+200]" in shown
    assert "⋄185 ▸12 ✓2 ✗1" in row_of(shown, "[+200]")
    assert "└─◦ send" in row_of(shown, "send")
    at(view, on, "get")
    view.act("dag.fold", on)
    assert "get[店1]" in page(view, on)
    at(view, on, "get[店5]")
    view.act("dag.fold", on)
    assert "get [+200]" in page(view, on)


def test_a_child_that_is_looked_for_unfolds_its_map() -> None:
    view, on = DagView(), stage(under_way(200))
    page(view, on)
    at(view, on, "get[店150]")
    assert "get[店150]" in page(view, on)


def test_a_few_children_hang_under_their_map_though_it_waits_for_them() -> None:
    shown = page(DagView(), stage(under_way(4)))
    assert "3/4 ended, 1 badly" in row_of(shown, "get")
    assert [row_of(shown, f"get[店{i}]")[:3] for i in range(4)] == ["  ├", "  ├", "  ├", "  └"]


def test_a_follower_sees_the_children_as_they_are_made() -> None:
    flow = FlowDef(name="f", jobs=shops(3).jobs)
    sim = Simulation(flow, fail={"get[店1]": 1}).run()
    rows = [row("list"), {**row("get", after=("list",)), "map": True}, row("send", after=("get",))]
    mirror = Mirror(show(rows), 1)
    mirror.blank()
    for event in sim.events:
        mirror.apply(msgspec.to_builtins(event))
    jobs = mirror.document["jobs"]
    assert {job["job"]: job["state"] for job in jobs} == sim.states
    assert mirror.document["state"] == sim.outcome == "failed"
    tree = runpage.job_tree(PIPE, jobs, 0.0)
    names = ("list", "get", "send", "get[店0]")
    lines = [next(line for line in tree if name in line.split()) for name in names]
    assert [line.index(name) for line, name in zip(lines, names, strict=True)] == [2, 5, 8, 8]
