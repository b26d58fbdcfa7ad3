"""What it costs to be there: idle, with 10,000 waiting jobs, with a long history, under output."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import history, proc
from bench.ground import Ground, timed
from bench.table import Sample
from bench.throughput import Asker
from bench.workload import Found, Scale, Workload

LINES = 1_000_000
SETTLE = 2.0
WAITING = (
    "quick = flow.exec('quick', ['true'])\nnext_ = flow.exec('next', ['true'])\nquick >> next_\n"
    "gate = flow.exec('gate', ['sleep', '600'])\n"
    "for i in range(10_000):\n    gate >> flow.exec(f'j{i}', ['true'])\n"
)


class Lines(Workload):
    """One job that prints 1,000,000 lines, beside the same job writing them to a file."""

    def __init__(self, folder: Path, scale: Scale) -> None:
        super().__init__(folder, scale)
        printing = f"flow.shell('print', 'seq {LINES}')\n"
        env = {"OUT": str(folder / "out")}
        writing = f"flow.shell('write', 'seq {LINES} > \"$OUT\"', env={env!r})\n"
        self.ground = Ground(folder / "batch", printing=printing, writing=writing)
        self.ground.warm()
        self.ground.timed_run("writing")

    def measure(self) -> Iterator[Found]:
        plain = timed(["sh", "-c", f"seq {LINES} > {self.folder / 'out'}"])
        _, written = self.ground.timed_run("writing")
        runtime = [self.ground.pid()]
        before = proc.own_cpu(runtime)
        _, printed = self.ground.timed_run("printing")
        share = 100 * (proc.own_cpu(runtime) - before) / printed
        yield "lines", Sample(printed - written, plain)
        yield "lines.cpu", Sample(share)

    def close(self) -> None:
        self.ground.close()


class Idle(Workload):
    """A runtime with 100 flows on a schedule and nothing to do."""

    every_round = False

    def __init__(self, folder: Path, scale: Scale) -> None:
        super().__init__(folder, scale)
        job = "flow.exec('one', ['true'])\n"
        flows = {f"daily{i}": _scheduled(i) + job for i in range(100)}
        self.ground = Ground(folder / "batch", **flows)

    def measure(self) -> Iterator[Found]:
        self.ground.warm()
        time.sleep(SETTLE)
        family = self.ground.family()
        cpu, wakes, begun = proc.own_cpu(family), proc.wakes(family), time.monotonic()
        time.sleep(self.scale.idle)
        seconds = time.monotonic() - begun
        yield "idle.cpu", Sample(100 * (proc.own_cpu(family) - cpu) / seconds)
        yield "idle.wakes", Sample((proc.wakes(family) - wakes) / seconds)
        yield "idle.pss", Sample(proc.pss(family))

    def close(self) -> None:
        self.ground.close()


def _scheduled(i: int) -> str:
    return f"flow = Flow('daily{i}', schedule=Cron('{i % 60} {i // 60 + 6} * * *'))\n"


class Waiting(Workload):
    """A run of 10,000 jobs that wait for one: memory, and what a hold and a rerun take."""

    every_round = False

    def __init__(self, folder: Path, scale: Scale) -> None:
        super().__init__(folder, scale)
        self.ground = Ground(folder / "batch", small="flow.exec('one', ['true'])\n")

    def measure(self) -> Iterator[Found]:
        self.ground.timed_run("small")  # its initiator is part of what there is before
        before = proc.pss(self.ground.family()[:1])
        self.ground.flow("waiting", WAITING)
        with Asker(self.ground) as asker:
            run = self.ground.call("run", flow="waiting")
            self.ground.until(_quick_is_over)
        yield "lag.waiting", Sample(max(asker.milliseconds))
        time.sleep(SETTLE)
        yield "waiting.pss", Sample(proc.pss(self.ground.family()[:1]) - before)
        yield "waiting.hold", Sample(self._verbs(run["run"], "hold", "release"))
        yield "waiting.rerun", Sample(self._reruns(run["run"]))

    def _verbs(self, run: str, verb: str, undo: str) -> float:
        def once() -> float:
            seconds = clocked(lambda: self.ground.call("verb", verb=verb, run=run))
            self.ground.call("verb", verb=undo, run=run)
            return seconds

        return statistics.median(once() for _ in range(self.scale.times)) * 1000

    def _reruns(self, run: str) -> float:
        def once() -> float:
            def ask() -> object:
                return self.ground.call("verb", verb="rerun", run=run, jobs=["quick"])

            seconds = clocked(ask)
            self.ground.until(_quick_is_over)
            return seconds

        return statistics.median(once() for _ in range(self.scale.times)) * 1000

    def close(self) -> None:
        self.ground.close()


def clocked(action: Callable[[], object]) -> float:
    """Seconds it takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def _quick_is_over(db: history.Database) -> bool:
    query = "SELECT count(*) FROM job_runs WHERE name IN ('quick', 'next') AND state = 'succeeded'"
    return db.execute(query).fetchone()[0] == 2


class History(Workload):
    """1,000,000 job runs that are over: real rows of one run, multiplied."""

    every_round = False

    def __init__(self, folder: Path, scale: Scale) -> None:
        super().__init__(folder, scale)
        jobs = f"for i in range({history.JOBS}):\n    flow.exec(f'j{{i}}', ['true'])\n"
        self.ground = Ground(folder / "batch", nightly=jobs)

    def measure(self) -> Iterator[Found]:
        self.ground.timed_run("nightly")
        self.ground.down()
        path = self.ground.state / "state.db"
        history.multiply(path, self.scale.history // history.JOBS)
        yield "history.size", Sample(path.stat().st_size / 1e6)
        self.ground.warm()
        with contextlib.closing(self.ground.reader()) as db:
            last = [clocked(lambda: history.last_of_a_job(db)) for _ in range(20)]
        yield "history.last", Sample(statistics.median(last) * 1000)
        ask = {"name": "ls", "args": {"limit": 50}}
        lists = [clocked(lambda: self.ground.call("view", **ask)) for _ in range(5)]
        yield "history.ls", Sample(statistics.median(lists) * 1000)

    def close(self) -> None:
        self.ground.close()
