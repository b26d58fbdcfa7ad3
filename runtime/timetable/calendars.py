"""Business days: of a country, by the holidays library, or of a calendar of one's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from jobmon.jobs.mistakes import WrongError, nearest
from jobmon.jobs.windows import Window, window
from jobmon.runtime.settings.declared import CalendarSettings

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_CLOSED = 366
"""Days in a row that may be closed; what has none between them is no calendar."""
_OWN = "name the days yourself: holidays = [...] in [calendars] of jobmon.toml"


class _Year(NamedTuple):
    """What the library says of a year: holidays by day, days off each week, days worked instead."""

    holidays: Mapping[dt.date, str]
    off: frozenset[dt.date]
    worked: frozenset[dt.date]


class Calendar:
    """Which days are business days, and why another one is none."""

    def __init__(self, name: str, own: CalendarSettings | None) -> None:
        self.name = name
        self.country = own.country if own else name
        self._free = _days(own.holidays if own else ())
        self._worked = _days(own.workdays if own else ())
        self._weekend = _weekend(own, self.country)
        self.windows: tuple[Window, ...] = tuple(map(window, own.blackout if own else ()))
        if self.country:
            _known(self.country)

    def closed(self, day: dt.date) -> str:
        """Why it is no business day: the name of the holiday or of the weekday; "" when it is one.

        Raises WrongError for a year of which no holidays are known.
        """
        if day in self._worked:
            return ""
        if day in self._free:
            return f"holiday of {self.name}"
        year = _year(self.country, day.year) if self.country else None
        if year and (holiday := year.holidays.get(day)):
            return holiday
        if year and day in year.worked:
            return ""
        off = day.weekday() in self._weekend if self._weekend is not None else day in _off(year)
        return WEEKDAYS[day.weekday()] if off else ""

    def business_day(self, day: dt.date, step: int) -> dt.date:
        """The first business day from `day` on, going forward (1) or back (-1)."""
        for _ in range(MOST_CLOSED):
            if not self.closed(day):
                return day
            day += dt.timedelta(days=step)
        why = f"the calendar {self.name!r} has no business day for a year"
        raise WrongError(why, "look at its weekend and holidays in jobmon.toml")


def calendar(name: str, own: Mapping[str, CalendarSettings]) -> Calendar:
    """The calendar of that name: a row of [calendars], or a country ("JP", "US-CA").

    Raises WrongError when there is neither.
    """
    row = own.get(name)
    if row is None and name.partition("-")[0] not in _countries():
        near = nearest(name.upper(), [*own, *_countries()]) or nearest(name, own)
        hint = f"did you mean {near!r}?" if near else 'a country such as "JP", or a name of'
        rest = "" if near else " [calendars] in jobmon.toml"
        raise WrongError(f"there is no calendar {name!r}", hint + rest)
    return _made(name, row)


@lru_cache(maxsize=64)
def _made(name: str, own: CalendarSettings | None) -> Calendar:
    return Calendar(name, own)


def _weekend(own: CalendarSettings | None, country: str) -> frozenset[int] | None:
    """Its weekdays off; None: those of its country."""
    if own is None or own.weekend is None:
        return None if country else frozenset((5, 6))
    return frozenset(map(_weekday, own.weekend))


def _off(year: _Year | None) -> frozenset[dt.date]:
    return year.off if year else frozenset()


def _days(texts: Iterable[str]) -> frozenset[dt.date]:
    try:
        return frozenset(map(dt.date.fromisoformat, texts))
    except ValueError as error:
        raise WrongError(f"a day of the calendar: {error}", "write it as 2026-12-29") from None


def _weekday(text: str) -> int:
    shown = [name[:3].lower() for name in WEEKDAYS]
    if text not in shown:
        raise WrongError(f"{text!r} is no day of the week", f"one of {', '.join(shown)}")
    return shown.index(text)


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, list[str]]:
    """The subdivisions of each country there is, by its code."""
    import holidays

    return holidays.list_supported_countries()


@lru_cache(maxsize=256)
def _known(country: str) -> None:
    """Raises WrongError for a country or a part of it that the library does not know."""
    code, dash, part = country.partition("-")
    if code not in _countries():
        near = nearest(code.upper(), _countries())
        hint = f"did you mean {near!r}?" if near else _OWN
        raise WrongError(f"no holidays are known for the country {code!r}", hint)
    if dash and part not in _countries()[code]:
        parts = ", ".join(_countries()[code]) or "none"
        raise WrongError(f"no holidays are known for {country!r}", f"its parts: {parts}")


@lru_cache(maxsize=256)
def _year(country: str, year: int) -> _Year:
    import holidays

    code, _, part = country.partition("-")
    tongue = holidays.country_holidays(code).default_language
    found = holidays.country_holidays(code, part or None, years=year, expand=False, language=tongue)
    if not found:
        known = f"they are known from {found.start_year} to {found.end_year}; or "
        raise WrongError(f"no holidays are known for {country} in {year}", known + _OWN)
    first = dt.date(year, 1, 1).toordinal()
    days = [dt.date.fromordinal(first + n) for n in range(366)]
    off = frozenset(day for day in days if day.year == year and found.is_weekend(day))
    return _Year(dict(found), off, frozenset(found.weekend_workdays))
