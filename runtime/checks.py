"""What a flow asks of its batch folder and the folder does not have: told before a run meets it."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from shlex import quote

from jobmon.jobs.definition import FlowDef, JobDef, SecretRef
from jobmon.jobs.mistakes import Mistake
from jobmon.runtime.config import CONFIG_NAME, Settings


def unmet(flows: Iterable[FlowDef], settings: Settings) -> list[Mistake]:
    """A warning for each pool, secret and directory that is not there, at the first job that asks.

    Warnings only: the folder may be made ready between the check and the run.
    """
    found: dict[tuple[str, str], Mistake] = {}
    for flow in flows:
        for job in flow.jobs:
            for text, hint in _unmet(job, settings):
                told = Mistake(flow.file, job.line, f"job {job.name!r}: {text}", hint, warning=True)
                found.setdefault((flow.name, text), told)
    return list(found.values())


def _unmet(job: JobDef, settings: Settings) -> Iterator[tuple[str, str]]:
    """(text, hint) of each thing missing."""
    if job.pool and job.pool not in settings.pools:
        add = f"nothing limits it: add {_key(job.pool)} = 4 to [pools] in {CONFIG_NAME}"
        yield f"there is no pool {job.pool!r}", _near(job.pool, settings.pools) or add
    for name in _secrets(job):
        if name not in settings.secrets:
            add = f'add {_key(name)} = {{ file = "PATH" }} to [secrets] in {CONFIG_NAME}'
            yield f"there is no secret {name!r}", _near(name, settings.secrets) or add
    place = settings.home / job.cwd
    if not place.is_dir():
        yield f"cwd {job.cwd!r} is no directory", f"make it: mkdir -p {quote(str(place))}"


def _secrets(job: JobDef) -> list[str]:
    return sorted({value.name for value in job.env.values() if isinstance(value, SecretRef)})


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}?" if near else ""


def _key(name: str) -> str:
    """`name` as a key of a TOML table."""
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)
