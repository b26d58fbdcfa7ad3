"""What runs of commands tell about each other: who follows whom, who reads what whom wrote. Pure.

What is seen is when they ran and which files their command lines name. It proves nothing: a person
decides.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from jobmon.runtime.crontab.seen import Seen

SOON = 1800.0
"""Seconds after the end of one within which another that begins may have waited for it."""
SAME_DAY = 86400.0
A_WEEK = dt.timedelta(days=6)
"""From the first day seen to the last: each weekday was one of them."""
EVERY_DAY = frozenset(range(7))
FEWEST_DAYS = 3
MOST_DAYS = 0.8
"""The part of the days of a command on which it has to follow another."""
ALIKE = 2.0
"""Commands of which one runs more than so many times as often as the other belong not together."""
SLACK = 3.0
"""A time limit is so many times what nine of ten runs took."""
_NICE = (60, 120, 300, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10800, 14400, 21600, 43200)


class Command(NamedTuple):
    """What was seen of a command. Seconds; `second` is that of the day at which it usually begins.

    `at`: its usual time of day, "" for none. `weekdays`: those on which it ran, once a week was
    watched; else all.
    """

    name: str
    runs: int
    days: int
    failed: int
    usual: float
    p90: float
    longest: float
    second: float
    at: str
    weekdays: frozenset[int]
    last: Seen

    @property
    def limit(self) -> float:
        """A time limit that none of the runs seen would have met."""
        wanted = max(SLACK * self.p90, 1.5 * self.longest)
        return next((float(s) for s in _NICE if s >= wanted), math.ceil(wanted / 86400) * 86400.0)


class Edge(NamedTuple):
    """`after` began soon after `before` ended, on `days` of `of` days; or reads what that wrote.

    `gap`: seconds between, least, usual, most. `early`: how often it began before the other was
    through. `files`: path and how often one wrote it and the other named it after that.
    """

    before: str
    after: str
    days: int
    of: int
    gap: tuple[float, float, float]
    early: int
    files: tuple[tuple[str, int], ...]


def commands(seen: Sequence[Seen]) -> dict[str, Command]:
    """Each command by its name, in the order of a usual day."""
    groups: defaultdict[str, list[Seen]] = defaultdict(list)
    for one in seen:
        groups[one.name].append(one)
    watched = {_local(one.begun).date() for one in seen}
    week = bool(watched) and max(watched) - min(watched) >= A_WEEK
    found = [_command(name, runs, week=week) for name, runs in groups.items()]
    return {one.name: one for one in sorted(found, key=lambda one: (one.second, one.name))}


def _command(name: str, runs: Sequence[Seen], *, week: bool) -> Command:
    took = sorted(one.ended - one.begun for one in runs)
    minutes = Counter(_local(one.begun).strftime("%H:%M") for one in runs)
    at, times = minutes.most_common(1)[0]
    days = {_local(one.begun).date() for one in runs}
    return Command(
        name=name,
        runs=len(runs),
        days=len(days),
        failed=sum(not one.ok for one in runs),
        usual=median(took),
        p90=took[min(len(took) - 1, math.ceil(0.9 * len(took)) - 1)],
        longest=took[-1],
        second=median(_second(_local(one.begun)) for one in runs),
        at=at if times * 2 > len(runs) else "",
        weekdays=frozenset(day.weekday() for day in days) if week else EVERY_DAY,
        last=runs[-1],
    )


def _second(moment: dt.datetime) -> float:
    return moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6


def _local(at: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(at).astimezone()


def edges(seen: Sequence[Seen], known: Mapping[str, Command]) -> list[Edge]:
    """Who comes after whom: by files, else the nearest one by time. Never in a circle."""
    groups: defaultdict[str, list[Seen]] = defaultdict(list)
    for one in seen:
        groups[one.name].append(one)
    found: list[Edge] = []
    for after, command in known.items():
        pairs = [_edge(groups[name], groups[after]) for name in known if name != after]
        likely = [pair for pair in pairs if pair is not None and _alike(known, pair)]
        by_file = [pair for pair in likely if pair.files]
        by_time = [pair for pair in likely if not pair.files and _often(pair, command)]
        found += by_file or sorted(by_time, key=lambda pair: pair.gap[1])[:1]
    order = list(known)
    found.sort(key=lambda pair: order.index(pair.before) > order.index(pair.after))
    return _without_circles(found)


def _alike(known: Mapping[str, Command], pair: Edge) -> bool:
    one, other = known[pair.before].runs, known[pair.after].runs
    return max(one, other) <= ALIKE * min(one, other)


def _often(pair: Edge, command: Command) -> bool:
    enough = pair.of >= FEWEST_DAYS and pair.days >= MOST_DAYS * pair.of
    return enough and pair.gap[1] <= SOON and command.days >= FEWEST_DAYS


def _edge(before: Sequence[Seen], after: Sequence[Seen]) -> Edge | None:
    """What the runs of two commands show; None when neither time nor files speak for it."""
    gaps: dict[dt.date, float] = {}
    early = 0
    files: Counter[str] = Counter()
    for one in after:
        last = next((b for b in reversed(before) if b.begun < one.begun), None)
        if last is None or one.begun - last.begun > SAME_DAY:
            continue
        gap = one.begun - last.ended
        early += gap < 0
        files.update(_handed_on(last, one))
        if 0 <= gap <= SOON:
            gaps[_local(one.begun).date()] = gap
    if not gaps and not files:
        return None
    sorted_gaps = sorted(gaps.values()) or [0.0]
    spread = (sorted_gaps[0], median(sorted_gaps), sorted_gaps[-1])
    days = len({_local(one.begun).date() for one in after})
    names = (before[0].name, after[0].name)
    return Edge(*names, len(gaps), days, spread, early, tuple(files.most_common(5)))


def _handed_on(before: Seen, after: Seen) -> list[str]:
    """Files that the first changed and the second names and leaves as they are."""
    return [
        path for path, changed in before.files.items() if changed and after.files.get(path) is False
    ]


def _without_circles(found: Sequence[Edge]) -> list[Edge]:
    """Those of files come first, then the order of the day; what would lead back is left out."""
    kept: list[Edge] = []
    for edge in sorted(found, key=lambda edge: not edge.files):
        if not _leads(edge.after, edge.before, kept):
            kept.append(edge)
    return kept


def _leads(start: str, goal: str, kept: Sequence[Edge]) -> bool:
    reached, todo = {start}, [start]
    while todo:
        here = todo.pop()
        further = {edge.after for edge in kept if edge.before == here} - reached
        reached |= further
        todo += further
    return goal in reached


def groups(names: Iterable[str], found: Sequence[Edge]) -> list[list[str]]:
    """The commands that hang together, in the order in which they were given; alone ones last."""
    order = list(names)
    left, result = set(order), []
    for name in order:
        if name not in left:
            continue
        group = {name}
        while (
            more := {
                other
                for edge in found
                for other in (edge.before, edge.after)
                if {edge.before, edge.after} & group
            }
            - group
        ):
            group |= more
        left -= group
        result.append([one for one in order if one in group])
    return sorted(result, key=lambda group: len(group) == 1)
