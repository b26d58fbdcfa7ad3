"""The run that a trigger asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from jobmon.jobs.definition import FlowDef
from jobmon.jobs.mistakes import WrongError
from jobmon.runtime.localzone import local_zone
from jobmon.runtime.scheduling.starting import Wanted
from jobmon.runtime.timetable.zones import zone


def wanted(
    flow: FlowDef, origin: str, moment: dt.datetime, given: Mapping[str, Any], why: str
) -> Wanted:
    """A run with that logical time.

    A slot that finds an earlier run going on may be left out, another comes. A file or an outcome
    comes once: its run stands in line instead.
    """
    policy = "queue" if flow.overlap == "skip" else flow.overlap
    return Wanted(flow, origin, moment, policy, given=given, who="runtime", why=why)


def moment_of(flow: FlowDef, now: float) -> dt.datetime:
    """The time in the zone of the flow's schedule, without one in that of this machine."""
    named = flow.schedule.tz if flow.schedule else ""
    try:
        return dt.datetime.fromtimestamp(now, zone(named, local_zone()))
    except WrongError:  # told by jobmon check
        return dt.datetime.fromtimestamp(now).astimezone()
