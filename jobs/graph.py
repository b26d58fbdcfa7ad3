"""The shape of a flow: edges by index, cycles, layers, what lies downstream, the longest path.

Everything takes a `FlowDef` and is O(jobs + edges). Names that no job has are passed over here;
validation reports them.
"""

from __future__ import annotations

from collections.abc import Mapping

from jobmon.jobs.definition import FlowDef


def parents(flow: FlowDef) -> list[list[int]]:
    """For each job, the indices of the jobs it waits for, each once, in declared order.

    A `finally_` job waits for every job that is not one, and for what it names itself. A job named
    by another's `on_failure` waits for that other.
    """
    index = {job.name: i for i, job in enumerate(flow.jobs)}
    body = [i for i, job in enumerate(flow.jobs) if not job.finally_]
    found = [
        dict.fromkeys(body if job.finally_ else (), True)
        | {index[name]: True for name in job.after if name in index}
        for job in flow.jobs
    ]
    for i, job in enumerate(flow.jobs):
        if job.on_failure and job.on_failure in index:
            found[index[job.on_failure]][i] = True
    return [list(row) for row in found]


def children(flow: FlowDef) -> list[list[int]]:
    """For each job, the indices of the jobs that wait for it, ascending."""
    return _turned(parents(flow))


def order(flow: FlowDef) -> list[int]:
    """Indices with every job after its parents; declaration order among equals.

    Jobs on a cycle, or behind one, are left out.
    """
    return [i for layer in layers(flow) for i in layer]


def layers(flow: FlowDef) -> list[list[int]]:
    """Indices by distance: layer 0 waits for nothing, layer k has a parent in layer k - 1.

    Jobs on a cycle, or behind one, are left out.
    """
    above = parents(flow)
    below = _turned(above)
    unmet = [len(row) for row in above]
    layer = [i for i, count in enumerate(unmet) if not count]
    found: list[list[int]] = []
    while layer:
        found.append(layer)
        layer = _released(layer, below, unmet)
    return found


def cycle(flow: FlowDef) -> list[str]:
    """One cycle as a closed path of names, `[a, b, a]`, or [] when there is none.

    The path starts with the job of it that is declared first.
    """
    above = parents(flow)
    left = set(range(len(flow.jobs))) - set(order(flow))
    if not left:
        return []
    # Every job left over has a parent left over: going up must meet itself.
    at, seen = min(left), dict[int, int]()
    while at not in seen:
        seen[at] = len(seen)
        at = next(p for p in above[at] if p in left)
    ring = list(seen)[seen[at] :][::-1]
    first = ring.index(min(ring))
    ring = ring[first:] + ring[:first]
    return [flow.jobs[i].name for i in (*ring, ring[0])]


def critical_path(flow: FlowDef, seconds: Mapping[str, float]) -> tuple[list[str], float]:
    """The chain of jobs that takes longest, and its seconds. Jobs not in `seconds` take 0."""
    above = parents(flow)
    best = [0.0] * len(flow.jobs)
    before = [-1] * len(flow.jobs)
    last = -1
    for i in order(flow):
        before[i] = max(above[i], key=best.__getitem__, default=-1)
        start = best[before[i]] if before[i] >= 0 else 0.0
        best[i] = start + seconds.get(flow.jobs[i].name, 0.0)
        if last < 0 or best[i] > best[last]:
            last = i
    path: list[str] = []
    total = best[last] if last >= 0 else 0.0
    while last >= 0:
        path.append(flow.jobs[last].name)
        last = before[last]
    return path[::-1], total


def _turned(above: list[list[int]]) -> list[list[int]]:
    below: list[list[int]] = [[] for _ in above]
    for i, row in enumerate(above):
        for parent in row:
            below[parent].append(i)
    return below


def _released(layer: list[int], below: list[list[int]], unmet: list[int]) -> list[int]:
    found: list[int] = []
    for i in layer:
        for child in below[i]:
            unmet[child] -= 1
            if not unmet[child]:
                found.append(child)
    return sorted(found)
