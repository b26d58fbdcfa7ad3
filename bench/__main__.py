"""`python -m bench [--quick] [--only fanout,chain] [--rounds N] [--markdown]`: prints the table.

It informs and never fails on a time. What the columns mean is in docs/bench.md.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from bench import table
from bench.latency import Chain, Commands
from bench.rounds import about, measure
from bench.standing import History, Idle, Lines, Waiting
from bench.targets import TARGETS, Target
from bench.throughput import Cpu, Fanout, Lag, Peers
from bench.workload import QUICK, Scale, Workload

WORKLOADS: dict[str, type[Workload]] = {
    "fanout": Fanout,
    "chain": Chain,
    "commands": Commands,
    "lines": Lines,
    "lag": Lag,
    "cpu": Cpu,
    "waiting": Waiting,
    "history": History,
    "peers": Peers,
    "idle": Idle,
}


def main() -> int:
    """Measure and print."""
    options = _options()
    scale = QUICK if options.quick else Scale()
    if options.rounds:
        scale = scale._replace(rounds=options.rounds)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="jobmon-bench-", ignore_cleanup_errors=True) as folder:
        found = measure(Path(folder), scale, WORKLOADS, options.only or list(WORKLOADS))
    targets = (*TARGETS, *(_peer(key) for key in found if key.startswith("peer.")))
    cells = table.rows(found, {"many": scale.many, "history": scale.history}, targets)
    print(about(scale, time.monotonic() - begun))
    print(table.markdown(cells) if options.markdown else table.plain(cells))
    return 0


def _peer(key: str) -> Target:
    return Target(key, f"the fan-out by {key.removeprefix('peer.')}", "jobs/s", "xargs -P8")


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(WORKLOADS):
        raise argparse.ArgumentTypeError(
            f"{', '.join(sorted(unknown))}: there are {', '.join(WORKLOADS)}"
        )
    return names


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round, smaller sizes")
    parser.add_argument("--rounds", type=int, help="how often everything is measured")
    parser.add_argument("--only", type=_names, help="parts: " + ", ".join(WORKLOADS))
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
