"""From a time on the wall to the instants that show it: none in a gap, two in a fold."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple
from zoneinfo import ZoneInfo

from jobmon.jobs.mistakes import WrongError

_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - compared with times on the wall less their offset


def zone(name: str, local: str) -> dt.tzinfo:
    """The zone of that name ("" = `local`): an IANA name, or an offset such as +09:00.

    Raises WrongError when there is none.
    """
    wanted = name or local
    try:
        if wanted[:1] in ("+", "-"):
            return dt.datetime.strptime(wanted, "%z").tzinfo or dt.UTC
        return ZoneInfo(wanted)
    except (OSError, ValueError, KeyError):
        hint = "an IANA name such as Asia/Tokyo"
        raise WrongError(f"there is no time zone {wanted!r}", hint) from None


def at_wall(instant: float, where: dt.tzinfo) -> dt.datetime:
    """What the wall shows at an instant, without the zone."""
    return dt.datetime.fromtimestamp(instant, where).replace(tzinfo=None, fold=0)


class Landing(NamedTuple):
    """The instants at which a slot of that time on the wall fires, ascending.

    `why` tells people what a change of the clocks does to it; `moved`: it fires at another time.
    """

    instants: tuple[float, ...]
    why: str = ""
    moved: bool = False


def land(wall: dt.datetime, where: dt.tzinfo, *, elapsed: bool) -> Landing:
    """Where a slot fires. `elapsed`: at every instant that shows the time, else exactly once."""
    aware = wall.replace(tzinfo=where)
    early, late = aware.utcoffset(), aware.replace(fold=1).utcoffset()
    assert early is not None
    assert late is not None
    first = (wall - early - _EPOCH).total_seconds()
    if early == late:
        return Landing((first,))
    second = (wall - late - _EPOCH).total_seconds()
    if early < late:
        return _in_gap(wall, where, (second, first), elapsed=elapsed)
    twice = f"the clocks are set back: {wall:%H:%M} comes twice"
    if elapsed:
        return Landing((first, second), f"{twice}, it fires both times")
    return Landing((first,), f"{twice}, it fires the first time")


def _in_gap(
    wall: dt.datetime, where: dt.tzinfo, around: tuple[float, float], *, elapsed: bool
) -> Landing:
    never = f"the clocks are set forward: {wall:%H:%M} does not come"
    if elapsed:
        return Landing((), never)
    instant = _first_valid(around, where)
    shown = f"{at_wall(instant, where):%H:%M}"
    return Landing((instant,), f"{never}, it fires at {shown}", moved=True)


def _first_valid(around: tuple[float, float], where: dt.tzinfo) -> float:
    """The first whole minute after the change of the clocks that lies between two instants."""
    low, high = map(int, around)
    before = dt.datetime.fromtimestamp(low, where).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if dt.datetime.fromtimestamp(middle, where).utcoffset() == before:
            low = middle
        else:
            high = middle
    return float(high + -at_wall(high, where).second % 60)
