"""From a job as it was declared to its record."""

from __future__ import annotations

from collections.abc import Mapping

from jobmon.jobs import fanout
from jobmon.jobs.conditions import ConditionError, check
from jobmon.jobs.definition import ItemRef, JobDef, Literal, OutputRef, ParamRef, Value
from jobmon.jobs.job import Job


def definition_of(job: Job, handled: Mapping[str, list[str]], finals: set[str]) -> JobDef:
    """The record of a job. `handled`: by handler, whose failure it handles; `finals` run last."""
    after = dict.fromkeys([*job.after, *handled.get(job.name, ()), *_read_by(job)])
    last = job.name in finals
    implied = "one_failed" if job.name in handled else "all_done" if last else "all_success"
    fields = {"trigger": implied, **fanout.mapped(job.fields)}
    return JobDef(
        name=job.name, kind=job.kind, after=tuple(after), line=job.line, finally_=last, **fields
    )


def _read_by(job: Job) -> list[str]:
    """The jobs whose output `when` reads: it can be answered only after them."""
    when = job.fields.get("when")
    if not when:
        return []
    try:
        names = check(when).jobs
    except ConditionError:
        return []
    return sorted(names - {job.name})


def shown(value: Value) -> str:
    """A value as it stands in a command, for people."""
    match value:
        case ParamRef(name):
            return f"${name}"
        case OutputRef(job, key):
            return f"output[{job!r}]" + (f"[{key!r}]" if key else "")
        case ItemRef(key):
            return f"item[{key!r}]" if key else "item"
        case Literal(text):
            return str(text)
    return ""
