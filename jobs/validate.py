"""What can be wrong with a whole flow: names, edges, and options that contradict each other."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import chain, islice

from jobmon.jobs import graph
from jobmon.jobs.conditions import ConditionError, check
from jobmon.jobs.definition import FlowDef, JobDef
from jobmon.jobs.mistakes import Mistake, WrongError
from jobmon.jobs.options import choose

MOST_JOBS = 50_000
MOST_MISTAKES = 100
MOST_EDGES = 2_000_000
MOST_FINALLY = 100
LONGEST_NAME = 200
_FLOW_ONLY = "/@#"
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_NEEDS_PARENTS = ("one_failed", "one_success", "none_failed_min_one_success")


def check_name(name: object, what: str) -> str:
    """`name`, if people can read and type it: printable, at most 200 bytes. Raises WrongError."""
    if not isinstance(name, str) or not name.strip():
        raise WrongError(f"{name!r} is no name for a {what}", "write a text with something to read")
    if len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
        raise WrongError(f"the name {name[:40]!r}... is too long", f"at most {LONGEST_NAME} bytes")
    if any(unicodedata.category(c) in _INVISIBLE for c in name):
        raise WrongError(f"the name {name!r} has invisible characters", "take them out")
    refused = _FLOW_ONLY if what == "flow" else "/"
    if name.startswith("-") or name in (".", "..") or name != name.strip():
        raise WrongError(f"the name {name!r} is hard to type", "no leading -, no spaces around it")
    if any(c in name for c in refused):
        raise WrongError(f"the name {name!r} has one of {refused}", "they mean something in names")
    return name


def check_env_name(name: object) -> str:
    """`name`, if it can name an environment variable of a job. Raises WrongError."""
    if not isinstance(name, str) or not name or "=" in name or "\0" in name:
        raise WrongError(f"{name!r} cannot name an environment variable", "letters, digits and _")
    if name.startswith("JOBMON_"):
        raise WrongError(f"{name!r} is jobmon's own", "choose a name without JOBMON_")
    return name


def mistakes_of(flow: FlowDef) -> list[Mistake]:
    """The mistakes that show only when the flow is seen whole: the first 100, in order of line."""
    each = (Mistake(flow.file, job.line, *pair) for job in flow.jobs for pair in _job(job, flow))
    found = chain(_shape(flow), each, _names(flow))
    return sorted(islice(found, MOST_MISTAKES), key=lambda m: m.line)


def _job(job: JobDef, flow: FlowDef) -> Iterator[tuple[str, str]]:
    """(text, hint) of each contradiction within one job."""
    name = f"job {job.name!r}"
    if job.retry and job.retry.times and job.effects == "once":
        yield f'{name}: retry with effects="once"', "a once job is never restarted by itself"
    if job.on_lost == "rerun" and job.effects != "idempotent":
        yield (
            f'{name}: on_lost="rerun" needs effects="idempotent"',
            "declare it if running twice does no harm, else let jobmon ask",
        )
    if both := sorted(set(job.ok_codes) & set(job.warn_codes)):
        yield f"{name}: exit code {both[0]} is in ok_codes and in warn_codes", "keep it in one"
    if not job.ok_codes and job.kind != "manual":
        yield f"{name}: no exit code is ok", "leave ok_codes out, or name at least one"
    if job.python and job.kind != "python":
        yield f"{name}: python= is for python jobs", "name the interpreter in the command"
    yield from _manual(job, name)
    yield from _trigger(job, name, flow)
    yield from _when(job, name, flow)


def _manual(job: JobDef, name: str) -> Iterator[tuple[str, str]]:
    if job.kind != "manual":
        return
    for option in ("retry", "timeout", "effects", "verify"):
        if getattr(job, option):
            yield f"{name}: {option}= has no meaning in a manual step", "a person does it"


def _trigger(job: JobDef, name: str, flow: FlowDef) -> Iterator[tuple[str, str]]:
    if job.trigger in _NEEDS_PARENTS and not job.after and not job.finally_:
        yield f"{name}: trigger {job.trigger!r} with no job before it", f"draw an edge to {name}"
    if job.finally_ and any(j.on_failure == job.name for j in flow.jobs):
        yield f"{name} is in finally_ and an on_failure job", "make two jobs"


def _when(job: JobDef, name: str, flow: FlowDef) -> Iterator[tuple[str, str]]:
    if not job.when:
        return
    try:
        names = check(job.when)
    except ConditionError as error:
        yield f"{name}: when: {error}", 'write it as when=\'output["load"]["rows"] > 0\''
        return
    params = [p.name for p in flow.params]
    for param in sorted(names.params - set(params)):
        yield f"{name}: when: unknown parameter {param!r}", choose(param, params)
    if job.name in names.jobs:
        yield f"{name}: when: it cannot read its own output", "name a job that runs before it"


def _names(flow: FlowDef) -> Iterator[Mistake]:
    known = {job.name: job for job in flow.jobs}
    for job in flow.jobs:
        asked = dict.fromkeys(job.after, "when" if job.when else "after")
        asked |= {job.on_failure: "on_failure"} if job.on_failure else {}
        for name in [name for name in asked if name not in known]:
            text = f"job {job.name!r}: {asked[name]}: there is no job {name!r}"
            yield Mistake(flow.file, job.line, text, choose(name, known))


def _shape(flow: FlowDef) -> Iterator[Mistake]:
    finals = {job.name for job in flow.jobs if job.finally_}
    if len(finals) > MOST_FINALLY:
        text = f"{len(finals)} finally_ jobs, at most {MOST_FINALLY}"
        yield Mistake(flow.file, 0, text, "make one finally_ job that calls the others")
        return
    for job in flow.jobs:
        if not job.finally_ and (late := [name for name in job.after if name in finals]):
            text = f"job {job.name!r} waits for {late[0]!r}, which is in finally_"
            yield Mistake(flow.file, job.line, text, "finally_ jobs run after all others")
            return
    if (edges := sum(len(job.after) for job in flow.jobs)) > MOST_EDGES:
        text = f"{edges:,} edges, at most {MOST_EDGES:,}"
        yield Mistake(flow.file, 0, text, "put one job between: all >> gate >> all")
        return
    yield from _cycle(flow)


def _cycle(flow: FlowDef) -> Iterator[Mistake]:
    path = graph.cycle(flow)
    if path:
        line = next(job.line for job in flow.jobs if job.name == path[0])
        text = f"the jobs wait for each other in a circle: {_arrows(path)}"
        yield Mistake(
            flow.file, line, text, f"take out one of its edges, such as {path[-2]} >> {path[-1]}"
        )


def _arrows(path: list[str], most: int = 12) -> str:
    shown = (
        path
        if len(path) <= most
        else [*path[: most - 2], f"({len(path) - most + 1} more)", path[-1]]
    )
    return " -> ".join(shown)
