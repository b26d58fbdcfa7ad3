"""How a run comes into the world: the one place where its record and its first event are made.

Pure, but for the id, which the caller takes from the store.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from jobmon.jobs import params
from jobmon.jobs.definition import FlowDef
from jobmon.runtime.errors import UsageError
from jobmon.runtime.model import Event, Run
from jobmon.runtime.waiting import periods
from jobmon.runtime.words import command


def new_run(
    flow: FlowDef,
    *,
    run_id: int,
    key: str,
    moment: dt.datetime,
    now: float,
    given: Mapping[str, Any],
    wait: bool = True,
    **fields: Any,
) -> Run:
    """The record of a new run of `flow` at the logical time `moment`, which has its zone.

    `given` are the params as text or typed values; `fields` are further fields of the record. What
    the flow says it comes `after` is waited for first, unless `wait` is False.
    Raises UsageError for params the flow does not take.
    """
    within = flow.start_within
    start = fields.get("slot")
    at = periods.as_scheduled(flow, moment) if start is None else moment
    fields["waits"] = (*fields.get("waits", ()), *(periods.waits(flow, at, now) if wait else ()))
    values: dict[str, Any] = {
        "tags": flow.tags,
        "start_by": None if within is None else (now if start is None else start) + within,
        "deadline": deadline(flow.deadline, moment),
    }
    return Run(
        id=run_id,
        key=key,
        flow=flow.name,
        definition=flow.hash,
        time=moment.isoformat(timespec="seconds"),
        params=_params(flow, given, moment.date()),
        created=now,
        **values | fields,
    )


def created(run: Run, now: float) -> Event:
    """The event that puts the run on the board."""
    data = {"run": msgspec.to_builtins(run)}
    return Event(kind="run.created", at=now, run=run.id, who=run.who, why=run.why, data=data)


def deadline(text: str, moment: dt.datetime) -> float | None:
    """The first time after `moment` that the clock of its zone shows `text` ("06:10")."""
    if not text:
        return None
    hour, minute = map(int, text.split(":"))
    found = moment.replace(hour=hour, minute=minute, second=0, microsecond=0, fold=0)
    if found <= moment:
        found += dt.timedelta(days=1)  # by the clock on the wall, not by 24 hours
    return found.timestamp()


def _params(flow: FlowDef, given: Mapping[str, Any], day: dt.date) -> dict[str, Any]:
    try:
        return params.resolve(flow.params, given, day)
    except params.ParamError as error:
        hint = f"its parameters: {_usage(flow)}" if flow.params else "it takes none"
        raise UsageError(f"start {flow.name}", str(error), hint) from error


def _usage(flow: FlowDef) -> str:
    """A line that starts the flow, with what may be given to it."""
    given = [word for p in flow.params for word in ("-p", f"{p.name}={p.type.upper()}")]
    return command("run", flow.name, *given)
