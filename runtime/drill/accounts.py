"""The books after a drill: what the dummies wrote against what was planned and recorded. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from jobmon.runtime.drill.dummies import Expected

JobKey = tuple[int, int]
"""(run, index of the job)."""


class AttemptRow(NamedTuple):
    """One attempt as recorded. Its id is what its job knows itself by."""

    run: int
    job: int
    n: int
    outcome: str

    @property
    def id(self) -> str:
        """`run.job.n`."""
        return f"{self.run}.{self.job}.{self.n}"


class Found(NamedTuple):
    """What there is afterwards. `effects`: ("start" or "end", attempt), in the order written.

    `jobs`: state and exit code of each; `runs`: key and state, by id; `accepted`: the keys that the
    runtime acknowledged; `left_over`: processes that are still there.
    """

    effects: list[tuple[str, str]]
    attempts: list[AttemptRow]
    jobs: dict[JobKey, tuple[str, int | None]]
    runs: dict[int, tuple[str, str]]
    accepted: list[str]
    left_over: list[str]


class Account(NamedTuple):
    """What exactly was duplicated, lost or wrong, and figures."""

    duplicated: list[str]
    lost: list[str]
    wrong: list[str]
    figures: dict[str, int]

    @property
    def good(self) -> bool:
        """Whether nothing was."""
        return not (self.duplicated or self.lost or self.wrong)


def settle_up(expected: Expected, found: Found) -> Account:
    """Judge everything that was found."""
    books = _Books(expected, found)
    figures = {
        "runs": len(found.runs),
        "jobs": len(found.jobs),
        "ran": len(books.began),
        "attempts": len(found.attempts),
        "void": sum(row.outcome == "void" for row in found.attempts),
    }
    return Account(list(books.duplicated()), list(books.lost()), list(books.wrong()), figures)


class _Books:
    """The effects by attempt and by job, beside the records."""

    def __init__(self, expected: Expected, found: Found) -> None:
        self.expected, self.found = expected, found
        self.starts: defaultdict[str, list[int]] = defaultdict(list)
        self.ends: defaultdict[str, list[int]] = defaultdict(list)
        for place, (word, attempt) in enumerate(found.effects):
            (self.starts if word == "start" else self.ends)[attempt].append(place)
        self.began: defaultdict[JobKey, list[str]] = defaultdict(list)
        for attempt in self.starts:
            run, job, _ = map(int, attempt.split("."))
            self.began[run, job].append(attempt)

    def duplicated(self) -> Iterator[str]:
        """An attempt with two beginnings or none recorded, a job that ran twice, a run too many."""
        recorded = {row.id: row.outcome for row in self.found.attempts}
        for attempt, places in self.starts.items():
            if len(places) > 1:
                yield f"attempt {attempt} began {len(places)} times"
            if recorded.get(attempt, "void") == "void":
                yield f"attempt {attempt} ran, and was not to"
        for key, attempts in self.began.items():
            if len(attempts) > 1:
                yield f"{self._name(key)} ran {len(attempts)} times: {', '.join(attempts)}"
        keys = Counter(key for key, _ in self.found.runs.values())
        for key in keys - Counter(self.found.accepted):
            yield f"run {key} is there, and nobody asked for it"

    def lost(self) -> Iterator[str]:
        """A job that had to run and left no end, and what was acknowledged and is not there."""
        for key, (state, _) in self.found.jobs.items():
            ended = any(attempt in self.ends for attempt in self.began.get(key, ()))
            if state == "lost" or (self._planned(key) == "succeeded" and not ended):
                yield f"{self._name(key)} is {state}, and {'ended' if ended else 'never ended'}"
        there = {key for key, _ in self.found.runs.values()}
        for key in self.found.accepted:
            if key not in there:
                yield f"run {key} was acknowledged and is not there"

    def wrong(self) -> Iterator[str]:
        """A state that was not planned, an order that was not, something that is still there."""
        yield from self._states()
        yield from self._runs()
        yield from self._order()
        yield from self.found.left_over

    def _states(self) -> Iterator[str]:
        for key, (state, code) in self.found.jobs.items():
            if state not in (self._planned(key), "lost"):
                yield f"{self._name(key)} is {state}, not {self._planned(key)}"
            elif state == "succeeded" and code != 0:
                yield f"{self._name(key)} succeeded with code {code}"
            elif self._planned(key) != "succeeded" and key in self.began:
                yield f"{self._name(key)} ran, although it was to be {self._planned(key)}"

    def _runs(self) -> Iterator[str]:
        for run, (key, state) in self.found.runs.items():
            jobs = sum(of == run for of, _ in self.found.jobs)
            if state != self.expected.outcome or jobs != len(self.expected.names):
                yield f"run {key} is {state} with {jobs} jobs"

    def _order(self) -> Iterator[str]:
        for (run, job), attempts in self.began.items():
            first = min(self.starts[attempt][0] for attempt in attempts)
            for parent in self.expected.parents[job]:
                mine = self.began.get((run, parent), ())
                last = max((p for attempt in mine for p in self.ends.get(attempt, ())), default=-1)
                if last > first:
                    yield f"{self._name((run, job))} began before {self._name((run, parent))} ended"

    def _planned(self, key: JobKey) -> str:
        return self.expected.states[key[1]]

    def _name(self, key: JobKey) -> str:
        run = self.found.runs.get(key[0], (f"#{key[0]}", ""))[0]
        return f"{run} {self.expected.names[key[1]]}"
