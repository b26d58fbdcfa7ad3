"""Ending what a run still has to do: the events behind cancel, kill and fail_fast."""

from __future__ import annotations

from typing import Any

from jobmon.runtime.board import Board
from jobmon.runtime.board.book import UNSTARTED
from jobmon.runtime.model import RUN_TERMINAL, Event, JobRun, Run
from jobmon.runtime.states import ACTIVE
from jobmon.runtime.words import said


def cancel_run(
    board: Board,
    run_id: int,
    now: float,
    *,
    hard: bool,
    who: str,
    why: str,
    grace: float | None = None,
) -> list[Event]:
    """`run.cancel`, then what becomes of each job: unstarted ones end, running ones are stopped.

    Unless `hard`, the flow's `finally_` jobs are left alone. `grace` in seconds; None: each
    job's own.
    """
    mode = "hard" if hard else "soft"
    data = {"mode": mode} | ({} if grace is None else {"grace": grace})
    first = Event(kind="run.cancel", at=now, run=run_id, who=who, why=why, data=data)
    book = board.books[run_id]
    ended = [
        job
        for job in book.jobs
        if (job.state in UNSTARTED or job.state in ACTIVE) and not book.spared(mode, job.index)
    ]
    events = [end_job(board, job, now, who=who, why=why, grace=grace) for job in ended]
    inner = [
        event
        for job in ended
        for event in cancel_inner(board, job, now, hard=hard, who=who, why=why, grace=grace)
    ]
    return [first, *events, *inner]


def cancel_inner(board: Board, job: JobRun, now: float, **how: Any) -> list[Event]:
    """What ends the runs that a subflow job has started, when it is ended itself."""
    if board.jobdef(job.key).kind != "subflow":
        return []
    inner = [run for run in inner_runs(board, job) if not run.cancel]
    return [event for run in inner for event in cancel_run(board, run.id, now, **how)]


def inner_runs(board: Board, job: JobRun) -> list[Run]:
    """The runs on the board that a subflow job has started and that are not over."""
    parent = f"{board.runs[job.run].key}/{board.name(job.key)}"
    runs = board.runs.values()
    return [run for run in runs if run.parent == parent and run.state not in RUN_TERMINAL]


def end_job(
    board: Board, job: JobRun, now: float, *, who: str, why: str, grace: float | None
) -> Event:
    """CANCEL for a job that has not started, STOP with its grace for one that has."""
    stopping = job.state in ACTIVE
    data: dict[str, Any] = {"reason": said("cancelled", who, why)}
    if stopping:
        data["grace"] = board.jobdef(job.key).grace if grace is None else grace
    return Event(
        kind="job.stop" if stopping else "job.cancel",
        at=now,
        run=job.run,
        job=job.index,
        attempt=job.attempt if stopping else 0,
        who=who,
        why=why,
        data=data,
    )
