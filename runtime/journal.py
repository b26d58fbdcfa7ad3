"""What the present turn has folded: the board, the open attempts, the batch, and what to do after.

Nothing is done before the batch is committed: effects are collected as acts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from jobmon.jobs.kit.locks import HELD
from jobmon.runtime import attempts, launch, settle
from jobmon.runtime.board import Board
from jobmon.runtime.configuration import Configuration
from jobmon.runtime.decide import outputs
from jobmon.runtime.errors import NotFoundError
from jobmon.runtime.executors.contract import AttemptSpec, Executor
from jobmon.runtime.model import RUN_TERMINAL, Attempt, Event, JobKey, JobRun, Run
from jobmon.runtime.states import ACTIVE, Effect
from jobmon.runtime.store import Batch, Store

log = logging.getLogger("jobmon")

Act = Callable[[], None]


class Journal:
    """Folds events, one after the other, into everything that follows from them."""

    def __init__(
        self,
        configuration: Configuration,
        store: Store,
        executor: Executor,
        environ: Mapping[str, str],
        boot: str,
        submit: Callable[[AttemptSpec], None],
        verify: Callable[[JobKey], None],
    ) -> None:
        self.board = Board()
        self.attempts: dict[JobKey, Attempt] = {}
        self.batch = Batch()
        self.acts: list[Act] = []
        self._configuration, self._store, self._executor = configuration, store, executor
        self._environ, self._boot = environ, boot
        self._submit, self._verify = submit, verify
        self._seq = store.seq
        self.kept: Callable[[str], str] = lambda _flow: ""
        """Where the file of a flow lies as it was when it was good, while it is broken."""

    # What earlier turns left

    def load(self) -> list[Attempt]:
        """Read back every run that is not over; returns the attempts whose end is not recorded."""
        for run, jobs in self._store.open_runs():
            self._remember_definitions(run.definition, jobs)
            self.board.load(run, jobs)
        for hold in self._store.holds():
            self.board.held_flows[hold.flow] = hold
        found = self._store.open_attempts()
        self.attempts = {(a.run, a.job): a for a in found}
        return found

    def bring_back(self, run_id: int) -> None:
        """Have a run in memory, reading it back when it was over and forgotten."""
        if run_id in self.batch.forget:
            raise NotFoundError(f"find run {run_id}", "it is being removed: jobmon gc")
        if run_id not in self.board.runs:
            run, jobs = self._store.run(run_id)
            self._remember_definitions(run.definition, jobs)
            self.board.load(run, jobs)

    def _remember_definitions(self, digest: str, jobs: Iterable[JobRun]) -> None:
        for wanted in {digest, *(j.definition for j in jobs if j.definition)}:
            if wanted not in self.board.definitions:
                self.board.add_definition(self._store.definition(wanted))

    def open_job(self, attempt: str) -> JobRun | None:
        """The job run whose newest attempt this is, if that attempt is still open."""
        run, job, n = map(int, attempt.split("."))
        job_run = self.board.jobs.get((run, job))
        if job_run is None or job_run.attempt != n or job_run.state not in ACTIVE:
            return None
        return job_run

    # Folding

    def fold(self, event: Event) -> None:
        """Apply one event to the board, the attempts and the batch; note what is to be done."""
        spec = None
        if event.kind == "job.launch" and "outside" not in event.data:  # else it ran already
            event, spec = self._prepared(event)
        effects = self.board.apply(event)
        self._seq += 1
        event = msgspec.structs.replace(event, seq=self._seq)
        self.batch.events.append(event)
        self._fold_attempt(event)
        for effect, job_run in effects:
            self._note(effect, job_run, event, spec)
        if event.kind == "job.lose":
            self._after_loss((event.run, event.job), event.at)

    def _fold_attempt(self, event: Event) -> None:
        key = (event.run, event.job)
        attempt = attempts.fold(self.attempts.get(key), event)
        if attempt is None:
            return
        if attempt.outcome:
            self.attempts.pop(key, None)
        else:
            self.attempts[key] = attempt
        self.batch.attempts[attempt.run, attempt.job, attempt.n] = attempt

    def _prepared(self, event: Event) -> tuple[Event, AttemptSpec | None]:
        """The launch with what recovery and the failure card need, or why it cannot be made."""
        wanted = self._launch((event.run, event.job), event.attempt)
        try:
            spec = launch.spec(wanted, self._configuration.now, self._environ)
        except launch.UnfitError as error:
            reason = f"{error.what}: {error.why}; {error.hint}"
            return job_event("job.unfit", wanted.job_run, event.at, {"reason": reason}), None
        except Exception as error:
            log.exception("a launch could not be prepared")
            reason = f"its command cannot be made: {error!r}"
            return job_event("job.unfit", wanted.job_run, event.at, {"reason": reason}), None
        data = event.data | {
            "boot": self._boot,
            "definition": self._version(wanted.run, wanted.job_run),
            "fingerprint": launch.fingerprint(wanted, self._configuration.now.home),
        }
        return msgspec.structs.replace(event, data=data), spec

    def _version(self, run: Run, job_run: JobRun) -> str:
        """The flow version the attempt is of, as its file said it."""
        own = self.board.definitions[run.definition]
        return job_run.definition or own.base or run.definition

    def environment(self, key: JobKey) -> dict[str, str]:
        """What the newest attempt of a job had as its environment, but for its lock: that is over.

        Raises UnfitError.
        """
        wanted = self._launch(key, self.board.jobs[key].attempt)
        env = launch.spec(wanted, self._configuration.now, self._environ).env
        return {name: text for name, text in env.items() if name != HELD}

    def _launch(self, key: JobKey, n: int) -> launch.Launch:
        run, job_run = self.board.runs[key[0]], self.board.jobs[key]
        flow = self.board.definitions[job_run.definition or run.definition]
        job = self.board.jobdef(key)
        given = outputs(self.board.books[run.id], key[1])
        kept = self.kept(run.flow) if job.kind == "python" else ""
        return launch.Launch(run, job, job_run, n, flow.file, given, kept)

    def _note(
        self, effect: Effect, job_run: JobRun, event: Event, spec: AttemptSpec | None
    ) -> None:
        if effect == Effect.LAUNCH and spec:
            self.acts.append(lambda: self._submit(spec))
        # At its own time limit the initiator is stopping the attempt already.
        elif effect == Effect.STOP and event.data.get("reason") != "timeout":
            self.stop(job_run, event.data.get("grace"))

    def stop(self, job_run: JobRun, grace: float | None = None) -> None:
        """After the commit, have every process of the attempt signalled."""
        attempt = f"{job_run.run}.{job_run.index}.{job_run.attempt}"
        told = job_run.grace if grace is None else grace
        seconds = self.board.jobdef(job_run.key).grace if told is None else told
        self.acts.append(lambda: self._executor.cancel(attempt, seconds))

    def _after_loss(self, key: JobKey, now: float) -> None:
        """Follow the job's declared policy for an outcome nobody knows."""
        job, cancelled = self.board.jobdef(key), bool(self.board.runs[key[0]].cancel)
        step = settle.on_lost(job, self.board.jobs[key], now, cancelled=cancelled)
        if step == "verify":
            self.acts.append(lambda: self._verify(key))
        elif isinstance(step, Event):
            self.fold(step)

    # The end of a turn

    def take(self) -> tuple[Batch, list[Act]]:
        """The batch with every row that changed, and the acts; a new turn begins."""
        batch, acts = self.batch, self.acts
        self.batch, self.acts = Batch(), []
        changed = self.board.drain()
        batch.definitions += [self.board.definitions[d] for d in changed.definitions]
        batch.runs = [self.board.runs[i] for i in changed.runs]
        batch.jobs = [self._row(key) for key in changed.jobs]
        batch.holds = {flow: self.board.held_flows.get(flow) for flow in changed.flows}
        return batch, acts

    def _row(self, key: JobKey) -> tuple[JobRun, str, str]:
        run = self.board.runs[key[0]]
        name = self.board.definitions[run.definition].jobs[key[1]].name
        return self.board.jobs[key], run.flow, name


def finished(batch: Batch) -> list[int]:
    """The runs of a batch that are over."""
    return [run.id for run in batch.runs if run.state in RUN_TERMINAL]


def job_event(kind: str, job_run: JobRun, now: float, data: dict[str, Any]) -> Event:
    """An event about the newest attempt of a job run, by the runtime itself."""
    return Event(
        kind=kind,
        at=now,
        run=job_run.run,
        job=job_run.index,
        attempt=job_run.attempt,
        who="runtime",
        data=data,
    )
