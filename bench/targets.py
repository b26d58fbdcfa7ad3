"""The rows of the table: what is measured, against what, and what is wanted of it."""

from __future__ import annotations

from typing import NamedTuple


class Target(NamedTuple):
    """One row. `reach` and `moonshot` bound the value, or with `by_ratio` the ratio to `against`.

    `figure` may name sizes of the run: {many}, {history}. Without bounds a row only informs.
    """

    key: str
    figure: str
    unit: str
    against: str = ""
    reach: float | None = None
    moonshot: float | None = None
    by_ratio: bool = False
    more: bool = False  # more is better


TARGETS = (
    Target(
        "fanout", "fan-out of 1,000 true, 8 slots", "jobs/s", "xargs -P8", 0.35, 0.5, True, True
    ),
    Target("fanout.make", "  the same beside make", "jobs/s", "make -j8"),
    Target(
        "layers", "1,000 jobs, 10 layers, 3 parents", "jobs/s", "the fan-out", 0.8, 1.0, True, True
    ),
    Target("layers.make", "  the same beside make", "jobs/s", "make -j8"),
    Target("cpu.200", "CPU a job and its own, 200 jobs", "ms", "make -j8", 2.5, 1.8),
    Target("cpu.1000", "CPU a job and its own, 1,000 jobs", "ms", "make -j8", 2.5, 1.8),
    Target("cpu.many", "CPU a job and its own, {many:,} jobs", "ms", "", 2.5, 1.8),
    Target("cpu.growth", "  beside 200 jobs", "x", "", 1.2, 1.0),
    Target("cpu.layers", "CPU a job, layers beside fan-out", "ms", "the fan-out", 1.2, 1.0, True),
    Target("edge", "chain of 100: end to next start, median", "ms", "shell loop, a job", 3.0, 1.7),
    Target("edge.p99", "  p99", "ms", ""),
    Target("first.up", "jobmon run to the first start, runtime up", "ms", "python start", 100, 60),
    Target("first.down", "  runtime to be started", "ms", "python start", 400, 250),
    Target("cli.status", "jobmon status", "ms", "python start", 100, 60),
    Target("cli.ls", "jobmon ls", "ms", "python start", 100, 60),
    Target("lines", "1,000,000 lines: added to writing a file", "s", "seq > file", 0.6, 0.35),
    Target("lines.cpu", "  runtime CPU meanwhile", "%", "", 5, 1),
    Target("idle.cpu", "idle, 100 schedules: CPU", "%", "", 0.1, 0.03),
    Target("idle.pss", "  PSS of all processes", "MB", "", 60, 40),
    Target("idle.wakes", "  wake-ups", "1/s", "", 5, 2),
    Target("waiting.pss", "10,000 waiting jobs: memory above idle", "MB", "", 20, 10),
    Target("waiting.hold", "  a hold takes effect", "ms", "", 50, 10),
    Target("waiting.rerun", "  a rerun takes effect", "ms", "", 50, 10),
    Target("history.last", "{history:,} job runs: last 50 of a job", "ms", "", 20, 10),
    Target("history.ls", "  the newest 50 runs", "ms", "", 500, 100),
    Target("history.size", "  on disk, events included", "MB", ""),
    Target("lag", "event loop lag under the fan-out, p99", "ms", "", 50, 10),
    Target("lag.waiting", "  while 10,000 jobs are added, worst", "ms", ""),
)
