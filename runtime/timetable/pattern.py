"""A cron expression taken apart: the days it names, and the times of day that each of them has.

The days are found by croniter, by the calendar alone: no zone and no clock comes in here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from jobmon.jobs import cronfields
from jobmon.jobs.mistakes import WrongError

EVERY_DAY = ("*", "*", "*")


class Pattern(NamedTuple):
    """`days`: the fields day, month, weekday. `times`: ascending. `elapsed`: it has a `*` in the
    minute or the hour, so it counts hours that pass and not those the clock shows.
    """

    days: tuple[str, str, str]
    times: tuple[dt.time, ...]
    elapsed: bool


@lru_cache(maxsize=1024)
def pattern(expression: str) -> Pattern:
    """The expression taken apart. Raises WrongError when it cannot be read."""
    from croniter import croniter

    try:
        fields = cronfields.fields(expression)
        (minutes, hours, *_days), _nth = croniter.expand(" ".join(fields))
    except WrongError as error:
        raise WrongError(f"schedule {expression!r} {error.text}", error.hint) from None
    except ValueError as error:
        raise WrongError(f"schedule {expression!r}: {error}", cronfields.HINT) from None
    times = tuple(dt.time(h, m) for h in _all(hours, 24) for m in _all(minutes, 60))
    minute, hour, day, month, weekday = fields
    return Pattern((day, month, weekday), times, "*" in minute + hour)


def _all(values: Sequence[int | str], size: int) -> list[int]:
    return list(range(size)) if values[0] == "*" else sorted(int(value) for value in values)


def days(found: Pattern, first: dt.date) -> Iterator[dt.date]:
    """The days it names, from `first` on, ascending. Ends where no further one is found."""
    return _every_day(first) if found.days == EVERY_DAY else _named_days(found, first)


def _every_day(first: dt.date) -> Iterator[dt.date]:
    for number in range(first.toordinal(), dt.date.max.toordinal() + 1):
        yield dt.date.fromordinal(number)


def _named_days(found: Pattern, first: dt.date) -> Iterator[dt.date]:
    from croniter import croniter

    before = dt.datetime.combine(first, dt.time.min) - dt.timedelta(minutes=1)
    midnights = croniter(" ".join(("0", "0", *found.days)), before)
    while True:
        try:
            yield midnights.get_next(dt.datetime).date()
        except (ValueError, OverflowError):  # none within fifty years, or the end of time
            return
