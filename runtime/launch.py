"""From a job's declaration to the one attempt that is about to start: command, environment, id.

Parameters reach a job as environment variables and argv items; they are never pasted into a shell
line. Secrets are read here, at the last moment, and go nowhere but into the job and its mask.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from jobmon.jobs.definition import (
    ItemRef,
    JobDef,
    Literal,
    OutputRef,
    ParamRef,
    SecretRef,
    Value,
)
from jobmon.jobs.params import as_text
from jobmon.runtime.config import CONFIG_NAME, Settings
from jobmon.runtime.executors.contract import AttemptSpec
from jobmon.runtime.given import UnfitError, item_of, output_of
from jobmon.runtime.model import JobRun, Run

PASSED = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ",
    "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_COLLATE", "LC_MESSAGES", "LC_NUMERIC", "LC_TIME",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR",
)  # fmt: skip
"""What a job gets of the runtime's own environment; `runtime.pass_env` adds to it."""
MAX_FINGERPRINTED = 8 << 20
"""Bytes of a script above which only its size is compared, not its content."""


class Launch(NamedTuple):
    """What the launch of one attempt draws on."""

    run: Run
    job: JobDef
    job_run: JobRun
    n: int
    flow_file: str
    outputs: Mapping[str, Any]  # upstream job name -> its output
    kept: str = ""  # what is read in place of the flow's file, while that is broken


def spec(launch: Launch, settings: Settings, environ: Mapping[str, str]) -> AttemptSpec:
    """The whole attempt. Raises UnfitError naming what is missing and where to give it."""
    resolver = _Resolver(launch, settings, environ)
    attempt = f"{launch.run.id}.{launch.job_run.index}.{launch.n}"
    argv = resolver.argv()
    env = resolver.environment(attempt)
    return AttemptSpec(
        attempt=attempt,
        argv=argv,
        env=env,
        cwd=os.path.join(settings.home, launch.job.cwd) if launch.job.cwd else str(settings.home),
        timeout=launch.job.timeout,
        grace=launch.job.grace,
        cap=settings.log_cap,
        secrets=tuple(resolver.secrets),
        first={"run": launch.run.key, "flow": launch.run.flow, "job": launch.job.name},
        artifacts=launch.job.artifacts,
        ok_codes=launch.job.ok_codes + launch.job.warn_codes,
        slotless=launch.job.kind == "subflow",
        lock=launch.job.lock,
    )


class _Resolver:
    """Turns Values into text, and remembers the secrets it read."""

    def __init__(self, launch: Launch, settings: Settings, environ: Mapping[str, str]) -> None:
        self.launch, self.settings, self.environ = launch, settings, environ
        self.secrets: list[str] = []

    def argv(self) -> tuple[str, ...]:
        job = self.launch.job
        if job.kind == "shell":
            return ("/bin/sh", "-c", job.shell)
        if job.kind == "python":
            file = str(self.settings.home / self.launch.flow_file)
            # -P: a file of the batch folder must not stand in for a library module.
            python = job.python or sys.executable
            return (python, "-P", "-m", "jobmon.jobs.call", file, job.function)
        if job.kind == "subflow":
            state = str(self.settings.state_dir)
            return (sys.executable, "-P", "-m", "jobmon.runtime.fanout.subflow", state, job.flow)
        return tuple(as_text(self.value(item)) for item in job.argv)

    def environment(self, attempt: str) -> dict[str, str]:
        launch, job = self.launch, self.launch.job
        env = {n: self.environ[n] for n in self._passed() if n in self.environ}
        env |= self.settings.env
        env |= {name: as_text(value) for name, value in launch.run.params.items()}
        env |= {name: as_text(self.value(value)) for name, value in job.env.items()}
        if job.kind in ("python", "subflow"):
            env["JOBMON_ARGS"] = self._arguments()
        if launch.kept:
            env["JOBMON_KEPT"] = launch.kept
        env.setdefault("PYTHONUNBUFFERED", "1")
        if job.lock:  # held by its processes: the kit does not wait for it in vain
            env |= {"JOBMON_LOCK": job.lock}
        return env | self._own(attempt)

    def _passed(self) -> tuple[str, ...]:
        return PASSED + self.settings.pass_env

    def _arguments(self) -> str:
        given = {name: self.value(value) for name, value in self.launch.job.args.items()}
        return json.dumps(given, ensure_ascii=False, default=as_text)

    def _own(self, attempt: str) -> dict[str, str]:
        run, job = self.launch.run, self.launch.job
        output = f"attempts/{run.id}/{self.launch.job_run.index}.{self.launch.n}.output.json"
        item = {"JOBMON_ITEM": as_text(job.item), "JOBMON_ITEM_KEY": job.item_key}
        rounds = {"JOBMON_ROUND": str(self.launch.job_run.round + 1)}
        return (
            (item if job.of else {})
            | (rounds if job.repeat else {})
            | {
                "JOBMON_HOME": str(self.settings.home),
                "JOBMON_PROFILE": self.settings.profile,
                "JOBMON_RUN": run.key,
                "JOBMON_FLOW": run.flow,
                "JOBMON_JOB": job.name,
                "JOBMON_ATTEMPT": str(self.launch.n),
                "JOBMON_ATTEMPT_ID": attempt,
                "JOBMON_TIME": run.time,
                "JOBMON_KEY": f"{run.key}/{job.name}",
                "JOBMON_OUTPUT": f"{self.settings.state_dir}/{output}",
            }
        )

    def value(self, value: Value) -> Any:
        match value:
            case Literal(value=plain):
                return plain
            case ParamRef(name=name):
                return self._param(name)
            case OutputRef():
                launch = self.launch
                return output_of(launch.job, value, launch.run.key, launch.outputs)
            case ItemRef():
                return item_of(self.launch.job, value)
            case SecretRef(name=name):
                return self._secret(name)

    def _param(self, name: str) -> Any:
        run = self.launch.run
        if name not in run.params:
            why = f"the run was started before the flow had the parameter {name}"
            raise UnfitError(f"start {self.launch.job.name}", why, f"jobmon run {run.flow}")
        return run.params[name]

    def _secret(self, name: str) -> str:
        text = read_secret(name, self.settings, self.environ)
        self.secrets.append(text)
        return text


def read_secret(name: str, settings: Settings, environ: Mapping[str, str]) -> str:
    """The text of a secret of [secrets]. Raises UnfitError naming what is missing."""
    source = settings.secrets.get(name)
    if source is None:
        hint = f"add it to [secrets] in {settings.home / CONFIG_NAME}"
        raise UnfitError(f"read the secret {name}", "it has no source", hint)
    if "env" in source:
        if source["env"] not in environ:
            why = f"${source['env']} is not set where the runtime was started"
            raise UnfitError(f"read the secret {name}", why, "set it and restart: jobmon down")
        return environ[source["env"]]
    try:
        path = settings.home / Path(source["file"]).expanduser()
        return path.read_text(encoding="utf-8").strip("\n")
    except (OSError, ValueError, RuntimeError) as error:
        hint = f"put its text into {source['file']}"
        raise UnfitError(f"read the secret {name}", str(error), hint) from error


def fingerprint(launch: Launch, home: Path) -> dict[str, Any]:
    """What may explain a later failure: code, params, env and script files, as hashes.

    {"job": hash, "params": {name: text}, "env": {name: hash}, "files": {path: hash}}; env holds
    what the job declares, secrets by name only.
    """
    job = launch.job
    declared = {name: _declared(value) for name, value in job.env.items()}
    return {
        "job": _hash(job.source.encode()),
        "params": {name: as_text(value) for name, value in launch.run.params.items()},
        "env": declared,
        "files": {str(p.relative_to(home)): _content(p) for p in _scripts(job, home)},
    }


def changed_files(then: Mapping[str, Any], home: Path) -> tuple[str, ...]:
    """The files of a fingerprint that are not what they were; blocks for as long as reading takes.

    A file that is gone counts as changed.
    """
    files: Mapping[str, str] = then.get("files") or {}
    return tuple(name for name, content in files.items() if _now(home / name) != content)


def _now(path: Path) -> str:
    return _content(path) if os.path.isfile(path) else "gone"


def _declared(value: Value) -> str:
    if isinstance(value, SecretRef):
        return "secret"
    return _hash(repr(value).encode())


def _scripts(job: JobDef, home: Path) -> Iterable[Path]:
    """The files under the batch folder that the job's own words name."""
    argv = tuple(v.value for v in job.argv if isinstance(v, Literal) and isinstance(v.value, str))
    for path in _candidates(argv, job.shell, home / job.cwd, home):
        if os.path.isfile(path):  # False, and no error, for what can be no path
            yield path


@lru_cache(maxsize=4096)
def _candidates(argv: tuple[str, ...], line: str, cwd: Path, home: Path) -> tuple[Path, ...]:
    words = dict.fromkeys(w for w in (*argv, *_words(line)) if 0 < len(w) < 256 and "\0" not in w)
    paths = (Path(os.path.normpath(cwd / word)) for word in words)
    return tuple(path for path in paths if path.is_relative_to(home) and path != home)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return line.split()


def _content(path: Path) -> str:
    try:
        stat = path.stat()
        return _digest(path, stat.st_mtime_ns, stat.st_size)
    except OSError:
        return "unreadable"


@lru_cache(maxsize=1024)
def _digest(path: Path, _mtime_ns: int, size: int) -> str:
    return _hash(path.read_bytes()) if size <= MAX_FINGERPRINTED else f"{size} bytes"


def _hash(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=8).hexdigest()
