"""Processes as /proc shows them, with the standard library alone: initiators load this file too.

A process is known by its pid together with its start in clock ticks since boot; a pid alone may
by now be somebody else's. What cannot be read for want of descriptors or memory is an OSError:
nothing seen must not be taken for nothing there.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections import namedtuple

Proc = namedtuple("Proc", "pid ppid session ticks state cpu rss", defaults=(0, 0))
"""`ticks` is the start since boot, `state` the letter of /proc, `cpu` what it and the children it
waited for used, in clock ticks, `rss` its memory in pages. No typing here: 1 MB a slot."""

DEAD = frozenset("ZXx")
_ABSENT = (FileNotFoundError, ProcessLookupError, PermissionError)
"""What reading of a process says when there is none, or none of ours."""


def boot_id() -> str:
    """This boot's random name, "" where the system gives none."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def process(pid: int) -> Proc | None:
    """The process of that pid, dead but unreaped ones included; None when there is none.

    OSError when that cannot be told just now.
    """
    try:
        fd = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except _ABSENT:
        return None
    try:
        return _parse(pid, os.read(fd, 4096))
    except _ABSENT:
        return None
    finally:
        os.close(fd)


def _parse(pid: int, raw: bytes) -> Proc | None:
    # The name in brackets may hold spaces and brackets: the fields begin after the last one.
    fields = raw[raw.rfind(b")") + 2 :].split()
    if len(fields) < 22:
        return None
    cpu = sum(map(int, fields[11:15]))
    start, rss = int(fields[19]), int(fields[21])
    return Proc(pid, int(fields[1]), int(fields[3]), start, fields[0].decode(), cpu, rss)


def processes() -> dict[int, Proc]:
    """Every process seen in one pass over /proc. One that forks meanwhile may be missed.

    OSError when not all can be seen just now.
    """
    found = (process(int(name)) for name in os.listdir("/proc") if name.isdigit())
    return {proc.pid: proc for proc in found if proc is not None}


def descendants(roots: set[int], table: dict[int, Proc]) -> list[Proc]:
    """The living processes below `roots` (which are not among them)."""
    children: dict[int, list[Proc]] = {}
    for proc in table.values():
        children.setdefault(proc.ppid, []).append(proc)
    found: list[Proc] = []
    seen, stack = set(roots), list(roots)
    while stack:
        for proc in children.get(stack.pop(), ()):
            if proc.pid not in seen:
                seen.add(proc.pid)
                found.append(proc)
                stack.append(proc.pid)
    return [proc for proc in found if proc.state not in DEAD]


def parents_first(found: list[Proc], table: dict[int, Proc]) -> list[Proc]:
    """In the order to signal them: a shell that sees its child end would begin its next line."""
    return sorted(found, key=lambda proc: _depth(proc, table))


def _depth(proc: Proc, table: dict[int, Proc]) -> int:
    depth = 0
    while (parent := table.get(proc.ppid)) is not None and depth < len(table):
        proc, depth = parent, depth + 1
    return depth


def signal_process(pid: int, ticks: int, number: int) -> bool:
    """Signal exactly that process, never one that took over its pid. False: it is gone."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    except (OSError, AttributeError):
        return _signal_by_pid(pid, ticks, number)
    try:
        # Checked after the handle is open: from here the pid cannot change hands unnoticed.
        if not _same(pid, ticks):
            return False
        signal.pidfd_send_signal(handle, number)
    except (ProcessLookupError, PermissionError):
        return False
    finally:
        os.close(handle)
    return True


def _signal_by_pid(pid: int, ticks: int, number: int) -> bool:
    if not _same(pid, ticks):
        return False
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _same(pid: int, ticks: int) -> bool:
    try:
        proc = process(pid)
    except OSError:  # not proven, so not signalled
        return False
    return proc is not None and proc.ticks == ticks and proc.state not in DEAD


def signal_below(root: int, number: int) -> None:
    """Signal every descendant of `root`; a stopped one is woken so that it can act on it."""
    try:
        table = processes()
    except OSError:  # the caller's next round reaches them
        return
    for proc in descendants({root}, table):
        signal_process(proc.pid, proc.ticks, number)
        if number != signal.SIGKILL:
            signal_process(proc.pid, proc.ticks, signal.SIGCONT)


def signal_group(leader: int, number: int) -> None:
    """The same for a process group: all that can be reached where there is no /proc."""
    with contextlib.suppress(OSError):
        os.killpg(leader, number)
        os.killpg(leader, signal.SIGCONT)


def group_alive(leader: int) -> bool:
    """Whether the group has a living process."""
    try:
        os.killpg(leader, 0)
    except OSError:
        return False
    return True


def environment(pid: int) -> dict[bytes, bytes]:
    """The environment the process was started with; empty when it may not be read.

    OSError when that cannot be told just now.
    """
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            raw = file.read()
    except _ABSENT:
        return {}
    pairs = (item.partition(b"=") for item in raw.split(b"\0"))
    return {name: value for name, found, value in pairs if found}
