"""The instants at which a schedule fires."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from jobmon.jobs.definition import CronDef
from jobmon.runtime.settings.declared import CalendarSettings
from jobmon.runtime.timetable.rules import Rules, read
from jobmon.runtime.timetable.zones import at_wall, land

DAY = 86400.0


class Slot(NamedTuple):
    """A scheduled instant: seconds since the epoch, and the same in the zone of its schedule."""

    at: float
    moment: dt.datetime


def fire_times(
    cron: CronDef, after: float, local: str, calendars: Mapping[str, CalendarSettings] | None = None
) -> Iterator[Slot]:
    """The slots after an instant (seconds since the epoch), ascending, found as they are asked for.

    `local` is the zone of a schedule that names none (see `localzone`), `calendars` are the rows of
    [calendars]. Ends when none comes any more. Raises WrongError, with a hint, for a schedule that
    cannot be read, an unknown zone or calendar, and a year of which no holidays are known.
    """
    return _slots(read(cron, local, calendars or {}), after)


def slot_key(name: str, slot: Slot) -> str:
    """The key of the run of a slot: `morning@2026-11-23T06:10+0900`.

    No two slots of a schedule have the same: of the hour that comes twice each has its own offset.
    """
    return f"{name}@{slot.moment:%Y-%m-%dT%H:%M%z}"


def _slots(rules: Rules, after: float) -> Iterator[Slot]:
    walls = rules.walls(_start(after, rules.zone))
    instants = _passing(walls, rules) if rules.pattern.elapsed else _fixed(walls, rules)
    for at in instants:
        moment = dt.datetime.fromtimestamp(at, rules.zone)
        if at > after and not rules.blackout(moment):
            yield Slot(at, moment)


def _start(after: float, zone: dt.tzinfo) -> dt.datetime:
    """The time on the wall from which to look: earlier when the clocks are soon set back."""
    tomorrow = at_wall(after + DAY, zone) - dt.timedelta(seconds=DAY)
    return min(at_wall(after, zone), tomorrow)


def _fixed(walls: Iterable[dt.datetime], rules: Rules) -> Iterator[float]:
    """Each time once; those of a gap come together at its end, also with the one planned there."""
    last = None
    for wall in walls:
        (at,) = land(wall, rules.zone, elapsed=False).instants
        if at != last:
            yield at
            last = at


def _passing(walls: Iterable[dt.datetime], rules: Rules) -> Iterator[float]:
    """Every instant that shows one of the times; the second coming of an hour after its first."""
    second = deque[float]()
    for wall in walls:
        first, *again = land(wall, rules.zone, elapsed=True).instants or (None,)
        if first is None:
            continue
        while second and second[0] < first:
            yield second.popleft()
        yield first
        second.extend(again)
    yield from second
