"""The plans of a batch folder: which flow runs by which schedule, with what params. Pure.

A flow with a schedule is a plan of its own name. A row of [deployments] makes a further plan, or
changes that of the flow it is named after.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from jobmon.jobs import mistakes, params
from jobmon.jobs.definition import CronDef, FlowDef
from jobmon.runtime.config import Settings
from jobmon.runtime.settings.declared import Deployment
from jobmon.runtime.timetable.pattern import pattern
from jobmon.runtime.timetable.zones import zone


class Plan(NamedTuple):
    """What makes runs of `flow` by itself. Durations in seconds; `name` is the line of its runs.

    `params` are as they were written: "today" means the day of the slot. `tags` are the flow's
    and the deployment's. A plan that is not `active` makes nothing.
    """

    name: str
    flow: FlowDef
    cron: CronDef
    params: Mapping[str, Any] = {}
    tags: tuple[str, ...] = ()
    active: bool = True
    overlap: str = "skip"
    catchup: str = "latest"
    catchup_max: int = 100
    catchup_window: float | None = None  # None: one period, at most 24 h
    start_within: float | None = None
    deadline: str = ""
    priority: int = 0


class _WrongError(Exception):
    """Why a row makes no plan."""


def plans(flows: Mapping[str, FlowDef], settings: Settings) -> dict[str, Plan]:
    """Every plan that can be made, by name; what is wrong with the others: `wrong`."""
    return read(flows, settings)[0]


def wrong(flows: Mapping[str, FlowDef], settings: Settings) -> dict[str, str]:
    """Why a deployment or a flow's own schedule makes no plan, by its name."""
    return read(flows, settings)[1]


def read(
    flows: Mapping[str, FlowDef], settings: Settings
) -> tuple[dict[str, Plan], dict[str, str]]:
    """(the plans, why others are none), both by name."""
    found: dict[str, Plan] = {}
    faults: dict[str, str] = {}
    own = {name: Deployment(name, name) for name, flow in flows.items() if flow.schedule}
    for name, row in (own | dict(settings.deployments)).items():
        try:
            found[name] = _plan(row, flows)
        except _WrongError as error:
            faults[name] = str(error)
    return found, faults


def _plan(row: Deployment, flows: Mapping[str, FlowDef]) -> Plan:
    flow = flows.get(row.flow)
    if flow is None:
        near = mistakes.nearest(row.flow, flows)
        hint = f"did you mean {near}?" if near else "no file in flows/ defines it"
        raise _WrongError(f"there is no flow {row.flow}: {hint}")
    cron = _cron(row, flow)
    _try_params(flow, row.params)
    within = flow.start_within if row.start_within is None else row.start_within
    window = flow.catchup_window if row.catchup_window is None else row.catchup_window
    return Plan(
        name=row.name,
        flow=flow,
        cron=cron,
        params=row.params,
        tags=tuple(dict.fromkeys((*flow.tags, *row.tags))),
        active=row.active,
        overlap=row.overlap or flow.overlap,
        catchup=row.catchup or flow.catchup,
        catchup_max=row.catchup_max or flow.catchup_max,
        catchup_window=window,
        start_within=within,
        deadline=flow.deadline if row.deadline is None else row.deadline,
        priority=row.priority,
    )


def _cron(row: Deployment, flow: FlowDef) -> CronDef:
    """The flow's schedule with what the row says otherwise."""
    base = flow.schedule or (CronDef(row.cron) if row.cron else None)
    if base is None:
        raise _WrongError(f"flow {flow.name} has no schedule: write cron = '10 6 * * 1-5'")
    changed = {
        "expression": row.cron,
        "tz": row.tz,
        "calendar": row.calendar,
        "shift": row.shift,
        "blackout": row.blackout,
    }
    given = {name: value for name, value in changed.items() if value is not None}
    cron = msgspec.structs.replace(base, **given)
    try:
        pattern(cron.expression)
        zone(cron.tz, "UTC")
    except mistakes.WrongError as error:
        raise _WrongError(f"{error.text}: {error.hint}" if error.hint else error.text) from error
    return cron


def _try_params(flow: FlowDef, given: Mapping[str, Any]) -> None:
    """Whether a run could start with them; on which day makes no difference."""
    try:
        params.resolve(flow.params, given, dt.date(2000, 1, 1))
    except params.ParamError as error:
        raise _WrongError(str(error)) from error
