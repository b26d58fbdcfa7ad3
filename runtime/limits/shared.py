"""How the limits stand that jobs share with scripts outside: rates and named locks, as files."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from jobmon.jobs.kit import locks, places
from jobmon.jobs.kit.bucket import Bucket, Limit, names
from jobmon.jobs.kit.window import Window
from jobmon.runtime import disk
from jobmon.runtime.model import Limits, Pace

RATES, LOCKS = "limits", "locks"


class Holding(NamedTuple):
    """Who holds a lock, and since when, in seconds since the epoch."""

    who: str
    since: float | None


def bucket(state: Path, name: str, declared: Mapping[str, Limit]) -> Bucket:
    """The file of a rate. The limit is the declared one, else what its file tells."""
    return Bucket(os.fspath(state / RATES), name, declared.get(name))


def paces(
    state: Path, declared: Mapping[str, Limit], wanted: Iterable[str] | None = None
) -> dict[str, Pace]:
    """How rates stand: all that are declared or have a file, or those `wanted`; none unbounded."""
    every = {*declared, *names(os.fspath(state / RATES))} if wanted is None else set(wanted) - {""}
    found: dict[str, Pace] = {}
    for name in sorted(every):
        try:
            found[name] = pace(bucket(state, name, declared).look())
        except (LookupError, OSError):
            continue
    return found


def shown(state: Path, declared: Mapping[str, Limit]) -> dict[str, Pace]:
    """What people are shown: rates that are declared, and others while they are in use."""
    found = paces(state, declared)
    return {
        name: pace
        for name, pace in found.items()
        if name in declared or pace.used or pace.waiting or pace.frozen
    }


def pace(window: Window) -> Pace:
    """A rate as it stands, by the wall clock."""
    now = places.now()
    zero = time.time() - now
    coming = [turn.at for turn in window.turns if turn.at > now]
    return Pace(
        count=window.count,
        seconds=window.seconds,
        used=window.used(now),
        waiting=window.waiting(now),
        next=zero + (coming[0] if coming else window.next(now)),
        frozen=zero + window.frozen if window.frozen > now else None,
        by=window.by if window.frozen > now or not window.frozen else "",
    )


def held(state: Path, wanted: Iterable[str] | None = None) -> dict[str, Holding]:
    """Who holds locks just now, by name: of those `wanted`, or of all that ever were taken."""
    folder = os.fspath(state / LOCKS)
    every = names(folder) if wanted is None else wanted
    paths = {name: locks.path_of(folder, name) for name in every if name}
    return {name: _holding(path) for name, path in paths.items() if disk.locked(path)}


def _holding(path: str) -> Holding:
    told = locks.who_signed(path)
    if told is None:
        return Holding("another program", None)
    return Holding(str(told["who"]), float(told["since"]))


def outlook(
    limits: Limits, state: Path, declared: Mapping[str, Limit], rate: str, lock: str
) -> Limits:
    """The limits with how one rate and one lock stand, to say why a job waits."""
    holders = held(state, [lock])
    return Limits(
        slots=limits.slots,
        pools=limits.pools,
        locked={name: holding.who for name, holding in holders.items()},
        paces=paces(state, declared, [rate]),
    )


def thaw(state: Path, name: str, declared: Mapping[str, Limit], who: str) -> bool:
    """Lift the freeze of a rate; whether there was one. LookupError for a rate nobody knows."""
    bucket(state, name, declared).look()
    prepare(state)
    with bucket(state, name, declared).change() as window:
        frozen = window.frozen > places.now()
        if frozen:
            window.thaw(places.now(), who)
    return frozen


def prepare(state: Path) -> None:
    """Make the folders of rates and locks if they are missing."""
    for name in (RATES, LOCKS):
        disk.private_folder(state / name)
