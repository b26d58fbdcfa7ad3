"""The records everything else speaks in: runs, job runs, attempts, events, evidence.

All frozen. A change makes a new record by `msgspec.structs.replace`. Times are seconds since the
epoch (UTC, float) unless a name says otherwise; durations are seconds.
"""

from __future__ import annotations

from typing import Any

import msgspec

from jobmon.runtime.states import State

JobKey = tuple[int, int]
"""(run id, job index): the job's index is its place in the run's FlowDef.jobs."""


class Identity(msgspec.Struct, frozen=True):
    """One process, for ever: boot id, pid and its start in /proc ticks. Never a bare pid."""

    boot: str
    pid: int
    ticks: int


class JobRun(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One job inside a run. It owns the state.

    `attempt` is the number of the newest attempt (0 = none yet); it only grows. `tries` counts
    attempts since the last start by a person or a reset: retries are limited by it. `reason` is for
    people. `cause` is the failure class (external, data, rule, unknown or ""); of a skipped job
    "condition" (its own `when` was false) or "branch" (the branch it hangs on was skipped). `due`
    is when a retry starts. `code`/`signal` are the newest attempt's end. `definition` names the
    flow version whose command the next attempt uses ("" = the run's own). `held_at` and `held_by`
    say since when and by whom (and why) it is held. `slot` is the one its newest attempt took,
    counted from 0 (-1: none, or not recorded).
    """

    run: int
    index: int
    state: State = State.WAITING
    reason: str = ""
    cause: str = ""
    attempt: int = 0
    tries: int = 0
    since: float = 0.0
    started: float | None = None
    ended: float | None = None
    due: float | None = None
    code: int | None = None
    signal: int | None = None
    output: Any = None
    definition: str = ""
    held: bool = False
    held_at: float | None = None
    held_by: str = ""
    stale: bool = False
    old_code: bool = False  # what a rerun found: its code, or a file it names, changed since it ran
    warn: bool = False
    unsupervised: bool = False
    grace: float | None = None  # of the stop under way: seconds between TERM and KILL
    probing: bool = False  # lost, and its declared probe has not answered yet
    then: str = ""  # "skip": what it becomes once nothing of the attempt that is stopped is alive
    by_operator: bool = False  # decided from outside the job: a skip, a mark, a cancel's stop
    slot: int = -1
    late: bool = False  # this attempt takes longer than nine of ten did
    stuck: bool = False  # neither output nor CPU for longer than it ever was silent
    round: int = 0  # of a repeated job: successes that did not yet do

    @property
    def key(self) -> JobKey:
        """(run id, job index)."""
        return (self.run, self.index)


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """What a run waits for as a whole, before any job of it may start.

    `kind`: "until" (a staggered start, from `since` to `until`), "overlap" (until those of its line
    are over that do not wait for it themselves, or do so from before `since` on), "after" (a run of
    `flow` in the period [`since`, `before`) has to end as `on` says; at `until` `if_missing`
    decides; `period` is what people call that time). Times in seconds since the epoch.
    """

    kind: str
    until: float | None = None
    flow: str = ""
    on: str = "success"
    since: float = 0.0
    before: float = 0.0
    if_missing: str = "wait"
    period: str = ""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of a flow. `state` is one of RUN_STATES and follows from its jobs.

    `key` is what people call it: `flow@2026-11-23T06:10+0900` or `flow#42`. `time` is the logical
    time (the slot, or the creation for a run started by hand), with its UTC offset. `cancel` is ""
    or "soft" or "hard" once a cancel of the run is committed.

    `origin`: what made it: hand, schedule, backfill, file, flow, hook, subflow, exec. `line`:
    the deployment it belongs to, within which runs may overlap or not; "" for one started by hand.
    `slot`: the scheduled instant. `waits`: what keeps all of its jobs from starting. `start_by`:
    when it expires unless a job of it has started. `deadline`: by when it should be done. `reason`:
    why it expired, or started without what it waited for. `late`: it was told to miss its deadline.
    `parent`: the run/job that started it as a subflow. `batch`: the backfill it belongs to. `told`:
    who made it told people of its end, or is to be told of none.
    """

    id: int
    key: str
    flow: str
    definition: str
    time: str  # ISO 8601 with offset: JOBMON_TIME
    state: str = "queued"
    params: dict[str, Any] = {}
    created: float = 0.0
    started: float | None = None
    ended: float | None = None
    who: str = ""
    why: str = ""
    priority: int = 0
    held: bool = False
    held_at: float | None = None
    held_by: str = ""
    cancel: str = ""
    warn: bool = False
    tags: tuple[str, ...] = ()
    origin: str = "hand"
    line: str = ""
    slot: float | None = None
    waits: tuple[Wait, ...] = ()
    start_by: float | None = None
    deadline: float | None = None
    reason: str = ""
    late: bool = False
    parent: str = ""
    batch: str = ""
    told: bool = False


RUN_STATES = (
    "queued",
    "running",
    "blocked",
    "stopping",
    "succeeded",
    "failed",
    "cancelled",
    "expired",
)
RUN_TERMINAL = frozenset({"succeeded", "failed", "cancelled", "expired"})


class ExitRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The last line of an attempt's file: how it ended, by the only process that knows.

    `reason` is exit, signal, timeout, stop (a cancel or kill reached it), spawn (the command could
    not be started; `error` says why), output ($JOBMON_OUTPUT was unusable; `error` says why).
    `code` is None when a signal ended it. `output` is the small JSON the job left, committed only
    with an accepted code.
    """

    reason: str
    code: int | None = None
    signal: int | None = None
    error: str = ""
    started: float | None = None
    ended: float = 0.0
    output: Any = None
    rusage: dict[str, float] = {}  # user, system (seconds), maxrss (bytes)
    lines: int = 0
    bytes: int = 0
    dropped: int = 0  # bytes left out between head and tail
    quiet: float = 0.0  # the longest it wrote nothing, seconds
    artifacts: list[dict[str, Any]] = []  # path, size, sha256 of what the job declares as results


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One process of a job run. Never overwritten, never reused.

    `outcome` is "" while open, then succeeded, failed, cancelled, lost or void. `fingerprint` holds
    what may explain a later failure: {"job": hash, "params": hash, "env": hash,
    "files": {path: hash}}.
    """

    run: int
    job: int
    n: int
    created: float
    boot: str = ""
    outcome: str = ""
    reason: str = ""
    cause: str = ""
    started: float | None = None
    ended: float | None = None
    code: int | None = None
    signal: int | None = None
    error: str = ""
    initiator: Identity | None = None
    leader: Identity | None = None
    rusage: dict[str, float] = {}
    lines: int = 0
    bytes: int = 0
    quiet: float = 0.0  # the longest it wrote nothing, seconds
    artifacts: list[dict[str, Any]] = []
    definition: str = ""
    fingerprint: dict[str, Any] = {}

    @property
    def id(self) -> str:
        """`run.job.n`: what the job sees as JOBMON_ATTEMPT_ID and executors know it by."""
        return f"{self.run}.{self.job}.{self.n}"


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing that happened; the whole state is the fold of these.

    `kind` is `run.created`, `run.hold`, `run.release`, `run.cancel`, `run.rerun` (a rerun was asked
    for: it lifts a cancel of the run), `run.state`, `flow.hold`,
    `flow.release`, `job.<Input>` (an input of the transition table), or a flag: `job.hold`,
    `job.release`, `job.stale`, `job.old_code`, `job.unsupervised`, `job.unverified` (its
    probe could not tell), `job.definition`, `job.late`, `job.stuck`; `run.expand` (a map's turn has
    come: its keyed items), `run.collapse` (its list is asked for anew); `run.ready` (one of its
    waits is over), `run.expire` (all that has not started expires), `run.late`; and what is only
    for the record: `runtime.*`, `schedule.*`, `rate.*`, `notify.*`.
    `seq` is gapless and given by the store; 0 = not stored yet. `who` is user@terminal, or
    "runtime" or "policy". `data` carries the fields the fold sets.
    """

    kind: str
    at: float
    seq: int = 0
    run: int = 0
    job: int = -1
    attempt: int = 0
    who: str = ""
    why: str = ""
    data: dict[str, Any] = {}


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How a rate stands: of `count` starts in `seconds`, `used` within the last of these periods.

    `waiting` turns are given but not come, in whatever process; `next`: when the next one may go.
    `frozen`: nobody goes before, because of what `by` met; of one that is not, `by` lifted the last
    freeze before its time. Times in seconds since the epoch.
    """

    count: int
    seconds: float
    used: int = 0
    waiting: int = 0
    next: float = 0.0
    frozen: float | None = None
    by: str = ""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What bounds concurrency: slots in all, slots per named pool (unknown pools have no bound).

    `rates`: starts that each named rate lets go now (a rate that is not in it has no bound).
    `locked`: locks that somebody outside this runtime holds, and who. `paces`: how rates stand, to
    say why a job waits; nothing is decided by it.
    """

    slots: int
    pools: dict[str, int] = {}
    rates: dict[str, int] = {}
    locked: dict[str, str] = {}
    paces: dict[str, Pace] = {}


class FlowHold(msgspec.Struct, frozen=True, kw_only=True):
    """A flow that takes no new runs from its schedule: since when, by whom, why, until when."""

    flow: str
    at: float
    who: str = ""
    why: str = ""
    until: float | None = None
