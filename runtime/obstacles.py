"""What stands between a job and its start: upstreams, slots, pools, rates, locks, others."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime

from jobmon.jobs.durations import rate_text
from jobmon.runtime.board import Board
from jobmon.runtime.board.lines import Needs
from jobmon.runtime.board.triggers import CANCELLED, FIRED, OK, OPEN, class_of
from jobmon.runtime.model import JobRun, Limits
from jobmon.runtime.states import ACTIVE, State


def unmet(board: Board, job: JobRun) -> list[JobRun]:
    """The upstreams that keep the trigger rule of a waiting job open, unfinished ones first."""
    book = board.books[job.run]
    if book.verdict(job.index) is not None:
        return []
    ups = [book.jobs[up] for up in book.shape.parents[job.index]]
    return [up for up in ups if class_of(up) == OPEN] or [up for up in ups if class_of(up) != OK]


def of_children(board: Board, job: JobRun) -> str:
    """How far the children of a map are: `38/200 ended, 3 badly`; "" for any other job."""
    book = board.books[job.run]
    if not book.shape.jobs[job.index].expanded:
        return ""
    tally = book.tally(job.index)
    ended = tally.ok + tally.branched + tally.bad
    badly = f", {tally.bad} badly" if tally.bad else ""
    return f"{ended}/{tally.total} ended{badly}"


def roots(board: Board, job: JobRun) -> list[JobRun]:
    """The jobs whose own end doomed an upstream_failed job, in index order."""
    book = board.books[job.run]
    seen, todo, found = {job.index}, [job.index], set[int]()
    while todo:
        for up in book.shape.parents[todo.pop()]:
            parent = book.jobs[up]
            if up in seen or class_of(parent) not in {FIRED, CANCELLED}:
                continue
            seen.add(up)
            if parent.state is State.UPSTREAM_FAILED:
                todo.append(up)
            else:
                found.add(up)
    return [book.jobs[index] for index in sorted(found)]


def against_launch(board: Board, job: JobRun, limits: Limits) -> list[str]:
    """Why a queued job that is not held has not been launched; [] when nothing is in its way."""
    jobdef, line = board.jobdef(job.key), board.launch_line
    found: list[str] = []
    if limits.slots <= 0:
        found.append("starting jobs is paused")
    elif line.active >= limits.slots:
        found.append(f"all {limits.slots} slots are taken")
    limit = limits.pools.get(jobdef.pool)
    if limit is not None and line.busy.get(jobdef.pool, 0) >= limit:
        found.append(f"the pool {jobdef.pool} is full: {limit} of {limit} slots are taken")
    if jobdef.lock in line.taken:
        found.append(f"the lock {jobdef.lock} is held by {_holder(board, jobdef.lock)}")
    elif jobdef.lock in limits.locked:
        found.append(f"the lock {jobdef.lock} is held by {limits.locked[jobdef.lock]}")
    found += _paced(board, job, jobdef.rate, limits)
    found += _grouped(board, job)
    ahead = _ahead(board, job, short=line.active >= limits.slots)
    if found and ahead:
        jobs = "job is" if ahead == 1 else "jobs are"
        found.append(f"{ahead} more urgent or earlier {jobs} before it")
    return found


def _paced(board: Board, job: JobRun, rate: str, limits: Limits) -> list[str]:
    """What its rate has against it, by the clock of its run."""
    pace = limits.paces.get(rate)
    if pace is None:
        return []
    zone = datetime.fromisoformat(board.runs[job.run].time).tzinfo
    if pace.frozen is not None:
        until = f"{datetime.fromtimestamp(pace.frozen, zone):%H:%M:%S}"
        return [f"the rate {rate} is frozen until {until} by {pace.by}"]
    if pace.used < pace.count and not pace.waiting:
        return []
    text = f"{datetime.fromtimestamp(pace.next, zone):%H:%M:%S}"
    limit = rate_text(pace.count, pace.seconds)
    return [f"the rate {rate} is used up: {limit}, the next goes at {text}"]


def _grouped(board: Board, job: JobRun) -> list[str]:
    """What the bound of its map has against it."""
    group = board.needs(job).group
    if group is None or board.launch_line.grouped.get(group, 0) < group.most:
        return []
    return [f"{group.most} of {group.of} run at once, and so many do"]


def _holder(board: Board, lock: str) -> str:
    holders = (
        f"{board.runs[job.run].key} {board.name(key)}"
        for key, job in board.jobs.items()
        if job.state in ACTIVE and board.jobdef(key).lock == lock
    )
    return next(holders, "another job")


def _ahead(board: Board, job: JobRun, *, short: bool) -> int:
    """Jobs that start before it and share a limit with it: slots, if they are `short`."""
    needs, line = board.needs(job), board.launch_line
    jobdef = board.jobdef(job.key)
    entry = (-(board.runs[job.run].priority + jobdef.priority), job.run, job.index)
    lines = (found for other, found in line.ready.items() if short or _share(needs, other))
    return sum(bisect_left(found, entry) for found in lines)


def _share(one: Needs, other: Needs) -> bool:
    return any(mine and mine == its for mine, its in zip(one[:4], other[:4], strict=True))
