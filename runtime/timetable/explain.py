"""Why a schedule fires on a day or does not: each planned time, and what became of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from jobmon.jobs.definition import CronDef
from jobmon.runtime.settings.declared import CalendarSettings
from jobmon.runtime.timetable import pattern
from jobmon.runtime.timetable.rules import Rules, read
from jobmon.runtime.timetable.slots import Slot
from jobmon.runtime.timetable.zones import land

FIRES, SHIFTED, MOVED, LEFT_OUT = "fires", "shifted", "moved", "left out"


class Told(NamedTuple):
    """What becomes of one planned time on the wall.

    `verdict`: fires; shifted (to another day, by the calendar); moved (to the end of a gap of the
    clocks); left out. `why`: the holiday, weekday, window or change of the clocks. `slots`: when it
    fires. Several planned times may lead to the same slot.
    """

    planned: dt.datetime
    verdict: str
    why: str
    slots: tuple[Slot, ...] = ()


def explain_days(
    cron: CronDef,
    start: dt.date,
    days: int,
    local: str,
    calendars: Mapping[str, CalendarSettings] | None = None,
) -> Iterator[Told]:
    """Each time that the expression names on so many days from `start` on, in order.

    Raises WrongError as `fire_times` does.
    """
    rules = read(cron, local, calendars or {})
    end = start + dt.timedelta(days=days)
    for day in pattern.days(rules.pattern, start):
        if day >= end:
            return
        why = rules.calendar.closed(day) if rules.calendar else ""
        target = rules.target(day)
        for time in rules.pattern.times:
            yield _told(rules, dt.datetime.combine(day, time), target, why)


def _told(rules: Rules, planned: dt.datetime, target: dt.date | None, why: str) -> Told:
    if target is None:
        return Told(planned, LEFT_OUT, why)
    wall = dt.datetime.combine(target, planned.time())
    if window := rules.blackout(wall):
        return Told(planned, LEFT_OUT, _joined(why, f"blackout {window}"))
    landing = land(wall, rules.zone, elapsed=rules.pattern.elapsed)
    moments = [(at, dt.datetime.fromtimestamp(at, rules.zone)) for at in landing.instants]
    slots = tuple(Slot(*found) for found in moments if not rules.blackout(found[1]))
    why = _joined(why, landing.why)
    if not slots:
        into = rules.blackout(moments[0][1]) if moments else ""
        return Told(planned, LEFT_OUT, _joined(why, f"blackout {into}" if into else ""))
    verdict = SHIFTED if wall != planned else MOVED if landing.moved else FIRES
    return Told(planned, verdict, why, slots)


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
