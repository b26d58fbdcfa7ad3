"""The order `backfill`: the runs of a past range of slots, each decided in the engine's turn."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable
from itertools import islice
from typing import Any

from jobmon.jobs.mistakes import WrongError, nearest
from jobmon.runtime.configuration import Configuration
from jobmon.runtime.engine import Engine
from jobmon.runtime.errors import JobmonError, NotFoundError, UsageError
from jobmon.runtime.library import Library
from jobmon.runtime.pending import Planned
from jobmon.runtime.scheduling import backfill
from jobmon.runtime.scheduling.backfill import Asked, Item
from jobmon.runtime.scheduling.plans import Plan, read
from jobmon.runtime.scheduling.starting import again, start
from jobmon.runtime.scheduling.starts import run_of
from jobmon.runtime.scheduling.timing import Timing
from jobmon.runtime.store import Batch
from jobmon.runtime.timetable import Slot

Answer = dict[str, Any]
TOO_MANY = 10_000
"""Slots in a range that are looked at."""


class Backfills:
    """Answers requests; a preview changes nothing. `wall` is the clock on the wall."""

    def __init__(
        self,
        configuration: Configuration,
        engine: Engine,
        library: Library,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._configuration, self._engine, self._library = configuration, engine, library
        self._wall = wall

    async def run(self, request: Answer) -> Answer:
        """Start what the range lacks. Raises NotFoundError or UsageError before any run exists."""
        await self._library.current()
        plan = self._plan(str(request["name"]), dict(request.get("params") or {}))
        timing = Timing(plan.cron, self._configuration.now.calendars)
        zone = timing.zone
        asked = self._asked(request, zone)
        batch = backfill.name(plan, asked, zone)
        slots = await asyncio.to_thread(self._slots, plan, timing, asked)
        items = self._items(plan, slots, asked)
        notes = _notes(items, asked, request)
        if not request.get("preview"):
            notes += await self._start(plan, items, asked, batch, request)
        touched = [_told(item) for item in items if item.act]
        applied = not request.get("preview")
        return {"name": batch, "touched": touched, "notes": notes, "applied": applied}

    def _plan(self, name: str, given: Answer) -> Plan:
        found, faults = read(self._library.good, self._configuration.now)
        if name in faults:
            raise UsageError(f"backfill {name}", faults[name], "jobmon check")
        if name not in found:
            near = nearest(name, found)
            known = ", ".join(sorted(found)) or "none yet"
            hint = f"did you mean {near}?" if near else f"what has a schedule: {known}"
            raise NotFoundError(f"backfill {name}", "there is no schedule of that name", hint)
        plan = found[name]
        return plan._replace(params={**plan.params, **given})

    def _asked(self, request: Answer, zone: dt.tzinfo) -> Asked:
        only = str(request.get("only") or "missing")
        if only not in backfill.ONLY:
            raise UsageError("backfill", f"only is {only!r}", f"one of {', '.join(backfill.ONLY)}")
        since = backfill.moment(str(request["since"]), zone, end=False)
        until = backfill.moment(str(request["until"]), zone, end=True)
        if until < since:
            raise UsageError("backfill", "the range ends before it begins", "--from DATE --to DATE")
        return Asked(
            since,
            until,
            only,
            max(1, min(int(request.get("max") or backfill.MOST), backfill.MOST)),
            bool(request.get("reverse")),
            max(1, int(request.get("parallel") or 1)),
        )

    def _items(self, plan: Plan, slots: list[Slot], asked: Asked) -> list[Item]:
        store, board = self._engine.store, self._engine.board
        there = {run.key: run for run in board.runs.values()}
        return backfill.choose(
            plan, slots, lambda key: there.get(key) or store.run_of_key(key), asked
        )

    def _slots(self, plan: Plan, timing: Timing, asked: Asked) -> list[Slot]:
        """Those of the range that have come."""
        until = min(asked.until, self._wall())
        try:
            slots = list(islice(timing.between(asked.since - 1, until), TOO_MANY + 1))
        except WrongError as error:
            raise UsageError(f"backfill {plan.name}", error.text, error.hint) from None
        if len(slots) > TOO_MANY:
            why = f"the range has more than {TOO_MANY:,} slots"
            raise UsageError(f"backfill {plan.name}", why, "give a shorter one")
        return slots

    async def _start(
        self, plan: Plan, items: list[Item], asked: Asked, batch: str, request: Answer
    ) -> list[str]:
        """One order for each slot, one after the other; what could not be done, in words."""
        failed: list[str] = []
        who, why = str(request.get("who", "")), str(request.get("why", ""))
        for nth, item in enumerate([item for item in items if item.act]):
            lane = nth % asked.parallel
            wanted = backfill.wanted(plan, item, batch, lane, who, why)
            try:
                await self._engine.order(self._order(item, wanted))
            except JobmonError as error:
                failed.append(f"{item.key}: {error}")
        return failed

    def _order(self, item: Item, wanted: backfill.Wanted) -> Callable[[float, Batch], Planned]:
        def plan(now: float, batch: Batch) -> Planned:
            engine = self._engine
            known = run_of(engine.store, engine.board, item.key)
            if known is None:
                return start(engine.board, engine.store, batch, wanted, now).events, {}
            if item.run is None:  # somebody else was quicker
                return [], {}
            engine.bring_back(known.id)
            found = again(engine.board, batch, known, wanted, now, every=item.act == "again")
            return found.events, {}

        return plan


def _told(item: Item) -> Answer:
    becomes = {"start": "started", "rerun": "rerun", "again": "rerun, all of it"}[item.act]
    return {"run": item.key, "job": None, "state": item.state, "becomes": becomes, "note": ""}


def _notes(items: list[Item], asked: Asked, request: Answer) -> list[str]:
    left = sum(not item.act for item in items)
    notes = [f"slots left as they are: {left}"] if left else []
    if sum(bool(item.act) for item in items) == asked.most:
        notes.append(f"at most {asked.most} at once: the same command goes on after them")
    if request.get("params") and any(item.act and item.run for item in items):
        notes.append("runs that are there keep their params")
    return notes
