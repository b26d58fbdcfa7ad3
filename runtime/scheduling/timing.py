"""How a plan fires: its schedule read by the calendars and the zone of this machine."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile

from jobmon.jobs.definition import CronDef
from jobmon.jobs.mistakes import WrongError
from jobmon.runtime.localzone import local_zone
from jobmon.runtime.settings.declared import CalendarSettings
from jobmon.runtime.timetable import Slot, fire_times
from jobmon.runtime.timetable.zones import zone


def prepare(
    crons: Iterable[CronDef], calendars: Mapping[str, CalendarSettings], now: float
) -> None:
    """Have imported and read what schedules need: holidays take so long that no loop should wait.

    What is wrong with one is told where it is asked for.
    """
    for cron in {cron.calendar: cron for cron in crons}.values():
        with contextlib.suppress(Exception):
            Timing(cron, calendars).next(now)


class Timing:
    """The slots of one schedule. What it cannot be read for is raised as WrongError when asked."""

    def __init__(self, cron: CronDef, calendars: Mapping[str, CalendarSettings]) -> None:
        self.cron, self._calendars = cron, calendars
        self._local = "" if cron.tz else local_zone()

    @property
    def zone(self) -> dt.tzinfo:
        """The zone it is read in."""
        return zone(self.cron.tz, self._local)

    def between(self, after: float, until: float) -> Iterator[Slot]:
        """The slots after the first instant up to the second, ascending.

        Where nothing is known of the days behind the last of them, those before still count.
        """
        found = 0
        try:
            for slot in takewhile(lambda slot: slot.at <= until, self._from(after)):
                found += 1
                yield slot
        except WrongError:
            if not found:
                raise

    def next(self, after: float) -> float | None:
        """The instant of the first slot after that one; None when none comes any more."""
        slot = next(self._from(after), None)
        return None if slot is None else slot.at

    def _from(self, after: float) -> Iterator[Slot]:
        return fire_times(self.cron, after, self._local, self._calendars)
