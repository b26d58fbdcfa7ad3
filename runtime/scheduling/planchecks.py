"""What keeps schedules and deployments from starting anything: told by `jobmon check`."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator

from jobmon.jobs import checking
from jobmon.jobs.definition import CronDef
from jobmon.jobs.loader import Loaded
from jobmon.jobs.mistakes import Mistake, WrongError
from jobmon.runtime.config import CONFIG_NAME, Settings
from jobmon.runtime.localzone import local_zone
from jobmon.runtime.scheduling import plans
from jobmon.runtime.timetable import fire_times
from jobmon.runtime.timetable.calendars import calendar

AHEAD = dt.timedelta(days=90)
"""How far a calendar should reach."""


def untimely(loaded: Loaded, settings: Settings) -> list[Mistake]:
    """A mistake for each schedule whose calendar is not known or which never fires, and for each
    deployment that makes no plan. What a flow's file alone tells is found by `check_folder`.
    """
    found: list[Mistake] = []
    for name, flow in loaded.flows.items():
        if flow.schedule is not None and not checking.wrong(flow.schedule):
            what = f"flow {name!r}: schedule {flow.schedule.expression!r}"
            found += _said(flow.file, loaded.lines[name], what, flow.schedule, settings)
    return [*found, *_deployments(loaded, settings)]


def _deployments(loaded: Loaded, settings: Settings) -> Iterator[Mistake]:
    made, faults = plans.read(loaded.flows, settings)
    for name in settings.deployments:
        what = f"deployment {name!r}"
        if name in faults:
            yield Mistake(CONFIG_NAME, 0, f"{what}: {faults[name]}")
        elif made[name].cron != made[name].flow.schedule:
            yield from _said(CONFIG_NAME, 0, what, made[name].cron, settings)


def _said(file: str, line: int, what: str, cron: CronDef, settings: Settings) -> Iterator[Mistake]:
    for text, hint in _never(cron, settings):
        yield Mistake(file, line, f"{what}: {text}", hint)
        return
    for text, hint in _soon(cron, settings):
        yield Mistake(file, line, f"{what}: {text}", hint, warning=True)


def _never(cron: CronDef, settings: Settings) -> Iterator[tuple[str, str]]:
    """(text, hint) of why a schedule does not fire."""
    if wrong := checking.wrong(cron):
        yield wrong
        return
    try:
        if next(fire_times(cron, time.time(), local_zone(), settings.calendars), None) is None:
            yield "its calendar and blackout leave nothing", "see why: jobmon schedule --explain"
    except WrongError as error:
        yield error.text, error.hint


def _soon(cron: CronDef, settings: Settings) -> Iterator[tuple[str, str]]:
    """(text, hint) of a calendar of which soon nothing is known any more."""
    ahead = dt.datetime.fromtimestamp(time.time(), dt.UTC).date() + AHEAD
    try:
        if cron.calendar:
            calendar(cron.calendar, settings.calendars).closed(ahead)
    except WrongError as error:
        yield f"{error.text}, so it will not start then", f"a newer holidays may know: {error.hint}"
