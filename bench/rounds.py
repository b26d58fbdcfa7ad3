"""The rounds of a bench: every part once, then every part again, and what was found."""

from __future__ import annotations

import contextlib
import itertools
import os
import platform
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.table import Sample
from bench.workload import Scale, Workload
from jobmon.runtime.errors import JobmonError

PATIENCE = 360.0
"""Seconds after which no further round is begun."""

NOT_MEASURED = (RuntimeError, OSError, AssertionError, subprocess.SubprocessError, JobmonError)
"""What says that a part could not be measured; the terminal says it with an AssertionError."""

Workloads = Mapping[str, type[Workload]]
Samples = dict[str, list[Sample]]


def measure(folder: Path, scale: Scale, workloads: Workloads, names: Sequence[str]) -> Samples:
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
                made[name] = workloads[name](folder / name, scale)
                stack.callback(made[name].close)
            try:
                for key, sample in made[name].measure():
                    found[key].append(sample)
            except NOT_MEASURED as error:
                sys.stderr.write(f"{name} was not measured: {error}\n")
    _say("")
    return found


def _say(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")


def about(scale: Scale, seconds: float) -> str:
    """On what, how often and for how long it was measured."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.release()}"
    return (
        f"{machine}; {scale.rounds} rounds, medians; {seconds:.0f} s; "
        f"load {os.getloadavg()[0]:.1f}.\n"
        "Ratios are of one round each; only they are comparable between machines.\n"
    )
