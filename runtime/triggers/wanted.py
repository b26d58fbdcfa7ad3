"""The run that a trigger asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from jobmon.jobs.definition import FlowDef
from jobmon.runtime.localzone import here
from jobmon.runtime.scheduling.starting import Wanted
from jobmon.runtime.waiting.periods import as_scheduled


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
    return as_scheduled(flow, here(now))
