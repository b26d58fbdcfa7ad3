"""Kill the runtime of a drill at random moments, start it again, and settle the books.

A run that was asked for and not answered is asked for again under the same idempotency key, as
every client of jobmon does: it must come to exist once.
"""

from __future__ import annotations

import contextlib
import random
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from jobmon.jobs.definition import FlowDef
from jobmon.runtime import client, failpoint
from jobmon.runtime.drill.accounts import Account, settle_up
from jobmon.runtime.drill.dummies import lay
from jobmon.runtime.drill.ground import Ground, wait_until
from jobmon.runtime.errors import NoRuntimeError, StateError

MOMENTS = {
    "start": "while it started and looked around",
    "ready": "just after it answered",
    "progress": "while jobs began and ended",
    "step": "at a named step of a launch",
}
_WEIGHTS = {"start": 2, "ready": 3, "progress": 4, "step": 3}
OPEN_JOBS, OPEN_RUNS = 100, 2
"""Runs under way at any time, fewer of a flow with so many jobs: each kill is to find work."""
SLOTS = 8
LIMIT = 60.0
"""Seconds for anything that needs no kill to happen."""
END_LIMIT = 600.0
"""Seconds, and one for each job, in which all is to be over once nothing is killed."""
PROGRESS, STEP = 3.0, 2.0
"""Seconds given to jobs to begin or end, to a runtime to come to its step, before it is killed."""


class Wanted(NamedTuple):
    """So many kills, but no further one after so many seconds."""

    kills: int
    seconds: float
    seed: int


class Kill(NamedTuple):
    """One kill: a key of MOMENTS, and how many jobs were under way."""

    moment: str
    under_way: int


class Result(NamedTuple):
    """What a drill came to."""

    account: Account
    kills: list[Kill]
    seconds: float

    @property
    def moments(self) -> dict[str, int]:
        """How many kills hit where."""
        counts = Counter(kill.moment for kill in self.kills)
        return {moment: counts[moment] for moment in MOMENTS}


def drill(
    flow: FlowDef,
    pools: Mapping[str, int],
    wanted: Wanted,
    home: Path,
    tell: Callable[[Kill], None] = lambda _: None,
) -> Result:
    """Drill the graph of `flow` in the empty folder `home`; `tell` hears of each kill.

    Raises StateError when a runtime ends by itself or nothing comes to an end: a defect too.
    """
    begun = time.monotonic()
    expected = lay(home, flow, pools, SLOTS, wanted.seed)
    ground = Ground(home)
    lives = _Lives(ground, flow, random.Random(wanted.seed))
    try:
        while len(lives.kills) < wanted.kills and time.monotonic() - begun < wanted.seconds:
            tell(lives.live())
        lives.finish()
    finally:
        lives.end()
    account = settle_up(expected, ground.found(lives.accepted))
    return Result(account, lives.kills, time.monotonic() - begun)


class _Lives:
    """One life of the runtime after the other."""

    def __init__(self, ground: Ground, flow: FlowDef, rng: random.Random) -> None:
        self.accepted: list[str] = []
        self.kills: list[Kill] = []
        self._ground, self._flow, self._rng = ground, flow.name, rng
        self._open = 1 if len(flow.jobs) >= OPEN_JOBS else OPEN_RUNS
        self._limit = END_LIMIT + len(flow.jobs)
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = ""  # the idempotency key of a request that was not answered yet
        self._takes = 0.4  # seconds until a runtime answers, measured as we go

    def live(self) -> Kill:
        """One life, ended by kill -9. The first one gets as far as having something to do."""
        chosen = self._rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        moment = chosen if self.kills else "progress"
        process = self._start(self._failpoint() if moment == "step" else "")
        getattr(self, f"_until_{moment}")(process)
        if moment == "step" and process.poll() is None:
            moment = "progress"  # it did not come to that step
        process.kill()
        if process.wait() != -9:
            raise self._broken(f"it ended by itself with {process.returncode}")
        kill = Kill(moment, self._under_way())
        self.kills.append(kill)
        return kill

    def finish(self) -> None:
        """A last life without a kill, in which everything must come to its end."""
        process = self._start()
        self._until_answer(process)
        while self._asked and process.poll() is None:
            self._order()
        wait_until(lambda: set(self._ground.open_runs().values()) <= {"blocked"}, self._limit)
        with client.connect(self._ground.state) as runtime:
            runtime.call("down")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LIMIT)
        wait_until(lambda: not self._ground.processes(), 5)

    def end(self) -> None:
        """However it ended: leave no runtime behind, and let the jobs write their last lines."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        wait_until(lambda: not self._ground.processes(), 10)
        self._ground.close()

    def _start(self, die_at: str = "") -> subprocess.Popen[bytes]:
        self._process = self._ground.start(die_at)
        return self._process

    def _failpoint(self) -> str:
        step = self._rng.choice(failpoint.STEPS)
        nth = 1 if step == "recovered" else self._rng.choice((1, 1, 2, 3, 5, 8))
        return f"{step}:{nth}"

    # Until the moment

    def _until_start(self, process: subprocess.Popen[bytes]) -> None:
        _wait(process, self._rng.uniform(0.3, 1.1) * self._takes)

    def _until_ready(self, process: subprocess.Popen[bytes]) -> None:
        self._work(process)
        _wait(process, 0.1 * self._rng.random())

    def _until_progress(self, process: subprocess.Popen[bytes]) -> None:
        self._work(process)
        size = self._ground.size() + 14 * self._rng.randint(1, 12)
        wait_until(lambda: process.poll() is not None or self._ground.size() > size, PROGRESS)
        _wait(process, 0.01 * self._rng.random())

    def _until_step(self, process: subprocess.Popen[bytes]) -> None:
        """It dies by its own hand, if it comes to that step."""
        self._work(process)
        _wait(process, STEP)

    def _work(self, process: subprocess.Popen[bytes]) -> None:
        """Have it answer, and give it something to do."""
        self._until_answer(process)
        while process.poll() is None and len(self._ground.open_runs()) < self._open:
            self._order()

    def _until_answer(self, process: subprocess.Popen[bytes]) -> None:
        begun = time.monotonic()
        if not wait_until(lambda: process.poll() is not None or self._ground.answers(), LIMIT):
            raise self._broken(f"it did not answer within {LIMIT:g} s")
        self._takes += 0.2 * (time.monotonic() - begun - self._takes)

    def _order(self) -> None:
        """Ask for a run; without an answer the same is asked in the next life."""
        self._asked = self._asked or uuid.uuid4().hex
        with contextlib.suppress(NoRuntimeError), client.connect(self._ground.state) as runtime:
            self.accepted.append(runtime.call("run", flow=self._flow, idem=self._asked)["run"])
            self._asked = ""

    def _under_way(self) -> int:
        words = Counter(word for word, _ in self._ground.effects())
        return words["start"] - words["end"]

    def _broken(self, why: str) -> StateError:
        log = self._ground.state / "log" / "runtime.log"
        return StateError(f"drill {self._flow}", why, f"look into {log}")


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Let time pass; over at once when the process ends by itself."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
