"""What a test says of a flow, made sure of: names of its jobs, instants."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from jobmon.jobs.definition import FlowDef
from jobmon.jobs.options import choose
from jobmon.runtime.errors import NotFoundError, UsageError


class HasDefinition(Protocol):
    """A `jobmon.jobs.Flow`."""

    def definition(self) -> FlowDef:
        """The flow as records."""
        ...


def check_names(flow: FlowDef, names: Collection[str]) -> None:
    """Raise NotFoundError for a name that no job has: a slip must not make a test pass."""
    there = [job.name for job in flow.jobs]
    maps = tuple(f"{job.name}[" for job in flow.jobs if job.map)
    for name in names:
        if name not in there and not (maps and name.startswith(maps)):
            why = f"there is no job {name!r} in it"
            raise NotFoundError(f"simulate {flow.name}", why, choose(name, there))


def moment_of(flow: FlowDef, at: str) -> datetime:
    """The instant a text means, in the zone of the flow's schedule when it has no offset, else UTC.

    Raises UsageError when it is none.
    """
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        hint = 'such as "2026-11-01 01:30" or "2026-11-01T01:30+09:00"'
        raise UsageError(f"simulate {flow.name}", f"at={at!r}: {error}", hint) from error
    zone = ZoneInfo(flow.schedule.tz) if flow.schedule and flow.schedule.tz else UTC
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
