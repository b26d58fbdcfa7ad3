"""What becomes of each slot that has come: it starts, or is kept as an expired record. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from jobmon.runtime.model import FlowHold
from jobmon.runtime.scheduling.plans import Plan
from jobmon.runtime.timetable import Slot
from jobmon.runtime.words import said, span

ON_TIME = 60.0
"""Seconds by which a slot may be late and still counts as met: a restart misses nothing."""
DAY = 86400.0


class Ticket(msgspec.Struct, frozen=True):
    """What is remembered of a plan. Instants in seconds since the epoch, by the wall clock.

    `cursor`: all slots up to it are decided. `spec`: hash of the schedule they were read from.
    `top`: up to it all was decided once, or was before the plan was there; it is past the cursor
    only after the clock was set back.
    """

    cursor: float
    spec: str
    top: float = 0.0


class Decision(NamedTuple):
    """A slot. `expired` says why it does not start, "" when it does.

    `missed`: it comes after its time. `told`: it was decided before, by a clock that was ahead;
    what did not start then has its record.
    """

    slot: Slot
    expired: str = ""
    missed: bool = False
    told: bool = False


def decide(
    plan: Plan,
    ticket: Ticket,
    slots: Sequence[Slot],
    now: float,
    period: float,
    hold: FlowHold | None,
) -> list[Decision]:
    """A decision for each of `slots` (ascending, after the cursor, up to `now`).

    `period` is the distance in seconds from the last slot to the next one.
    """
    free = [slot.at for slot in slots if not _covers(hold, slot.at)]
    starting = _caught_up(plan, free, now, period)
    return [
        Decision(
            slot,
            _against(plan, slot.at, now, hold, caught_up=slot.at in starting),
            missed=_missed(slot.at, now),
            told=slot.at <= ticket.top,
        )
        for slot in slots
    ]


def window(plan: Plan, period: float) -> float:
    """How old a missed slot may be to be caught up, in seconds.

    One period, a day at most; with catchup="all" a day, as else there was never more than one.
    """
    if plan.catchup_window is not None:
        return plan.catchup_window
    return DAY if plan.catchup == "all" else min(period, DAY)


def _missed(slot: float, now: float) -> bool:
    return now - slot >= ON_TIME


def _caught_up(plan: Plan, free: Sequence[float], now: float, period: float) -> set[float]:
    """The missed slots that start after all."""
    oldest = now - window(plan, period)
    missed = [slot for slot in free if _missed(slot, now)]
    if plan.catchup == "all":
        return set([slot for slot in missed if slot >= oldest][-plan.catchup_max :])
    if plan.catchup == "latest" and missed and missed[-1] == free[-1] and missed[-1] >= oldest:
        return {missed[-1]}
    return set()


def _against(plan: Plan, slot: float, now: float, hold: FlowHold | None, *, caught_up: bool) -> str:
    if hold is not None and _covers(hold, slot):
        return _held(hold, slot)
    if plan.start_within is not None and now > slot + plan.start_within:
        return f"not started within {span(plan.start_within)} of its slot"
    if caught_up or not _missed(slot, now):
        return ""
    return f"missed by {span(now - slot)}: {_policy(plan)}"


def _policy(plan: Plan) -> str:
    if plan.catchup == "none":
        return 'catchup = "none"'
    if plan.catchup == "latest":
        return 'catchup = "latest" starts only the latest slot, and only within its window'
    return f'catchup = "all" starts at most {plan.catchup_max}, and only within its window'


def _covers(hold: FlowHold | None, slot: float) -> bool:
    return hold is not None and hold.at <= slot and (hold.until is None or slot < hold.until)


def _held(hold: FlowHold, slot: float) -> str:
    text = said("held", hold.who, hold.why)
    if hold.until is None:
        return text
    until = dt.datetime.fromtimestamp(hold.until).astimezone()
    return f"{text} (until {until:%Y-%m-%d %H:%M %z})"
