"""`python -m bench.idle [FLOWS] [SECONDS]`: a folder of flows with schedules, and nothing to do.

Prints what the runtime and all its processes take: CPU, memory, wake-ups. 500 flows, a minute.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from bench import proc
from bench.ground import Ground

SETTLE = 10.0
"""Seconds for the flows to load and their plans to be entered."""


def main(flows: int = 500, seconds: int = 60) -> None:
    """Measure and print one line a figure."""
    with tempfile.TemporaryDirectory(prefix="jobmon-idle-", ignore_cleanup_errors=True) as folder:
        ground = Ground(Path(folder) / "batch", **{f"f{i}": _flow(i) for i in range(flows)})
        try:
            ground.warm()
            time.sleep(SETTLE)
            figures = _measured(ground, seconds)
        finally:
            ground.close()
    print(f"{flows} flows with a schedule, idle for {seconds} s")
    for name, value in figures.items():
        print(f"  {name:10} {value:8.3f}")


def _measured(ground: Ground, seconds: int) -> dict[str, float]:
    family = ground.family()
    cpu, wakes, begun = proc.own_cpu(family), proc.wakes(family), time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - begun
    return {
        "CPU %": 100 * (proc.own_cpu(family) - cpu) / took,
        "PSS MB": proc.pss(family),
        "wake-ups/s": (proc.wakes(family) - wakes) / took,
    }


def _flow(i: int) -> str:
    """Once a day, at minutes spread over it that are not near."""
    hour = (time.gmtime().tm_hour + 2 + i // 60) % 24
    cron = f"{i % 60} {hour} * * *"
    return f"flow = Flow('f{i}', schedule=Cron('{cron}', tz='UTC'))\nflow.exec('a', ['true'])\n"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
