"""A DAG as a text tree. Pure.

A job with several parents is drawn once, under the parent that ends last, and referenced as
`^name` under the others. Edges that other edges already imply are left out.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import NamedTuple

from jobmon.tui.look import Lines

DEEPEST = 10
"""Levels drawn as lines; below that the level is a number, so that a long chain stays readable."""


class Node(NamedTuple):
    """A job to draw: its name, the names it comes after, its seconds (which parent ends last)."""

    name: str
    after: Sequence[str] = ()
    seconds: float = 1.0


class Branch(NamedTuple):
    """One line of the tree: its guides, and the job `node`, or references to others.

    Where references are drawn `beside` their job, the line has both.
    """

    guides: str
    node: int
    references: tuple[int, ...] = ()


class How(NamedTuple):
    """How a tree is drawn.

    Nothing is drawn under `folded` jobs. References stand together on a line under their job; each
    on a line of its own when `apart`, on the job's own line when `beside`. Levels below `deepest`
    are a number. Of the jobs without parents those in `last` come last. Jobs in `absent` are left
    out with all that hangs under them.
    """

    folded: Set[int] = frozenset()
    apart: bool = False
    beside: bool = False
    deepest: int = DEEPEST
    last: Set[int] = frozenset()
    absent: Set[int] = frozenset()


class Graph(NamedTuple):
    """Indices into the nodes: the parents drawn, in start order, and when each job ends."""

    parents: list[list[int]]
    order: list[int]
    finish: list[float]


def graph(nodes: Sequence[Node]) -> Graph:
    """The drawn edges, an order in which parents come first, and the end of each job.

    Names that are no node are ignored; jobs on a cycle stand at the end without parents.
    """
    places = {node.name: i for i, node in enumerate(nodes)}
    parents = [[places[name] for name in node.after if name in places] for node in nodes]
    return linked(parents, [node.seconds for node in nodes])


def linked(parents: list[list[int]], seconds: Sequence[float]) -> Graph:
    """The same from each job's parents by index and its seconds."""
    order = _order(parents)
    _break_cycles(parents, order)
    finish = [0.0] * len(parents)
    for i in order:
        finish[i] = seconds[i] + max((finish[p] for p in parents[i]), default=0.0)
    return Graph(_reduced(parents, order), order, finish)


def _order(parents: Sequence[Sequence[int]]) -> list[int]:
    children: list[list[int]] = [[] for _ in parents]
    missing = [len(own) for own in parents]
    for i, own in enumerate(parents):
        for parent in own:
            children[parent].append(i)
    order = [i for i, count in enumerate(missing) if not count]
    for i in order:
        for child in children[i]:
            missing[child] -= 1
            if not missing[child]:
                order.append(child)
    return order


def _break_cycles(parents: list[list[int]], order: list[int]) -> None:
    rest = set(range(len(parents))).difference(order)
    for i in sorted(rest):
        parents[i] = []
        order.append(i)


def _reduced(parents: Sequence[Sequence[int]], order: Sequence[int]) -> list[list[int]]:
    """`parents` without the edges a longer way implies; ancestors are kept as bits of integers."""
    above = [0] * len(parents)
    kept: list[list[int]] = [[] for _ in parents]
    for i in order:
        implied = 0
        for parent in parents[i]:
            implied |= above[parent]
        kept[i] = [p for p in dict.fromkeys(parents[i]) if not implied >> p & 1]
        above[i] = implied
        for parent in kept[i]:
            above[i] |= 1 << parent
    return kept


def _latest(found: Graph, index: int) -> int:
    return max(found.parents[index], key=found.finish.__getitem__)


class Hanging(NamedTuple):
    """By job: the jobs drawn under it, and those only referenced there."""

    drawn: list[list[int]]
    referenced: list[list[int]]

    def under(self, index: int) -> list[int]:
        """Every job that is drawn under this one, at any depth, from the top."""
        found: list[int] = []
        todo = self.drawn[index][::-1]
        while todo:
            at = todo.pop()
            found.append(at)
            todo += self.drawn[at][::-1]
        return found


def hanging(found: Graph) -> Hanging:
    """What hangs where: each job under the one of its parents that ends last."""
    drawn: list[list[int]] = [[] for _ in found.parents]
    referenced: list[list[int]] = [[] for _ in found.parents]
    for i, own in enumerate(found.parents):
        main = _latest(found, i) if own else None
        for parent in own:
            (drawn if parent == main else referenced)[parent].append(i)
    return Hanging(drawn, referenced)


def branches(found: Graph, lines: Lines, how: How | None = None) -> list[Branch]:
    """The lines of the tree, from the top."""
    return drawn(found, hanging(found), lines, how or How())


def drawn(found: Graph, hangs: Hanging, lines: Lines, how: How) -> list[Branch]:
    """The same, of what hangs where."""
    result: list[Branch] = []
    roots = [i for i, own in enumerate(found.parents) if not own]
    roots.sort(key=how.last.__contains__)
    stack = [_Place(Branch("", i), (), 0) for i in roots[::-1]]
    while stack:
        place = stack.pop()
        at = place.branch.node
        if place.branch.references or at in how.folded:
            result.append(place.branch)
            continue
        beside = tuple(hangs.referenced[at]) if how.beside else ()
        result.append(place.branch._replace(references=beside))
        stack += _below(place, hangs, lines, how)
    return result


class _Place(NamedTuple):
    """A line to come; `lasts` says of each level drawn whether its last child is reached."""

    branch: Branch
    lasts: tuple[bool, ...]
    depth: int


def _below(place: _Place, hangs: Hanging, lines: Lines, how: How) -> list[_Place]:
    """What hangs under a job, last line first; its references come after its children."""
    at = place.branch.node
    there = (child for child in hangs.drawn[at] if child not in how.absent)
    own: list[tuple[int, tuple[int, ...]]] = [(child, ()) for child in there]
    own += [(at, references) for references in _lines_of(hangs.referenced[at], how)]
    depth = place.depth + 1
    below: list[_Place] = []
    for nth, (index, references) in enumerate(own):
        lasts = (*place.lasts, nth == len(own) - 1)[-how.deepest :]
        guides = _guides(lasts, depth, lines, how.deepest)
        below.append(_Place(Branch(guides, index, references), lasts, depth))
    return below[::-1]


def _lines_of(references: Sequence[int], how: How) -> list[tuple[int, ...]]:
    if how.beside or not references:
        return []
    return [(index,) for index in references] if how.apart else [tuple(references)]


def _guides(lasts: tuple[bool, ...], depth: int, lines: Lines, deepest: int) -> str:
    deep = f"{depth} " if depth > deepest else ""
    shown = "".join(lines.gap if last else lines.pipe for last in lasts[:-1])
    return deep + shown + (lines.last if lasts[-1] else lines.branch)
