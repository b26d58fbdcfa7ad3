"""A schedule made ready to be asked: its pattern, zone, calendar and windows."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from jobmon.jobs.definition import CronDef
from jobmon.jobs.windows import Days, Hours, window
from jobmon.runtime.settings.declared import CalendarSettings
from jobmon.runtime.timetable import pattern as patterns
from jobmon.runtime.timetable.calendars import Calendar, calendar
from jobmon.runtime.timetable.pattern import Pattern
from jobmon.runtime.timetable.zones import zone

FAR = dt.timedelta(days=366 * 15)
"""What has not come in this time does not come: a 29 February may have to wait for 12 years."""
_STEPS = {"next": 1, "previous": -1}


class Rules(NamedTuple):
    """All that decides when a schedule fires. Wall times are those of `zone`, without a zone."""

    pattern: Pattern
    zone: dt.tzinfo
    calendar: Calendar | None
    shift: str
    closed_days: tuple[Days, ...]
    closed_hours: tuple[Hours, ...]

    def walls(self, after: dt.datetime) -> Iterator[dt.datetime]:
        """The times on the wall after that one at which it is planned, ascending, each once."""
        times = self.pattern.times
        if self.closed_hours:
            times = [time for time in times if not self.blackout_hours(time)]
        for day in self._days(after.date()) if times else ():
            begun = bisect_right(times, after.time()) if day == after.date() else 0
            yield from (dt.datetime.combine(day, time) for time in times[begun:])

    def blackout_hours(self, wall: dt.time | dt.datetime) -> str:
        """The daily window in which a time lies, as it is written; "" for none."""
        return next((hours.text for hours in self.closed_hours if hours.holds(wall)), "")

    def blackout(self, wall: dt.datetime) -> str:
        """The window in which a time on the wall lies, as it is written; "" for none."""
        return self.blackout_days(wall.date()) or self.blackout_hours(wall)

    def blackout_days(self, day: dt.date) -> str:
        """The window of days in which a day lies, as it is written; "" for none."""
        return next((days.text for days in self.closed_days if days.holds(day)), "")

    def target(self, day: dt.date) -> dt.date | None:
        """The day on which the slots of a day fire; None when they are left out."""
        if self.calendar is None or not self.calendar.closed(day):
            return day
        step = _STEPS.get(self.shift)
        return self.calendar.business_day(day, step) if step else None

    def _days(self, first: dt.date) -> Iterator[dt.date]:
        """The days from `first` on that have slots. All days have the same times, so a day to which
        several are shifted has each time once.
        """
        last = first - dt.timedelta(days=1)
        for day in patterns.days(self.pattern, self._earliest(first)):
            if day - last > FAR:
                return
            target = self.target(day)
            if target is not None and target > last and not self.blackout_days(target):
                yield target
                last = target

    def _earliest(self, first: dt.date) -> dt.date:
        """The first day whose slots may be shifted to `first` or later."""
        if self.calendar is None or self.shift != "next":
            return first
        return self.calendar.business_day(first - dt.timedelta(days=1), -1)


def read(cron: CronDef, local: str, calendars: Mapping[str, CalendarSettings]) -> Rules:
    """A schedule made ready. Raises WrongError with what is wrong with it."""
    found = calendar(cron.calendar, calendars) if cron.calendar else None
    windows = [*map(window, cron.blackout), *(found.windows if found else ())]
    return Rules(
        patterns.pattern(cron.expression),
        zone(cron.tz, local),
        found,
        cron.shift,
        tuple(w for w in windows if isinstance(w, Days)),
        tuple(w for w in windows if isinstance(w, Hours)),
    )
