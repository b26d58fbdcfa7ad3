"""Who is late, who is stuck, which run will miss its deadline: judged, and told as events. Pure."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from jobmon.runtime.forecasting.forecast import FEWEST, JobHistory, Timeline
from jobmon.runtime.forecasting.outlook import Outlook
from jobmon.runtime.model import RUN_TERMINAL, Event, JobRun, Run
from jobmon.runtime.states import State
from jobmon.runtime.words import span


class Silence(NamedTuple):
    """For how many seconds a job wrote nothing at most, in its last `runs` successful attempts."""

    longest: float = 0.0
    runs: int = 0


class Patience(NamedTuple):
    """How long a job may neither write nor compute until it is called stuck, in seconds.

    `times` as long as it ever was silent, but never less than `least`; `unknown` when fewer than
    FEWEST successful attempts tell.
    """

    least: float = 300.0
    unknown: float = 1800.0
    times: float = 2.0

    def bound(self, silence: Silence) -> float:
        """The seconds for a job that was silent so long before."""
        if silence.runs < FEWEST:
            return self.unknown
        return max(self.least, self.times * silence.longest)


def late(job: JobRun, history: JobHistory, now: float) -> Event | None:
    """The event that flags a running job late, once for each attempt."""
    if job.late or job.started is None or job.state not in (State.RUNNING, State.STOPPING):
        return None
    elapsed = now - job.started
    if history.p90 is None or not history.late(elapsed):
        return None
    why = (
        f"it runs for {span(elapsed)}; "
        f"nine of ten of its last {len(history.seconds)} runs took {span(history.p90)} at most"
    )
    data = {"late": True, "elapsed": elapsed, "p90": history.p90, "runs": len(history.seconds)}
    return _of_job("job.late", job, now, why, data)


def stuck(
    job: JobRun, still: float, silence: Silence, patience: Patience, now: float
) -> Event | None:
    """The event that flags a running job stuck, or lifts that; `still`: seconds since it moved."""
    bound = patience.bound(silence)
    if job.state is not State.RUNNING or job.unsupervised or job.stuck == (still > bound):
        return None
    data = {"stuck": not job.stuck, "still": still, "bound": bound}
    data |= {"longest": silence.longest, "runs": silence.runs}
    why = "it moves again" if job.stuck else _stuck_words(still, silence)
    return _of_job("job.stuck", job, now, why, data)


def _stuck_words(still: float, silence: Silence) -> str:
    said = f"neither output nor CPU for {span(still)}"
    if silence.runs < FEWEST:
        return f"{said}; too few runs tell how long that is usual"
    return f"{said}; it was silent for {span(silence.longest)} at most in {silence.runs} runs"


def misses(outlook: Outlook) -> Event | None:
    """The event that tells of a run that will miss, or missed, its deadline; once for each run.

    A backfill makes up for days whose deadlines are over: it is never late.
    """
    run, now = outlook.run, outlook.now
    if run.deadline is None or run.late or run.state in RUN_TERMINAL or run.origin == "backfill":
        return None
    line = outlook.timeline
    expected = now if line.end is None else max(now, line.end.end)
    if expected <= run.deadline:
        return None
    blamed = blame(outlook, line)
    data = {
        "deadline": run.deadline,
        "expected": expected,
        "blame": "" if blamed is None else outlook.board.name(blamed.key),
        "sure": now >= run.deadline or (line.end is not None and line.end.sure),
    }
    why = _miss_words(run, expected, now, data["blame"])
    return Event(kind="run.late", at=now, run=run.id, who="runtime", why=why, data=data)


def blame(outlook: Outlook, line: Timeline) -> JobRun | None:
    """The job to look at: on the way to the end the one most over its median, else the next."""
    jobs = outlook.board.jobs_of(outlook.run.id)
    way = [jobs[index] for index in line.path]
    over = {job.index: _over(outlook, job) for job in way}
    worst = max(way, key=lambda job: over[job.index], default=None)
    if worst is not None and over[worst.index] > 0:
        return worst
    return next((job for job in way if job.ended is None), worst)


def _over(outlook: Outlook, job: JobRun) -> float:
    """Seconds by which a job took, or takes, longer than usual."""
    median = outlook.history.of(outlook.board.name(job.key)).median
    if job.started is None or median is None:
        return 0.0
    return (outlook.now if job.ended is None else job.ended) - job.started - median


def _miss_words(run: Run, expected: float, now: float, blamed: str) -> str:
    assert run.deadline is not None
    by = f"its deadline {clock(run, run.deadline)}"
    at = f": look at {blamed}" if blamed else ""
    if now >= run.deadline:
        return f"it missed {by}{at}"
    return f"it will end about {clock(run, expected)} and miss {by}{at}"


def clock(run: Run, at: float) -> str:
    """A time on the clock of the run's own zone, with the day where that is another one."""
    moment = dt.datetime.fromisoformat(run.time)
    shown = dt.datetime.fromtimestamp(at, moment.tzinfo)
    return f"{shown:%H:%M}" if shown.date() == moment.date() else f"{shown:%Y-%m-%d %H:%M}"


def _of_job(kind: str, job: JobRun, now: float, why: str, data: dict[str, object]) -> Event:
    return Event(
        kind=kind, at=now, run=job.run, job=job.index, attempt=job.attempt, who="runtime",
        why=why, data=data,
    )  # fmt: skip
