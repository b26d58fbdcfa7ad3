"""Jobs that are several: one for each item of a list, one again until it will do, a whole flow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from jobmon.jobs import options as opt
from jobmon.jobs.conditions import ConditionError, check
from jobmon.jobs.definition import FlowDef, ItemRef, JobDef, MapDef, RepeatDef, Value
from jobmon.jobs.mistakes import Mistake, WrongError
from jobmon.jobs.refs import Condition

MOST_ROUNDS = 100_000
MOST_ITEMS = 10_000


class Repeat:
    """`Repeat(until='output["poll"]["done"]', most=10, every="5s")`: again until that holds.

    `until` reads the job's own output and params. At most `most` rounds; when the last does not do
    either, the job has failed. `every`: the wait from the end of a round to the next.
    """

    __slots__ = ("every", "most", "until")

    def __init__(self, until: Any, most: int, every: str | float = 0) -> None:
        self.until, self.most, self.every = until, most, every


def _repeat(value: Any) -> RepeatDef:
    if not isinstance(value, Repeat):
        raise WrongError(f"{value!r} is no Repeat", 'write Repeat(until="...", most=10)')
    until = value.until.text if isinstance(value.until, Condition) else opt.text(value.until)
    return RepeatDef(until, _count(value.most, MOST_ROUNDS, "rounds"), opt.duration(value.every))


def _count(value: Any, most: int, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise WrongError(f"{value!r} {what}", f"a whole number from 1 to {most:,}")
    return value


OPTIONS: dict[str, Callable[[Any], Any]] = {
    "map_key": opt.text,
    "max_parallel": lambda value: _count(value, MOST_ITEMS, "at once"),
    "map_most": lambda value: _count(value, MOST_ITEMS, "items"),
    "repeat": _repeat,
}
"""Readers of the options that need nothing but their value."""
_PARTS = {"map_key": "key", "max_parallel": "max_parallel", "map_most": "most"}


def mapped(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a job with all that was said of its map in one place."""
    found = {name: value for name, value in fields.items() if name not in _PARTS}
    over: Value | None = found.get("map")
    if over is not None:
        parts = {_PARTS[name]: fields[name] for name in _PARTS if name in fields}
        found["map"] = MapDef(over, **parts)
    return found


def astray(fields: dict[str, Any]) -> str:
    """An option of a map that is given without a map; "" when all is well."""
    return "" if "map" in fields else next((name for name in _PARTS if name in fields), "")


def mistakes(flow: FlowDef) -> Iterator[Mistake]:
    """What contradicts itself in the jobs that are several."""
    for job in flow.jobs:
        for text, hint in (*_map(job), *_repeated(job, flow), *_subflow(job, flow)):
            yield Mistake(flow.file, job.line, f"job {job.name!r}: {text}", hint)


def _map(job: JobDef) -> Iterator[tuple[str, str]]:
    values = (*job.argv, *job.env.values(), *job.args.values())
    if job.map is None:
        if any(isinstance(value, ItemRef) for value in values):
            yield "item without map=", "say of which list: map=shops.output"
        return
    if job.kind == "manual":
        yield "map= has no meaning in a manual step", "a person does it"
    if job.finally_:
        yield "map= in a finally_ job", "make it a job that goes through the list itself"
    if any(c in job.name for c in "[]"):
        yield "map= with [ or ] in the name", "its children are called name[key]"


def _repeated(job: JobDef, flow: FlowDef) -> Iterator[tuple[str, str]]:
    if job.repeat is None:
        return
    if job.kind == "manual":
        yield "repeat= has no meaning in a manual step", "a person does it"
    if job.effects == "once":
        yield 'repeat= with effects="once"', "a once job is never started again by itself"
    try:
        names = check(job.repeat.until)
    except ConditionError as error:
        yield f"repeat: {error}", f'write it as until=\'output["{job.name}"]["done"]\''
        return
    params = [p.name for p in flow.params]
    for param in sorted(names.params - set(params)):
        yield f"repeat: unknown parameter {param!r}", opt.choose(param, params)
    for other in sorted(names.jobs - {job.name}):
        yield f"repeat: until reads the output of {other!r}", "it can read the job's own only"


def _subflow(job: JobDef, flow: FlowDef) -> Iterator[tuple[str, str]]:
    if job.kind == "subflow" and job.flow == flow.name:
        yield f"{flow.name} runs itself", "name another flow; to do something again: repeat="
