"""The only loop: gather facts -> advance -> commit -> decide -> act.

Reports from the executor and orders from people are facts. A turn folds them, decides what
follows, commits all of it in one transaction, and only then acts and answers: what is launched or
acknowledged is on disk before.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from jobmon.runtime import failpoint
from jobmon.runtime.clock import SteadyClock
from jobmon.runtime.committer import Committer
from jobmon.runtime.configuration import Configuration, limits_of
from jobmon.runtime.decide import decide, next_time
from jobmon.runtime.duty import Duty
from jobmon.runtime.errors import StateError
from jobmon.runtime.executors.contract import (
    AttemptSpec,
    Ended,
    Executor,
    Gone,
    Indeterminate,
    Rejected,
    Report,
)
from jobmon.runtime.journal import Act, Journal, finished
from jobmon.runtime.limits.limiter import Limiter
from jobmon.runtime.model import RUN_TERMINAL, Event, ExitRecord, JobKey, Limits
from jobmon.runtime.pending import Order, Pending, Plan
from jobmon.runtime.reports import LOOK_AGAIN, Reports
from jobmon.runtime.store import Batch, Store
from jobmon.runtime.verify import Verifier

log = logging.getLogger("jobmon")

KEEP_FINISHED = 50
"""Finished runs kept in memory, so that a rerun of a recent one need not read them back."""

DUTY_RESTS = 60.0
"""Seconds until a duty that failed by a defect is asked again."""

START_PATIENCE = 2.0
"""Seconds a disk that takes nothing may keep a starting runtime from answering."""


class Engine:
    """The order of things. It is told of facts by `post` and `order`, and runs until `leave`."""

    def __init__(
        self,
        configuration: Configuration,
        store: Store,
        executor: Executor,
        environ: Mapping[str, str],
        boot: str,
        clock: SteadyClock,
        publish: Callable[[list[Event]], None],
    ) -> None:
        self.store, self.executor, self.clock = store, executor, clock
        self._configuration = configuration
        self.limits = limits_of(configuration.now)
        self.journal = Journal(
            configuration, store, executor, environ, boot, self._submit, self._verify
        )
        self.board = self.journal.board
        self._limiter = Limiter(configuration, self.board, store)
        self.duties: list[Duty] = [self._limiter]
        self._pauses: dict[str, str] = {}
        self._boot, self._publish = boot, publish
        self._verifier = Verifier(self.order, self.board, self.journal.environment)
        self._reports = Reports(self.journal, executor, clock, self.post, configuration)
        self._facts: deque[Report | Order] = deque()
        self._wake = asyncio.Event()
        self._leaving = self._draining = False
        self._warnings: list[str] = []
        self._finished: deque[int] = deque()
        self._pending = Pending()
        self._committer = Committer(store)

    async def start(self) -> None:
        """Settle what an earlier runtime left open, before anything is scheduled or answered.

        While the disk takes nothing the settlement waits in memory and people can be told so.
        """
        loop = asyncio.get_running_loop()
        await self._committer.prepare()
        await self.executor.start(self.post)
        self._settled = loop.create_task(self._settle())
        await asyncio.wait({self._settled}, timeout=START_PATIENCE)

    async def _settle(self) -> None:
        self._reports.recover(self._boot)
        await self._commit_and_act()
        failpoint.reached("recovered")
        self._verifier.resume()

    async def run(self) -> None:
        """Turn after turn until told to leave."""
        await self._settled
        while not self._leaving:
            await self._turn()
            await self._sleep()
        await self._verifier.close()
        if not self.trouble:  # else events would be missing before this one
            self.journal.fold(Event(kind="runtime.stopped", at=self.clock(), who="runtime"))
            await self._commit_and_act()
        self._committer.close()

    async def _turn(self) -> None:
        self._gather()
        self._attend()
        failpoint.reached("gathered")
        self._decide()
        failpoint.reached("decided")
        await self._commit_and_act()
        if self._draining and not self.busy():
            self.leave()

    async def _commit_and_act(self) -> None:
        batch, acts = self.journal.take()
        if not await self._committer.commit(batch, self._put_off, lambda: self._leaving):
            return
        failpoint.reached("committed")
        for act in acts:
            self._do(act)
        failpoint.reached("acted")
        # Only now: a launch does not wait for those who look on.
        self._publish(batch.events)
        for duty in self.duties if batch.events else ():
            self._dutifully(duty, lambda duty=duty: duty.heard(batch.events))
        self._forget(batch)

    def _do(self, act: Act) -> None:
        """One act's failure keeps no other from being done: the rest is committed too."""
        try:
            act()
        except Exception as error:
            log.exception("an act failed")
            self.warn(f"something committed could not be done ({error!r}): jobmon doctor")

    async def _sleep(self) -> None:
        """Until a fact arrives or the clock makes a decision due."""
        own = next_time(self.board, self.clock())
        if own is None and (by := self.clock.settle()):
            self._move(by)
        times = [own, *(duty.due for duty in self.duties)]
        due = min((time for time in times if time is not None), default=None)
        loop = asyncio.get_running_loop()
        delay = None if due is None else max(0.0, due - self.clock())
        timer = None if delay is None else loop.call_later(delay, self._wake.set)
        await self._wake.wait()
        self._wake.clear()
        if timer:
            timer.cancel()

    def _move(self, by: float) -> None:
        """The clock was set anew: what the duties wait for is as many seconds away as before."""
        for duty in self.duties:
            if duty.due is not None:
                duty.due += by

    # Facts come in

    def post(self, fact: Report | Order) -> None:
        """Hand in a fact; the next turn takes it up."""
        self._facts.append(fact)
        self._wake.set()

    def leave(self) -> None:
        """Stop after the present turn. Jobs go on."""
        self._leaving = True
        self._wake.set()

    def drain(self) -> None:
        """Launch nothing more, and leave once the last running attempt has ended."""
        self._draining = True
        self.pause("draining: the runtime stops when what runs now has ended")

    def pause(self, why: str, by: str = "") -> None:
        """Launch nothing more, go on watching; `why` is shown to people. "" lifts what `by` set."""
        self._pauses.pop(by, None)
        if why:
            self._pauses[by] = why
        self._wake.set()

    @property
    def paused(self) -> str:
        """Why nothing is launched just now; "" when it is."""
        return "; ".join(self._pauses.values())

    async def order(self, plan: Plan, idem: str = "") -> dict[str, Any]:
        """Have `plan` folded and committed; returns its answer after the commit.

        `plan` gets the time and the batch it may add definitions and counters to. Raises what it
        refuses with, or StateError while nothing can be committed. The same `idem` is done once.
        """
        if self.trouble:
            raise StateError("record the command", self.trouble, "jobmon doctor")
        known = self._pending.knows(idem)
        earlier = None if known or not idem else self.store.answered(idem)
        if earlier is not None:
            return earlier
        order, new = self._pending.order(plan, idem)
        if new:
            self.post(order)
        return await asyncio.shield(order.answered)

    def _gather(self) -> None:
        for _ in range(len(self._facts)):
            fact = self._facts.popleft()
            if isinstance(fact, Order):
                self._take(fact)
            else:
                self._hear(fact)

    def _hear(self, report: Report) -> None:
        try:
            self._reports.take(report)
        except Exception:
            log.exception("a report could not be taken: %s", report)
            loop = asyncio.get_running_loop()
            loop.call_later(LOOK_AGAIN, self.post, Gone(report.attempt))

    def _take(self, order: Order) -> None:
        now, batch = self.clock(), self.journal.batch
        try:
            events, answer = order.plan(now, batch)
            msgspec.json.encode((events, answer))  # what cannot be stored must not be folded
            for event in events:
                self.journal.fold(event)
        except Exception as error:  # noqa: BLE001 - a wrong request is its sender's trouble alone
            self._pending.refuse(order, error)
            return
        if order.idem:
            batch.answers.append((order.idem, now, answer))
        self._pending.folded(order)
        self.journal.acts.append(lambda: self._pending.answer(order, answer))

    def _attend(self) -> None:
        now = self.clock()
        for duty in self.duties:
            if duty.due is not None and duty.due <= now:
                self._dutifully(duty, lambda duty=duty: self._fold_all(duty, now))

    def _fold_all(self, duty: Duty, now: float) -> None:
        for event in duty.attend(now, self.journal.batch):
            self.journal.fold(event)

    def _dutifully(self, duty: Duty, action: Callable[[], None]) -> None:
        """A duty that fails by a defect rests a while; the jobs and the other duties go on."""
        try:
            action()
        except Exception as error:
            name = type(duty).__name__
            log.exception("%s failed by a defect", name)
            self.warn(f"{name} failed by a defect ({error!r}): see .jobmon/log/runtime.log")
            duty.due = self.clock() + DUTY_RESTS

    def configure(self) -> None:
        """Go by the settings as they are now."""
        new = limits_of(self._configuration.now)
        self.limits = msgspec.structs.replace(self.limits, slots=new.slots, pools=new.pools)
        self._wake.set()

    def nudge(self) -> None:
        """A duty became due by something that is no fact of the engine: look at once."""
        self._wake.set()

    # What follows

    def _decide(self) -> None:
        limits = Limits(slots=0, pools=self.limits.pools) if self.paused else self.limits
        try:
            while events := self._next(limits):
                for event in events:
                    self.journal.fold(event)
                self._limiter.took(events)
        except Exception as error:
            log.exception("a decision failed by a defect")
            self.warn(f"a decision failed by a defect ({error!r}): see .jobmon/log/runtime.log")

    def _next(self, limits: Limits) -> list[Event]:
        now = self.clock()
        return decide(self.board, now, self._limiter.applied(limits, now))

    def _put_off(self, why: str) -> None:
        """The commit fails for now: orders no turn has taken up yet are not done at all."""
        self._pending.put_off(why)
        waiting = [fact for fact in self._facts if isinstance(fact, Order)]
        self._facts = deque(fact for fact in self._facts if not isinstance(fact, Order))
        for order in waiting:
            self._pending.refuse(order, StateError("record the command", why, "jobmon doctor"))

    @property
    def trouble(self) -> str:
        """Why nothing can be committed just now; "" when all is well."""
        return self._committer.trouble

    def bring_back(self, run_id: int) -> None:
        """Have a run in memory, for as long as it lives or is among the newest to be over."""
        if run_id not in self.board.runs:
            self.journal.bring_back(run_id)
            self._finished.append(run_id)

    def _forget(self, batch: Batch) -> None:
        self._finished.extend(finished(batch))
        while len(self._finished) > KEEP_FINISHED:
            oldest = self._finished.popleft()
            if oldest not in self._finished:  # else a rerun ended it again since
                self.forget(oldest)

    def _over(self, run_id: int) -> bool:
        run = self.board.runs.get(run_id)
        return run is not None and run.state in RUN_TERMINAL

    def forget(self, run_id: int) -> None:
        """Drop a finished run from memory."""
        if self._over(run_id):
            self.board.forget(run_id)
            self.board.drop_unused_definitions()

    def is_open(self, run_id: int) -> bool:
        """Whether the run is not over, as far as memory tells: what is not there is over."""
        return run_id in self.board.runs and not self._over(run_id)

    def _submit(self, spec: AttemptSpec) -> None:
        failpoint.reached("submitting")
        try:
            self.executor.submit(spec)
        except Rejected as error:
            now = self.clock()
            record = ExitRecord(reason="spawn", error=f"{error.why} {error.hint}", ended=now)
            self.post(Ended(spec.attempt, record))
        except Indeterminate:
            self.post(Gone(spec.attempt))
        failpoint.reached("submitted")

    def busy(self) -> int:
        """Attempts that are open."""
        return len(self.journal.attempts)

    def counts(self) -> dict[str, dict[str, int]]:
        """{"counts": runs by state, "jobs": job runs by state} of the runs that are not over."""
        runs = [run for run in self.board.runs.values() if run.state not in RUN_TERMINAL]
        jobs: Counter[str] = Counter()
        for run in runs:
            jobs.update(self.board.counts(run.id))
        return {"counts": Counter(run.state for run in runs), "jobs": jobs}

    def warn(self, text: str) -> None:
        """Have people told of something that endangers the state for as long as this runs."""
        if text not in self._warnings:
            self._warnings = [*self._warnings[-9:], text]

    def troubles(self) -> list[str]:
        """What keeps the engine from its work or endangers it, for people."""
        found = (self.trouble, self.paused, self._limiter.trouble, *self._warnings)
        return [text for text in found if text]

    def _verify(self, key: JobKey) -> None:
        self._verifier.ask(key)
