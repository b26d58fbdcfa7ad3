"""What people ask that changes something: new runs and verbs, planned and then folded."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import time
from typing import Any

from jobmon.jobs.definition import FlowDef
from jobmon.jobs.options import OVERLAP
from jobmon.runtime import launch, verbs, views
from jobmon.runtime.configuration import Configuration
from jobmon.runtime.engine import Engine
from jobmon.runtime.errors import UsageError
from jobmon.runtime.fanout.subruns import Subruns
from jobmon.runtime.library import Library
from jobmon.runtime.localzone import here
from jobmon.runtime.model import FlowHold
from jobmon.runtime.pending import Planned
from jobmon.runtime.reader import open_reader
from jobmon.runtime.scheduling import releases, starting
from jobmon.runtime.scheduling.overlap import going_on
from jobmon.runtime.scheduling.starting import Started, Wanted
from jobmon.runtime.store import Batch
from jobmon.runtime.waiting.found import aim

Answer = dict[str, Any]
OVERLAP_HINT = f"one of flow (as the flow says), {', '.join(OVERLAP)}"


class Orders:
    """Turns requests into plans for the engine. A preview makes the plan and folds nothing."""

    def __init__(self, configuration: Configuration, engine: Engine, library: Library) -> None:
        self._configuration, self._engine, self._library = configuration, engine, library
        self.subruns = Subruns(engine.board, engine.store, engine.bring_back)
        engine.duties.append(self.subruns)

    async def run(self, request: Answer, origin: str = "hand") -> Answer:
        """A new run of a flow. Raises NotFoundError or UsageError before any run exists."""
        flow = await self._library.flow(request["flow"], last_good=bool(request.get("last_good")))
        if request.get("preview"):
            now = time.time()
            wanted = _wanted(flow, request, origin, now)
            return _previewed(starting.preview(self._engine.board, wanted, now), flow, request)

        def plan(now: float, batch: Batch) -> Planned:
            wanted = _wanted(flow, request, origin, now)
            board, store = self._engine.board, self._engine.store
            found = starting.start(board, store, batch, wanted, now)
            return found.events, _started(found, flow, request)

        answer = await self._engine.order(plan, str(request.get("idem", "")))
        if refused := answer.get("refused"):
            raise starting.refusal(answer["run"], refused)
        return {name: value for name, value in answer.items() if name != "refused"}

    async def subflow(self, request: Answer) -> Answer:
        """The run that an attempt of a subflow job is to wait for; made when there is none."""
        flow = await self._library.flow(request["flow"])

        def plan(now: float, batch: Batch) -> Planned:
            found = self.subruns.join(flow, request, now, batch)
            how = "goes on" if not found.events else "runs again"
            if any(event.kind == "run.created" for event in found.events):
                how = "started"
            return found.events, {"run": found.run.key, "id": found.run.id, "how": how}

        return await self._engine.order(plan, str(request.get("idem", "")))

    async def verb(self, request: Answer) -> Answer:
        """An operator's verb on a flow, a run or some of its jobs."""
        hold = self._engine.board.held_flows.get(str(request.get("flow")))
        which = releases.asked(request.get("options") or {})
        answer = await self._verb(request)
        if request["verb"] != "release" or hold is None:
            return answer
        return answer | {"notes": [*answer["notes"], *await self._missed(hold, which, request)]}

    async def _missed(self, hold: FlowHold, which: str, request: Answer) -> list[str]:
        """The slots that a released flow missed, those started that were asked for."""
        runs = await releases.missed(self._engine, hold)
        flow = self._library.good.get(hold.flow)
        if not runs or flow is None:
            return []
        if request.get("preview"):
            starts = {"all": "it starts them", "latest": "it starts the newest"}
            rest = starts.get(which, "--catch-up all starts them, --catch-up latest the newest")
            return [f"missed while it was held: {len(runs)}; {rest}"]
        who, why = str(request.get("who", "")), str(request.get("why", ""))
        return await releases.catch_up(self._engine, flow, runs, which, who, why)

    async def _verb(self, request: Answer) -> Answer:
        await self._known(request.get("flow"))
        run_id, jobs = await asyncio.to_thread(self._target, request)
        current, files = None, {}
        if run_id is not None and request["verb"] == "rerun":
            current = await self._current_code(run_id)
            files = await asyncio.to_thread(self._changed_files, run_id)

        def made(now: float) -> verbs.Plan:
            if run_id is not None:
                self._engine.bring_back(run_id)
            digest = self._engine.board.add_definition(current) if current else ""
            command = _command(request, run_id, jobs, digest, files)
            return verbs.plan(self._engine.board, command, now)

        def plan(now: float, batch: Batch) -> Planned:
            planned = made(now)
            if current:
                batch.definitions.append(current)
            return list(planned.events), self._told(planned)

        if request.get("preview"):
            now = time.time()
            shown = verbs.preview(self._engine.board, made(now), now)
            return self._told(shown) | {"applied": False}
        return await self._engine.order(plan, str(request.get("idem", "")))

    async def _known(self, flow: str | None) -> None:
        """Raise NotFoundError for a flow that is in no file, had no run, and is not held.

        One whose file is broken still starts by itself, so it can be held.
        """
        board, store = self._engine.board, self._engine.store
        there = (*board.held_flows, *self._library.good)
        if flow and flow not in there and not store.last_number(flow):
            await self._library.flow(flow)

    def _told(self, plan: verbs.Plan) -> Answer:
        runs = self._engine.board.runs
        touched = [
            {
                "run": runs[touch.run].key if touch.run else None,
                "job": touch.name if touch.job >= 0 else None,
                "state": touch.state,
                "becomes": touch.becomes,
                "note": touch.note,
            }
            for touch in plan.touched
        ]
        return {"touched": touched, "notes": list(plan.notes), "applied": True}

    def _target(self, request: Answer) -> tuple[int | None, tuple[int, ...] | None]:
        """The run's id and the jobs' indices that the request's names mean."""
        if not request.get("run"):
            return None, None
        with contextlib.closing(open_reader(self._configuration.now.state_dir)) as db:
            run_id = views.find_run(db, request["run"])
            names = request.get("jobs")
            jobs = tuple(views.find_job(db, run_id, name) for name in names) if names else None
            return run_id, jobs

    def _changed_files(self, run_id: int) -> dict[int, tuple[str, ...]]:
        """By job index, the files its words name that changed since its newest attempt."""
        query = "SELECT job, body FROM attempts WHERE run = ? ORDER BY job, n"
        with contextlib.closing(open_reader(self._configuration.now.state_dir)) as db:
            newest = {job: json.loads(body) for job, body in db.execute(query, (run_id,))}
        home = self._configuration.now.home
        found = {
            job: launch.changed_files(attempt.get("fingerprint") or {}, home)
            for job, attempt in newest.items()
        }
        return {job: files for job, files in found.items() if files}

    async def _current_code(self, run_id: int) -> FlowDef | None:
        """The flow as its file says it now; None when it is gone or broken: the old code serves."""
        loaded = await self._library.current()
        self._engine.bring_back(run_id)
        return loaded.flows.get(self._engine.board.runs[run_id].flow)


def _wanted(flow: FlowDef, request: Answer, origin: str, now: float) -> Wanted:
    policy = str(request.get("overlap") or "allow")
    if policy not in (*OVERLAP, "flow"):
        raise UsageError(f"start {flow.name}", f"there is no overlap {policy!r}", OVERLAP_HINT)
    return Wanted(
        flow=flow,
        origin=origin,
        moment=here(now),
        policy=flow.overlap if policy == "flow" else policy,
        given=dict(request.get("params") or {}),
        who=str(request.get("who", "")),
        why=str(request.get("why", "")),
        fields={"priority": int(request.get("priority") or 0)},
        wait=not request.get("now"),
    )


def _started(found: Started, flow: FlowDef, request: Answer) -> Answer:
    run = found.run
    told = [going_on(found.others)] if found.others else []
    if any(wait.kind == "overlap" for wait in run.waits):
        told = [f"it waits for their end: {told[0]}"]
    told += [f"it waits for {aim(wait)}" for wait in run.waits if wait.kind == "after"]
    return {
        "run": run.key,
        "id": run.id,
        "jobs": [job.name for job in flow.jobs],
        "params": run.params,
        "notes": told,
        "refused": found.refused,
        "applied": not request.get("preview"),
    }


def _previewed(found: Started, flow: FlowDef, request: Answer) -> Answer:
    answer = _started(found, flow, request)
    if refused := answer.pop("refused"):
        answer["notes"] = [f"it would be refused: {refused}"]
    return answer


def _offset(moment: Any) -> float:
    """Seconds east of UTC on this machine's clocks at a time; now when that is no time."""
    try:
        local = dt.datetime.fromtimestamp(moment).astimezone()
    except (TypeError, ValueError, OverflowError, OSError):
        local = dt.datetime.now().astimezone()
    return (local.utcoffset() or dt.timedelta()).total_seconds()


def _command(
    request: Answer,
    run_id: int | None,
    jobs: tuple[int, ...] | None,
    definition: str,
    files: dict[int, tuple[str, ...]],
) -> verbs.Command:
    options = dict(request.get("options") or {})
    return verbs.Command(
        verb=request["verb"],
        target_run=run_id,
        jobs=jobs,
        flow=request.get("flow"),
        options=options,
        who=str(request.get("who", "")),
        why=str(request.get("why", "")),
        definition=definition,
        files=files,
        offset=_offset(options.get("until")),
    )
