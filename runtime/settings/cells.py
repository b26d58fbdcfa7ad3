"""What a value in a row of jobmon.toml has to be, as in `values`. Light to import."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from jobmon.jobs.durations import rate_of, seconds_of

Reader = Callable[[Any], Any]
LONGEST_CRON = 256
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d"
_WINDOW = re.compile(rf"{_CLOCK}-{_CLOCK}|(\d{{4}}-\d\d-\d\d)(?:\.\.(\d{{4}}-\d\d-\d\d))?")


def one_of(*words: str) -> Reader:
    """A reader that takes exactly these words."""

    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return value

    return read


def several(reader: Reader, what: str) -> Reader:
    """A list, or a single one of what stands in it."""

    def read(value: Any) -> tuple[Any, ...]:
        try:
            return tuple(map(reader, value if isinstance(value, list) else [value]))
        except ValueError as error:
            raise ValueError(f"a list of {what}: {error}") from None

    return read


def cron(value: Any) -> str:
    """Five fields; what stands in them is read by the timetable."""
    if not isinstance(value, str) or len(value) > LONGEST_CRON or len(value.split()) != 5:
        raise ValueError('five fields of cron, such as "10 6 * * 1-5"')
    return value.strip()


def zone(value: Any) -> str:
    """A zone this machine knows, or "" for its own. Looked up only where one is named."""
    import zoneinfo

    try:
        _ = value == "" or zoneinfo.ZoneInfo(value)
    except (TypeError, ValueError, OSError, KeyError):
        raise ValueError('a zone of the IANA list, such as "Asia/Tokyo"') from None
    return value


def text(value: Any) -> str:
    """A text with something to read."""
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueError("a text")
    return value


def length(value: Any) -> float:
    """A length of time, in seconds."""
    seconds = seconds_of(value)
    if seconds is None or not math.isfinite(seconds) or seconds <= 0:
        raise ValueError('a length of time above 0, such as "2h", "1h30m" or 90 for seconds')
    return seconds


def clock(value: Any) -> str:
    """A time of day, "HH:MM"."""
    written = value.strftime("%H:%M") if isinstance(value, time) else value
    if not isinstance(written, str) or not re.fullmatch(_CLOCK, written):
        raise ValueError('a time of day, such as "06:10"')
    return written


def day(value: Any) -> str:
    """TOML has dates of its own; a text does as well."""
    try:
        found = value if type(value) is date else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError('a day, such as "2027-05-03"') from None
    return found.isoformat()


def window(value: Any) -> str:
    """A window without slots: "DAY..DAY", both included, or "HH:MM-HH:MM"."""
    written = value.isoformat() if type(value) is date else value
    found = _WINDOW.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError('a window, such as "2026-12-29..2027-01-03" or "01:00-03:00"')
    days = [day(text) for text in found.groups() if text]
    if days != sorted(days):
        raise ValueError("a window whose first day comes first")
    return f"{days[0]}..{days[-1]}" if days else found[0]


def params(value: Any) -> Mapping[str, Any]:
    """Plain values by the names of parameters; dates become texts."""
    if not isinstance(value, dict):
        raise ValueError("a table of parameters and values")
    return {name: _param(given) for name, given in value.items()}


def _param(value: Any) -> Any:
    if isinstance(value, date | time | datetime):
        return value.isoformat()
    if not isinstance(value, str | int | float) or (
        isinstance(value, float) and not math.isfinite(value)
    ):
        raise ValueError("a table of texts, numbers, true or false, and dates")
    return value


def priority(value: Any) -> int:
    """Who goes first where there is no room for all."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**31:
        raise ValueError("a whole number; higher goes first")
    return value


def rate(value: Any) -> tuple[int, float]:
    """Starts, and the seconds in which so many are allowed."""
    found = rate_of(value)
    if found is None:
        raise ValueError('starts in a time: "30/min", "5/s", "100/h", "1000/day" or "30/10s"')
    return found


def url(value: Any) -> str | Mapping[str, str]:
    """An apprise URL, or where it is kept. The URL itself may hold a password."""
    if isinstance(value, dict) and value.keys() == {"secret"}:
        return {"secret": text(value["secret"])}
    if not isinstance(value, str) or "://" not in value:
        raise ValueError('"SERVICE://..." or { secret = "NAME" }')
    return value


def port(value: Any) -> int:
    """A TCP port."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65535:
        raise ValueError("a port, a number from 1 to 65535, or 0 for any that is free")
    return value


def secret_name(value: Any) -> str:
    """What [secrets] calls it."""
    if not isinstance(value, str) or not value:
        raise ValueError("the name of a secret of [secrets]")
    return value
