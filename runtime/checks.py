"""What a flow asks of its batch folder and the folder does not have: told before a run meets it."""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from shlex import quote
from subprocess import DEVNULL

from jobmon.jobs.definition import FileTriggerDef, FlowDef, JobDef, SecretRef
from jobmon.jobs.mistakes import Mistake
from jobmon.jobs.triggers import words_of
from jobmon.runtime.config import CONFIG_NAME, Settings
from jobmon.runtime.launch import PASSED

PATIENCE = 10
"""Seconds an interpreter may take to show that it can run python jobs."""


def unmet(
    flows: Iterable[FlowDef], settings: Settings, environ: Mapping[str, str] = os.environ
) -> list[Mistake]:
    """A warning for each pool, rate, secret, folder, interpreter missing, at the first job's line.

    Warnings only: the folder may be made ready between the check and the run.
    """
    flows = list(flows)
    env = {name: environ[name] for name in (*PASSED, *settings.pass_env) if name in environ}
    unfit = cache(lambda python, cwd: _unfit(python, cwd, env | dict(settings.env)))
    found: dict[tuple[str, str], Mistake] = {}
    for flow in flows:
        for job in flow.jobs:
            for text, hint in _unmet(job, settings, unfit):
                told = Mistake(flow.file, job.line, f"job {job.name!r}: {text}", hint, warning=True)
                found.setdefault((flow.name, text), told)
    return [*found.values(), *_inner(flows), *_inboxes(flows, settings.home)]


def _inner(flows: Iterable[FlowDef]) -> Iterator[Mistake]:
    """Flows that jobs are runs of and that are not there."""
    known = {flow.name: flow for flow in flows}
    for flow in known.values():
        for job in flow.jobs:
            if job.kind == "subflow" and job.flow not in known:
                hint = _near(job.flow, known) or "no file in flows/ defines it"
                text = f"job {job.name!r}: there is no flow {job.flow!r}"
                yield Mistake(flow.file, job.line, text, hint, warning=True)


def _inboxes(flows: Iterable[FlowDef], home: Path) -> Iterator[Mistake]:
    """Folders that files are to appear in and that are not there."""
    for flow in flows:
        for trigger in flow.triggers:
            if isinstance(trigger, FileTriggerDef) and not (home / _folder(trigger)).is_dir():
                text = f"flow {flow.name!r}: there is no folder for {words_of(trigger)}"
                hint = f"make it: mkdir -p {quote(str(home / _folder(trigger)))}"
                yield Mistake(flow.file, 0, text, hint, warning=True)


def _folder(trigger: FileTriggerDef) -> str:
    """The part of its pattern before the first sign that stands for many names."""
    return re.split(r"[*?\[]", trigger.pattern)[0].rpartition("/")[0]


def _unmet(
    job: JobDef, settings: Settings, unfit: Callable[[str, Path], str]
) -> Iterator[tuple[str, str]]:
    """(text, hint) of each thing missing."""
    if job.pool and job.pool not in settings.pools:
        add = f"nothing limits it: add {_key(job.pool)} = 4 to [pools] in {CONFIG_NAME}"
        yield f"there is no pool {job.pool!r}", _near(job.pool, settings.pools) or add
    if job.rate and job.rate not in settings.rates:
        add = f'nothing limits it: add {_key(job.rate)} = "30/min" to [rates] in {CONFIG_NAME}'
        yield f"there is no rate {job.rate!r}", _near(job.rate, settings.rates) or add
    for name in _secrets(job):
        if name not in settings.secrets:
            add = f'add {_key(name)} = {{ file = "PATH" }} to [secrets] in {CONFIG_NAME}'
            yield f"there is no secret {name!r}", _near(name, settings.secrets) or add
    place = settings.home / job.cwd
    if not place.is_dir():
        yield f"cwd {job.cwd!r} is no directory", f"make it: mkdir -p {quote(str(place))}"
    elif job.python and (reason := unfit(job.python, place)):
        hint = "a python job needs Python 3.11 or later with jobmon installed for it"
        yield f"python {job.python!r} cannot run it: {reason}", hint


def _unfit(python: str, cwd: Path, env: Mapping[str, str]) -> str:
    """Why the interpreter cannot start a python job, found by trying; "" when it can."""
    command = [python, "-P", "-c", "import jobmon.jobs.call"]
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=env,
            stdin=DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it says nothing for {PATIENCE} s"
    except OSError as error:
        return error.strerror or str(error)
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return (said or [f"exit code {done.returncode}"])[-1] if done.returncode else ""


def _secrets(job: JobDef) -> list[str]:
    return sorted({value.name for value in job.env.values() if isinstance(value, SecretRef)})


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}?" if near else ""


def _key(name: str) -> str:
    """`name` as a key of a TOML table."""
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)
