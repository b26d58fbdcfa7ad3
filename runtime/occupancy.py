"""Who holds what is limited, and how many wait for it: named pools and locks. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from jobmon.runtime.board import Board
from jobmon.runtime.board.lines import LaunchLine
from jobmon.runtime.model import JobKey, Limits

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


def locks(board: Board, attempts: Iterable[JobKey]) -> Rows:
    """By name: the `holder` as run/job ("" while it is free), and queued jobs `waiting`.

    `attempts` are the jobs that have an open one.
    """
    line = board.launch_line
    held = [(board.jobdef(key).lock, key) for key in attempts if key in board.jobs]
    holders = {lock: f"{board.runs[key[0]].key}/{board.name(key)}" for lock, key in held}
    wanted = {needs.lock for needs in line.ready} - {""}
    return {
        lock: {"holder": holders.get(lock, ""), "waiting": line.waiting(lock)}
        for lock in sorted({*line.taken, *wanted})
    }
