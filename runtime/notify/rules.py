"""What is worth a message: a run as it stands now, against what was told of its line before.

Pure. A line is a deployment, or a flow where none is named: its runs follow each other, and a
message is due when their outcome changes. Everything is judged by how the run stands, so looking
twice, or late after a restart, gives the same messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from jobmon.runtime.board.outcome import excused_itself, undecided
from jobmon.runtime.board.shape import Shape
from jobmon.runtime.model import JobRun, Run
from jobmon.runtime.states import State

TOLD_LATE = 60.0
"""Seconds after its slot from which a run that expired at once is one that was missed."""
TOLD_RUNS = 50
"""Runs of one line of which it is remembered what was told."""
SCHEDULE = "schedule"
"""Under which it is remembered what was told of a line's schedule."""
TRIGGERS = frozenset(
    {
        "run.late", "run.expire", "run.rerun", "job.fail", "job.unfit", "job.mark_failed",
        "job.lose", "job.unverified", "job.ask", "job.stuck",
    }
)  # fmt: skip
"""The events after which a run may be worth a message while it goes on."""
ENDS = frozenset(
    {
        "run.created", "job.succeed", "job.stopped", "job.cancel", "job.skip", "job.branch",
        "job.doom", "job.expire", "job.done", "job.mark_success",
    }
)  # fmt: skip
"""The other events with which a run may be over."""


class Look(NamedTuple):
    """A run as it stands."""

    run: Run
    jobs: Sequence[JobRun]
    shape: Shape

    @property
    def line(self) -> str:
        """The line it belongs to."""
        return self.run.line or self.run.flow


class Known(msgspec.Struct, frozen=True):
    """What was told of a line. `trouble`: "", "lost" or "failed"; `since` when, `first` which run.

    `told`: what was told of a run, by its id as text.
    """

    trouble: str = ""
    since: float = 0.0
    first: str = ""
    told: dict[str, tuple[str, ...]] = {}

    @property
    def empty(self) -> bool:
        """Whether there is nothing to remember."""
        return not self.trouble and not self.told


class News(NamedTuple):
    """Something to be told. `job` is an index, -1: of the run as a whole.

    `since` and `first`: since when and which run the line is in trouble. `why` is for people.
    `others`: how many more it stands for.
    """

    kind: str
    look: Look
    at: float
    job: int = -1
    why: str = ""
    since: float = 0.0
    first: str = ""
    others: int = 0


Whys = Mapping[tuple[str, int], str]
"""What events said of a kind and a job (-1: the run)."""


def judge(
    look: Look, known: Known, at: float, *, rerun: bool = False, whys: Whys | None = None
) -> tuple[list[News], Known]:
    """What there is to tell of a run, and what is known of its line from then on.

    `rerun`: somebody ran some of it again since it was judged last.
    """
    told = () if rerun else known.told.get(str(look.run.id), ())
    news: list[News] = []
    for found in (*_of_jobs(look, at), *_of_run(look, at)):
        if _mark(found) not in told:
            told = (*told, _mark(found))
            known, placed = _taken(known, found)
            news.append(_said(placed, whys or {}))
    if look.run.state == "succeeded" and not _counted_elsewhere(look.run):
        if known.trouble:
            news.append(News("recovered", look, at, since=known.since, first=known.first))
        told = ()
        rest = {run: marks for run, marks in known.told.items() if run != SCHEDULE}
        known = Known(told=rest)
    return news, _remember(known, look, told)


def _said(news: News, whys: Whys) -> News:
    return news._replace(why=news.why or whys.get((news.kind, news.job), ""))


def _of_jobs(look: Look, at: float) -> Iterator[News]:
    if not _counted_elsewhere(look.run):
        failed = failures(look)
        if failed:
            yield News("failed", look, at, failed[0].index, others=len(failed) - 1)
    for job in look.jobs:
        if job.state is State.LOST and not job.probing:
            yield News("lost", look, at, job.index)
        elif job.state is State.WAITING_HUMAN:
            yield News("waiting", look, at, job.index)
        elif job.stuck and job.state is State.RUNNING:
            yield News("stuck", look, at, job.index)


def _of_run(look: Look, at: float) -> Iterator[News]:
    run = look.run
    if run.state == "expired" and _missed(run):
        yield News("late", look, at, why=run.reason or "it was not started in time")
    elif run.late:
        yield News("late", look, at)


def _missed(run: Run) -> bool:
    """Not one that another run of its line kept from starting: those are refused on time."""
    waited = run.ended is not None and run.ended > run.created
    return waited or (run.slot is not None and run.created - run.slot > TOLD_LATE)


def as_one(news: Sequence[News]) -> list[News]:
    """Runs of one line that were missed together are one message, about the newest of them."""
    found: dict[tuple[str, object], News] = {}
    for one in news:
        expired = one.kind == "late" and one.look.run.state == "expired"
        place = (one.look.line, "expired" if expired else id(one))
        before = found.pop(place, None)
        found[place] = one._replace(others=before.others + 1) if before else one
    return list(found.values())


def failures(look: Look) -> list[JobRun]:
    """The jobs that failed for good, and neither are excused nor may be yet."""
    shape, jobs = look.shape, look.jobs
    return [
        job
        for job in jobs
        if job.state is State.FAILED
        and not excused_itself(shape, jobs, job.index)
        and not undecided(shape, jobs, job.index)
    ]


def _counted_elsewhere(run: Run) -> bool:
    """A subflow fails with the job that started it, a backfill is looked at as a whole."""
    return bool(run.parent or run.batch)


def _mark(news: News) -> str:
    """What is told once: of a run that it failed, of each attempt that it is lost or stuck."""
    if news.kind == "failed" or news.job < 0:
        return news.kind
    return f"{news.kind} {news.job}.{news.look.jobs[news.job].attempt}"


def _taken(known: Known, news: News) -> tuple[Known, News]:
    """What its line is known for with this, and the news as one of that line."""
    run = news.look.run
    if news.kind not in ("failed", "lost") or _counted_elsewhere(run):
        return known, news
    if not known.trouble:
        known = replace(known, trouble=news.kind, since=news.at, first=run.key)
        return known, news
    again = news.kind == known.trouble == "failed"
    placed = news._replace(kind="still" if again else news.kind, since=known.since)
    trouble = "failed" if "failed" in (news.kind, known.trouble) else known.trouble
    return replace(known, trouble=trouble), placed._replace(first=known.first)


def _remember(known: Known, look: Look, told: tuple[str, ...]) -> Known:
    kept = {run: marks for run, marks in known.told.items() if run != str(look.run.id)}
    if told:
        kept[str(look.run.id)] = told
    return replace(known, told=dict(list(kept.items())[-TOLD_RUNS:]))
