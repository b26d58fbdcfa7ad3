"""Spans of time as people write them: yesterday, 2026-11-23, 06:00, 2026-11-23T06:00."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from jobmon.runtime.errors import UsageError

DAY = 86400.0
FORMS = "yesterday, today, 2026-11-23, 06:00 or 2026-11-23T06:00"


def read(since: str | None, until: str | None, now: float) -> tuple[float, float]:
    """Begin and end in seconds since the epoch; of the last day when nothing is said.

    Raises UsageError for what is no time, or when the end comes first.
    """
    end = instant(until, now) if until else now
    begin = instant(since, now) if since else end - DAY
    if begin >= end:
        why = f"{since or 'the day before'} is not before {until or 'now'}"
        raise UsageError("read the span", why, f"write {FORMS}")
    return begin, end


def instant(text: str, now: float) -> float:
    """A moment by the local clock; a time of day is the last one up to now."""
    today = datetime.fromtimestamp(now).date()  # noqa: DTZ006 - the local clock is what is meant
    word = text.strip().lower()
    try:
        if word in ("today", "yesterday"):
            return _at(today - timedelta(days=word == "yesterday"))
        if len(word) <= 5:
            clock = time.fromisoformat(word.zfill(5))
            found = _at(today, clock)
            return found if found <= now else _at(today - timedelta(days=1), clock)
        return datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError("read the span", f"{text} is no time", f"write {FORMS}") from error


def _at(day: date, clock: time = time()) -> float:
    return datetime.combine(day, clock).timestamp()
