"""The folder of generations: one that works on it, and days that are there whole or not at all.

A day is made in `.DAY.partial`, synced, and renamed. The one it replaces is `.DAY.old` between
two renames; whoever comes after a kill puts it back, or removes it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from datetime import date

from jobmon.jobs.kit import Data, External
from jobmon.jobs.kit.files import sync
from jobmon.jobs.kit.generations import generations
from jobmon.jobs.kit.locks import taken
from jobmon.jobs.ready.command import today

LOCK = ".lock"
PARTIAL, OLD = ".partial", ".old"
_LEFT = re.compile(rf"\.(\d{{8}})({PARTIAL}|{OLD})")


@contextlib.contextmanager
def alone(to: str) -> Iterator[None]:
    """Nobody else works on the generations in `to`; what a kill left there is put right.

    Raises External when somebody does. The lock is free as soon as its holder is gone.
    """
    try:
        held = taken(os.path.join(to, LOCK), to, timeout=0)
    except TimeoutError:
        raise External(f"another backup works on {to} just now: wait until it is over") from None
    try:
        _recover(to)
        yield
    finally:
        held.release()


def _recover(to: str) -> None:
    for name in os.listdir(to):
        left, path = _LEFT.fullmatch(name), os.path.join(to, name)
        if left is None:
            continue
        final = os.path.join(to, left[1])
        if left[2] == OLD and not os.path.isdir(final):
            os.rename(path, final)
        else:
            shutil.rmtree(path)


def begin(to: str, name: str) -> str:
    """A folder to make the generation in; it counts for nothing yet."""
    partial = os.path.join(to, f".{name}{PARTIAL}")
    os.mkdir(partial)
    return partial


def publish(to: str, name: str) -> None:
    """Make what `begin` began the generation, in place of the one of the same day."""
    final, old = os.path.join(to, name), os.path.join(to, f".{name}{OLD}")
    partial = os.path.join(to, f".{name}{PARTIAL}")
    for folder, _, files in os.walk(partial):
        for path in (*(os.path.join(folder, file) for file in files), folder):
            sync(path)
    if os.path.isdir(final):
        os.rename(final, old)
    os.rename(partial, final)
    sync(to)
    shutil.rmtree(old, ignore_errors=True)


def names(to: str) -> list[str]:
    """The days that there are, YYYYMMDD, the oldest first."""
    return [name for name in generations(to) if os.path.isdir(os.path.join(to, name))]


def name_of(day: str | date | None) -> str:
    """YYYYMMDD of a day; None: that of $JOBMON_TIME, else today. Raises Data for what is none."""
    try:
        found = date.fromisoformat(day) if isinstance(day, str) else day or today()
    except ValueError:
        raise Data(f"{day!r} is no day: write it as 2026-11-23") from None
    return found.strftime("%Y%m%d")


def existing(to: str, day: str | date) -> str:
    """The name of a generation that is there; raises Data otherwise."""
    name, found = name_of(day), names(to)
    if name not in found:
        span = f"from {found[0]} to {found[-1]}" if found else "no day at all"
        raise Data(f"{to} has no backup of {name}; there is {span}")
    return name
