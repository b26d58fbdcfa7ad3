"""Named locks: one holder at a time, of jobs and of scripts outside jobmon."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from typing import Any

from jobmon.jobs.kit import places

HELD = "JOBMON_LOCK"
"""In the environment of a job whose option `lock` took that lock for it."""
POLL = 0.05
TRIES, NAP = 5, 0.002
"""Somebody who only looks whether the lock is held has it for a moment."""


@contextlib.contextmanager
def lock(name: str, *, timeout: float | None = None) -> Iterator[None]:
    """`with lock("book.xlsx"):` nobody else has the lock of this name meanwhile.

    It is the lock of the job option `lock` too. It is free as soon as its holder is gone, however
    that ended. Inside a job that has it by its option it is held already. Raises TimeoutError when
    it is not free within `timeout` seconds (0: now or not at all).
    """
    if os.environ.get(HELD) == name:
        yield
        return
    path = path_of(places.folder("locks"), name)
    held = taken(path, name, -1 if timeout is None else timeout)
    try:
        sign(path, name, places.who(), os.getpid())
        yield
    finally:
        held.release()


def taken(path: str, name: str, timeout: float) -> Any:
    """The lock of a file, to be released; `name` is what the TimeoutError calls it.

    For what lies in a folder that users of several batch folders may share.
    """
    import filelock

    found = filelock.FileLock(path, thread_local=False, fallback_to_soft=False)
    for _ in range(TRIES if timeout == 0 else 0):
        with contextlib.suppress(filelock.Timeout):
            found.acquire(timeout=0)
            return found
        time.sleep(NAP)
    try:
        found.acquire(timeout=timeout, poll_interval=POLL)
    except filelock.Timeout:
        holder = who_signed(path)
        by = f" by {holder['who']}" if holder else ""
        text = f"the lock {name} was not free within {timeout:g} s: it is held{by}"
        raise TimeoutError(text) from None
    return found


def path_of(folder: str, name: str) -> str:
    """The file whose flock is the lock. It stays where it is for ever."""
    return os.path.join(folder, f"{places.digest(name)}.lock")


def sign(path: str, name: str, who: str, pid: int) -> None:
    """Leave beside the lock who holds it, for people; that it cannot be written harms nobody."""
    body = {"name": name, "who": who, "pid": pid, "since": time.time()}
    partial = f"{path}.{pid}.new"
    with contextlib.suppress(OSError):
        with open(partial, "w", encoding="utf-8") as file:
            json.dump(body, file, ensure_ascii=False)
        os.replace(partial, f"{path[: -len('.lock')]}.json")


def who_signed(path: str) -> dict[str, Any] | None:
    """Who took the lock last: `name`, `who`, `pid`, `since` (epoch). It may be long over."""
    try:
        with open(f"{path[: -len('.lock')]}.json", encoding="utf-8") as file:
            found = json.load(file)
        return {key: found[key] for key in ("name", "who", "pid", "since")}
    except (OSError, ValueError, KeyError, TypeError):
        return None
