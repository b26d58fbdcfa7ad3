"""The runtime looks after what runs: late and stuck jobs, and deadlines that will be missed.

It looks every few seconds while something runs or has a deadline. Histories and logs are read in a
thread; what is judged is what the last look found.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from jobmon.runtime import history
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.forecasting import alarms, stillness
from jobmon.runtime.forecasting.alarms import Patience, Silence
from jobmon.runtime.forecasting.forecast import FlowHistory, history_of
from jobmon.runtime.forecasting.outlook import Outlook
from jobmon.runtime.forecasting.stillness import Glimpse, Trace
from jobmon.runtime.journal import Journal
from jobmon.runtime.model import RUN_TERMINAL, Event, JobRun, Run
from jobmon.runtime.reader import DB_NAME, guarded, open_reader
from jobmon.runtime.store import Batch

log = logging.getLogger("jobmon")

EVERY, SELDOM = 5.0, 30.0
"""Seconds between looks while a job runs, and while only a deadline comes nearer."""
FRESH = 60.0
"""Seconds for which the history of a flow is not read again, though runs of it ended."""
KEPT = 100
"""Flows whose histories are kept in memory."""
SHARE = 200
"""The pause is so many times as long as the judging took: large runs are judged less often."""

UNSEEN = 300.0
"""Seconds without a new sample in a log (its share, or the disk, is full) after which nobody knows
whether the job moves."""

AttemptKey = tuple[int, int, int]


class Known(NamedTuple):
    """What earlier runs of a flow tell, as it was read at a time of the engine's clock."""

    history: FlowHistory
    silences: Mapping[str, Silence]
    at: float


class Watched(NamedTuple):
    """A running attempt: how far its log was read, when it last moved, when a sample came last.

    By the engine's clock; None where that is not known.
    """

    trace: Trace = Trace()
    moved: float | None = None
    sampled: float | None = None

    def still(self, now: float) -> float | None:
        """Seconds since it moved; None while nobody knows."""
        if self.moved is None or self.sampled is None or now - self.sampled > UNSEEN:
            return None
        return now - self.moved


class Watchman:
    """The duty. `patience` and `every` bound what it calls stuck and how often it looks."""

    def __init__(
        self,
        state_dir: Path,
        journal: Journal,
        clock: Callable[[], float],
        patience: Patience | None = None,
        every: float = EVERY,
    ) -> None:
        self.patience, self.every = patience or Patience(), every
        self.due: float | None = clock()
        self._state_dir, self._journal, self._clock = state_dir, journal, clock
        self._known: dict[str, Known] = {}
        self._changed: set[str] = set()  # flows of which a job succeeded since they were read
        self._watched: dict[AttemptKey, Watched] = {}
        self._look: asyncio.Future[None] | None = None

    def heard(self, events: Sequence[Event]) -> None:
        """Something happened: there may be something to look after."""
        if self.due is None:
            self.due = self._clock() + self.every
        runs = self._journal.board.runs
        for event in events:
            if event.kind == "job.succeed" and event.run in runs:
                self._changed.add(runs[event.run].flow)

    def attend(self, now: float, batch: Batch) -> Sequence[Event]:
        """Judge by what the last look found, and look again."""
        begun = time.perf_counter()
        jobs, runs = self._running(), self._timed()
        found = [event for job in jobs for event in self._judged(job, now)]
        found += [event for run in runs if (event := self._missed(run, now))]
        self._look_again(jobs, runs, now)
        pause = max(self.every, SHARE * (time.perf_counter() - begun))
        self.due = self._next(now, pause, jobs, runs)
        return found

    def _next(
        self, now: float, pause: float, jobs: Sequence[JobRun], runs: Sequence[Run]
    ) -> float | None:
        if not jobs and not runs:
            return None
        deadlines = [run.deadline for run in runs if run.deadline is not None]
        soon = now + (pause if jobs else max(pause, SELDOM))
        return min([soon, *(max(at, now + 0.1) for at in deadlines)])

    def _running(self) -> list[JobRun]:
        """The jobs that have a process."""
        jobs = self._journal.board.jobs
        return [jobs[key] for key in self._journal.attempts if key in jobs]

    def _timed(self) -> list[Run]:
        """The runs whose deadlines may yet be missed without a word."""
        return [
            run
            for run in self._journal.board.runs.values()
            if run.deadline is not None and not run.late and run.state not in RUN_TERMINAL
        ]

    # What it finds

    def _judged(self, job: JobRun, now: float) -> list[Event]:
        run = self._journal.board.runs[job.run]
        known = self._known.get(run.flow)
        if known is None:
            return []
        name = self._journal.board.name(job.key)
        found = [alarms.late(job, known.history.of(name), now)]
        still = self._watched.get((*job.key, job.attempt), Watched()).still(now)
        waits = self._journal.board.jobdef(job.key).kind == "subflow"  # its run is looked at itself
        if still is not None and not waits:
            silence = known.silences.get(name, Silence())
            found.append(alarms.stuck(job, still, silence, self.patience, now))
        return [event for event in found if event is not None]

    def _missed(self, run: Run, now: float) -> Event | None:
        known = self._known.get(run.flow)
        assert run.deadline is not None
        if known is None and now < run.deadline:
            return None
        past = FlowHistory() if known is None else known.history
        return alarms.misses(Outlook(self._journal.board, run, past, now))

    # Looking, in a thread

    def _look_again(self, jobs: Sequence[JobRun], runs: Sequence[Run], now: float) -> None:
        if self._look is not None and not self._look.done():
            return
        board = self._journal.board
        flows = {run.flow for run in runs} | {board.runs[job.run].flow for job in jobs}
        keys = {(*job.key, job.attempt) for job in jobs if self._quiet_enough(job, now)}
        self._forget(flows, keys)
        wanted = [flow for flow in flows if self._old(flow, now)]
        traces = {key: self._watched.get(key, Watched()).trace for key in keys}
        if wanted or traces:
            loop = asyncio.get_running_loop()
            self._look = loop.run_in_executor(None, self._read, wanted, traces, now)

    def _quiet_enough(self, job: JobRun, now: float) -> bool:
        """Whether it has run long enough to be stuck."""
        return job.started is not None and now - job.started > min(
            self.patience.least, self.patience.unknown
        )

    def _old(self, flow: str, now: float) -> bool:
        known = self._known.get(flow)
        return known is None or (flow in self._changed and now - known.at > FRESH)

    def _forget(self, flows: set[str], keys: set[AttemptKey]) -> None:
        self._watched = {key: seen for key, seen in self._watched.items() if key in keys}
        if len(self._known) > KEPT:
            self._known = {flow: known for flow, known in self._known.items() if flow in flows}

    def _read(self, flows: Sequence[str], traces: Mapping[AttemptKey, Trace], now: float) -> None:
        """In a thread: what is found replaces what was known, one by one."""
        try:
            for flow in flows:
                self._changed.discard(flow)
                self._known[flow] = self._history(flow, now)
        except (JobmonError, OSError) as error:  # the next look tries again
            log.warning("cannot read the history of earlier runs: %s", error)
        for key, trace in traces.items():
            with contextlib.suppress(OSError):
                self._see(key, stillness.look(self._path(key), trace))

    def _see(self, key: AttemptKey, found: Glimpse) -> None:
        # By the engine's clock, which does not jump: records only tell how long before they stand.
        before, now = self._watched.get(key, Watched()), self._clock()
        moved = before.moved if found.still is None else now - found.still
        sampled = before.sampled if found.trace.at == before.trace.at else now
        self._watched[key] = Watched(found.trace, moved, sampled)

    def _path(self, key: AttemptKey) -> Path:
        run, job, n = key
        return self._state_dir / "attempts" / str(run) / f"{job}.{n}.jsonl"

    def _history(self, flow: str, now: float) -> Known:
        with contextlib.closing(open_reader(self._state_dir)) as db:
            what = f"read {self._state_dir / DB_NAME}"
            past = history_of(guarded(what, lambda: history.history(db, flow=flow)))
            rows = guarded(what, lambda: history.silences(db, flow=flow))
        for job in past.jobs.values():  # worked out here, not in the loop
            _ = job.median, job.p90
        return Known(past, {name: Silence(*row) for name, row in rows.items()}, now)
