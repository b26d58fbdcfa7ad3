"""A clock and an executor in virtual time: no process, no file, no waiting.

`FakeExecutor` keeps the promises of `executors.contract.Executor`; what each job does is told
beforehand, by job name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from heapq import heappop, heappush
from typing import Any

import msgspec

from jobmon.runtime.executors.contract import (
    AttemptSpec,
    Ended,
    Evidence,
    Gone,
    LogPart,
    Report,
    Started,
    Stopping,
)
from jobmon.runtime.model import Attempt, ExitRecord, Identity

BOOT = "fake-boot"
End = int | ExitRecord
"""How an attempt ends: an exit code, or a whole record."""


class FakeClock:
    """A clock that stands still until it is moved. Calling it tells the time, in seconds."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """The time."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """What jobs do, by job name.

    `fail`: how many of the first attempts fail with exit code 1, or how each attempt ends in turn
    (then all succeed). `durations`: seconds an attempt takes, `seconds` for the others. `outputs`:
    what a successful attempt leaves, or a function of its number. `lost`: jobs whose first attempt
    is lost. What is said of a map goes for each of its children that is not named itself.
    """

    fail: Mapping[str, int | Sequence[End]] = {}
    durations: Mapping[str, float] = {}
    seconds: float = 1.0
    outputs: Mapping[str, Any] = {}
    lost: Collection[str] = ()

    def end(self, job: str, n: int, started: float, ended: float, of: str = "") -> ExitRecord:
        """The exit record of attempt `n` of `job`, a child of the map `of`."""
        told = self.fail.get(job, self.fail.get(of, 0))
        ends = [1] * told if isinstance(told, int) else told
        end = ends[n - 1] if n <= len(ends) else 0
        if isinstance(end, ExitRecord):
            return msgspec.structs.replace(end, started=started, ended=ended)
        output = self.outputs.get(job, self.outputs.get(of)) if end == 0 else None
        output = output(n) if callable(output) else output
        return ExitRecord(reason="exit", code=end, started=started, ended=ended, output=output)


class _Attempt:
    """What the executor knows of one attempt."""

    def __init__(self, spec: AttemptSpec, started: float) -> None:
        self.spec, self.started = spec, started
        self.exit: ExitRecord | None = None
        self.gone = False


class FakeExecutor:
    """Attempts as entries in a queue of happenings, reported by `advance`.

    `specs` are the attempts submitted, in order; a second submit of one id is ignored, as the
    contract asks.
    """

    def __init__(self, clock: FakeClock, script: Script | None = None) -> None:
        self.clock, self.script = clock, script or Script()
        self.specs: list[AttemptSpec] = []
        self._report: Callable[[Report], None] = lambda _: None
        self._attempts: dict[str, _Attempt] = {}
        self._void: set[str] = set()
        self._coming: list[tuple[float, int, Report]] = []
        self._count = 0

    async def start(self, report: Callable[[Report], None]) -> None:
        """Send news to `report` from now on."""
        self.listen(report)

    def listen(self, report: Callable[[Report], None]) -> None:
        """`start` for code without an event loop."""
        self._report = report

    def submit(self, spec: AttemptSpec) -> None:
        """The attempt starts now and ends when its script says."""
        if spec.attempt in self._attempts or spec.attempt in self._void:
            return
        now = self.clock.now
        self.specs.append(spec)
        self._attempts[spec.attempt] = _Attempt(spec, now)
        leader = Identity(BOOT, 1000 + len(self.specs), len(self.specs))
        self._later(0.0, Started(spec.attempt, now, leader, leader))
        self._plan_end(spec, now)

    def _plan_end(self, spec: AttemptSpec, now: float) -> None:
        job, n = str(spec.first.get("job", "")), int(spec.attempt.rsplit(".", 1)[-1])
        of, script = str(spec.first.get("of", "")), self.script
        takes = script.durations.get(job, script.durations.get(of, script.seconds))
        if n == 1 and (job in script.lost or of in script.lost):
            self._later(takes, Gone(spec.attempt))
        elif spec.timeout is not None and takes > spec.timeout:
            end = ExitRecord(reason="timeout", signal=15, started=now, ended=now + spec.timeout)
            self._later(spec.timeout, Stopping(spec.attempt, now + spec.timeout, "timeout"))
            self._later(spec.timeout, Ended(spec.attempt, end))
        else:
            end = script.end(job, n, now, now + takes, of)
            self._later(takes, Ended(spec.attempt, end))

    def probe(
        self, attempts: Sequence[str], known: Mapping[str, Attempt] | None = None
    ) -> dict[str, Evidence]:
        """What can be seen of each attempt now."""
        return {attempt: self._evidence(attempt) for attempt in attempts}

    def _evidence(self, attempt: str) -> Evidence:
        known = self._attempts.get(attempt)
        if known is None:
            return Evidence(claim="void" if attempt in self._void else "none")
        alive = known.exit is None and not known.gone
        who = Identity(BOOT, 1000, 1)
        return Evidence(
            claim="claimed",
            locked=alive,
            initiator=who,
            initiator_alive=alive,
            leader=who,
            leader_alive=alive,
            started=known.started,
            exit=known.exit,
        )

    def void(self, attempt: str) -> bool:
        """False when the attempt was submitted before."""
        if attempt in self._attempts:
            return False
        self._void.add(attempt)
        return True

    def adopt(self, attempt: str, evidence: Evidence) -> None:
        """Nothing to do: every attempt is watched."""

    def cancel(self, attempt: str, grace: float) -> None:
        """The attempt ends now, by TERM, or by KILL without grace."""
        known = self._attempts.get(attempt)
        if known is None or known.exit is not None or known.gone:
            return
        number = 15 if grace > 0 else 9
        now = self.clock.now
        end = ExitRecord(reason="stop", signal=number, started=known.started, ended=now)
        self._later(0.0, Ended(attempt, end))

    def read_log(self, attempt: str, offset: int, limit: int) -> LogPart:
        """Fake attempts write nothing."""
        known = self._attempts.get(attempt)
        return LogPart(b"", offset, known is None or known.exit is not None, 0)

    def gc(self, attempt: str) -> None:
        """Forget an attempt that has ended."""
        self._attempts.pop(attempt, None)

    async def close(self) -> None:
        """Let go."""

    def next_time(self) -> float | None:
        """When something happens next."""
        return self._coming[0][0] if self._coming else None

    def advance(self) -> None:
        """Report all that has happened by the clock's time."""
        while self._coming and self._coming[0][0] <= self.clock.now:
            _, _, report = heappop(self._coming)
            if self._happens(report):
                self._report(report)

    def _happens(self, report: Report) -> bool:
        """Take note; an attempt that has ended has no more news."""
        known = self._attempts.get(report.attempt)
        if known is None or known.exit is not None or known.gone:
            return False
        if isinstance(report, Ended):
            known.exit = report.exit
        elif isinstance(report, Gone):
            known.gone = True
        return True

    def _later(self, seconds: float, report: Report) -> None:
        self._count += 1
        heappush(self._coming, (self.clock.now + seconds, self._count, report))
