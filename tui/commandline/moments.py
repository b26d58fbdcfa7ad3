"""Moments as people type them: `02:10`, `2026-11-24 02:10`, `11-24 02:10`, `-15m`, `now`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from jobmon.jobs.mistakes import WrongError
from jobmon.jobs.options import duration

PAST = "02:10, 11-24 02:10, 2026-11-24 02:10, -15m or now"
FUTURE = "06:00, 11-24 06:00, 2026-11-24 06:00 or 2h"
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?")
_DAY = re.compile(r"(\d{1,2})-(\d{1,2})")
_DAYS = 366 * 8 + 1
"""Within so many every day of the year occurs, 29 February too."""


def earlier(text: str, now: float) -> float | None:
    """The moment of the past that is meant, by local clocks; None for `now`.

    A time without a day, or a day without a year, is the most recent one. Raises WrongError saying
    what is accepted.
    """
    if text == "now":
        return None
    found = now - _span(text[1:]) if text.startswith("-") else _on_clocks(text, now, -1)
    if found is None:
        raise WrongError(f"{text!r} is no moment", f"write {PAST}")
    if found > now:
        raise WrongError(f"{text} is still to come", "only what happened can be shown")
    if found < 0:
        raise WrongError(f"{text} is too long ago", f"write {PAST}")
    return found


def later(text: str, now: float) -> float:
    """The moment to come that is meant: the next such time. Raises WrongError."""
    found = _on_clocks(text, now, 1)
    found = now + _span(text) if found is None else found
    if found <= now:
        raise WrongError(f"{text} is over", f"write {FUTURE}")
    return found


def _span(text: str) -> float:
    try:
        return duration(text)
    except WrongError:
        raise WrongError(f"{text!r} is no time", f"write {PAST}; or to come, {FUTURE}") from None


def _on_clocks(text: str, now: float, step: int) -> float | None:
    """When local clocks show it next to now in the direction of `step`; a full date is itself."""
    day, _, clock = text.rpartition(" ")
    date, time = _DAY.fullmatch(day), _time(clock)
    if time is None or (day and date is None):
        return _written(text)
    wanted = (int(date[1]), int(date[2])) if date else None
    days = (d for d in _days(now, step) if wanted in (None, (d.month, d.day)))
    return next(
        (at for d in days for at in _instants(d, time, step) if (at - now) * step > 0), None
    )


def _time(clock: str) -> dt.time | None:
    found = _CLOCK.fullmatch(clock)
    try:
        return dt.time(int(found[1]), int(found[2]), int(found[3] or 0)) if found else None
    except ValueError:
        return None


def _days(now: float, step: int) -> Iterator[dt.date]:
    today = dt.datetime.fromtimestamp(now).astimezone().date()
    return (today + dt.timedelta(days=n * step) for n in range(_DAYS))


def _instants(day: dt.date, time: dt.time, step: int) -> Iterator[float]:
    """When clocks show the time that day: once, twice when they are set back, or never."""
    for fold in (1, 0) if step < 0 else (0, 1):
        at = dt.datetime.combine(day, time.replace(fold=fold)).timestamp()
        if dt.datetime.fromtimestamp(at).astimezone().time() == time:
            yield at


def _written(text: str) -> float | None:
    """A full date, with or without time and offset (ISO 8601)."""
    try:
        return dt.datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None
