"""Flows that wait for each other, or start each other, in a circle; and names nobody has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from jobmon.jobs.definition import FlowDef, FlowTriggerDef
from jobmon.jobs.loader import Loaded
from jobmon.jobs.mistakes import Mistake
from jobmon.jobs.options import choose

MOST_TOLD = 20
Edges = Mapping[str, list[str]]
"""From a flow to others, by name."""


def circles(edges: Edges) -> list[list[str]]:
    """Paths of circles, the first name at the end again: without their edges none is left."""
    left = {name: [other for other in others if other in edges] for name, others in edges.items()}
    found: list[list[str]] = []
    while path := _circle(left):
        found.append(path)
        for name, other in pairwise(path):
            left[name].remove(other)
    return found


def starters(flows: Mapping[str, FlowDef]) -> dict[str, list[str]]:
    """The flows by which each flow is started: by their outcome, or as a part of them."""
    found = {
        name: [t.flow for t in flow.triggers if isinstance(t, FlowTriggerDef)]
        for name, flow in flows.items()
    }
    for name, flow in flows.items():
        for job in flow.jobs:
            if job.flow in found:
                found[job.flow].append(name)
    return {name: list(dict.fromkeys(others)) for name, others in found.items()}


def needs(flows: Mapping[str, FlowDef]) -> dict[str, list[str]]:
    """The flows without which a run of each flow does not come, or not begin."""
    waited = {name: [after.flow for after in flow.after] for name, flow in flows.items()}
    started = starters(flows)
    return {name: list(dict.fromkeys(waited[name] + started[name])) for name in flows}


def mistakes(loaded: Loaded) -> Iterator[Mistake]:
    """What the flows of a folder say of each other that cannot be."""
    edges = needs(loaded.flows)
    for path in circles(edges)[:MOST_TOLD]:
        file, line = loaded.flows[path[0]].file, loaded.lines.get(path[0], 0)
        text = f"flows wait for, or start, each other in a circle: {' -> '.join(path)}"
        yield Mistake(file, line, text, f"take one out: {path[0]} names {path[1]}")
    for name, flow in loaded.flows.items():
        for other in edges[name]:
            if other not in loaded.flows:
                text = f"flow {name!r}: there is no flow {other!r} to wait for or be started by"
                hint = choose(other, loaded.flows)
                yield Mistake(flow.file, loaded.lines.get(name, 0), text, hint, warning=True)


def _circle(edges: Edges) -> list[str]:
    """The path of one circle; [] when there is none. Depth first, without recursion."""
    done: set[str] = set()
    for start in edges:
        path, ways = [start], [iter(edges[start])]
        while path:
            following = next((up for up in ways[-1] if up not in done), None)
            if following is None:
                done.add(path.pop())
                ways.pop()
            elif following in path:
                return [*path[path.index(following) :], following]
            else:
                path.append(following)
                ways.append(iter(edges[following]))
    return []
