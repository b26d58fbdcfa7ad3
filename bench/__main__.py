"""`python -m bench [--quick] [--only fanout,chain] [--rounds N] [--markdown]`: prints the table.

It informs and never fails on a time. What the columns mean is in docs/bench.md.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from bench import table
from bench.latency import Chain, Commands
from bench.standing import History, Idle, Lines, Waiting
from bench.table import Sample
from bench.targets import TARGETS, Target
from bench.throughput import Cpu, Fanout, Lag, Peers
from bench.workload import QUICK, Scale, Workload
from jobmon.runtime.errors import JobmonError

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

PATIENCE = 360.0
"""Seconds after which no further round is begun."""

Samples = dict[str, list[Sample]]


def main() -> int:
    """Measure and print."""
    options = _options()
    scale = QUICK if options.quick else Scale()
    if options.rounds:
        scale = scale._replace(rounds=options.rounds)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="jobmon-bench-", ignore_cleanup_errors=True) as folder:
        found = measure(Path(folder), scale, options.only or list(WORKLOADS))
    targets = (*TARGETS, *(_peer(key) for key in found if key.startswith("peer.")))
    cells = table.rows(found, {"many": scale.many, "history": scale.history}, targets)
    print(_about(scale, time.monotonic() - begun))
    print(table.markdown(cells) if options.markdown else table.plain(cells))
    return 0


def measure(folder: Path, scale: Scale, names: list[str]) -> Samples:
    """Every workload once a round, in turn: what disturbs the machine disturbs all of them.

    Interrupted, or on a machine so busy that the last round would not end in time, what was
    found so far is the result.
    """
    found: Samples = defaultdict(list)
    late = time.monotonic() + PATIENCE
    with contextlib.ExitStack() as stack, contextlib.suppress(KeyboardInterrupt):
        made: dict[str, Workload] = {}
        for turn, name in itertools.product(range(scale.rounds), names):
            if turn and (time.monotonic() > late or not made[name].every_round):
                continue
            _say(f"round {turn + 1} of {scale.rounds}: {name}")
            if name not in made:
                (folder / name).mkdir()
                made[name] = WORKLOADS[name](folder / name, scale)
                stack.callback(made[name].close)
            try:
                for key, sample in made[name].measure():
                    found[key].append(sample)
            except (RuntimeError, OSError, subprocess.SubprocessError, JobmonError) as error:
                sys.stderr.write(f"{name} was not measured: {error}\n")
    _say("")
    return found


def _peer(key: str) -> Target:
    return Target(key, f"the fan-out by {key.removeprefix('peer.')}", "jobs/s", "xargs -P8")


def _say(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")


def _about(scale: Scale, seconds: float) -> str:
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.release()}"
    return (
        f"{machine}; {scale.rounds} rounds, medians; {seconds:.0f} s; "
        f"load {os.getloadavg()[0]:.1f}.\n"
        "Ratios are of one round each; only they are comparable between machines.\n"
    )


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
