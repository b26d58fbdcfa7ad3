"""How soon: the edge between two jobs, the first job after a command, the commands themselves."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from bench import rivals
from bench.ground import Ground
from bench.table import Sample
from bench.workload import Found, Scale, Workload

LENGTH = 100
CHAIN = (
    f"jobs = [flow.exec(f'j{{i}}', [{rivals.TRUE!r}]) for i in range({LENGTH})]\n"
    "for one, other in zip(jobs, jobs[1:]):\n    one >> other\n"
)
ONE = f"flow.exec('one', [{rivals.TRUE!r}])\n"


class Chain(Workload):
    """100 jobs in a row: from one's end to the next one's start, both as recorded."""

    def __init__(self, folder: Path, scale: Scale) -> None:
        super().__init__(folder, scale)
        self.ground = Ground(folder / "batch", chain=CHAIN)
        self.ground.warm()
        self.ground.timed_run("chain")

    def measure(self) -> Iterator[Found]:
        loop = rivals.shell_loop(LENGTH) * 1000 / LENGTH
        gaps: list[float] = []
        for _ in range(self.scale.times):
            run, _seconds = self.ground.timed_run("chain")
            times = self.ground.times(run)
            gaps += [(start - end) * 1000 for (_, end), (start, _) in pairwise(times)]
        yield "edge", Sample(statistics.median(gaps), loop)
        yield "edge.p99", Sample(statistics.quantiles(gaps, n=100)[98])

    def close(self) -> None:
        self.ground.close()


class Commands(Workload):
    """The command line as people use it: real processes, from their start."""

    def __init__(self, folder: Path, scale: Scale) -> None:
        super().__init__(folder, scale)
        self.ground = Ground(folder / "batch", one=ONE)
        self.ground.warm()

    def measure(self) -> Iterator[Found]:
        python = self._median(rivals.python_start)
        yield "cli.status", Sample(self._median(lambda: self.ground.cli("status")), python)
        yield "cli.ls", Sample(self._median(lambda: self.ground.cli("ls")), python)
        yield "first.up", Sample(self._median(self._first), python)
        yield "first.down", Sample(self._median(self._first_after_down), python)

    def _median(self, seconds: Callable[[], float]) -> float:
        """In milliseconds."""
        return statistics.median(seconds() for _ in range(self.scale.times)) * 1000

    def _first(self) -> float:
        """Seconds from `jobmon run` to the recorded start of its first job."""
        begun = time.time()
        self.ground.cli("run", "one")
        self.ground.until(lambda db: not _open(db))
        with contextlib.closing(self.ground.reader()) as db:
            (run,) = db.execute("SELECT max(id) FROM runs").fetchone()
        return self.ground.times(run)[0][0] - begun

    def _first_after_down(self) -> float:
        self.ground.down()
        return self._first()

    def close(self) -> None:
        self.ground.close()


def _open(db: contextlib.closing | object) -> int:
    (count,) = db.execute("SELECT count(*) FROM runs WHERE ended IS NULL").fetchone()  # type: ignore[attr-defined]
    return count
