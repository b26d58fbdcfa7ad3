"""What every executor promises. All of it is idempotent by attempt id.

One suite, tests/contract/test_executor.py, runs over every implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from jobmon.runtime.errors import JobmonError
from jobmon.runtime.model import Attempt, ExitRecord, Identity


class AttemptSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Everything needed to run one attempt, once.

    `attempt` is `run.job.n`. `argv` is resolved; `env` is the whole environment of the job.
    `secrets` are values to mask in the log. `first` are the fields of the log's first line
    (run key, flow and job name, for people). `cap` bounds the log in bytes (head and tail kept).
    $JOBMON_OUTPUT in `env` is where it may leave its JSON. Codes in `ok_codes` commit that output
    and have the files that match `artifacts` (patterns below `cwd`) recorded. One that is
    `slotless` only waits: it is started however many others run.
    """

    attempt: str
    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: str
    timeout: float | None = None
    grace: float = 10.0
    cap: int = 1 << 30
    secrets: tuple[str, ...] = ()
    first: dict[str, Any] = {}
    ok_codes: tuple[int, ...] = (0,)
    artifacts: tuple[str, ...] = ()
    lock: str = ""
    slotless: bool = False


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What can be seen of an attempt, read in the order: exit record, liveness, exit record again.

    `claim` is "none" (no file: it never started, and may still), "void" (it never will) or
    "claimed". `locked`: some process holds the attempt file's lock (its initiator lives).
    `initiator_alive` / `leader_alive`: the identity in the file matches a living process.
    `foreign`: a pid in the file now belongs to a process that is not the one it names.
    `same_boot`: the claim was made since this machine booted.
    """

    claim: str = "none"
    locked: bool = False
    initiator: Identity | None = None
    initiator_alive: bool = False
    leader: Identity | None = None
    leader_alive: bool = False
    foreign: bool = False
    same_boot: bool = True
    started: float | None = None
    exit: ExitRecord | None = None


class Started(msgspec.Struct, frozen=True):
    """The attempt is claimed and its process runs."""

    attempt: str
    at: float
    initiator: Identity
    leader: Identity


class Stopping(msgspec.Struct, frozen=True):
    """The initiator began to stop the attempt on its own: its time limit passed."""

    attempt: str
    at: float
    reason: str


class Ended(msgspec.Struct, frozen=True):
    """The attempt's exit record is on disk, and no process of it is alive."""

    attempt: str
    exit: ExitRecord


class Gone(msgspec.Struct, frozen=True):
    """Whoever ran the attempt is no longer heard: probe it. A hint, never a conclusion."""

    attempt: str


Report = Started | Stopping | Ended | Gone


class LogPart(NamedTuple):
    """Whole JSON lines of an attempt's log, and where the next begin.

    `ended`: the exit record is written, nothing follows it. `size`: bytes of the log as it is now.
    """

    data: bytes
    next: int
    ended: bool
    size: int


class Rejected(JobmonError):  # noqa: N818 - the contract's word
    """`submit` is sure that the attempt did not and will not start."""

    code = "rejected"


class Indeterminate(JobmonError):  # noqa: N818 - the contract's word
    """`submit` does not know whether the attempt starts: only `probe` may follow."""

    code = "indeterminate"


class Executor(Protocol):
    """Runs attempts as processes that outlive the runtime."""

    async def start(self, report: Callable[[Report], None]) -> None:
        """Get ready; from now on news goes to `report`, called from the event loop."""
        ...

    def submit(self, spec: AttemptSpec) -> None:
        """Start the attempt. Its intent is committed before. Never a second start of one id.

        Raises Rejected (surely not started) or Indeterminate (only probe may follow).
        """
        ...

    def probe(
        self, attempts: Sequence[str], known: Mapping[str, Attempt] | None = None
    ) -> dict[str, Evidence]:
        """What can be seen of each attempt now. OSError when too little can be seen to tell.

        `known` is what is recorded of attempts elsewhere, by id. While anything of an attempt
        lives, whatever became of its file, that is the evidence's living leader.
        """
        ...

    def void(self, attempt: str) -> bool:
        """Make sure the attempt never starts. False: too late, it is claimed."""
        ...

    def adopt(self, attempt: str, evidence: Evidence) -> None:
        """Watch an attempt an earlier runtime started; its end is reported as Ended or Gone."""
        ...

    def cancel(self, attempt: str, grace: float) -> None:
        """TERM to every process of the attempt, KILL after `grace` seconds (0: at once)."""
        ...

    def read_log(self, attempt: str, offset: int, limit: int) -> LogPart:
        """About `limit` bytes from a byte offset; none when no line is complete there."""
        ...

    def gc(self, attempt: str) -> None:
        """Remove what the attempt left. Only after its end is committed and no longer wanted."""
        ...

    async def close(self) -> None:
        """Let go. Running attempts go on."""
        ...
