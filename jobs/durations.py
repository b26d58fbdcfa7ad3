"""Lengths of time as people write them. Light to import."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_RATE = re.compile(r"([1-9]\d{0,6})/(\w+)")
_PERIODS = {"s": 1.0, "min": 60.0, "h": 3600.0, "day": 86400.0}
_LONGEST = 100


def seconds_of(value: Any) -> float | None:
    """Seconds from a number, a timedelta or a text such as "1h30m"; None when it is none of them.

    A number is returned as it is: it may be negative or no finite one.
    """
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    written = value.strip().lower()
    parts = _PART.findall(written)
    if not parts or "".join(n + unit for n, unit in parts) != written:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def rate_of(value: Any) -> tuple[int, float] | None:
    """How many, and in how many seconds, from a text such as "30/min" or "30/10s"; else None."""
    found = _RATE.fullmatch(value.replace(" ", "")) if isinstance(value, str) else None
    seconds = found and (_PERIODS.get(found[2]) or seconds_of(found[2]))
    return (int(found[1]), seconds) if found and seconds else None


def rate_text(count: int, seconds: float) -> str:
    """As it is written in jobmon.toml: "30/min", "30/10s"."""
    for unit, length in _PERIODS.items():
        if length == seconds:
            return f"{count}/{unit}"
    return f"{count}/{seconds:g}s"
