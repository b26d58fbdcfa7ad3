"""The shape of a flow: edges, cycles, layers, downstream, the longest path."""

from __future__ import annotations

import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from jobmon.jobs import graph
from jobmon.jobs.definition import FlowDef, JobDef


def flow(**after: str) -> FlowDef:
    """`flow(b="a")`: jobs by name, each with the one-letter names of its parents."""
    jobs = [JobDef(name=n, kind="shell", after=tuple(p)) for n, p in after.items()]
    return FlowDef(name="f", jobs=tuple(jobs))


def names(found: FlowDef, indices: set[int] | list[int]) -> str:
    return "".join(sorted(found.jobs[i].name for i in indices))


DIAMOND = flow(a="", b="a", c="b", d="b", e="cd")


def test_edges_by_index() -> None:
    assert graph.parents(DIAMOND) == [[], [0], [1], [1], [2, 3]]
    assert graph.children(DIAMOND) == [[1], [2, 3], [4], [4], []]
    assert graph.layers(DIAMOND) == [[0], [1], [2, 3], [4]]
    assert graph.cycle(DIAMOND) == []


def test_a_finally_job_waits_for_all_others_and_a_handler_for_its_job() -> None:
    jobs = (
        JobDef(name="a", kind="shell", on_failure="h"),
        JobDef(name="z", kind="shell", finally_=True),
        JobDef(name="h", kind="shell"),
        JobDef(name="y", kind="shell", finally_=True, after=("z",)),
    )
    found = FlowDef(name="f", jobs=jobs)
    assert graph.parents(found) == [[], [0, 2], [0], [0, 2, 1]]


def test_a_cycle_is_a_closed_path_from_the_job_declared_first() -> None:
    assert graph.cycle(flow(z="", b="a", c="b", a="cz", d="a")) == ["b", "c", "a", "b"]
    assert graph.cycle(flow(a="a")) == ["a", "a"]


def test_the_critical_path() -> None:
    seconds = {"a": 1.0, "b": 2.0, "c": 3.0, "d": 5.0, "e": 1.0}
    assert graph.critical_path(DIAMOND, seconds) == (["a", "b", "d", "e"], 9.0)
    assert graph.critical_path(FlowDef(name="f", jobs=()), {}) == ([], 0.0)


def test_names_without_a_job_are_passed_over() -> None:
    assert graph.parents(flow(a="x")) == [[]]


@given(st.lists(st.sets(st.integers(0, 11)), min_size=1, max_size=12))
def test_layers_and_cycle_agree(rows: list[set[int]]) -> None:
    found = FlowDef(
        name="f",
        jobs=tuple(
            JobDef(name=str(i), kind="shell", after=tuple(map(str, sorted(row))))
            for i, row in enumerate(rows)
        ),
    )
    above = graph.parents(found)
    ring = graph.cycle(found)
    if ring:
        assert ring[0] == ring[-1]
        assert all(int(a) in above[int(b)] for a, b in pairwise(ring))
        return
    place = {i: n for n, layer in enumerate(graph.layers(found)) for i in layer}
    assert len(place) == len(rows)
    assert all(place[p] < place[i] for i, row in enumerate(above) for p in row)


def test_ten_thousand_jobs_are_quick() -> None:
    jobs = tuple(
        JobDef(name=str(i), kind="shell", after=tuple(str(i - k) for k in (1, 7, 100) if i >= k))
        for i in range(10_000)
    )
    found = FlowDef(name="f", jobs=jobs)
    begun = time.process_time()
    assert graph.cycle(found) == []
    assert len(graph.critical_path(found, {})[0]) >= 1
    assert time.process_time() - begun < 1.0
