"""The process of a python job: `python -P -m jobmon.jobs.call FILE FLOW/JOB`.

The arguments are a JSON object in $JOBMON_ARGS; what the function returns becomes the output. While
FILE is broken, $JOBMON_KEPT names a copy of it as it was before.
It ends with 75, 65 or 78 for External, Data and Rule, with 1 for any other exception.
"""

from __future__ import annotations

import os
import sys
import typing
from collections.abc import Callable
from datetime import date
from types import TracebackType
from typing import Any

import msgspec

from jobmon.jobs.definition import ParamRef
from jobmon.jobs.flow import Flow
from jobmon.jobs.importing import execute, flows_of, new_module, prepare
from jobmon.jobs.job import Job
from jobmon.jobs.kit.outcomes import Data, JobFailure
from jobmon.jobs.kit.result import write
from jobmon.jobs.params import as_text

_OURS = ("jobmon.jobs.importing", "jobmon.jobs.call", "__main__")


def main(argv: list[str]) -> int:
    """Run one job's function; the exit code of its process."""
    # A pipe would hold lines back until 8 KiB are full: the log shall show them when they happen.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        flow, job = _job(*argv)
        assert job.function is not None
        _leave(job, _awaited(job.function(**_arguments(flow, job))))
    except Exception as error:  # noqa: BLE001 - every failure of the user's code ends here
        _tell(error)
        return error.exit_code if isinstance(error, JobFailure) else 1
    return 0


def _job(file: str, which: str) -> tuple[Flow, Job]:
    home = os.environ.get("JOBMON_HOME") or os.path.dirname(os.path.dirname(os.path.abspath(file)))
    path = os.path.join(os.path.abspath(home), file)
    sys.argv = [path]
    prepare(os.path.abspath(home), [path])
    module = new_module(path)
    execute(module, os.environ.get("JOBMON_KEPT"))
    flow_name, _, job_name = which.partition("/")
    for flow in flows_of(module):
        job = flow.jobs.get(job_name) if flow.name == flow_name else None
        if job is not None and job.function is not None:
            return flow, job
    raise LookupError(f"{path} declares no python job {job_name!r} in a flow {flow_name!r}")


def _arguments(flow: Flow, job: Job) -> dict[str, Any]:
    given: dict[str, Any] = msgspec.json.decode(os.environ.get("JOBMON_ARGS") or "{}")
    assert job.function is not None
    types = _types(job.function)
    return {name: _typed(flow, job, name, value, types.get(name)) for name, value in given.items()}


def _typed(flow: Flow, job: Job, name: str, value: Any, wanted: Any) -> Any:
    """The value as the annotation says; without one, a date param still is a date."""
    ref = job.fields["args"].get(name)
    if wanted is None and isinstance(ref, ParamRef) and value is not None:
        wanted = date if flow.param_defs[ref.name].type == "date" else None
    if wanted is None or wanted is Any:
        return value
    if wanted is str and isinstance(value, int | float):
        return as_text(value)
    try:
        return msgspec.convert(value, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise Data(f"argument {name!r} of {job.name!r} is {value!r}: {error}") from None
    except TypeError:  # an annotation of the user's own kind: the function gets plain JSON
        return value


def _types(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except Exception:  # noqa: BLE001 - names that exist for a type checker only, and worse
        return {n: t for n, t in function.__annotations__.items() if isinstance(t, type)}


def _awaited(value: Any) -> Any:
    if not hasattr(value, "__await__"):
        return value
    import asyncio

    async def waited() -> Any:
        return await value

    return asyncio.run(waited())


def _leave(job: Job, value: Any) -> None:
    path = os.environ.get("JOBMON_OUTPUT")
    if value is None or not path:
        return
    try:
        body = msgspec.json.encode(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{job.name!r} returned what cannot become JSON: {error}") from None
    write(path, body)


def _tell(error: Exception) -> None:
    """The traceback, from the user's own first line on."""
    import traceback

    trace: TracebackType | None = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals.get("__name__") in _OURS:
        trace = trace.tb_next
    traceback.print_exception(error.with_traceback(trace))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
