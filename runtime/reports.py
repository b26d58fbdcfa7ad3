"""What the executor's news means: each report becomes the events that follow from it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import msgspec

from jobmon.runtime import attempts, settle
from jobmon.runtime.configuration import Configuration
from jobmon.runtime.executors.contract import (
    Ended,
    Evidence,
    Executor,
    Gone,
    Report,
    Started,
    Stopping,
)
from jobmon.runtime.journal import Journal, job_event
from jobmon.runtime.model import Event, ExitRecord, Identity, JobRun
from jobmon.runtime.states import State

log = logging.getLogger("jobmon")

LOOK_AGAIN = 1.0
"""Seconds until an attempt is looked at anew that could not be looked at properly."""

LEFTOVERS = 2.0
"""Seconds between TERM and KILL for what a lost attempt left running."""


class Reports:
    """Folds reports into the journal. News of an attempt that is no longer open is ignored."""

    def __init__(
        self,
        journal: Journal,
        executor: Executor,
        clock: Callable[[], float],
        post: Callable[[Report], None],
        configuration: Configuration,
    ) -> None:
        self._journal, self._executor, self._clock, self._post = journal, executor, clock, post
        self._configuration = configuration

    def take(self, report: Report) -> None:
        """Fold one report."""
        job_run = self._journal.open_job(report.attempt)
        if job_run is None:
            return
        match report:
            case Started():
                self._started(job_run, report.at, report.initiator, report.leader)
            case Stopping():
                self._overran(job_run, report)
            case Ended():
                self._ended(job_run, report.exit)
            case Gone():
                self._settle(job_run, report.attempt)

    def recover(self, boot: str) -> None:
        """Settle every open attempt of an earlier runtime, before anything is scheduled."""
        found = self._journal.load()
        for attempt in found:
            self.take(Gone(attempt.id))
        adopted = sum(1 for a in found if self._journal.open_job(a.id))
        data = {"boot": boot, "open": len(found), "adopted": adopted}
        self._journal.fold(
            Event(kind="runtime.started", at=self._clock(), who="runtime", data=data)
        )

    def _fold(self, kind: str, job_run: JobRun, **data: Any) -> None:
        self._journal.fold(job_event(kind, job_run, self._clock(), data))

    def _started(
        self, job_run: JobRun, at: float, initiator: Identity | None, leader: Identity
    ) -> None:
        known = self._journal.attempts.get(job_run.key)
        if known is None or known.leader is None:
            who = msgspec.to_builtins({"initiator": initiator, "leader": leader})
            self._fold("job.started", job_run, **who, at=at)

    def _overran(self, job_run: JobRun, report: Stopping) -> None:
        if job_run.state != State.STOPPING:
            self._fold("job.stop", job_run, reason=report.reason)

    def _ended(self, job_run: JobRun, record: ExitRecord) -> None:
        job = self._journal.board.jobdef(job_run.key)
        classes = {**settle.CLASSES, **self._configuration.now.classes}
        params = self._journal.board.runs[job_run.run].params
        event = settle.conclude(job, job_run, record, self._clock(), classes, params)
        data = event.data | attempts.end_data(record)
        self._journal.fold(msgspec.structs.replace(event, data=data))

    def _settle(self, job_run: JobRun, attempt: str) -> None:
        """Conclude from the evidence what became of an attempt nobody speaks for."""
        recorded = self._journal.attempts.get(job_run.key)
        known = {attempt: recorded} if recorded else {}
        try:
            evidence = self._executor.probe([attempt], known)[attempt]
        except OSError as error:
            self._look_again(attempt, error)
            return
        match settle.settle(job_run, evidence):
            case settle.Finish(record):
                self._ended(job_run, record)
            case settle.Adopt():
                self._adopt(job_run, attempt, evidence)
            case settle.AdoptUnsupervised():
                if not job_run.unsupervised:
                    self._fold("job.unsupervised", job_run)
                self._adopt(job_run, attempt, evidence)
                self._keep_limit(job_run, attempt, evidence.started)
            case settle.Void():
                self._void(job_run, attempt)
            case settle.Lost(reason):
                probing = bool(self._journal.board.jobdef(job_run.key).verify)
                self._fold("job.lose", job_run, reason=reason, probing=probing)
                if evidence.same_boot:  # children of a dead leader may live on, seen by nobody
                    self._journal.acts.append(lambda: self._executor.cancel(attempt, LEFTOVERS))

    def _adopt(self, job_run: JobRun, attempt: str, evidence: Evidence) -> None:
        if evidence.leader:  # its initiator is unknown when its file is gone
            at = evidence.started or self._clock()
            self._started(job_run, at, evidence.initiator, evidence.leader)
        self._journal.acts.append(lambda: self._executor.adopt(attempt, evidence))
        if job_run.state == State.STOPPING:  # the earlier runtime may not have come to signal it
            self._journal.stop(job_run)

    def _keep_limit(self, job_run: JobRun, attempt: str, started: float | None) -> None:
        """No initiator is left to end it at its time limit."""
        timeout = self._journal.board.jobdef(job_run.key).timeout
        if timeout is not None:
            left = (started or self._clock()) + timeout - self._clock()
            loop = asyncio.get_running_loop()
            loop.call_later(max(0.0, left), self._out_of_time, attempt)

    def _out_of_time(self, attempt: str) -> None:
        job_run = self._journal.open_job(attempt)
        if job_run is not None:
            self._post(Stopping(attempt, self._clock(), "timeout"))
            self._executor.cancel(attempt, self._journal.board.jobdef(job_run.key).grace)

    def _void(self, job_run: JobRun, attempt: str) -> None:
        try:
            voided = self._executor.void(attempt)
        except OSError as error:
            self._look_again(attempt, error)
            return
        if voided and job_run.then == "skip":
            self._fold("job.skip", job_run, reason=job_run.reason, output=job_run.output)
        elif voided:
            self._fold("job.voided", job_run)
        else:  # it was claimed in this very moment: there is evidence now
            self._post(Gone(attempt))

    def _look_again(self, attempt: str, error: OSError) -> None:
        """No room or no descriptors just now: nothing may be concluded from that."""
        log.warning("cannot settle attempt %s yet: %s", attempt, error)
        asyncio.get_running_loop().call_later(LOOK_AGAIN, self._post, Gone(attempt))
