"""What starts a flow beside its schedule, and what its runs wait for first: other flows, files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any, TypeVar

from jobmon.jobs.definition import (
    AfterDef,
    FileTriggerDef,
    FlowDef,
    FlowTriggerDef,
    TriggerDef,
)
from jobmon.jobs.mistakes import Mistake, WrongError
from jobmon.jobs.options import choose, duration, one_of, text

PERIODS = ("hour", "day", "week", "month")
ENDINGS = ("success", "failure", "end")
IF_MISSING = ("wait", "start", "fail")
MOST = 100
"""Flows waited for, and triggers, of one flow."""
_T = TypeVar("_T")


class after:  # noqa: N801 - it reads as a word of the language: after("load", same="day")
    """`after("load", same="day", on="success", timeout="2h", if_missing="fail")`.

    A run waits until the newest run of that flow in the same period (hour, day, week, month of the
    logical time) has ended so: "success", "failure" or "end". When `timeout` has passed since the
    run was made, `if_missing` decides: "wait" goes on waiting, "start" starts all the same, "fail"
    fails the run.
    """

    __slots__ = ("flow", "if_missing", "on", "same", "timeout")

    def __init__(
        self,
        flow: Any,
        *,
        same: str = "day",
        on: str = "success",
        timeout: str | float | timedelta | None = None,
        if_missing: str = "wait",
    ) -> None:
        self.flow, self.same, self.on = flow, same, on
        self.timeout, self.if_missing = timeout, if_missing


class File:
    """`File("inbox/*.csv", settle="5s", param="file")`: a run for each file that appears there.

    The pattern is seen from the batch folder; `**` stands for any folders between. A file counts
    once it has not changed for `settle`. `param` names the parameter that is given its path.
    """

    __slots__ = ("param", "pattern", "settle")

    def __init__(
        self, pattern: str, *, settle: str | float | timedelta = 2.0, param: str = ""
    ) -> None:
        self.pattern, self.settle, self.param = pattern, settle, param


class Outcome:
    """`Outcome("load", on="failure", param="run")`: a run for each run of that flow that ends so.

    `on`: "success", "failure" or "end". `param` names the parameter that is given its key.
    """

    __slots__ = ("flow", "on", "param")

    def __init__(self, flow: Any, *, on: str = "success", param: str = "") -> None:
        self.flow, self.on, self.param = flow, on, param


def read_after(value: Any) -> tuple[AfterDef, ...]:
    """The option `after` of a flow: one or several. Raises WrongError."""
    return _several(value, _after)


def read_triggers(value: Any) -> tuple[TriggerDef, ...]:
    """The option `triggers` of a flow: one or several. Raises WrongError."""
    return _several(value, _trigger)


def words_of(trigger: TriggerDef) -> str:
    """`file inbox/*.csv`, `failure of load`."""
    if isinstance(trigger, FileTriggerDef):
        return f"file {trigger.pattern}"
    return f"{trigger.outcome} of {trigger.flow}"


def mistakes(flow: FlowDef, line: int) -> Iterator[Mistake]:
    """What is wrong with them once the whole flow is known."""
    for waited in flow.after:
        if waited.flow == flow.name:
            yield Mistake(flow.file, line, f"flow {flow.name!r} waits for itself", "name another")
    for trigger in flow.triggers:
        for wrong, hint in _mistakes(trigger, flow):
            yield Mistake(flow.file, line, f"trigger {_shown(trigger)}: {wrong}", hint)


def _mistakes(trigger: TriggerDef, flow: FlowDef) -> Iterator[tuple[str, str]]:
    if isinstance(trigger, FlowTriggerDef) and trigger.flow == flow.name:
        yield "a flow cannot start itself", "name another flow; a job can repeat: retry="
    names = [param.name for param in flow.params]
    if trigger.param and trigger.param not in names:
        yield f"the flow has no parameter {trigger.param!r}", choose(trigger.param, names)
    for param in flow.params:
        if param.required and param.name != trigger.param:
            hint = "give it a default, or name it as param= of the trigger"
            yield f"parameter {param.name!r} must be given, and nobody gives it", hint


def _shown(trigger: TriggerDef) -> str:
    is_file = isinstance(trigger, FileTriggerDef)
    return f"File({trigger.pattern!r})" if is_file else f"Outcome({trigger.flow!r})"


def _several(value: Any, read: Callable[[Any], _T]) -> tuple[_T, ...]:
    several = isinstance(value, Iterable) and not isinstance(value, str)
    found = tuple(dict.fromkeys(read(item) for item in (value if several else (value,))))
    if len(found) > MOST:
        raise WrongError(f"{len(found)} of them", f"at most {MOST}")
    return found


def _after(value: Any) -> AfterDef:
    value = after(value) if isinstance(value, str) else value
    if not isinstance(value, after):
        raise WrongError(f"{value!r} is no after", 'write after("load", same="day", timeout="2h")')
    timeout = None if value.timeout is None else duration(value.timeout)
    if timeout is None and value.if_missing != "wait":
        hint = 'add timeout="2h"'
        raise WrongError(f"if_missing={value.if_missing!r} without a timeout never comes", hint)
    return AfterDef(
        flow=_flow_name(value.flow),
        same=one_of(*PERIODS)(value.same),
        on=one_of(*ENDINGS)(value.on),
        timeout=timeout,
        if_missing=one_of(*IF_MISSING)(value.if_missing),
    )


def _trigger(value: Any) -> TriggerDef:
    if isinstance(value, File):
        return FileTriggerDef(_pattern(value.pattern), duration(value.settle), text(value.param))
    if isinstance(value, Outcome):
        outcome = one_of(*ENDINGS)(value.on)
        return FlowTriggerDef(_flow_name(value.flow), outcome, text(value.param))
    raise WrongError(f"{value!r} is no trigger", 'write File("inbox/*.csv") or Outcome("load")')


def _pattern(value: Any) -> str:
    found = text(value.__fspath__() if hasattr(value, "__fspath__") else value)
    if not found.strip() or found.endswith("/"):
        raise WrongError(f"{found!r} names no files", 'write a pattern such as "inbox/*.csv"')
    return found


def _flow_name(value: Any) -> str:
    name = text(value if isinstance(value, str) else getattr(value, "name", value))
    if not name.strip():
        raise WrongError("the name of a flow is empty", 'name it, as in "load"')
    return name
