"""Flows that wait for each other, or start each other, in a circle; and names nobody has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jobmon.jobs.definition import FlowDef, FlowTriggerDef
from jobmon.jobs.loader import Loaded
from jobmon.jobs.mistakes import Mistake
from jobmon.jobs.options import choose


def circles(flows: Mapping[str, FlowDef]) -> list[list[str]]:
    """Each circle by its path, the first name standing at its end again; one for those that cross.

    An edge goes from a flow to each that its runs wait for, and to each that starts it.
    """
    left = {name: [up for up in others(flow) if up in flows] for name, flow in flows.items()}
    found: list[list[str]] = []
    while path := _circle(left):
        found.append(path)
        for name in path[:-1]:
            del left[name]
        left = {name: [up for up in ups if up in left] for name, ups in left.items()}
    return found


def others(flow: FlowDef) -> list[str]:
    """The flows it waits for, or is started by."""
    names = [waited.flow for waited in flow.after]
    names += [t.flow for t in flow.triggers if isinstance(t, FlowTriggerDef)]
    return list(dict.fromkeys(names))


def mistakes(loaded: Loaded) -> Iterator[Mistake]:
    """What the flows of a folder say of each other that cannot be."""
    for path in circles(loaded.flows):
        file, line = loaded.flows[path[0]].file, loaded.lines.get(path[0], 0)
        text = f"flows wait for, or start, each other in a circle: {' -> '.join(path)}"
        yield Mistake(file, line, text, f"take one out: {path[0]} names {path[1]}")
    for name, flow in loaded.flows.items():
        for other in others(flow):
            if other not in loaded.flows:
                text = f"flow {name!r}: there is no flow {other!r} to wait for or be started by"
                hint = choose(other, loaded.flows)
                yield Mistake(flow.file, loaded.lines.get(name, 0), text, hint, warning=True)


def _circle(edges: Mapping[str, list[str]]) -> list[str]:
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
