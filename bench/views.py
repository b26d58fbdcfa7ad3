"""What the monitor costs in a real terminal, view by view, beside textual's own widgets."""

from __future__ import annotations

import contextlib
import itertools
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench import proc
from bench.ground import JOBMON, Ground
from bench.table import Sample
from bench.workload import Found, Scale, Workload
from tests.tui.terminal import Terminal

DAG = Path(__file__).parents[1] / "tests" / "data" / "dags" / "soykb-30fastq-20ch.json"
BARS = 16
GAP = 0.03
"""Seconds of silence between the bytes of one tick and those of the next."""
LIMIT = 60.0
READY = "READY"
CACHED = {"PYTHONDONTWRITEBYTECODE": ""}
"""Compiled once, as everywhere it is used: development environments switch that off."""
PROGRESS = (
    "for i in range({bars}):\n"
    "    line = 'n=0; while :; do n=$((n+1)); echo progress $n/{{}}; sleep 1; done'\n"
    "    flow.shell(f'bar {{i:02}}', line.format(120 + 40 * i))\n"
)
GATED = (
    "gate = flow.exec('gate', ['sleep', '3600'])\n"
    "for i in range({rows}):\n    gate >> flow.exec(f'row {{i:04}}', ['true'])\n"
)
GRAPH = (
    "import json\nfrom pathlib import Path\n"
    "graph = json.loads(Path({path!r}).read_text(encoding='utf-8'))['jobs']\n"
    "jobs = {{job['name']: flow.exec(job['name'], ['sleep', '3600']) for job in graph}}\n"
    "for job in graph:\n"
    "    for parent in job['after']:\n        jobs[parent] >> jobs[job['name']]\n"
)
LINES = 'import sys\nfor n in range({lines}):\n    sys.stdout.write(f"{{n:07}} {{LINE}}\\n")\n'
LINE = "a line of an ordinary log, of about a hundred signs, as jobs write"
STREAM = (
    "import itertools, time\nfor n in itertools.count():\n"
    f'    print(f"{{n:07}} {LINE}")\n'
    "    n % 50 or time.sleep(0.05)\n"
)


class Cost(NamedTuple):
    """What a view costs while it is only looked at: percent of a core, and bytes."""

    cpu: float
    rate: float  # kB a second
    tick: float  # kB each time it draws


class View(Workload):
    """A folder of its own with 16 slots; the monitor opens on it as a person opens it."""

    flows: dict[str, str] = {}  # noqa: RUF012 - each part names its own

    def __init__(self, folder: Path, scale: Scale) -> None:
        super().__init__(folder, scale)
        self.ground = Ground(folder / "batch", **self.flows)
        (self.ground.home / "jobmon.toml").write_text(f"[runtime]\nslots = {BARS + 1}\n")
        self.ground.warm()

    def monitor(self, columns: int = 80, rows: int = 24) -> Terminal:
        """The monitor, just started."""
        command = [JOBMON, "--home", str(self.ground.home)]
        return Terminal(command, {"XDG_STATE_HOME": str(self.folder), **CACHED}, columns, rows)

    def close(self) -> None:
        self.ground.close()


def peer(*view: object) -> Terminal:
    """The same view of textual's own widgets, just started."""
    return Terminal([sys.executable, "-m", "bench.screen_peer", *map(str, view)], CACHED)


class Taken(NamedTuple):
    """How long something took to be seen, and the CPU of it: that is less troubled by others."""

    seconds: float
    cpu: float


def opened(terminal: Terminal, wanted: str) -> Taken:
    """From the start of the process until something is painted."""
    with terminal:
        return _shown(terminal, wanted, terminal.begun, 0.0)


def pressed(terminal: Terminal, key: str, wanted: str) -> Taken:
    """From a key until what it brings is painted."""
    since, cpu = time.monotonic(), proc.own_cpu([terminal.pid])
    terminal.press(key)
    return _shown(terminal, wanted, since, cpu)


def _shown(terminal: Terminal, wanted: str, since: float, cpu: float) -> Taken:
    terminal.wait(wanted, LIMIT)
    return Taken(terminal.chunks[-1][0] - since, proc.own_cpu([terminal.pid]) - cpu)


def looked_at(terminal: Terminal, seconds: float) -> Cost:
    """What it costs from now on."""
    terminal.wait(lambda t: t.received)
    time.sleep(1.0)  # the first picture is no part of it
    cpu, first = proc.own_cpu([terminal.pid]), len(terminal.chunks)
    begun = time.monotonic()
    time.sleep(seconds)
    gone = time.monotonic() - begun
    chunks = terminal.chunks[first:]
    size = sum(len(data) for _, data in chunks) / 1000
    times = [at for at, _ in chunks]
    ticks = sum(b - a > GAP for a, b in zip([0.0, *times], times, strict=False))
    used = proc.own_cpu([terminal.pid]) - cpu
    return Cost(100 * used / gone, size / gone, size / max(1, ticks))


class Idle(View):
    """Nothing runs and nobody types."""

    flows = {"one": "flow.exec('one', ['true'])\n"}  # noqa: RUF012

    def measure(self) -> Iterator[Found]:
        self.ground.timed_run("one")
        for _ in range(self.scale.times):
            theirs, ours = opened(peer("table", 20, 0), READY), opened(self.monitor(), "one")
            yield "start", Sample(ours.seconds, theirs.seconds)
            yield "start.cpu", Sample(ours.cpu, theirs.cpu)
        with peer("table", 20, 0) as other:
            idle = looked_at(other, self.scale.idle)
        with self.monitor() as terminal:
            terminal.wait("one")
            terminal.settle(1.0)
            cost = looked_at(terminal, self.scale.idle)
            yield "idle.bytes", Sample(cost.rate * self.scale.idle * 1000)
            yield "idle.cpu", Sample(cost.cpu, idle.cpu)
            yield "idle.rss", Sample(terminal.memory())


class Work(View):
    """Sixteen jobs that say how far they are, once a second."""

    flows = {"bars": PROGRESS.format(bars=BARS)}  # noqa: RUF012

    def __init__(self, folder: Path, scale: Scale) -> None:
        super().__init__(folder, scale)
        self.ground.call("run", flow="bars")

    def measure(self) -> Iterator[Found]:
        with peer("table", BARS, 4) as other:
            theirs = looked_at(other, self.scale.idle)
        for key, name in (("1", "queue"), ("3", "equalizer")):
            with self.monitor() as terminal:
                terminal.wait("bar 00")
                terminal.press(key)
                cost = looked_at(terminal, self.scale.idle)
            yield f"work.{name}.cpu", Sample(cost.cpu, theirs.cpu)
            yield f"work.{name}.tick", Sample(cost.tick, theirs.tick)
            yield f"work.{name}.rate", Sample(cost.rate, theirs.rate)


class Rows(View):
    """A queue of very many job runs, sixteen of which run."""

    def __init__(self, folder: Path, scale: Scale) -> None:
        self.flows = {"many": PROGRESS.format(bars=BARS) + GATED.format(rows=scale.rows)}
        super().__init__(folder, scale)
        self.ground.call("run", flow="many")

    def measure(self) -> Iterator[Found]:
        for _ in range(self.scale.times):
            theirs = opened(peer("table", self.scale.rows, 4), READY)
            ours = opened(self.monitor(), "bar 0")
            yield "rows.first", Sample(ours.seconds, theirs.seconds)
            yield "rows.first.cpu", Sample(ours.cpu, theirs.cpu)
        with peer("table", self.scale.rows, 4) as other:
            other.wait(READY, LIMIT)
            theirs = looked_at(other, self.scale.idle)
        with self.monitor() as terminal:
            terminal.wait("bar 0")
            cost = looked_at(terminal, self.scale.idle)
            yield "rows.cpu", Sample(cost.cpu, theirs.cpu)
            yield "rows.rate", Sample(cost.rate, theirs.rate)
            yield "rows.rss", Sample(terminal.memory())


class Graph(View):
    """The tree of a run of 416 jobs."""

    flows = {"graph": GRAPH.format(path=str(DAG))}  # noqa: RUF012

    def __init__(self, folder: Path, scale: Scale) -> None:
        super().__init__(folder, scale)
        self.ground.call("run", flow="graph")

    def measure(self) -> Iterator[Found]:
        with self.monitor() as terminal:
            terminal.wait("graph#1")
            terminal.settle()
            for _ in range(self.scale.times):
                yield "graph.open", Sample(pressed(terminal, "2", "├─").seconds)
                pressed(terminal, "1", "graph#1")
                terminal.settle()


class Logs(View):
    """A log of very many lines, and one that grows by 1,000 a second."""

    def __init__(self, folder: Path, scale: Scale) -> None:
        writing = LINES.format(lines=scale.lines).replace("{LINE}", LINE)
        self.flows = {
            "long": f"import sys\nflow.exec('long', [sys.executable, '-c', {writing!r}])\n",
            "stream": f"import sys\nflow.exec('stream', [sys.executable, '-uc', {STREAM!r}])\n",
        }
        super().__init__(folder, scale)
        self.ground.timed_run("long")

    def measure(self) -> Iterator[Found]:
        last = f"{self.scale.lines - 1:07}"
        with self.monitor() as terminal:
            terminal.wait("long#1")
            terminal.settle()
            before = terminal.memory()
            taken = pressed(terminal, "enter", last)
            yield "log.open", Sample(taken.seconds)
            yield "log.open.cpu", Sample(taken.cpu)
            yield "log.rss", Sample(terminal.memory() - before)
        theirs = opened(peer("log", self.scale.lines // 100), READY)
        yield "log.peer", Sample(theirs.seconds)
        yield from self._followed()

    def _followed(self) -> Iterator[Found]:
        with peer("follow", 1000) as other:
            theirs = looked_at(other, self.scale.idle)
        run = self.ground.call("run", flow="stream")["run"]
        with self.monitor() as terminal:
            terminal.wait("stream#")
            terminal.press("g", "enter")
            terminal.wait(LINE[:20])
            cost = looked_at(terminal, self.scale.idle)
        self.ground.call("verb", verb="kill", run=run, options={"hard": True})
        yield "follow.cpu", Sample(cost.cpu, theirs.cpu)
        yield "follow.rate", Sample(cost.rate, theirs.rate)


class Switches(View):
    """From screen to screen, a thousand times."""

    every_round = False
    flows = {"bars": PROGRESS.format(bars=BARS)}  # noqa: RUF012

    def measure(self) -> Iterator[Found]:
        self.ground.call("run", flow="bars")
        with peer("screens") as other:
            other.wait(READY)
            theirs = switched(other, "xy", self.scale.switches)
        with self.monitor() as terminal:
            terminal.wait("bar 00")
            yield (
                "switches.rss",
                Sample(switched(terminal, "1235678", self.scale.switches), theirs),
            )


def switched(terminal: Terminal, keys: str, times: int) -> float:
    """MB it grew by, after each key was pressed often enough to have been everywhere."""
    _press(terminal, keys, 4 * len(keys))
    before = terminal.memory()
    _press(terminal, keys, times)
    return terminal.memory() - before


def _press(terminal: Terminal, keys: str, times: int) -> None:
    """Key after key, each once the picture of the last one began to come."""
    for key in itertools.islice(itertools.cycle(keys), times):
        before = terminal.received
        terminal.press(key)
        with contextlib.suppress(AssertionError):  # the picture may be the same
            terminal.wait(lambda t, n=before: t.received > n, 1.0)


VIEWS: dict[str, type[Workload]] = {
    "idle": Idle,
    "work": Work,
    "rows": Rows,
    "graph": Graph,
    "logs": Logs,
    "switches": Switches,
}
