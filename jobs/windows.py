"""Blackout windows: the days and the hours in which nothing starts by itself. Pure."""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

from jobmon.jobs.mistakes import WrongError

_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)(?:\.\.(\d{4}-\d\d-\d\d))?", re.ASCII)
_HOURS = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)", re.ASCII)
_HINT = 'write "2026-12-29..2027-01-03" for days or "01:00-03:00" for hours of each day'


class Days(NamedTuple):
    """From the first day to the last, both included."""

    first: dt.date
    last: dt.date
    text: str

    def holds(self, day: dt.date) -> bool:
        """Whether a day is inside."""
        return self.first <= day <= self.last


class Hours(NamedTuple):
    """Of each day: `begin` is inside, `end` is not. It passes midnight when `end` is earlier."""

    begin: dt.time
    end: dt.time
    text: str

    def holds(self, wall: dt.datetime | dt.time) -> bool:
        """Whether a time on the wall is inside."""
        time = wall.time() if isinstance(wall, dt.datetime) else wall
        if self.begin < self.end:
            return self.begin <= time < self.end
        return time >= self.begin or time < self.end


Window = Days | Hours


def window(text: str) -> Window:
    """A window from "2026-12-29..2027-01-03", "2026-12-29" or "22:00-02:00". Raises WrongError."""
    try:
        if found := _DAYS.fullmatch(text.strip()):
            first = dt.date.fromisoformat(found[1])
            return _forward(Days(first, dt.date.fromisoformat(found[2] or found[1]), text.strip()))
        if found := _HOURS.fullmatch(text.strip()):
            begin, end = map(dt.time.fromisoformat, found.groups())
            return _some(Hours(begin, end, text.strip()))
    except ValueError as error:
        if isinstance(error, WrongError):
            raise
        raise WrongError(f"the window {text!r}: {error}", _HINT) from None
    raise WrongError(f"{text!r} is no window", _HINT)


def _forward(days: Days) -> Days:
    if days.last < days.first:
        raise WrongError(f"the window {days.text!r} ends before it begins", "turn its days round")
    return days


def _some(hours: Hours) -> Hours:
    if hours.begin == hours.end:
        hint = "to start nothing at all, hold the flow or write active = false"
        raise WrongError(f"the window {hours.text!r} is empty, or the whole day", hint)
    return hours
