"""Many jobs: fan-outs of three sizes and a layered graph; jobs a second, CPU a job, loop lag."""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from bench import peers, proc, rivals
from bench.ground import Ground
from bench.table import Sample
from bench.workload import Found, Scale, Workload
from jobmon.runtime.client import connect

LAYERS, WIDE, ABOVE = 10, 100, 3
ASK_EVERY = 0.005


def wide(count: int) -> str:
    """A flow of `count` jobs that need nobody."""
    return f"for i in range({count}):\n    flow.exec(f'j{{i}}', [{rivals.TRUE!r}])\n"


def layered() -> list[tuple[int, ...]]:
    """What job i needs: three of the layer above it, the same in every run."""
    dice = random.Random(7)
    above: list[tuple[int, ...]] = []
    for i in range(LAYERS * WIDE):
        upper = range((i // WIDE - 1) * WIDE, i // WIDE * WIDE)
        above.append(tuple(dice.sample(upper, ABOVE)) if i >= WIDE else ())
    return above


def layered_flow() -> str:
    """The same as a flow."""
    return (
        f"above = {layered()!r}\njobs = []\nfor i, ups in enumerate(above):\n"
        f"    jobs.append(flow.exec(f'j{{i}}', [{rivals.TRUE!r}]))\n"
        "    for up in ups:\n        jobs[up] >> jobs[i]\n"
    )


class Fanout(Workload):
    """1,000 jobs at 8 slots, and the same number in layers, beside xargs and make."""

    def __init__(self, folder: Path, scale: Scale) -> None:
        super().__init__(folder, scale)
        self.ground = Ground(folder / "batch", wide=wide(1000), layers=layered_flow())
        self.ground.warm()
        self.ground.timed_run("wide")  # so that no round pays for byte code and first forks

    def measure(self) -> Iterator[Found]:
        simple = 1000 / rivals.xargs(1000)
        rate, cpu = self._rate("wide")
        make, make_cpu = self._make(lambda _: ())
        yield "fanout", Sample(rate, simple)
        yield "fanout.make", Sample(rate, make)
        yield "cpu.1000", Sample(cpu, make_cpu)
        layers, layers_cpu = self._rate("layers")
        above = layered()
        yield "layers", Sample(layers, rate)
        yield "layers.make", Sample(layers, self._make(above.__getitem__)[0])
        yield "cpu.layers", Sample(layers_cpu, cpu)

    def _rate(self, flow: str) -> tuple[float, float]:
        """(jobs a second, ms of CPU a job)."""
        cpu, seconds = spent(self.ground, flow)
        return 1000 / seconds, cpu

    def _make(self, above: rivals.Above) -> tuple[float, float]:
        seconds, cpu = rivals.make(self.folder, 1000, above)
        return 1000 / seconds, cpu

    def close(self) -> None:
        self.ground.close()


def spent(ground: Ground, flow: str) -> tuple[float, float]:
    """(CPU seconds of runtime, initiators and jobs, wall seconds) of one run."""
    before = proc.cpu(ground.family())
    _, seconds = ground.timed_run(flow)
    return proc.cpu(ground.family()) - before, seconds


class Cpu(Workload):
    """CPU a job at 200 and at 10,000 jobs: what a job costs must not grow with their number."""

    def __init__(self, folder: Path, scale: Scale) -> None:
        super().__init__(folder, scale)
        self.ground = Ground(folder / "batch", few=wide(200), many=wide(scale.many))
        self.ground.warm()
        self.ground.timed_run("few")

    def measure(self) -> Iterator[Found]:
        makes = [rivals.make(self.folder, 200, lambda _: ())[1] for _ in range(self.scale.times)]
        few = sum(spent(self.ground, "few")[0] for _ in range(self.scale.times))
        few *= 1000 / (200 * self.scale.times)
        many = spent(self.ground, "many")[0] * 1000 / self.scale.many
        yield "cpu.200", Sample(few, statistics.mean(makes) * 1000 / 200)
        yield "cpu.many", Sample(many)
        yield "cpu.growth", Sample(many / few)

    def close(self) -> None:
        self.ground.close()


class Lag(Workload):
    """How long a connection waits for its hello while 1,000 jobs run, asked for every 5 ms."""

    def __init__(self, folder: Path, scale: Scale) -> None:
        super().__init__(folder, scale)
        self.ground = Ground(folder / "batch", wide=wide(1000))
        self.ground.warm()
        self.ground.timed_run("wide")

    def measure(self) -> Iterator[Found]:
        with Asker(self.ground) as asker:
            self.ground.timed_run("wide")
        yield "lag", Sample(asker.percentile(99))

    def close(self) -> None:
        self.ground.close()


class Asker:
    """Greets the runtime again and again, and keeps how long its hello took to come."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.milliseconds: list[float] = []

    def _ask(self) -> None:
        while not self._over.wait(ASK_EVERY):
            begun = time.perf_counter()
            connect(self._ground.state).close()
            self.milliseconds.append((time.perf_counter() - begun) * 1000)

    def percentile(self, share: int) -> float:
        """In milliseconds."""
        return statistics.quantiles(self.milliseconds, n=100)[share - 1]

    def __enter__(self) -> Asker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


class Peers(Workload):
    """The fan-out by other engines that are installed here; rows without a target."""

    every_round = False

    def measure(self) -> Iterator[Found]:
        simple = 1000 / rivals.xargs(1000)
        for name, command in peers.found().items():
            seconds = peers.fanout(name, command, self.folder / name, 1000)
            yield f"peer.{name}", Sample(1000 / seconds, simple)
