"""The tables of jobmon.toml that hold more than a value: what each row says, as `tables` keeps it.

Light to import.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

NOTIFY_ON = (
    "failed", "still", "recovered", "late", "lost", "stuck", "runtime", "waiting", "report",
)  # fmt: skip
"""What people may be told of."""
NOTIFY_USUAL = ("failed", "recovered", "late", "lost", "stuck", "runtime", "waiting", "report")
"""What they are told of when a rule does not say."""


class Deployment(NamedTuple):
    """One row of [deployments]: a flow that runs by a schedule of its own, with params of its own.

    The name is the flow's own where a flow's schedule is changed. None: as the flow says.
    """

    name: str
    flow: str
    cron: str | None = None
    tz: str | None = None
    calendar: str | None = None
    shift: str | None = None
    blackout: tuple[str, ...] | None = None
    params: Mapping[str, Any] = {}
    tags: tuple[str, ...] = ()
    active: bool = True
    overlap: str | None = None
    catchup: str | None = None
    catchup_max: int | None = None
    catchup_window: float | None = None
    start_within: float | None = None
    deadline: str | None = None
    priority: int = 0


class CalendarSettings(NamedTuple):
    """One row of [calendars]: whose holidays, and what differs from them.

    Days are YYYY-MM-DD. `weekend`: mon, tue, ... sun; None: as in its country, else Saturday and
    Sunday. `blackout`: as in a schedule.
    """

    name: str
    country: str = ""
    holidays: tuple[str, ...] = ()
    workdays: tuple[str, ...] = ()
    weekend: tuple[str, ...] | None = None
    blackout: tuple[str, ...] = ()


class NotifyRule(NamedTuple):
    """One row of [[notify]]: who is told of what.

    `urls` are apprise URLs, or {secret = "NAME"} for one kept in [secrets]. `on`: of NOTIFY_ON.
    Empty `flows` and `tags`: all.
    """

    urls: tuple[str | Mapping[str, str], ...]
    on: tuple[str, ...]
    flows: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class Hook(NamedTuple):
    """[hook]: the door on the loopback interface. `token` names a secret of [secrets]."""

    port: int
    token: str


class ReportSettings(NamedTuple):
    """[report]: when the hand-over is sent, by cron and zone, to who is told of `report`."""

    cron: str
    tz: str = ""
