"""What /proc says of processes: CPU, memory, wake-ups."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

TICK = 1.0 / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """The fields after the command's name: state, ppid, ... (see proc(5), shifted by three)."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def alive(pid: int) -> bool:
    """Whether it exists and is no zombie: a runtime started from here is never waited for."""
    try:
        return _stat(pid)[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(pid: int) -> list[int]:
    """The processes whose parent it is now."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def family(runtime: int) -> list[int]:
    """The runtime, its template and its initiators; not the jobs, the initiators' children."""
    templates = [pid for pid in children(runtime) if b"--template" in _command(pid)]
    return [runtime, *templates, *(pid for t in templates for pid in children(t))]


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def cpu(pids: Iterable[int]) -> float:
    """Seconds of CPU they used, with that of the children they waited for; in ticks of 10 ms."""
    return TICK * sum(sum(map(int, _stat(pid)[11:15])) for pid in pids)


def own_cpu(pids: Iterable[int]) -> float:
    """Seconds of CPU their living threads used, to the nanosecond."""
    tasks = (task for pid in pids for task in Path(f"/proc/{pid}/task").iterdir())
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def pss(pids: Iterable[int]) -> float:
    """Their memory in MB, shared pages divided among those who share them."""
    return sum(_kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") for pid in pids) / 1024


def _kilobytes(path: Path, key: str) -> int:
    lines = path.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key))


def wakes(pids: Iterable[int]) -> int:
    """How often any of their threads gave up the processor to wait for something."""
    return sum(_switches(task) for pid in pids for task in Path(f"/proc/{pid}/task").iterdir())


def _switches(task: Path) -> int:
    with contextlib.suppress(OSError):
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                return int(line.split()[1])
    return 0
