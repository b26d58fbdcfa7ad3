"""The duty that makes runs out of slots: what `due` decides, carried out and committed at once.

Slots go by the wall clock, which may be set anew at any time: it is looked at every LOOK seconds.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from jobmon.jobs.mistakes import WrongError
from jobmon.runtime import failpoint
from jobmon.runtime.board import Board
from jobmon.runtime.configuration import Configuration
from jobmon.runtime.library import Library
from jobmon.runtime.model import Event, FlowHold
from jobmon.runtime.scheduling.due import Ticket, decide
from jobmon.runtime.scheduling.plans import Plan, read
from jobmon.runtime.scheduling.slots import Dropped, Found, newest
from jobmon.runtime.scheduling.starts import Starts
from jobmon.runtime.scheduling.timing import Timing
from jobmon.runtime.store import Batch, Store

ROOM = "ticket"
LOOK = 20.0
"""Seconds between two looks at the wall clock."""
SOON = 0.5
"""Seconds between two looks at whether the flows are loaded."""
MOST_RECORDS = 500
"""Slots of a plan that get a record of their own when many were missed."""
MOST_ROWS = 20_000
"""Jobs of all these records together: flows of very many jobs get fewer."""
MOST_ENTERED = 50
"""Plans whose next slots are looked for in one turn, once flows or settings are new."""
ROOM_OF_A_TURN = 1_200
"""Jobs that one turn makes, a run counting for RUN of them; the others have their turn then."""
RUN = 20
FAILED_RESTS = 3600.0
"""Seconds until a schedule that cannot be followed just now is looked at again."""
JITTER = 1.0
"""Seconds by which a clock may go back without having been set."""


class Scheduler:
    """See `Duty`. `bring_back` has a run that is over on the board again, by its id."""

    def __init__(
        self,
        store: Store,
        board: Board,
        library: Library,
        configuration: Configuration,
        wall: Callable[[], float],
        bring_back: Callable[[int], None],
    ) -> None:
        self.due: float | None = 0.0
        self._store, self._board = store, board
        self._library, self._configuration = library, configuration
        self._wall = wall
        self._starts = Starts(store, board, bring_back)
        self._tickets: dict[str, Ticket] = {}
        self.faults: Mapping[str, str] = {}
        """Why deployments, or flows' own schedules, make no plan, by name."""
        self._plans: dict[str, Plan] = {}
        self._entering: list[Plan] = []
        self._timings: dict[str, Timing] = {}
        self._next: dict[str, float] = {}
        self._held: dict[str, FlowHold] = {}
        self._seen: tuple[Any, ...] = ()
        self._begun = False

    def attend(self, now: float, batch: Batch) -> Iterator[Event]:
        """Decide the slots that have come, as many as there is room for in one turn."""
        wall = self._wall()
        self._note_holds(wall)
        if self._library.known is None:
            self.due = now + SOON
            return
        if not self._same():
            self._follow(batch)
        for plan in self._entering[:MOST_ENTERED]:
            yield from self._enter(plan, wall, now, batch)
        del self._entering[:MOST_ENTERED]
        yield from self._turn_back(wall, now, batch)
        left = ROOM_OF_A_TURN
        for at, name in sorted((at, name) for name, at in self._next.items()):
            if at > wall or left <= 0:
                break
            plan = self._plans[name]
            cost = RUN + len(plan.flow.jobs)
            for event in self._meet(plan, wall, now, batch, max(1, left // cost)):
                left -= cost * (event.kind == "run.created")
                yield event
        first = wall if self._entering else min(self._next.values(), default=wall + LOOK)
        self.due = now + min(LOOK, max(0.0, first - wall))

    def heard(self, events: Sequence[Event]) -> None:
        """Flows and settings that were read anew are looked at without delay."""
        del events
        if self._begun and self.due is not None and not self._same():
            self.due = 0.0

    def rest(self) -> None:
        """Make no more runs: the state may be another runtime's by now."""
        self.due = None

    # What the plans are

    def _same(self) -> bool:
        now = (self._library.known, self._configuration.now)
        return len(self._seen) == 2 and all(a is b for a, b in zip(self._seen, now, strict=True))

    def _follow(self, batch: Batch) -> None:
        """Take over the plans as the flows and the settings make them now."""
        if not self._begun:
            kept = self._store.notes(ROOM)
            self._tickets = {name: msgspec.convert(body, Ticket) for name, body in kept.items()}
            self._begun = True
        settings = self._configuration.now
        found, faults = read(self._library.good, settings)
        self._seen, self.faults = (self._library.known, settings), faults
        plans = {name: plan for name, plan in found.items() if plan.active}
        for name in self._tickets.keys() - plans.keys() - faults.keys():
            self._forget(name, batch)
        self._plans, self._next, self._entering = {}, {}, list(plans.values())
        self._timings = {
            name: Timing(plan.cron, settings.calendars) for name, plan in plans.items()
        }

    def _enter(self, plan: Plan, wall: float, now: float, batch: Batch) -> Iterator[Event]:
        """A plan that is new, or fires by another schedule now, begins now: nothing was missed."""
        old = self._tickets.get(plan.name)
        spec = _spec(plan)
        self._plans[plan.name] = plan
        if old is None or old.spec != spec:
            self._keep(plan.name, Ticket(wall, spec), batch)
        if old is not None and old.spec != spec:
            fires = f"{plan.cron.expression} {plan.cron.tz}".rstrip()
            yield _event("schedule.changed", plan, now, reason=f"{plan.name} fires by {fires} now")
        yield from self._plan_next(plan, wall, now)

    def _plan_next(self, plan: Plan, wall: float, now: float) -> Iterator[Event]:
        """Note when its next slot comes."""
        self._next.pop(plan.name, None)
        cursor = min(self._tickets[plan.name].cursor, wall)
        try:
            found = self._timings[plan.name].next(cursor)
        except WrongError as error:
            yield _failed(plan, str(error), now)
            found = wall + FAILED_RESTS
        if found is not None:
            self._next[plan.name] = found

    # Slots that have come

    def _turn_back(self, wall: float, now: float, batch: Batch) -> Iterator[Event]:
        """The clock was set back: what comes again is decided again, by what is known of it."""
        for name, plan in self._plans.items():
            ticket = self._tickets[name]
            if ticket.cursor > wall + JITTER:
                top = max(ticket.top, ticket.cursor)
                self._keep(name, msgspec.structs.replace(ticket, cursor=wall, top=top), batch)
                yield from self._plan_next(plan, wall, now)

    def _meet(
        self, plan: Plan, wall: float, now: float, batch: Batch, most: int
    ) -> Iterator[Event]:
        """Decide a plan's slots up to now, the oldest first, and move its cursor with them."""
        ticket = self._tickets[plan.name]
        try:
            found, period = self._come(plan, ticket.cursor, wall)
        except WrongError:
            yield from self._plan_next(plan, wall, now)  # says why
            return
        hold = self._held.get(plan.flow.name)
        if found.dropped and found.dropped.last > ticket.top:
            yield _dropped(plan, found.dropped, now)
        for decision in decide(plan, ticket, found.slots, wall, period, hold)[:most]:
            yield from self._starts.make(plan, decision, now, batch)
            ticket = msgspec.structs.replace(ticket, cursor=decision.slot.at)
        self._keep(plan.name, ticket, batch)
        failpoint.reached(failpoint.SLOTTED)
        yield from self._plan_next(plan, wall, now)

    def _note_holds(self, wall: float) -> None:
        """The holds there are, and those that ended by themselves: of their time slots may come to
        be decided only now, where no runtime was there or the clock has jumped.
        """
        there = self._board.held_flows
        over = {n: h for n, h in self._held.items() if h.until is not None and h.until <= wall}
        self._held = over | there

    def _come(self, plan: Plan, cursor: float, wall: float) -> tuple[Found, float]:
        """The slots that have come, and the seconds from the last of them to the next one."""
        timing = self._timings[plan.name]
        most = max(1, min(MOST_RECORDS, MOST_ROWS // len(plan.flow.jobs)))
        found = newest(timing.between, cursor, wall, most)
        following = None
        with contextlib.suppress(WrongError):  # it is told when the next one is planned
            following = timing.next(wall)
        last = found.slots[-1].at if found.slots else wall
        return found, math.inf if following is None else following - last

    def _keep(self, name: str, ticket: Ticket, batch: Batch) -> None:
        self._tickets[name] = ticket
        batch.notes[ROOM, name] = msgspec.to_builtins(ticket)

    def _forget(self, name: str, batch: Batch) -> None:
        """A plan that is gone or rests: when it comes back it is new."""
        del self._tickets[name]
        batch.notes[ROOM, name] = None


def _spec(plan: Plan) -> str:
    return hashlib.sha256(msgspec.json.encode(plan.cron)).hexdigest()[:16]


def _event(kind: str, plan: Plan, now: float, **data: Any) -> Event:
    return Event(kind=kind, at=now, who="runtime", data={"plan": plan.name} | data)


def _failed(plan: Plan, why: str, now: float) -> Event:
    return _event("schedule.failed", plan, now, reason=f"{plan.name}: {why}")


def _dropped(plan: Plan, dropped: Dropped, now: float) -> Event:
    number = f"{dropped.number:,}" if dropped.exact else f"more than {dropped.number:,}"
    reason = f"{plan.name}: {number} slots that were missed get no record of their own"
    return _event(
        "schedule.dropped",
        plan,
        now,
        reason=reason,
        count=dropped.number,
        exact=dropped.exact,
        **{"from": dropped.first, "to": dropped.last},
    )
