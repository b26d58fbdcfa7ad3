"""Lets runs start whose wait for another flow is over, and decides those that waited too long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from jobmon.runtime.board import Board
from jobmon.runtime.model import RUN_TERMINAL, Event, Run, Wait
from jobmon.runtime.states import State
from jobmon.runtime.store import Batch, Store
from jobmon.runtime.waiting import found

WHO = "policy"


class Waits:
    """Looks at waiting runs when they are made, when a run they wait for ends, and at timeouts.

    A run that failed may be rerun, and one that is missing may still come: so nothing but the
    timeout decides that it was in vain. After a restart all are looked at once.
    """

    def __init__(
        self, board: Board, store: Store, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self.due: float | None = 0.0
        self._elapsed = elapsed
        self._timeouts: dict[tuple[int, Wait], float] = {}
        self._board, self._store = board, store
        self._waiting: set[int] | None = None  # None: not yet known
        self._awaited: set[str] = set()
        self._look: set[int] = set()  # runs never looked at so far
        self._ended: set[str] = set()  # flows of which a run ended since the last look

    def attend(self, now: float, batch: Batch) -> Iterator[Event]:
        """What is over for each run that has reason to be looked at."""
        del batch
        if self._waiting is None:
            self._waiting = {i for i, run in self._board.runs.items() if _afters(run)}
            self._look = set(self._waiting)
        fresh, ended = self._look, self._ended
        self._look, self._ended, self.due = set(), set(), None
        for run_id in sorted(self._waiting):
            for wait in _afters(self._board.runs.get(run_id)):
                yield from self._at(run_id, wait, now, look=run_id in fresh or wait.flow in ended)
        self._count_on(now)

    def heard(self, events: Sequence[Event]) -> None:
        """A run that waits was made, or one that is waited for has ended."""
        for event in events:
            if event.kind in ("run.created", "run.rerun") and _afters(
                self._board.runs.get(event.run)
            ):
                self._take_in(event.run)
            elif self._awaited:
                run = self._board.runs.get(event.run)
                if run and run.flow in self._awaited and run.state in RUN_TERMINAL:
                    self._ended.add(run.flow)
                    self.due = 0.0

    def _take_in(self, run_id: int) -> None:
        if self._waiting is not None:
            self._waiting.add(run_id)
            self._look.add(run_id)
        self.due = 0.0

    def _at(self, run_id: int, wait: Wait, now: float, *, look: bool) -> Iterator[Event]:
        late = self._late(run_id, wait, now)
        if not look and not late:
            return
        there = self.counting(wait)
        if found.met(there, wait):
            yield from self._over(run_id, wait, now, found.words(there))
        elif late:
            yield from self._decided(run_id, wait, now, found.shortfall(there, wait))

    def _late(self, run_id: int, wait: Wait, now: float) -> bool:
        """Whether it waits too long: by elapsed time, whatever becomes of the clock meanwhile."""
        if wait.until is None or wait.if_missing == "wait":
            return False
        elapsed = self._elapsed()
        return self._timeouts.setdefault((run_id, wait), elapsed + wait.until - now) <= elapsed

    def counting(self, wait: Wait) -> Run | None:
        """The run that counts, in memory or in the store."""
        known = found.newest(self._board.runs.values(), wait)
        kept = self._store.newest_run(wait.flow, wait.since, wait.before)
        if kept is None or (known and known.id >= kept.id):
            return known
        return self._board.runs.get(kept.id, kept)

    def _decided(self, run_id: int, wait: Wait, now: float, why: str) -> Iterator[Event]:
        if wait.if_missing == "fail":
            yield from self._failed(run_id, now, why)
        else:
            note = f"started all the same: {why}"
            yield from self._over(run_id, wait, now, note, note=note)

    def _failed(self, run_id: int, now: float, why: str) -> Iterator[Event]:
        """Its jobs fail, but those that are there for failures, and for the end, may run."""
        shape, data = self._board.shape_of(run_id), {"reason": why, "cause": "external"}
        for job in tuple(self._board.jobs_of(run_id)):
            spared = shape.jobs[job.index].finally_ or shape.rules[job.index] == "one_failed"
            if job.state is State.WAITING and not spared:
                fields = {"run": run_id, "job": job.index, "who": WHO, "data": data}
                yield Event(kind="job.unfit", at=now, **fields)
        for wait in _afters(self._board.runs[run_id]):
            yield from self._over(run_id, wait, now, why, note=why)

    def _over(self, run_id: int, wait: Wait, now: float, why: str, **note: str) -> Iterator[Event]:
        run = self._board.runs[run_id]
        if wait in run.waits:  # else an earlier event of this look was about it
            data = {"wait": run.waits.index(wait), **note}
            yield Event(kind="run.ready", at=now, run=run_id, who=WHO, why=why, data=data)

    def _count_on(self, now: float) -> None:
        """Which runs still wait, for which flows, and when the next of them waits too long."""
        runs = [self._board.runs.get(run_id) for run_id in self._waiting or ()]
        still = {(run.id, wait) for run in runs if run for wait in _afters(run)}
        self._waiting = {run_id for run_id, _ in still}
        self._awaited = {wait.flow for _, wait in still}
        self._timeouts = {key: at for key, at in self._timeouts.items() if key in still}
        if self._timeouts:
            self.due = now + max(0.0, min(self._timeouts.values()) - self._elapsed())


def _afters(run: Run | None) -> tuple[Wait, ...]:
    if run is None or run.state in RUN_TERMINAL:
        return ()
    return tuple(wait for wait in run.waits if wait.kind == "after")
