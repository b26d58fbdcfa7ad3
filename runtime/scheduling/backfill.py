"""A backfill: which slots of a past range are started, or started again, and how. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import NamedTuple

from jobmon.runtime.errors import UsageError
from jobmon.runtime.model import RUN_TERMINAL, Run
from jobmon.runtime.scheduling.plans import Plan
from jobmon.runtime.scheduling.starting import Wanted
from jobmon.runtime.scheduling.starts import of_slot, unstarted
from jobmon.runtime.timetable import Slot, slot_key

ONLY = ("missing", "failed", "all")
PRIORITY = -10
"""Of its runs: what people and schedules start goes first."""
MOST = 1000
"""Slots that one backfill touches at most."""
_FAILED = frozenset({"failed", "cancelled"})


class Item(NamedTuple):
    """A slot of the range. `act`: start, rerun or again (all its jobs); "" leaves it alone."""

    slot: Slot
    key: str
    run: Run | None
    act: str

    @property
    def state(self) -> str:
        """What there is of it: the state of its run, or missing."""
        return self.run.state if self.run else "missing"


class Asked(NamedTuple):
    """What a person asks for. `since`, `until`: instants, both included."""

    since: float
    until: float
    only: str = "missing"
    most: int = MOST
    reverse: bool = False
    parallel: int = 1


def choose(
    plan: Plan, slots: Iterable[Slot], run_of: Callable[[str], Run | None], asked: Asked
) -> list[Item]:
    """The slots in the order of their starts; of those to be touched at most `asked.most`."""
    keys = [(slot, slot_key(plan.name, slot)) for slot in slots]
    items = [_item(slot, key, run_of(key), asked.only) for slot, key in keys]
    if asked.reverse:
        items.reverse()
    touched = [item for item in items if item.act][: asked.most]
    return [item for item in items if not item.act or item in touched]


def name(plan: Plan, asked: Asked, zone: dt.tzinfo) -> str:
    """What its runs are known by: `load 2026-11-01..2026-11-05`, the same when asked again."""
    first, last = (
        f"{dt.datetime.fromtimestamp(at, zone):%Y-%m-%dT%H:%M}".removesuffix(end)
        for at, end in ((asked.since, "T00:00"), (asked.until, "T23:59"))
    )
    return f"{plan.name} {first}..{last}"


def wanted(plan: Plan, item: Item, batch: str, lane: int, who: str, why: str) -> Wanted:
    """The run of a slot. Of each lane one run goes on at a time, apart from what is scheduled."""
    return of_slot(
        plan,
        item.slot,
        "backfill",
        policy="queue",
        line=f"{batch} ({lane + 1})",
        who=who,
        why=why,
        fields={"batch": batch, "priority": PRIORITY, "start_by": None, "deadline": None},
    )


def moment(text: str, zone: dt.tzinfo, *, end: bool) -> float:
    """The instant of a day, at its beginning or its end, or of a minute. Raises UsageError."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        why = f"{text!r} is no day and no minute"
        raise UsageError("read the range", why, "such as 2026-11-01 or 2026-11-01T06:00") from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone)
    if end and len(text) == len("2026-11-01"):
        found = found.replace(hour=23, minute=59, second=59)
    return found.timestamp()


def _item(slot: Slot, key: str, run: Run | None, only: str) -> Item:
    return Item(slot, key, run, _act(run, only))


def _act(run: Run | None, only: str) -> str:
    if run is None:
        return "" if only == "failed" else "start"
    if run.state not in RUN_TERMINAL:
        return ""
    if unstarted(run):
        return "" if only == "failed" else "rerun"
    if only == "all":
        return "again"
    return "rerun" if only == "failed" and run.state in _FAILED else ""
