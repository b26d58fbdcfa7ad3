"""Who holds what is limited, and how many wait for it: named pools, rates and locks. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from jobmon.jobs.durations import rate_text
from jobmon.runtime.board import Board
from jobmon.runtime.board.lines import LaunchLine
from jobmon.runtime.limits.shared import Holding
from jobmon.runtime.model import JobKey, Limits, Pace

Rows = dict[str, dict[str, Any]]


def pools(board: Board, limits: Limits) -> Rows:
    """By name: slots in `total` (None: no bound), `busy` ones, and queued jobs `waiting`."""
    busy, waiting = board.launch_line.busy, _waiting(board.launch_line)
    names = {*limits.pools, *busy, *waiting} - {""}
    return {
        name: {
            "total": limits.pools.get(name),
            "busy": busy.get(name, 0),
            "waiting": waiting[name],
        }
        for name in sorted(names)
    }


def _waiting(line: LaunchLine) -> Counter[str]:
    """Queued jobs by pool."""
    found: Counter[str] = Counter()
    for needs, entries in line.ready.items():
        found[needs.pool] += len(entries)
    return found


def locks(board: Board, attempts: Iterable[JobKey], outside: Mapping[str, Holding]) -> Rows:
    """By name: the `holder` as run/job, or who it is outside ("" while it is free), since when.

    `waiting` counts queued jobs. `attempts` are the jobs that have an open one; `outside` is who
    holds locks by their files.
    """
    line = board.launch_line
    held = [(board.jobdef(key).lock, key) for key in attempts if key in board.jobs]
    holders = {lock: f"{board.runs[key[0]].key}/{board.name(key)}" for lock, key in held}
    wanted = {needs.lock for needs in line.ready} - {""}
    return {
        lock: {
            "holder": holders.get(lock) or (outside[lock].who if lock in outside else ""),
            "since": outside[lock].since if lock in outside else None,
            "waiting": line.waiting(lock),
        }
        for lock in sorted({*line.taken, *wanted, *outside})
    }


def rates(board: Board, paces: Mapping[str, Pace]) -> Rows:
    """By name: its `limit`, `used` within its period, when the `next` may go; and a freeze.

    `waiting` counts queued jobs, `turns` those of all processes that have theirs to come.
    """
    waiting: Counter[str] = Counter()
    for needs, entries in board.launch_line.ready.items():
        waiting[needs.rate] += len(entries)
    return {
        name: {**_rate(paces.get(name)), "waiting": waiting[name]}
        for name in sorted({*paces, *waiting} - {""})
    }


def _rate(pace: Pace | None) -> dict[str, Any]:
    """One that nothing limits has no pace."""
    if pace is None:
        pace = Pace(count=0, seconds=0.0)
    return {
        "limit": rate_text(pace.count, pace.seconds) if pace.count else None,
        "total": pace.count or None,
        "used": pace.used,
        "turns": pace.waiting,
        "next": pace.next or None,
        "frozen_until": pace.frozen,
        "frozen_by": pace.by if pace.frozen else "",
    }
