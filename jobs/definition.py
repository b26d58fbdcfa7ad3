"""What a flow file declares, as plain frozen records that travel as JSON.

A flow file is imported in a child process only; what leaves that process is a `FlowDef`. The
runtime, the store and the screens know flows through these records alone.
"""

from __future__ import annotations

import hashlib
from functools import cache, cached_property
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
KINDS = ("shell", "exec", "python", "manual", "subflow")
EFFECTS = ("idempotent", "once", "keyed")
ON_LOST = ("ask", "rerun", "fail")


class ParamRef(msgspec.Struct, frozen=True, omit_defaults=True, tag="param", tag_field="ref"):
    """An argv item or argument that becomes the value of a parameter of the run."""

    name: str


class OutputRef(msgspec.Struct, frozen=True, omit_defaults=True, tag="output", tag_field="ref"):
    """An argv item or argument that becomes (a key of) an upstream job's output; key "" = all."""

    job: str
    key: str = ""


class SecretRef(msgspec.Struct, frozen=True, omit_defaults=True, tag="secret", tag_field="ref"):
    """An environment value read at launch from `[secrets]` in jobmon.toml; never stored."""

    name: str


class Literal(msgspec.Struct, frozen=True, tag="value", tag_field="ref"):
    """A plain JSON value."""

    value: Any


class ItemRef(msgspec.Struct, frozen=True, omit_defaults=True, tag="item", tag_field="ref"):
    """An argv item or argument of a mapped job that becomes its item (or a key of it)."""

    key: str = ""


Value = ParamRef | OutputRef | SecretRef | ItemRef | Literal


class RetryDef(msgspec.Struct, frozen=True, omit_defaults=True):
    """How often and when a failed job starts again. Times in seconds.

    `times` is the number of further attempts after the first. The wait before retry k (k = 1, 2...)
    is delay * backoff ** (k - 1), at most max_delay.
    """

    times: int
    delay: float = 0.0
    backoff: float = 1.0
    max_delay: float | None = None
    on: tuple[str, ...] = ("external",)


class ParamDef(msgspec.Struct, frozen=True, omit_defaults=True):
    """A typed parameter: type is one of str, int, float, bool, date. Default as text or None."""

    name: str
    type: str = "str"
    default: Any = None
    required: bool = False
    choices: tuple[Any, ...] = ()
    help: str = ""


class CronDef(msgspec.Struct, frozen=True, omit_defaults=True):
    """A cron expression of five fields and the IANA zone it is read in ("" = local).

    `calendar`: a country code ("JP") or a name of [calendars]; a slot on a day that is no business
    day of it is skipped, or shifted to the next or previous one at the same time of day.
    `blackout`: windows without slots, as written: "2026-12-29..2027-01-03" (days, both included) or
    "01:00-03:00" (each day, the end excluded; it may pass midnight).
    """

    expression: str
    tz: str = ""
    calendar: str = ""
    shift: str = "skip"  # skip, next, previous
    blackout: tuple[str, ...] = ()


class AfterDef(msgspec.Struct, frozen=True, omit_defaults=True):
    """A run waits for a run of another flow in the same period (semantics: `after`).

    `same`: hour, day, week or month of the logical time, in the zone of the waiting run. `on`:
    success, failure or end. `timeout`: seconds after which `if_missing` decides (None: wait for
    ever): wait, start or fail.
    """

    flow: str
    same: str = "day"
    on: str = "success"
    timeout: float | None = None
    if_missing: str = "wait"


class FileTriggerDef(msgspec.Struct, frozen=True, omit_defaults=True, tag="file", tag_field="on"):
    """A run for each file that appears, or changes, and then rests for `settle` seconds.

    `pattern` is a glob below the batch folder (or absolute). `param` gets the path.
    """

    pattern: str
    settle: float = 2.0
    param: str = ""


class FlowTriggerDef(msgspec.Struct, frozen=True, omit_defaults=True, tag="flow", tag_field="on"):
    """A run for each run of another flow that ends so: success, failure or end.

    `param` gets the key of that run.
    """

    flow: str
    outcome: str = "success"
    param: str = ""


TriggerDef = FileTriggerDef | FlowTriggerDef


class MapDef(msgspec.Struct, frozen=True, omit_defaults=True):
    """A job for each item of a list, `over` being where the list comes from.

    `key`: the key of each item (objects) that names its child; "" = the item itself, or its place.
    `max_parallel`: children at once, None: no bound of its own. `most`: items at most. `after`: in
    a run whose list is known, what the job was declared to wait for; it waits for its children now.
    """

    over: Value
    key: str = ""
    max_parallel: int | None = None
    most: int = 1000
    after: tuple[str, ...] | None = None


class RepeatDef(msgspec.Struct, frozen=True, omit_defaults=True):
    """A job that starts again after success until a condition over its own output holds.

    `until` reads `output["NAME"]` of the job itself and params. At most `most` rounds in all,
    `every` seconds from the end of one to the next; when the last one still does not do: failed.
    """

    until: str
    most: int
    every: float = 0.0


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
    rate: str = ""  # each start takes one of the named rate
    lock: str = ""
    priority: int = 0
    tags: tuple[str, ...] = ()
    group: str = ""
    description: str = ""
    on_lost: str = "ask"
    verify: tuple[str, ...] | str = ()  # a command; exit 0 = done, 1 = not done, else unknown
    artifacts: tuple[str, ...] = ()
    skip_value: Any = None  # serves as the output when an operator skips the job
    map: MapDef | None = None
    repeat: RepeatDef | None = None
    flow: str = ""  # kind subflow: the flow it runs; `args` are the params it is given
    of: str = ""  # a child of a map: the name of the job it was made from
    item_key: str = ""
    item: Any = None
    source: str = ""
    line: int = 0  # where it is declared in the flow's file

    @property
    def expanded(self) -> bool:
        """A map whose list is known: its children stand in the flow."""
        return self.map is not None and self.map.after is not None


class FlowDef(msgspec.Struct, frozen=True, kw_only=True, dict=True):  # dict: for its hash
    """A whole flow. `jobs` stand in declaration order; a job's index here is its number.

    `base`: of the version that a run has for itself, with the children of its maps, the hash of the
    version it was made from.
    """

    name: str
    jobs: tuple[JobDef, ...]
    params: tuple[ParamDef, ...] = ()
    schedule: CronDef | None = None
    deadline: str = ""
    overlap: str = "skip"
    catchup: str = "latest"
    catchup_max: int = 100
    catchup_window: float | None = None  # seconds; None: one period, at most 24 h
    start_within: float | None = None  # seconds after its slot, or its creation, to begin
    after: tuple[AfterDef, ...] = ()
    triggers: tuple[TriggerDef, ...] = ()
    fail_fast: bool = False
    tags: tuple[str, ...] = ()
    description: str = ""
    file: str = ""  # relative to the batch folder when inside it
    imports: tuple[str, ...] = ()  # absolute paths of the files whose change means reload
    base: str = ""

    @cached_property
    def hash(self) -> str:
        """20 hex digits naming the graph and source, wherever the file lies.

        What is as it is by default is left out: a field that a later jobmon adds changes none.
        """
        digest = hashlib.sha256(_said(msgspec.structs.replace(self, jobs=())))
        for job in self.jobs:  # one at a time: all of them encoded take megabytes
            digest.update(_said(job))
        return digest.hexdigest()[:20]

    def known_as(self, digest: str) -> FlowDef:
        """Have the hash it was recorded with: an earlier jobmon may have made another of it."""
        vars(self)["hash"] = digest
        return self


_WHERE = frozenset({"file", "imports", "line"})
"""Fields that tell where something lies."""


def _said(record: FlowDef | JobDef) -> bytes:
    """What a record says, without where it lies and what it leaves to the defaults."""
    fields = zip(_fields(type(record)), msgspec.structs.astuple(record), strict=True)
    said = {name: v for (name, default), v in fields if v is not default and v != default}
    return msgspec.json.encode({name: v for name, v in said.items() if name not in _WHERE})


@cache
def _fields(kind: type[msgspec.Struct]) -> list[tuple[str, Any]]:
    """Each field's name and default."""
    fields = msgspec.structs.fields(kind)
    made = [
        f.default_factory() if f.default_factory is not msgspec.NODEFAULT else f.default
        for f in fields
    ]
    return [(field.name, default) for field, default in zip(fields, made, strict=True)]
