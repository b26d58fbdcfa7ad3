"""What `jobmon check` looks at: every flow of a batch folder, loaded, and its schedule read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from jobmon.jobs import circles, cronfields, windows
from jobmon.jobs.definition import CronDef, FlowDef
from jobmon.jobs.loader import Loaded, load_folder
from jobmon.jobs.mistakes import Mistake, WrongError


def check_folder(home: Path, timeout: float = 10.0) -> Loaded:
    """The flows of the folder and every mistake that can be found without running anything."""
    loaded = load_folder(home, timeout)
    for flow in loaded.flows.values():
        if flow.schedule is not None and (found := _schedule(flow, flow.schedule)):
            file, line = flow.file, loaded.lines[flow.name]
            loaded.mistakes.append(Mistake(file, line, *found))
    loaded.mistakes += circles.mistakes(loaded)
    loaded.mistakes.sort(key=lambda m: (m.file, m.line))
    return loaded


def _schedule(flow: FlowDef, cron: CronDef) -> tuple[str, str] | None:
    """(text, hint) of what is wrong with a flow's schedule."""
    found = wrong(cron)
    if found is None:
        return None
    return f"flow {flow.name!r}: schedule {cron.expression!r} {found[0]}", found[1]


def wrong(cron: CronDef) -> tuple[str, str] | None:
    """(what to say of the schedule, hint), or None when it can be read."""
    try:
        cronfields.fields(cron.expression)
    except WrongError as error:
        return error.text, error.hint
    if reason := _unreadable(cron.expression):
        return f"is not possible: {reason}", cronfields.HINT
    if cron.tz and not _zone(cron.tz):
        return (
            f"is not possible: there is no time zone {cron.tz!r}",
            "an IANA name such as Asia/Tokyo",
        )
    return _days(cron)


def _days(cron: CronDef) -> tuple[str, str] | None:
    """What is wrong with the days that are left out, as far as the schedule itself says it."""
    if cron.shift != "skip" and not cron.calendar:
        return f"has shift {cron.shift!r} and no calendar", 'add calendar="JP"'
    try:
        for text in cron.blackout:
            windows.window(text)
    except WrongError as error:
        return f"is not possible: {error.text}", error.hint
    return None


def _unreadable(expression: str) -> str:
    from croniter import croniter
    from croniter.croniter import CroniterBadDateError, CroniterError

    try:
        croniter(expression, datetime.now(UTC)).get_next(datetime)
    except CroniterBadDateError:
        return "no such day ever comes"
    except (CroniterError, ValueError) as error:
        return str(error)
    return ""


def _zone(name: str) -> bool:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return False
    return True
