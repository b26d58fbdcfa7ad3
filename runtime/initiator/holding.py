"""The named lock of an attempt, taken before its claim. Loaded by initiators: standard library.

It is the flock that `jobmon.jobs.kit.lock` takes. The descriptor goes on to the job's processes: so
the lock lasts as long as any of them, also when the initiator is killed, and not a moment longer.
"""

from __future__ import annotations

import fcntl
import json
import os
import time

from jobmon.runtime import disk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FREE = -1
"""In place of a descriptor: the attempt needs no lock."""
TRIES, NAP = 5, 0.002
"""Somebody who only looks whether the lock is held has it for a moment."""
_OPEN = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


def take(order: dict[str, Any], state: int) -> int | None:
    """A descriptor that holds the lock, FREE, or None while somebody else holds it. OSError.

    `order["lock"]` has its `file` in the folder `locks`, its `name`, and `who` takes it.
    """
    wanted = order.get("lock")
    if not wanted:
        return FREE
    with disk.folder("locks", state) as locks:
        fd = os.open(f"{wanted['file']}.lock", _OPEN, disk.PRIVATE_FILE, dir_fd=locks)
        if not _lock(fd):
            os.close(fd)
            return None
        os.set_inheritable(fd, True)
        _sign(wanted, locks)
    return fd


def _lock(fd: int) -> bool:
    for _ in range(TRIES):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(NAP)
    return False


def _sign(wanted: dict[str, Any], locks: int) -> None:
    """Say beside the lock who holds it, for people."""
    told = {"name": wanted["name"], "who": wanted["who"], "pid": os.getpid(), "since": time.time()}
    name = f"{wanted['file']}.json"
    partial = f"{name}.{os.getpid()}.new"
    try:
        fd = os.open(partial, _OPEN | os.O_TRUNC, disk.PRIVATE_FILE, dir_fd=locks)
        try:
            disk.write_all(fd, json.dumps(told, ensure_ascii=False).encode())
        finally:
            os.close(fd)
        os.replace(partial, name, src_dir_fd=locks, dst_dir_fd=locks)
    except OSError:
        return
