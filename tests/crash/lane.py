"""One folder's share of the campaign: runs are asked for without pause while its runtime dies.

A run that was asked for and not answered is asked for again under the same idempotency key, as a
client does after a broken connection: it must come to exist once.
"""

from __future__ import annotations

import contextlib
import random
import subprocess
import threading
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

from jobmon.runtime import client, failpoint
from jobmon.runtime.errors import JobmonError, NoRuntimeError
from tests.crash.ground import LOOK, Claim, Ground, kill_initiator, wait_until
from tests.crash.plan import STOPPED, outcomes, plan

LIMIT = 60.0
"""Seconds for anything that needs no kill to happen."""
PATIENCE = 5.0
"""Seconds a request may go unanswered before a runtime is let live until it has answered."""
OPEN_RUNS = 3
"""Runs under way at any time: each kill is to find work."""


class Customer(threading.Thread):
    """Asks for runs, whatever happens to the runtime, until told to stop and `jobs` are ordered."""

    def __init__(self, ground: Ground, jobs: int, rng: random.Random) -> None:
        super().__init__(daemon=True)
        self.accepted: list[str] = []
        self.trouble = ""
        self.enough = threading.Event()
        self.flows = sorted(ground.plan)
        self._ground, self._rng = ground, rng
        self._wanted, self._ordered = jobs, 0
        self._client: client.Client | None = None
        self._asked: float | None = None  # since when an answer is waited for

    def starving(self) -> bool:
        """Whether kills come so fast on a busy machine that no answer gets through."""
        asked = self._asked
        return asked is not None and time.monotonic() - asked > PATIENCE

    def run(self) -> None:
        """Order until enough."""
        try:
            while not self.enough.is_set() or self._ordered < self._wanted:
                if len(self._ground.open_runs()) < OPEN_RUNS:
                    self._order(self._rng.choice(self.flows))
                time.sleep(LOOK)
        except Exception as error:  # whatever it is: the campaign fails with it
            self.trouble = f"{type(error).__name__}: {error}"
        self._hang_up()

    def _order(self, flow: str) -> None:
        run = self._ask("run", flow=flow, params={})["run"]
        self.accepted.append(run)
        self._ordered += sum(
            state != "upstream_failed" for state in outcomes(self._ground.plan[flow])
        )
        if flow == STOPPED:
            self._ask("verb", verb="cancel", run=run, options={"grace": 0.2})

    def _ask(self, op: str, **args: Any) -> dict[str, Any]:
        """Ask until there is an answer, under one idempotency key."""
        idem = uuid.uuid4().hex
        self._asked = time.monotonic()
        while time.monotonic() < self._asked + LIMIT:
            try:
                answer = self._connected().call(op, idem=idem, **args)
            except NoRuntimeError:
                self._hang_up()
                time.sleep(LOOK)
            else:
                self._asked = None
                return answer
        raise AssertionError(f"no answer to {op} {args} in {LIMIT:g} s")

    def _connected(self) -> client.Client:
        if self._client is None:
            self._client = client.connect(self._ground.state)
        return self._client

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None


class Lane:
    """Kills, restarts, and at the end lets everything finish."""

    def __init__(self, home: Path, seed: int, jobs: int) -> None:
        self.rng = random.Random(seed)
        self.ground = Ground(home, plan(seed))
        self.customer = Customer(self.ground, jobs, random.Random(seed + 1))
        self.kills: Counter[str] = Counter()
        self.dead_initiators: set[Claim] = set()
        self.trouble: list[str] = []
        self._start_seconds = 0.4  # how long the runtime takes to answer here, measured as we go

    # -- kills of the runtime ---------------------------------------------------------------------

    def kill_runtimes(self, kills: int) -> None:
        """That many lives, each ended by kill -9."""
        self.customer.start()
        moments = {"start": 2, "ready": 3, "progress": 4, "step": 2}
        for _ in range(kills):
            (moment,) = self.rng.choices(list(moments), list(moments.values()))
            self._live("relief" if self.customer.starving() else moment)
            if self.trouble or self.customer.trouble:
                return

    def _live(self, moment: str) -> None:
        env = self._failpoint() if moment == "step" else {}
        process = self.ground.start(**env)
        try:
            getattr(self, f"_until_{moment}")(process)
        finally:
            process.kill()
        code = process.wait()
        self.kills[moment] += 1
        if code != -9:
            self.trouble.append(f"the runtime ended by itself with {code}")

    def _failpoint(self) -> dict[str, str]:
        step = self.rng.choice(failpoint.STEPS)
        nth = 1 if step == "recovered" else self.rng.choice((1, 1, 2, 3, 5, 8, 20))
        return {"JOBMON_DIE_AT": f"{step}:{nth}"}

    def _until_start(self, process: subprocess.Popen[bytes]) -> None:
        """While it starts and settles what it finds."""
        _wait(process, self.rng.uniform(0.3, 1.1) * self._start_seconds)

    def _until_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Soon after it answers."""
        self._until_answer(process)
        _wait(process, self.rng.choice((0.005, 0.03, 0.15)) * self.rng.random())

    def _until_progress(self, process: subprocess.Popen[bytes]) -> None:
        """In the midst of jobs that begin and end."""
        size, steps = self._size(), self.rng.randint(1, 16)
        wait_until(lambda: process.poll() is not None or self._size() > size + 14 * steps, 1.0)
        _wait(process, 0.004 * self.rng.random())

    def _until_relief(self, process: subprocess.Popen[bytes]) -> None:
        """As soon as it has given the answer that was waited for."""
        wait_until(lambda: process.poll() is not None or not self.customer.starving(), LIMIT / 2)

    def _until_step(self, process: subprocess.Popen[bytes]) -> None:
        """It dies by its own hand at a named step, if it comes to it."""
        _wait(process, 2.5 * self._start_seconds)

    def _until_answer(self, process: subprocess.Popen[bytes]) -> None:
        begun = time.monotonic()
        if not wait_until(lambda: process.poll() is not None or self.ground.answers(), LIMIT):
            self.trouble.append(f"the runtime did not answer in {LIMIT:g} s")
        self._start_seconds += 0.2 * (time.monotonic() - begun - self._start_seconds)

    def _size(self) -> int:
        return self.ground.effects_file.stat().st_size

    # -- kills of initiators ----------------------------------------------------------------------

    def kill_initiators(self, kills: int) -> None:
        """That many busy initiators, with the runtime killed now and then as well."""
        self.customer.flows.remove(STOPPED)  # what becomes of those would depend on the moment
        process = self.ground.start()
        stopped = f"{STOPPED}#"
        wait_until(lambda: not any(k.startswith(stopped) for k in self.ground.open_runs()), LIMIT)
        end = time.monotonic() + LIMIT + kills
        while len(self.dead_initiators) < kills and time.monotonic() < end:
            if process.poll() is not None or self.rng.random() < 0.15:
                process.kill()
                process.wait()
                self.kills["between initiators"] += 1
                process = self.ground.start()
            self._kill_one()
            if self.customer.trouble:
                break
            if len(self.ground.lost_jobs()) >= OPEN_RUNS:
                self._rerun_lost()
        process.kill()
        process.wait()

    def _kill_one(self) -> None:
        size = self._size() + 14 * self.rng.randint(0, 8)
        wait_until(lambda: self._size() >= size, 0.5)
        busy = self.ground.busy()
        if busy:
            claim = self.rng.choice(busy)
            if kill_initiator(claim):
                self.dead_initiators.add(claim)

    def _rerun_lost(self) -> None:
        """What a person does about a lost job, once its run waits for that."""
        for run, jobs in self.ground.lost_jobs().items():
            try:
                with client.connect(self.ground.state) as connection:
                    connection.call(
                        "verb", verb="rerun", run=run, jobs=jobs, options={"only": True}
                    )
            except NoRuntimeError:
                return
            except JobmonError as error:
                self.trouble.append(f"rerun of {jobs} of {run}: {error}")

    # -- the end ----------------------------------------------------------------------------------

    def finish(self) -> None:
        """No more kills: everything must come to its end, and the runtime leave when told."""
        self.customer.enough.set()
        process = self.ground.start()
        self._until_answer(process)
        if not wait_until(self._over, LIMIT * 4):
            self.trouble.append(f"not over: {self.ground.open_runs()}")
        with client.connect(self.ground.state) as connection:
            connection.call("down")
        try:
            process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.trouble.append("the runtime did not leave when told")
            process.kill()
        if process.wait() != 0:
            self.trouble.append(f"told to leave, the runtime ended with {process.returncode}")
        wait_until(lambda: not self.ground.processes(), 5)
        half_made = [path.name for path in self.ground.state.rglob("*.new")]
        self.trouble += [f"{name} was not swept" for name in half_made]
        self.ground.close()
        if self.customer.trouble:
            self.trouble.append(f"asking for runs: {self.customer.trouble}")

    def _over(self) -> bool:
        states = set(self.ground.open_runs().values())
        lost = bool(self.ground.lost_jobs())
        if lost and states <= {"blocked"}:
            self._rerun_lost()
        return not states and not lost and not self.customer.is_alive()


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    """The experiment's own delay; over at once when the process ends by itself."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
