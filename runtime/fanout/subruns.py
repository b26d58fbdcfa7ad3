"""Runs that a job of another run starts and waits for: which one an attempt is to wait for.

An attempt that is killed, or a runtime that is, leaves the run it waited for alone; whoever asks
next for the same job finds it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from jobmon.jobs.definition import FlowDef
from jobmon.runtime.board import Board
from jobmon.runtime.errors import RefusedError
from jobmon.runtime.model import RUN_TERMINAL, Event, JobRun, Run
from jobmon.runtime.scheduling import starting
from jobmon.runtime.scheduling.starting import Wanted
from jobmon.runtime.states import ACTIVE, TERMINAL, State
from jobmon.runtime.store import Batch, Store

Answer = dict[str, Any]
DEEPEST = 10
"""Runs within runs within runs: a flow that starts itself ends here at the latest."""
PATIENCE = 20.0
"""Seconds after which whoever waits for news is told that there are none."""
MOST_OUTPUTS = 32 << 10
"""Bytes of JSON that the outputs of the inner run's jobs may have to be handed on."""


class Subruns:
    """A duty that is never due: it hears of what is committed and wakes who waits for a run."""

    due: float | None = None

    def __init__(self, board: Board, store: Store, bring_back: Callable[[int], None]) -> None:
        self._board, self._store, self._bring_back = board, store, bring_back
        self._news: dict[int, asyncio.Event] = {}

    def attend(self, now: float, batch: Batch) -> Iterable[Event]:
        """Nothing follows by itself."""
        del now, batch
        return ()

    def heard(self, events: Sequence[Event]) -> None:
        """Wake those who wait for one of these runs."""
        for event in events if self._news else ():
            if event.run in self._news:
                self._news[event.run].set()

    def join(self, flow: FlowDef, request: Answer, now: float, batch: Batch) -> starting.Started:
        """The run that the attempt `attempt` of the request is to wait for, and what makes it so.

        A run that goes on is waited for. One that succeeded and whose end nobody heard counts. Of
        one that did not, what failed runs again: at the wish of a person, or once its end was
        heard. Otherwise a new one is started. Raises RefusedError for an attempt that is over.
        """
        job = self._asking(str(request["attempt"]))
        outer, name = self._board.runs[job.run], self._board.name(job.key)
        wanted = self._wanted(outer, name, flow, dict(request.get("params") or {}))
        last = self._last(outer, wanted)
        if last is None:
            return starting.start(self._board, self._store, batch, wanted, now)
        if last.state not in RUN_TERMINAL:
            return starting.Started(last, [])
        heard = self._heard(job, last)
        if last.state == "succeeded":
            if not heard:
                return starting.Started(last, [])
            return starting.start(self._board, self._store, batch, wanted, now)
        if not heard and job.tries > 1:
            return starting.Started(last, [])
        self._bring_back(last.id)
        return starting.again(self._board, batch, self._board.runs[last.id], wanted, now)

    async def follow(self, request: Answer) -> Answer:
        """How far a run is, as soon as that is another number than `seen`, or after a while."""
        run_id, seen = int(request["run"]), request.get("seen")
        end = asyncio.get_running_loop().time() + PATIENCE
        while True:
            news = self._news.setdefault(run_id, asyncio.Event())
            news.clear()
            found = self._progress(run_id)
            left = end - asyncio.get_running_loop().time()
            if found["over"]:
                self._news.pop(run_id, None)
            if found["over"] or found["done"] != seen or left <= 0:
                return found
            try:
                await asyncio.wait_for(news.wait(), left)
            except TimeoutError:
                continue

    def _asking(self, attempt: str) -> JobRun:
        run, job, n = map(int, attempt.split("."))
        found = self._board.jobs.get((run, job))
        if found is None or found.attempt != n or found.state not in ACTIVE:
            raise RefusedError(f"start a run for attempt {attempt}", "that attempt is over")
        return found

    def _wanted(self, outer: Run, name: str, flow: FlowDef, given: Answer) -> Wanted:
        path = self._path(outer)
        if flow.name in path or len(path) > DEEPEST:
            arrows = " -> ".join([*path, flow.name])
            why = "it runs itself" if flow.name in path else f"{len(path)} runs deep"
            raise RefusedError(f"start {flow.name} in {outer.key}", f"{why}: {arrows}")
        return Wanted(
            flow=flow,
            origin="subflow",
            moment=dt.datetime.fromisoformat(outer.time),
            given=given,
            who=f"{outer.key}/{name}",
            fields={"priority": outer.priority, "parent": f"{outer.key}/{name}"},
        )

    def _path(self, run: Run) -> list[str]:
        """The flows of a run and of those it runs in, the outermost first."""
        found, at = [run.flow], run
        while at.parent and len(found) <= DEEPEST:
            key = at.parent.rpartition("/")[0]
            outer = self._store.run_of_key(key)
            if outer is None:
                break
            found.insert(0, outer.flow)
            at = outer
        return found

    def _last(self, outer: Run, wanted: Wanted) -> Run | None:
        """The newest run of the same job, flow and params; as it is now."""
        found = self._store.inner_run(wanted.flow.name, str(wanted.fields["parent"]), outer.id)
        if found is None:
            return None
        found = self._board.runs.get(found.id, found)
        params = starting.preview(self._board, wanted, outer.created).run.params
        same = msgspec.to_builtins(params) == msgspec.to_builtins(found.params)
        return found if same or found.state not in RUN_TERMINAL else None

    def _heard(self, job: JobRun, inner: Run) -> bool:
        """Whether an earlier attempt of the job told how that run ended."""
        ends = self._store.attempts_told(job.run, job.index)
        return any(ended >= (inner.ended or inner.created) for ended in ends)

    def _progress(self, run_id: int) -> Answer:
        run = self._board.runs.get(run_id)
        if run is not None:
            jobs: Sequence[JobRun] = self._board.jobs_of(run_id)
        else:
            run, jobs = self._store.run(run_id)
        over = run.state in RUN_TERMINAL
        done = sum(job.state in TERMINAL and job.state is not State.LOST for job in jobs)
        counts = {"done": done, "total": len(jobs), "over": over}
        return {"run": run.key, "state": run.state, **counts} | (
            {"outputs": self._outputs(run, jobs)} if over else {}
        )

    def _outputs(self, run: Run, jobs: Sequence[JobRun]) -> Answer:
        """What the jobs of the run left, by name; {} when it is too much to be handed on."""
        names = [job.name for job in self._definition(run).jobs]
        left = {names[job.index]: job.output for job in jobs if job.output is not None}
        return left if len(msgspec.json.encode(left)) <= MOST_OUTPUTS else {}

    def _definition(self, run: Run) -> FlowDef:
        known = self._board.definitions.get(run.definition)
        return known or self._store.definition(run.definition)
