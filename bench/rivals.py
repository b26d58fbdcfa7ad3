"""The references: plain tools that do the same work and keep no state."""

from __future__ import annotations

import resource
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.ground import SLOTS, timed

Above = Callable[[int], Sequence[int]]
TRUE = shutil.which("true") or "/bin/true"
PYTHON = [sys.executable, "-I", "-S", "-c", "pass"]


def xargs(count: int) -> float:
    """Seconds for `count` times true, eight at once."""
    return timed(["sh", "-c", f"yes | head -n {count} | xargs -P{SLOTS} -n1 {TRUE}"])


def make(folder: Path, count: int, above: Above) -> tuple[float, float]:
    """(seconds, CPU seconds) of a graph whose job i needs the jobs above(i)."""
    rules = [f"j{i}:{''.join(f' j{up}' for up in above(i))}\n\t@{TRUE}" for i in range(count)]
    every = " ".join(f"j{i}" for i in range(count))
    text = f".PHONY: all {every}\nall: {every}\n" + "\n".join(rules) + "\n"
    (folder / "Makefile").write_text(text)
    before = _children_cpu()
    seconds = timed(["make", "-s", f"-j{SLOTS}", "-C", str(folder)])
    return seconds, _children_cpu() - before


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def shell_loop(count: int) -> float:
    """Seconds for `count` times true, one after the other."""
    return timed(["sh", "-c", f"i=0; while [ $i -lt {count} ]; do {TRUE}; i=$((i+1)); done"])


def python_start() -> float:
    """Seconds a bare interpreter needs to start and end."""
    return timed(PYTHON)
