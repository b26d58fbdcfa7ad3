"""The slots of a plan in a span of time, read from its end: the newest ones, and what lies before.

Pure; how a schedule fires is given as a function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple

from jobmon.runtime.timetable import Slot

Fires = Callable[[float, float], Iterable[Slot]]
"""The slots after the first instant up to the second one, ascending."""
DAY = 86400.0
MOST_COUNTED = 2_000
"""Slots that are counted one by one; of more it is only said that they are more."""


class Dropped(NamedTuple):
    """Slots that get no record of their own: the first, the last, how many at least."""

    first: float
    last: float
    number: int
    exact: bool


class Found(NamedTuple):
    """The newest slots, ascending, and those before them."""

    slots: list[Slot]
    dropped: Dropped | None = None


def newest(fires: Fires, after: float, until: float, most: int) -> Found:
    """At most `most` slots in (after, until], the newest; costs about as many, however long it is.

    Looks back a day, two days, four ... until there are enough.
    """
    back = DAY
    while True:
        begin = max(after, until - back)
        slots = list(fires(begin, until))
        if begin <= after and len(slots) <= most:
            return Found(slots)
        if len(slots) > most:
            return Found(slots[-most:], _dropped(fires, after, slots[-most - 1].at))
        back *= 2


def _dropped(fires: Fires, after: float, last: float) -> Dropped:
    counted = list(islice(fires(after, last), MOST_COUNTED + 1))
    exact = len(counted) <= MOST_COUNTED
    return Dropped(counted[0].at, last, min(len(counted), MOST_COUNTED), exact)
