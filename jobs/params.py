"""Parameters of a run: typed by their defaults, checked before a run exists."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from jobmon.jobs.definition import ParamDef

LONGEST = 100_000
"""Bytes of a text value: an environment variable holds little more (128 KiB on Linux)."""
DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}
_BOOLS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


class ParamError(Exception):
    """A parameter that a run cannot start with. `name` is the parameter, `hint` what it takes."""

    def __init__(self, name: str, text: str, hint: str = "") -> None:
        super().__init__(f"{text}; {hint}" if hint else text)
        self.name, self.text, self.hint = name, text, hint


def resolve(
    defs: tuple[ParamDef, ...], given: Mapping[str, Any], day: date
) -> dict[str, str | int | float | bool | None]:
    """Every parameter's value, in declared order, as JSON values (dates as YYYY-MM-DD).

    `given` holds text from a command line or typed values. `day` is what "today" means: the run's
    logical day. Raises ParamError for an unknown name, a missing or a wrong value.
    """
    known = {d.name for d in defs}
    for name in given:
        if name not in known:
            takes = ", ".join(sorted(known)) or "no parameters"
            raise ParamError(name, f"unknown parameter {name!r}", f"the flow takes {takes}")
    return {d.name: _resolved(d, given, day) for d in defs}


def typed(definition: ParamDef, value: Any, day: date | None = None) -> Any:
    """`value` as the JSON value of the parameter's type.

    Without a `day` the words today, yesterday and tomorrow stay as they are. Raises ParamError.
    """
    try:
        found = _READERS[definition.type](value, day)
    except (ValueError, TypeError) as error:
        raise ParamError(
            definition.name,
            f"parameter {definition.name!r} cannot be {reprlib.repr(value)}",
            str(error) if str(error).startswith("it ") else _wanted(definition),
        ) from None
    if definition.choices and found not in definition.choices:
        raise ParamError(
            definition.name,
            f"parameter {definition.name!r} cannot be {reprlib.repr(value)}",
            _wanted(definition),
        )
    return found


def as_text(value: Any) -> str:
    """A value as environment and argv text: dates ISO, true/false, nothing for None."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | dict):
        import json

        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _resolved(definition: ParamDef, given: Mapping[str, Any], day: date) -> Any:
    if definition.name in given:
        return typed(definition, given[definition.name], day)
    if definition.required:
        text = f"parameter {definition.name!r} has no value"
        raise ParamError(
            definition.name, text, f"give {definition.name}=..., {_wanted(definition)}"
        )
    if definition.default is None:
        return None
    return typed(definition, definition.default, day)


def _wanted(definition: ParamDef) -> str:
    if definition.choices:
        return "it is one of " + ", ".join(as_text(c) for c in definition.choices)
    return _TAKES[definition.type]


def _text(value: Any, day: date | None) -> str:
    del day
    text = as_text(value)
    if "\0" in text:
        raise ValueError("it cannot hold a NUL character")
    if len(text.encode("utf-8", "surrogateescape")) > LONGEST:
        raise ValueError(f"it holds at most {LONGEST:,} bytes")
    return text


def _int(value: Any, day: date | None) -> int:
    del day
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError
    return int(value)


def _float(value: Any, day: date | None) -> float:
    del day
    if isinstance(value, bool):
        raise TypeError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _bool(value: Any, day: date | None) -> bool:
    del day
    if isinstance(value, bool):
        return value
    found = _BOOLS.get(str(value).strip().lower())
    if found is None:
        raise ValueError
    return found


def _date(value: Any, day: date | None) -> str:
    if isinstance(value, date):
        return value.isoformat()[:10]
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in DAYS:
        return (day + timedelta(days=DAYS[word])).isoformat() if day else word
    return date.fromisoformat(word).isoformat()


_READERS: dict[str, Callable[[Any, date | None], Any]] = {
    "str": _text,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "date": _date,
}
_TAKES = {
    "str": "it is a text",
    "int": "it is a whole number",
    "float": "it is a number",
    "bool": "it is true or false",
    "date": "it is a day: YYYY-MM-DD, today, yesterday or tomorrow",
}
TYPES = tuple(_READERS)
