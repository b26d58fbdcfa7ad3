"""Reading the verbs: what they act on, and their options."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from jobmon.jobs.mistakes import WrongError
from jobmon.jobs.options import duration
from jobmon.tui.actions import BY_ID
from jobmon.tui.commandline.criteria import fold
from jobmon.tui.commandline.moments import later
from jobmon.tui.commandline.records import Context, Verb
from jobmon.tui.commandline.spelling import choice, is_run, narrow, run_name, spelled


class Option(NamedTuple):
    """`--name VALUE`, or a flag when nothing reads a value; `key` is what the runtime calls it."""

    name: str
    key: str
    read: Callable[[str, Context], Any] | None = None
    value: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.value}".rstrip()


def _text(text: str, _context: Context) -> str:
    return text


def _flow(text: str, context: Context) -> str:
    return spelled(text, context.flows)


def _grace(text: str, _context: Context) -> float:
    number = narrow(text)
    return float(number) if number.isdecimal() else duration(number)


def _until(text: str, context: Context) -> float:
    return later(narrow(text), context.now)


def _json(text: str, _context: Context) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise WrongError(f"{text!r} is no JSON", "write such as '{\"rows\": 3}'") from None


_WHY = Option("--why", "why", _text, "TEXT")
_FLOW = Option("--flow", "flow", _flow, "FLOW")
_OUTPUT = Option("--output", "value", _json, "JSON")
_OPTIONS: Mapping[str, tuple[Option, ...]] = {
    "job.rerun": (Option("--only", "only"), Option("--failed", "failed")),
    "job.skip": (_OUTPUT,),
    "job.hold": (_FLOW, Option("--until", "until", _until, "TIME")),
    "job.release": (_FLOW,),
    "job.cancel": (Option("--hard", "hard"), Option("--grace", "grace", _grace, "SECONDS")),
    "job.mark": (_OUTPUT,),
    "job.done": (_OUTPUT,),
}
_OUTCOMES = ("success", "failed")
_OF_JOBS = frozenset({"job.rerun", "job.skip", "job.mark", "job.done", "job.edit"})
"""They act on jobs: a run alone is not enough."""


def options_of(action: str) -> tuple[Option, ...]:
    """The options a verb takes on the command line."""
    return (*_OPTIONS.get(action, ()), _WHY) if BY_ID[action].verb else ()


def read(action: str, words: Sequence[str], context: Context) -> Verb:
    """The verb that is meant. Raises WrongError."""
    names, options = _options(action, words, context)
    if action == "job.mark":
        options["outcome"] = _outcome(names)
    if action == "run.rerun_failed":
        options["failed"] = True
    run, jobs = _targets(names, context, whole=bool(options.get("failed")))
    why, flow = options.pop("why", ""), options.pop("flow", "")
    found = Verb(action, run, jobs, flow, options, why)
    _check(found)
    return found


def _options(
    action: str, words: Sequence[str], context: Context
) -> tuple[list[str], dict[str, Any]]:
    """What is no option, and the options by their keys."""
    known = {option.name: option for option in options_of(action)}
    names: list[str] = []
    found: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        if not fold(word).startswith("--"):
            names.append(word)
            continue
        name, given, value = word.partition("=")
        option = known[choice(fold(name), known, "option")]
        if option.read is None and given:
            raise WrongError(f"{option.name} takes no value", f"write {option.name} alone")
        value = value if given or option.read is None else next(rest, "")
        if option.read is not None and not value:
            raise WrongError(f"{option.name} lacks its value", f"write {option}")
        found[option.key] = option.read(value, context) if option.read else True
    return names, found


def _outcome(names: list[str]) -> str:
    """The last word of a mark."""
    if not names:
        raise WrongError("the outcome is missing", "end with success or failed")
    return choice(names.pop(), _OUTCOMES, "outcome")


def _targets(names: Sequence[str], context: Context, *, whole: bool) -> tuple[str, tuple[str, ...]]:
    """The run and the jobs that are named; `whole`: a single word can only be a run."""
    if not names:
        return "", ()
    named = is_run(names[0], context) or (whole and len(names) == 1)
    run = run_name(names[0], context) if named else ""
    jobs = names[1:] if named else names
    return run, tuple(spelled(job, context.jobs) for job in jobs)


def _check(verb: Verb) -> None:
    """Raise WrongError for what contradicts itself."""
    word = BY_ID[verb.action].word
    failed = bool(verb.options.get("failed"))
    if failed and verb.options.get("only"):
        raise WrongError("--failed and --only exclude each other", "leave one out")
    if failed and verb.jobs:
        raise WrongError("all that failed are jobs of a run", f"name the run alone: {word} RUN")
    if verb.flow and (verb.run or verb.jobs):
        raise WrongError("--flow means a whole flow", "leave out the run and the jobs")
    if verb.options.get("until") and (verb.run or verb.jobs):
        raise WrongError("--until is for a flow", f"write {word} --flow FLOW --until TIME")
    if verb.action in _OF_JOBS and verb.run and not (verb.jobs or failed):
        raise WrongError(f"{word} needs jobs of {verb.run}", f"write {word} {verb.run} JOB")
    if verb.options.get("outcome") == "failed" and "value" in verb.options:
        raise WrongError("a failed job has no output", "leave out --output")
