"""What a flow file declares, as plain frozen records that travel as JSON.

A flow file is imported in a child process only; what leaves that process is a `FlowDef`. The
runtime, the store and the screens know flows through these records alone.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Any

import msgspec

TRIGGERS = (
    "all_success",
    "all_done",
    "one_failed",
    "one_success",
    "none_failed",
    "none_failed_min_one_success",
    "always",
)
KINDS = ("shell", "exec", "python", "manual")
EFFECTS = ("idempotent", "once", "keyed")
ON_LOST = ("ask", "rerun", "fail")


class ParamRef(msgspec.Struct, frozen=True, tag="param", tag_field="ref"):
    """An argv item or argument that becomes the value of a parameter of the run."""

    name: str


class OutputRef(msgspec.Struct, frozen=True, tag="output", tag_field="ref"):
    """An argv item or argument that becomes (a key of) an upstream job's output; key "" = all."""

    job: str
    key: str = ""


class SecretRef(msgspec.Struct, frozen=True, tag="secret", tag_field="ref"):
    """An environment value read at launch from `[secrets]` in jobmon.toml; never stored."""

    name: str


class Literal(msgspec.Struct, frozen=True, tag="value", tag_field="ref"):
    """A plain JSON value."""

    value: Any


Value = ParamRef | OutputRef | SecretRef | Literal


class RetryDef(msgspec.Struct, frozen=True):
    """How often and when a failed job starts again. Times in seconds.

    `times` is the number of further attempts after the first. The wait before retry k (k = 1, 2...)
    is delay * backoff ** (k - 1), at most max_delay.
    """

    times: int
    delay: float = 0.0
    backoff: float = 1.0
    max_delay: float | None = None
    on: tuple[str, ...] = ("external",)


class ParamDef(msgspec.Struct, frozen=True):
    """A typed parameter: type is one of str, int, float, bool, date. Default as text or None."""

    name: str
    type: str = "str"
    default: Any = None
    required: bool = False
    choices: tuple[Any, ...] = ()
    help: str = ""


class CronDef(msgspec.Struct, frozen=True):
    """A cron expression of five fields and the IANA zone it is read in ("" = local)."""

    expression: str
    tz: str = ""


class JobDef(msgspec.Struct, frozen=True, kw_only=True):
    """One job of a flow: its command and every option, with defaults filled in.

    argv (kind exec): Values. shell (kind shell): one line for `/bin/sh -c`. For kind python the
    function is `function` in the flow's file and its arguments are `args`. For kind manual,
    `text` tells the person what to do. `after` names parents in declaration order. `source` is
    the text whose change means "the code changed" (shell line, argv, function source). `finally_`
    marks a job that runs last whatever happened: the graph adds all other jobs as its parents.
    """

    name: str
    kind: str
    after: tuple[str, ...] = ()
    shell: str = ""
    argv: tuple[Value, ...] = ()
    function: str = ""
    args: dict[str, Value] = {}
    text: str = ""
    retry: RetryDef | None = None
    timeout: float | None = None  # seconds
    grace: float = 10.0  # seconds between TERM and KILL
    env: dict[str, Value] = {}
    cwd: str = ""  # relative to the batch folder; "" = the batch folder
    python: str = ""  # interpreter for python jobs; "" = the runtime's own
    ok_codes: tuple[int, ...] = (0,)
    warn_codes: tuple[int, ...] = ()
    effects: str = ""  # one of EFFECTS; "" = not declared
    trigger: str = "all_success"
    when: str = ""  # an expression over params and outputs; "" = always
    tolerate: bool = False
    on_failure: str = ""  # name of the job that handles this job's failure
    finally_: bool = False
    pool: str = ""
    lock: str = ""
    priority: int = 0
    tags: tuple[str, ...] = ()
    group: str = ""
    description: str = ""
    on_lost: str = "ask"
    verify: tuple[str, ...] | str = ()  # a command; exit 0 = done, 1 = not done, else unknown
    artifacts: tuple[str, ...] = ()
    skip_value: Any = None  # serves as the output when an operator skips the job
    source: str = ""
    line: int = 0  # where it is declared in the flow's file


class FlowDef(msgspec.Struct, frozen=True, kw_only=True, dict=True):  # dict: for its hash
    """A whole flow. `jobs` stand in declaration order; a job's index here is its number."""

    name: str
    jobs: tuple[JobDef, ...]
    params: tuple[ParamDef, ...] = ()
    schedule: CronDef | None = None
    deadline: str = ""
    overlap: str = "skip"
    catchup: str = "latest"
    fail_fast: bool = False
    tags: tuple[str, ...] = ()
    description: str = ""
    file: str = ""  # relative to the batch folder when inside it
    imports: tuple[str, ...] = ()  # absolute paths of the files whose change means reload

    @cached_property
    def hash(self) -> str:
        """20 hex digits naming the graph and source, wherever the file lies."""
        rest = msgspec.structs.replace(self, file="", imports=(), jobs=())
        digest = hashlib.sha256(msgspec.json.encode(rest))
        for job in self.jobs:  # one at a time: all of them encoded take megabytes
            digest.update(msgspec.json.encode(msgspec.structs.replace(job, line=0)))
        return digest.hexdigest()[:20]
