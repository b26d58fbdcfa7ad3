"""The hour, day, week or month a run belongs to, in its own zone. Pure."""

from __future__ import annotations

import datetime as dt

from jobmon.jobs.definition import FlowDef
from jobmon.jobs.mistakes import WrongError
from jobmon.runtime.model import Wait
from jobmon.runtime.timetable.zones import zone

Period = tuple[float, float]
"""From, and before: seconds since the epoch."""


def waits(flow: FlowDef, at: dt.datetime, now: float) -> tuple[Wait, ...]:
    """What a run of `flow` with the logical time `at`, made `now`, waits for first."""
    return tuple(
        Wait(
            kind="after",
            flow=after.flow,
            on=after.on,
            since=since,
            before=before,
            until=None if after.timeout is None else now + after.timeout,
            if_missing=after.if_missing,
            period=name(after.same, at),
        )
        for after in flow.after
        for since, before in (period(after.same, at),)
    )


def period(same: str, moment: dt.datetime) -> Period:
    """The period that `moment` lies in by the clock of its zone.

    Days, weeks (from Monday) and months begin at the first instant of their first day; an hour is
    always one of elapsed time.
    """
    if same == "hour":
        since = moment.timestamp() - 60.0 * moment.minute - moment.second - moment.microsecond / 1e6
        return since, since + 3600.0
    first = _first(same, moment.date())
    return _midnight(first, moment.tzinfo), _midnight(_after(same, first), moment.tzinfo)


def name(same: str, moment: dt.datetime) -> str:
    """What people call the period: 2026-11-23, 2026-11-23 06h, week 2026-W48, 2026-11."""
    day = moment.date()
    if same == "hour":
        return f"{day.isoformat()} {moment.hour:02}h"
    if same == "week":
        year, week, _ = day.isocalendar()
        return f"week {year}-W{week:02}"
    return day.isoformat()[:7] if same == "month" else day.isoformat()


def as_scheduled(flow: FlowDef, moment: dt.datetime) -> dt.datetime:
    """The same moment in the zone of the flow's schedule, so that a run by hand has the same day.

    As it is where the flow has none, or one that there is not (which `jobmon check` tells).
    """
    named = flow.schedule.tz if flow.schedule else ""
    try:
        return moment.astimezone(zone(named, "")) if named else moment
    except WrongError:
        return moment


def _first(same: str, day: dt.date) -> dt.date:
    if same == "week":
        return day - dt.timedelta(days=day.weekday())
    return day.replace(day=1) if same == "month" else day


def _after(same: str, first: dt.date) -> dt.date:
    if same == "month":
        return (first + dt.timedelta(days=31)).replace(day=1)
    return first + dt.timedelta(days=7 if same == "week" else 1)


def _midnight(day: dt.date, zone: dt.tzinfo | None) -> float:
    """The first instant of the day; where its midnight is left out, that is when it would be."""
    return dt.datetime.combine(day, dt.time(), zone).timestamp()
