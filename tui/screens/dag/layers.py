"""Where the boxes of a small graph stand: in layers from left to right, and the lines between.

Pure geometry in terminal cells. An edge leaves a box on the right, runs down or up in a column that
belongs to its source, or to all that lead where it leads, and enters the next layer; an edge over
several layers passes through them on lines of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

SWEEPS = 12
Node = tuple[int, int]
"""A job (index, -1), or the line of a job's edges through a layer (index, layer)."""


class Spot(NamedTuple):
    """A box: its left cell, its middle row, its width. It is three rows high."""

    x: int
    y: int
    width: int


class Link(NamedTuple):
    """An edge through the gap before a layer: from one row to another, turning at `x`.

    It goes from cell `left` to cell `right`. `job` is whose edge it is, `to` where it leads at last
    (-1: on through the next layer), `leads` where all lines of its column lead.
    """

    job: int
    to: int
    left: int
    right: int
    x: int
    start: int
    end: int
    leads: frozenset[Node]


class Plan(NamedTuple):
    """The whole drawing and its size."""

    boxes: Mapping[int, Spot]
    links: Sequence[Link]
    width: int
    height: int


def plan(parents: Sequence[Sequence[int]], widths: Sequence[int], gap: int) -> Plan | None:
    """Boxes as wide as `widths` with `gap` rows between them; None where lines would run together.

    `parents` has no cycle.
    """
    layers, edges = _layers(parents)
    _untangle(layers, edges)
    rows = _rows(layers, edges, gap)
    boxes: dict[int, Spot] = {}
    links: list[Link] = []
    x = 0
    for at, layer in enumerate(layers):
        if at:
            made = _links(edges[at - 1], rows, x)
            if made is None:
                return None
            links += made
            x = max((link.right for link in made), default=x + 1) + 1
        wide = max((widths[job] for job, through in layer if through < 0), default=1)
        boxes |= {n[0]: Spot(x, rows[n], wide) for n in layer if n[1] < 0}
        links += [
            Link(n[0], -1, x, x + wide - 1, x, rows[n], rows[n], frozenset([n]))
            for n in layer
            if n[1] >= 0
        ]
        x += wide
    height = max((spot.y for spot in boxes.values()), default=0) + 2
    return Plan(boxes, links, x, max(height, *(rows[n] + 1 for n in rows)))


Edges = list[tuple[Node, Node]]


def _layers(parents: Sequence[Sequence[int]]) -> tuple[list[list[Node]], list[Edges]]:
    """The nodes of each layer, and the edges from each layer to the next."""
    depth = [0] * len(parents)
    for _ in parents:  # as often as the longest chain can be long
        for i, ups in enumerate(parents):
            depth[i] = max((depth[p] + 1 for p in ups), default=0)
    count = max(depth, default=0) + 1
    layers: list[list[Node]] = [[] for _ in range(count)]
    edges: list[dict[tuple[Node, Node], None]] = [{} for _ in range(count - 1)]
    for i in range(len(parents)):
        layers[depth[i]].append((i, -1))
    for i, ups in enumerate(parents):
        for up in ups:
            last: Node = (up, -1)
            for at in range(depth[up] + 1, depth[i]):
                through = (up, at)
                if through not in layers[at]:
                    layers[at].append(through)
                edges[at - 1][last, through] = None
                last = through
            edges[depth[i] - 1][last, (i, -1)] = None
    return layers, [list(each) for each in edges]


def _untangle(layers: list[list[Node]], edges: Sequence[Edges]) -> None:
    """Order the nodes of each layer so that few edges cross: each near the middle of its own."""
    best, fewest = [list(layer) for layer in layers], _crossings(layers, edges)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        steps = range(1, len(layers)) if forward else range(len(layers) - 2, -1, -1)
        for at in steps:
            other = layers[at - 1 if forward else at + 1]
            places = {node: n for n, node in enumerate(other)}
            pairs = edges[at - 1] if forward else [(b, a) for a, b in edges[at]]
            ranks = {n: _middle(n, pairs, places, own) for own, n in enumerate(layers[at])}
            layers[at].sort(key=ranks.__getitem__)
        crossed = _crossings(layers, edges)
        if crossed < fewest:
            best, fewest = [list(layer) for layer in layers], crossed
    layers[:] = best


def _middle(node: Node, pairs: Edges, places: Mapping[Node, int], own: int) -> float:
    found = [places[a] for a, b in pairs if b == node]
    return sum(found) / len(found) if found else float(own)


def _crossings(layers: Sequence[Sequence[Node]], edges: Sequence[Edges]) -> int:
    total = 0
    for at, between in enumerate(edges):
        left = {node: n for n, node in enumerate(layers[at])}
        right = {node: n for n, node in enumerate(layers[at + 1])}
        spots = [(left[a], right[b]) for a, b in between]
        total += sum((a < c and b > d) for a, b in spots for c, d in spots)
    return total


def _rows(layers: Sequence[Sequence[Node]], edges: Sequence[Edges], gap: int) -> dict[Node, int]:
    """The middle row of every node: near those it is tied to, never over its neighbour."""
    wanted: dict[Node, float] = {}
    for layer in layers:
        _settle(layer, dict.fromkeys(layer, 0.0), wanted, gap)
    tied: dict[Node, list[Node]] = {node: [] for layer in layers for node in layer}
    for between in edges:
        for a, b in between:
            tied[a].append(b)
            tied[b].append(a)
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            hopes = {n: _mean([wanted[t] for t in tied[n]], wanted[n]) for n in layer}
            _settle(layer, hopes, wanted, gap)
    top = min((y - _half(node) for node, y in wanted.items()), default=0.0)
    return {node: round(y - top) for node, y in wanted.items()}


def _settle(
    layer: Sequence[Node], hopes: Mapping[Node, float], rows: dict[Node, float], gap: int
) -> None:
    """Put a layer's nodes where they hope to be, in order and apart, and as a whole in the middle.

    Whole rows only: halves would be rounded apart.
    """
    last, at = None, 0.0
    found: dict[Node, float] = {}
    for node in layer:
        hope = float(round(hopes[node]))
        at = (
            hope
            if last is None
            else max(hope, at + _half(last) + _half(node) + _apart(last, node, gap))
        )
        found[node], last = at, node
    off = _mean([hopes[node] - found[node] for node in layer], 0.0)
    rows |= {node: y + round(off) for node, y in found.items()}


def _half(node: Node) -> float:
    return 1.0 if node[1] < 0 else 0.0


def _apart(a: Node, b: Node, gap: int) -> int:
    """Rows from the end of one node to the beginning of the next one."""
    return 1 + (gap if a[1] < 0 and b[1] < 0 else 0)


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _links(between: Edges, rows: Mapping[Node, int], x: int) -> list[Link] | None:
    """The edges through one gap that begins at cell `x`; None where they would run together.

    Sources that lead to the same targets share a column: every line in it belongs to all of them.
    """
    leads: dict[Node, set[Node]] = {}
    for a, b in between:
        leads.setdefault(a, set()).add(b)
    bundles: dict[frozenset[Node], list[Node]] = {}
    for source in sorted(leads, key=rows.__getitem__):
        bundles.setdefault(frozenset(leads[source]), []).append(source)
    order = _ordered(bundles, rows)
    if order is None:
        return None
    right = x + len(order) + 1
    return [
        Link(a[0], b[0] if b[1] < 0 else -1, x, right, x + 1 + n, rows[a], rows[b], bundle)
        for n, bundle in enumerate(order)
        for a in bundles[bundle]
        for b in bundle
    ]


def _ordered(
    bundles: Mapping[frozenset[Node], Sequence[Node]], rows: Mapping[Node, int]
) -> list[frozenset[Node]] | None:
    """The bundles, by where they lead, from left to right; None when no order keeps them apart.

    The line out of a source must end before a line into the target on the same row begins.
    """
    ends = {rows[b]: b for targets in bundles for b in targets}
    first: dict[frozenset[Node], set[frozenset[Node]]] = {bundle: set() for bundle in bundles}
    for bundle, sources in bundles.items():
        for target in {ends[rows[a]] for a in sources if rows[a] in ends}:
            for other in bundles:
                shared = target in bundle and bundle <= other
                if target in other and other != bundle and not shared:
                    first[other].add(bundle)
    found: list[frozenset[Node]] = []
    while len(found) < len(bundles):
        free = next((b for b in bundles if b not in found and first[b] <= set(found)), None)
        if free is None:
            return None
        found.append(free)
    return found
