"""What was decided of a slot, done: a run, a record, or a run that was there already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from jobmon.runtime import births
from jobmon.runtime.board import Board
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.model import Event, Run, Wait
from jobmon.runtime.scheduling.due import Decision
from jobmon.runtime.scheduling.plans import Plan
from jobmon.runtime.scheduling.starting import Wanted, again, start
from jobmon.runtime.store import Batch, Store
from jobmon.runtime.timetable import Slot, slot_key

AT_ONCE = 4
"""Runs of missed slots that start together; each further one waits its turn."""
STAGGER = 1.0
"""Seconds between the starts of further ones."""


class Starts:
    """Makes runs of slots. `bring_back` has a run that is over on the board again, by its id."""

    def __init__(self, store: Store, board: Board, bring_back: Callable[[int], None]) -> None:
        self._store, self._board, self._bring_back = store, board, bring_back
        self._turn = self._asked = 0.0

    def make(self, plan: Plan, decision: Decision, now: float, batch: Batch) -> Iterator[Event]:
        """The events that carry out a decision; nothing when that was done before."""
        known = run_of(self._store, self._board, slot_key(plan.name, decision.slot))
        if known is None and decision.expired and decision.told:
            return
        if known is not None and (decision.expired or not unstarted(known)):
            return
        waits = () if decision.expired or not decision.missed else self._staggered(now)
        wanted = of_slot(plan, decision.slot, waits=waits, expired=decision.expired)
        try:
            yield from self._events(wanted, known, now, batch)
        except JobmonError as error:
            reason = f"{slot_key(plan.name, decision.slot)}: {error}"
            data = {"plan": plan.name, "slot": decision.slot.at, "reason": reason}
            yield Event(kind="schedule.failed", at=now, who="runtime", data=data)

    def _events(self, wanted: Wanted, known: Run | None, now: float, batch: Batch) -> list[Event]:
        if known is None:
            return start(self._board, self._store, batch, wanted, now).events
        self._bring_back(known.id)
        return again(self._board, batch, known, wanted, now).events

    def _staggered(self, now: float) -> tuple[Wait, ...]:
        """So that what was missed does not start all at once."""
        if now < self._asked:  # the clock was set back
            self._turn = 0.0
        self._asked = now
        self._turn = max(self._turn, now - AT_ONCE * STAGGER) + STAGGER
        return (Wait(kind="until", until=self._turn, since=now),) if self._turn > now else ()


def of_slot(plan: Plan, slot: Slot, origin: str = "schedule", **fields: Any) -> Wanted:
    """The run of a slot of a plan; `fields` are further ones of `Wanted`."""
    run: dict[str, Any] = {
        "slot": slot.at,
        "tags": plan.tags,
        "priority": plan.priority,
        "deadline": births.deadline(plan.deadline, slot.moment),
        "start_by": None if plan.start_within is None else slot.at + plan.start_within,
    }
    run |= fields.pop("fields", {})
    usual: dict[str, Any] = {"who": "runtime", "policy": plan.overlap, "line": plan.name}
    return Wanted(
        flow=plan.flow,
        origin=origin,
        moment=slot.moment,
        key=slot_key(plan.name, slot),
        given=plan.params,
        fields=run,
        **usual | fields,
    )


def run_of(store: Store, board: Board, key: str) -> Run | None:
    """The run of that key, also one made in this turn. One on the board is newer than the store."""
    found = next((run for run in board.runs.values() if run.key == key), None)
    return found or store.run_of_key(key)


def unstarted(run: Run) -> bool:
    """Whether it is a record of what did not start."""
    return run.state == "expired" and run.started is None
