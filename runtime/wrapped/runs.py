"""What a wrapped command is to the runtime: a flow of one job. Pure."""

from __future__ import annotations

from jobmon.jobs.definition import FlowDef, JobDef, Literal, RetryDef
from jobmon.jobs.mistakes import WrongError
from jobmon.jobs.validate import check_name
from jobmon.runtime.wrapped.spool import Found


def flow_of(found: Found) -> FlowDef:
    """The flow that the record is a run of. ValueError, TypeError or KeyError for nonsense."""
    begun = found.begun
    try:
        name = check_name(begun["name"], "flow")
    except WrongError as error:
        raise ValueError(error.text) from None
    argv = tuple(str(word) for word in begun["argv"])
    times, delay, backoff, most = begun["retry"]
    anyway = ("external", "data", "rule")
    timeout = begun["timeout"]
    job = JobDef(
        name=name,
        kind="exec",
        argv=tuple(Literal(word) for word in argv),
        cwd=str(begun["cwd"]),
        timeout=None if timeout is None else float(timeout),
        grace=float(begun["grace"]),
        retry=RetryDef(int(times), float(delay), float(backoff), most, anyway) if times else None,
        lock=name,
        on_lost="fail",
        source=" ".join(argv),
    )
    return FlowDef(name=name, jobs=(job,), overlap="allow", description="wrapped by jobmon exec")
