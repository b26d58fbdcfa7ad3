"""Processes for the runtime: who they are, whether they live, and signals that hit nobody else.

Built on proctree (/proc); where there is no /proc, on psutil and polling. Looking raises OSError
when it cannot be told just now who lives.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from jobmon.runtime import proctree
from jobmon.runtime.model import Identity

POLL_SECONDS = 0.5
"""How often a process is looked at where the kernel cannot tell of its end."""
HAS_PROC = os.path.exists("/proc/self/stat")


@cache
def boot_id() -> str:
    """The name of this boot; the same for every process until the machine starts again."""
    return proctree.boot_id() or f"boot-{int(_psutil().boot_time()) // 60}"


def _psutil() -> Any:
    import psutil

    return psutil


def identity(pid: int) -> Identity | None:
    """Who has that pid now; None when nobody does, or only a dead process not yet reaped."""
    if not HAS_PROC:
        return _identity_by_psutil(pid)
    proc = proctree.process(pid)
    if proc is None or proc.state in proctree.DEAD:
        return None
    return Identity(boot_id(), pid, proc.ticks)


def _identity_by_psutil(pid: int) -> Identity | None:
    psutil = _psutil()
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return Identity(boot_id(), pid, int(process.create_time() * 100))
    except psutil.Error:
        return None


def alive(who: Identity) -> bool:
    """Whether exactly that process lives: same boot, same pid, same start."""
    if who.boot != boot_id():
        return False
    now = identity(who.pid)
    # Where there is no /proc an initiator cannot tell its own start and writes 0.
    return now is not None and (now.ticks == who.ticks or (who.ticks == 0 and not HAS_PROC))


def tree(pid: int) -> list[Identity]:
    """The living process `pid` and everything below it, parents first."""
    root = identity(pid)
    if root is None:
        return []
    if not HAS_PROC:
        children = _psutil().Process(pid).children(recursive=True)
        found = (identity(child.pid) for child in children)
        return [root, *(who for who in found if who)]
    below = proctree.descendants({pid}, proctree.processes())
    return [root, *(Identity(boot_id(), proc.pid, proc.ticks) for proc in below)]


def send(who: Identity, number: int) -> bool:
    """Signal exactly that process. False: it is gone (or may not be signalled)."""
    if who.boot != boot_id() or who.pid <= 1:
        return False
    if HAS_PROC:
        return proctree.signal_process(who.pid, who.ticks, number)
    if identity(who.pid) != who:
        return False
    try:
        os.kill(who.pid, number)
    except OSError:
        return False
    return True


def signal_tree(members: Iterable[Identity], number: int) -> int:
    """Signal each of them; a stopped one is woken so that it can act on it. How many were hit."""
    hit = 0
    for who in members:
        if send(who, number):
            hit += 1
            if number != signal.SIGKILL:
                send(who, signal.SIGCONT)
    return hit


def attempt_processes(attempt: str, output: str, leader: Identity | None) -> list[Identity]:
    """Every living process of an attempt whose initiator is dead, parents first.

    They are: the leader, its session and all below it, as long as it is proven to be the leader;
    every process whose environment names this attempt and its `output` path, and all below those.
    The path tells apart equal ids: a run in the foreground shares the batch folder with its
    runtime, not the state folder. A process that is none of these may be foreign: left alone.
    Raises OSError when not all is seen.
    """
    if not HAS_PROC:
        return tree(leader.pid) if leader and alive(leader) else []
    table = proctree.processes()
    named = (attempt.encode(), _place(os.fsencode(output)))
    roots = {pid for pid, proc in table.items() if _marks(proc) == named}
    if leader is not None and alive(leader):
        roots |= {pid for pid, proc in table.items() if proc.session == leader.pid}
        roots.add(leader.pid)
    roots.discard(os.getpid())
    below = proctree.descendants(roots, table)
    found = [proc for pid in roots if (proc := table.get(pid)) and proc.state not in proctree.DEAD]
    ordered = proctree.parents_first([*found, *below], table)
    return [Identity(boot_id(), proc.pid, proc.ticks) for proc in ordered]


def _marks(proc: proctree.Proc) -> tuple[bytes, bytes] | None:
    env = {} if proc.state in proctree.DEAD else proctree.environment(proc.pid)
    attempt, output = env.get(b"JOBMON_ATTEMPT_ID"), env.get(b"JOBMON_OUTPUT")
    return (attempt, _place(output)) if attempt and output else None


def _place(path: bytes) -> bytes:
    """The path through whatever links lead to its folder; the file itself is the job's to make."""
    folder, name = os.path.split(path)
    return os.path.join(os.path.realpath(folder), name)


def watch_exit(who: Identity, gone: Callable[[], None]) -> Callable[[], None]:
    """Call `gone` once, from the event loop, when that process has ended; returns how to stop.

    Costs nothing while it lives where the kernel has pidfds; elsewhere it looks twice a second.
    """
    loop = asyncio.get_running_loop()
    try:
        handle = os.pidfd_open(who.pid)
    except (OSError, AttributeError):
        return _watch_by_polling(who, gone, loop)
    try:
        living = alive(who)
    except OSError:
        os.close(handle)
        return _watch_by_polling(who, gone, loop)
    if not living:
        os.close(handle)
        return loop.call_soon(gone).cancel
    return _watch_handle(handle, gone, loop)


def _watch_handle(
    handle: int, gone: Callable[[], None], loop: asyncio.AbstractEventLoop
) -> Callable[[], None]:
    closed = False

    def stop() -> None:
        nonlocal closed
        if not closed:
            closed = True
            loop.remove_reader(handle)
            os.close(handle)

    def ended() -> None:
        stop()
        gone()

    loop.add_reader(handle, ended)
    return stop


def _maybe_alive(who: Identity) -> bool:
    try:
        return alive(who)
    except OSError:
        return True


def _watch_by_polling(
    who: Identity, gone: Callable[[], None], loop: asyncio.AbstractEventLoop
) -> Callable[[], None]:
    timer: asyncio.TimerHandle | None = None

    def look() -> None:
        nonlocal timer
        if _maybe_alive(who):
            timer = loop.call_later(POLL_SECONDS, look)
        else:
            gone()

    timer = loop.call_later(0, look)

    def stop() -> None:
        if timer:
            timer.cancel()

    return stop
