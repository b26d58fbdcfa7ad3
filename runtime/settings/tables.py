"""The tables of jobmon.toml that hold more than a value, checked row by row. Light to import.

Each check returns what is kept. It raises InsideError, which says where in the table it is wrong
and which goes on after the table's name: ".night.cron must be ...". What stands in [[notify]] and
[hook] may be a password and is never told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from jobmon.runtime.settings import cells, values
from jobmon.runtime.settings.cells import Reader
from jobmon.runtime.settings.declared import (
    NOTIFY_ON,
    NOTIFY_USUAL,
    CalendarSettings,
    Deployment,
    Hook,
    NotifyRule,
    ReportSettings,
)

Readers = Mapping[str, Reader]
OVERLAP = ("skip", "queue", "cancel_running", "allow")
CATCHUP = ("latest", "none", "all")
SHIFT = ("skip", "next", "previous")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_NAMED = re.compile(r"[^/@#\x00-\x1f\x7f]+")


class InsideError(ValueError):
    """What is wrong inside a table: `place` follows its name, as in `.night.cron` or `[2].on`."""

    def __init__(self, place: str, why: str, hint: str = "") -> None:
        super().__init__(f"{place} {why}")
        self.hint = hint


def deployments(value: Any) -> Mapping[str, Deployment]:
    """Flows with a schedule and params of their own, by name; `flow` is the name when left out."""
    rows = _rows(value, _DEPLOYMENT)
    for name in rows:
        if not _NAMED.fullmatch(name) or name != name.strip() or name.startswith("-"):
            raise InsideError(_key(name), "is no name for a deployment", "leave out / @ # and -")
    return {name: _deployment(name, row) for name, row in rows.items()}


def _deployment(name: str, row: dict[str, Any]) -> Deployment:
    return Deployment(**{"name": name, "flow": name, **row})


def calendars(value: Any) -> Mapping[str, CalendarSettings]:
    """Calendars by name."""
    return {name: CalendarSettings(name, **row) for name, row in _rows(value, _CALENDAR).items()}


def rates(value: Any) -> Mapping[str, tuple[int, float]]:
    """Starts and the seconds in which so many are allowed, by name."""
    if not isinstance(value, dict):
        raise InsideError("", "must be a table of names and rates", 'write NAME = "30/min"')
    return {name: _value(cells.rate, rate, _key(name)) for name, rate in value.items()}


def notify(value: Any) -> tuple[NotifyRule, ...]:
    """Who is told of what."""
    if not isinstance(value, list):
        raise InsideError("", "must be a list of tables", "write [[notify]] over each")
    found: list[NotifyRule] = []
    for number, given in enumerate(value, 1):
        row = _row(given, _NOTIFY, f"[{number}]", shown=False)
        if not row.get("urls"):
            raise InsideError(f"[{number}]", "has no urls", 'write urls = ["mailto://..."]')
        found.append(NotifyRule(**{"on": NOTIFY_USUAL} | row))
    return tuple(found)


def hook(value: Any) -> Hook:
    """The door on the loopback interface."""
    return Hook(**_complete(_row(value, _HOOK, "", shown=False), _HOOK))


def report(value: Any) -> ReportSettings:
    """When the hand-over is sent."""
    return ReportSettings(**_complete(_row(value, _REPORT, ""), ("cron",)))


def _complete(row: dict[str, Any], needed: Iterable[str]) -> dict[str, Any]:
    for key in needed:
        if key not in row:
            raise InsideError("", f"has no {key}", f"write {key} = ...")
    return row


# Rows


def _rows(value: Any, readers: Readers) -> dict[str, dict[str, Any]]:
    if not isinstance(value, dict):
        raise InsideError("", "must be a table of tables", "write [TABLE.NAME] over each")
    return {name: _row(row, readers, _key(name)) for name, row in value.items()}


def _row(value: Any, readers: Readers, place: str, *, shown: bool = True) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InsideError(place, "must be a table", f"its keys: {', '.join(readers)}")
    for key in value:
        if key not in readers:
            told = _key(key) if shown or _BARE.fullmatch(key) else " has a key that"
            raise InsideError(f"{place}{told}", "is not known", _meant(key, readers))
    return {
        key: _value(readers[key], given, f"{place}.{key}", shown=shown)
        for key, given in value.items()
    }


def _value(reader: Reader, value: Any, place: str, *, shown: bool = True) -> Any:
    try:
        return reader(value)
    except ValueError as error:
        why = f"must be {error}" + (f", not {value!r}" if shown else "")
        raise InsideError(place, why) from None  # else what must not be shown is in the traceback


def _key(name: str) -> str:
    return f".{name}" if _BARE.fullmatch(name) else f'."{name}"'


def _meant(key: str, readers: Readers) -> str:
    import difflib

    near = difflib.get_close_matches(key, readers, n=1)
    return f"did you mean {near[0]}?" if near else f"its keys: {', '.join(readers)}"


_TEXTS = cells.several(cells.text, "texts")
_WINDOWS = cells.several(cells.window, "windows")
_DAY_LIST = cells.several(cells.day, "days")
_WHEN: Readers = {
    "cron": cells.cron,
    "tz": cells.zone,
    "calendar": cells.text,
    "shift": cells.one_of(*SHIFT),
    "blackout": _WINDOWS,
}
_DEPLOYMENT: Readers = {
    "flow": cells.text,
    **_WHEN,
    "params": cells.params,
    "tags": _TEXTS,
    "active": values.flag,
    "overlap": cells.one_of(*OVERLAP),
    "catchup": cells.one_of(*CATCHUP),
    "catchup_max": values.positive,
    "catchup_window": cells.length,
    "start_within": cells.length,
    "deadline": cells.clock,
    "priority": cells.priority,
}
_CALENDAR: Readers = {
    "country": cells.text,
    "holidays": _DAY_LIST,
    "workdays": _DAY_LIST,
    "weekend": cells.several(cells.one_of(*DAYS), "days of the week"),
    "blackout": _WINDOWS,
}
_NOTIFY: Readers = {
    "urls": cells.several(cells.url, "URLs"),
    "on": cells.several(cells.one_of(*NOTIFY_ON), "words"),
    "flows": _TEXTS,
    "tags": _TEXTS,
}
_HOOK: Readers = {"port": cells.port, "token": cells.secret_name}
_REPORT: Readers = {"cron": cells.cron, "tz": cells.zone}
ROWS: Mapping[str, Readers] = {
    "deployments": _DEPLOYMENT,
    "calendars": _CALENDAR,
    "notify": _NOTIFY,
    "hook": _HOOK,
    "report": _REPORT,
}
"""The keys of each table's rows."""
