"""The accounting after a campaign: what the jobs did against what was planned and recorded.

Pure. The proof is the list of effects the jobs wrote; jobmon's own records are what is judged.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from tests.crash.plan import Plan, Planned, outcome, outcomes

JobKey = tuple[int, int]


class AttemptRow(NamedTuple):
    """One attempt as recorded."""

    run: int
    job: int
    n: int
    outcome: str
    code: int | None

    @property
    def id(self) -> str:
        """As the job knows it."""
        return f"{self.run}.{self.job}.{self.n}"


class Found(NamedTuple):
    """Everything that is there after the campaign."""

    effects: list[tuple[str, str]]
    attempts: list[AttemptRow]
    jobs: dict[JobKey, tuple[str, int | None]]
    runs: dict[int, tuple[str, str, str]]  # key, flow, state
    accepted: list[str]  # keys of the runs the runtime acknowledged
    orphans: set[str]  # attempts whose initiator was killed before it wrote an exit record
    seqs: list[int]
    stream: list[int]
    integrity: str
    left_over: list[str]


class Account(NamedTuple):
    """What came out: {kind of violation: what exactly}, and figures."""

    violations: dict[str, list[str]]
    figures: dict[str, int]


KINDS = ("twice", "never", "wrong", "lost", "order", "runs", "state", "left over")


def settle_up(plan: Plan, found: Found) -> Account:
    """Judge everything that was found."""
    books = _Books(plan, found)
    checks = (
        books.twice, books.never, books.wrong, books.lost, books.order, books.accepted,
        books.state, books.left_over,
    )  # fmt: skip
    violations = {kind: list(check()) for kind, check in zip(KINDS, checks, strict=True)}
    counts = Counter(row.outcome for row in found.attempts)
    figures = {
        "runs": len(found.runs),
        "jobs": len(found.jobs),
        "jobs that ran": len(books.by_job),
        "attempts": len(found.attempts),
        "voided and issued again": counts["void"],
        "lost with their initiator": counts["lost"],
        "cancelled": counts["cancelled"],
    }
    return Account(violations, figures)


class _Books:
    """The effects by attempt and by job, beside the records."""

    def __init__(self, plan: Plan, found: Found) -> None:
        self.plan, self.found = plan, found
        self.outcomes = {flow: outcomes(jobs) for flow, jobs in plan.items()}
        self.starts: defaultdict[str, list[int]] = defaultdict(list)
        self.ends: defaultdict[str, list[int]] = defaultdict(list)
        for place, (word, attempt) in enumerate(found.effects):
            (self.starts if word == "start" else self.ends)[attempt].append(place)
        self.rows: defaultdict[JobKey, list[AttemptRow]] = defaultdict(list)
        for row in sorted(found.attempts):
            self.rows[row.run, row.job].append(row)
        self.by_job: defaultdict[JobKey, list[str]] = defaultdict(list)
        for attempt in self.starts:
            run, job, _ = map(int, attempt.split("."))
            self.by_job[run, job].append(attempt)

    def twice(self) -> Iterator[str]:
        """An attempt with two beginnings, a void one with any, two of a job at the same time."""
        for attempt, places in self.starts.items():
            if len(places) > 1:
                yield f"attempt {attempt} began {len(places)} times"
        recorded = {row.id: row for row in self.found.attempts}
        for attempt in self.starts.keys() - recorded.keys():
            yield f"attempt {attempt} ran without a committed intent"
        for row in self.found.attempts:
            if row.outcome == "void" and row.id in self.starts:
                yield f"attempt {row.id} ran although it is void"
        for key, rows in self.rows.items():
            yield from self._overlaps(rows)
            yield from self._too_many(key, rows)

    def _overlaps(self, rows: list[AttemptRow]) -> Iterator[str]:
        ran = [row for row in rows if row.id in self.starts]
        for earlier, later in pairwise(ran):
            over = self.ends.get(earlier.id)
            if over is None and earlier.outcome not in ("lost", "cancelled"):
                yield f"attempt {later.id} began, {earlier.id} never ended"
            elif over and over[-1] > self.starts[later.id][0]:
                yield f"attempt {later.id} began before {earlier.id} ended"

    def _too_many(self, key: JobKey, rows: list[AttemptRow]) -> Iterator[str]:
        """Attempts that ended by themselves since the last loss: as many as planned."""
        last_loss = max((row.n for row in rows if row.outcome == "lost"), default=0)
        since = [
            row for row in rows if row.n > last_loss and row.outcome in ("succeeded", "failed")
        ]
        wanted = self._planned(key).tries if self._expected(key) != "upstream_failed" else 0
        if len(since) > wanted:
            yield f"job {key} ended {len(since)} times by itself, planned {wanted}"

    def never(self) -> Iterator[str]:
        """A job that should have run and left no effect, or an end nobody wrote."""
        for key in self.found.jobs:
            planned = self._planned(key)
            done = [row for row in self.rows[key] if row.outcome in ("succeeded", "failed")]
            if self._expected(key) == "upstream_failed":
                if key in self.by_job:
                    yield f"job {key} ran although its upstream failed"
            elif sum(row.id in self.starts and row.id in self.ends for row in done) < planned.tries:
                yield f"job {key} ran {len(done)} times to its end, planned {planned.tries}"

    def wrong(self) -> Iterator[str]:
        """A recorded state or code other than what the job was to do."""
        for key, (state, code) in self.found.jobs.items():
            expected, planned = self._expected(key), self._planned(key)
            if state != expected:
                yield f"job {key} is {state}, planned {expected}"
            elif expected in ("succeeded", "failed") and code != planned.code:
                yield f"job {key} has code {code}, planned {planned.code}"
        for row in self.found.attempts:
            planned = self._planned((row.run, row.job))
            ended = row.outcome in ("succeeded", "failed")
            if ended and (row.code != planned.code or (row.outcome == "failed") != bool(row.code)):
                yield f"attempt {row.id} is {row.outcome} with {row.code}, planned {planned.code}"
            stopped = row.outcome == "cancelled" and planned.stubborn
            if not (ended or stopped or row.outcome in ("void", "lost")):
                yield f"attempt {row.id} is {row.outcome or 'still open'}"

    def lost(self) -> Iterator[str]:
        """Exactly the attempts that the killed initiators held are lost."""
        recorded = {row.id for row in self.found.attempts if row.outcome == "lost"}
        for attempt in sorted(recorded - self.found.orphans):
            yield f"attempt {attempt} is lost, but its initiator was not killed or wrote its end"
        for attempt in sorted(self.found.orphans - recorded):
            yield f"attempt {attempt} is not lost, but its initiator was killed before its end"

    def order(self) -> Iterator[str]:
        """A job that began before every parent had ended."""
        for key, attempts in self.by_job.items():
            first = min(self.starts[attempt][0] for attempt in attempts)
            for parent in self._planned(key).parents:
                mine = self.by_job.get((key[0], parent), [])
                last = max((p for a in mine for p in self.ends.get(a, [])), default=-1)
                if last > first:
                    yield f"job {key} began before its parent {parent} ended"

    def accepted(self) -> Iterator[str]:
        """Every acknowledged run is there once, nothing else is, and all are over."""
        keys = Counter(key for key, _, _ in self.found.runs.values())
        for key, times in Counter(self.found.accepted).items():
            if times != 1 or keys[key] != 1:
                yield f"run {key} was acknowledged {times} times and is there {keys[key]} times"
        for key in keys.keys() - set(self.found.accepted):
            yield f"run {key} is there, but nobody asked for it"
        for run, (key, flow, state) in self.found.runs.items():
            if state != outcome(self.plan[flow]):
                yield f"run {key} is {state}"
            if sum(1 for r, _ in self.found.jobs if r == run) != len(self.plan[flow]):
                yield f"run {key} has lost job runs"

    def state(self) -> Iterator[str]:
        """The database is whole, its events have no gap, and the event stream is the same."""
        if self.found.integrity != "ok":
            yield f"integrity_check: {self.found.integrity}"
        if self.found.seqs != list(range(1, len(self.found.seqs) + 1)):
            yield "the events' numbers have a gap"
        if self.found.stream != self.found.seqs:
            yield f"the stream has {len(self.found.stream)} events of {len(self.found.seqs)}"

    def left_over(self) -> Iterator[str]:
        """Processes and temporary files that outlived the whole."""
        yield from self.found.left_over

    def _planned(self, key: JobKey) -> Planned:
        return self.plan[self.found.runs[key[0]][1]][key[1]]

    def _expected(self, key: JobKey) -> str:
        return self.outcomes[self.found.runs[key[0]][1]][key[1]]
