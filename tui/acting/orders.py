"""From a verb's key on some rows to what the runtime is asked. Pure.

Rows become orders by run: names, never places, so what moved meanwhile is still what was meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jobmon.runtime.model import RUN_TERMINAL
from jobmon.runtime.states import ACTIVE, State
from jobmon.tui.actions import BY_ID, Action, legal
from jobmon.tui.look import job_look
from jobmon.tui.world import Row, RowKey, World


class Order(NamedTuple):
    """One request: a verb on jobs of a run (none: the whole run), or on a flow."""

    site: int
    verb: str
    run: str = ""
    jobs: tuple[str, ...] = ()
    options: Mapping[str, Any] = {}
    flow: str = ""

    def args(self, why: str = "") -> dict[str, Any]:
        """The request's fields."""
        given: dict[str, Any] = {"verb": self.verb, "options": dict(self.options)}
        given |= {"flow": self.flow} if self.flow else {"run": self.run}
        return given | ({"jobs": list(self.jobs)} if self.jobs else {}) | _why(why)


def _why(why: str) -> dict[str, str]:
    return {"why": why} if why else {}


class Asked(NamedTuple):
    """What a key comes to: orders, and what is left out of them with the reason."""

    orders: tuple[Order, ...]
    complaint: str = ""
    running: tuple[Row, ...] = ()  # jobs that a skip has to cancel first


WHOLE = frozenset({"hold", "release", "cancel", "kill"})
"""Verbs that act on a whole run too."""
UNWELL = (State.FAILED, State.LOST, State.CANCELLED, State.UPSTREAM_FAILED, State.EXPIRED)
"""What a rerun of all that failed resets."""
SOME = 100
"""Marked rows that are looked at to say what a key does."""


def ask(action: Action, keys: Sequence[RowKey], world: World, **options: Any) -> Asked:
    """The orders for a verb on these rows."""
    if action.id == "run.rerun_failed":
        failed = _runs("rerun", keys, world, {"failed": True})
        return Asked(failed, "" if failed else f"{action.label}: there is no run under the cursor")
    runs = [key for key in keys if key.job < 0]
    rows = [row for key in keys if (row := world.row(key)) is not None and _whole(key) not in runs]
    if runs and action.verb not in WHOLE:
        return Asked((), f"{action.label} acts on jobs, and this is the run; {_INSTEAD}")
    if not rows and not runs:
        return Asked((), f"{action.label}: there is no job under the cursor")
    fit = [row for row in rows if _may(action, row)]
    unfit = [row for row in rows if row not in fit]
    running = tuple(row for row in fit if action.verb == "skip" and row.job.state in ACTIVE)
    orders = (
        *_by_run(action.verb, [r for r in fit if r not in running], options),
        *_runs(action.verb, runs, world, options),
    )
    return Asked(orders, _complaint(action, unfit), running)


_INSTEAD = "R reruns what failed of it, h holds it, c cancels it"


def _whole(key: RowKey) -> RowKey:
    return key._replace(job=-1)


def toggled(action: Action, keys: Sequence[RowKey], world: World) -> Action:
    """The hold key releases what is held."""
    boards = [world.sites[key.site].board for key in keys]
    found = [
        board.runs.get(key.run) if key.job < 0 else board.jobs.get((key.run, key.job))
        for key, board in zip(keys, boards, strict=True)
    ]
    held = bool(found) and all(one is not None and one.held for one in found)
    return BY_ID["job.release"] if action.id == "job.hold" and held else action


def _may(action: Action, row: Row) -> bool:
    if action.verb == "release":
        return row.job.held
    if action.verb in {"hold", "cancel"} and _stopped(row):
        return False
    return legal(action, row.job.state) and not (action.verb == "hold" and row.job.held)


def _stopped(row: Row) -> bool:
    """A person is stopping it already; a job that ran out of its time may be retried."""
    return row.job.state is State.STOPPING and row.job.by_operator


def offered(action: Action, keys: Sequence[RowKey], world: World) -> Action | None:
    """What the action's key does to these rows; None where none of them can take it.

    Without rows, as on the schedule, verbs are about what else is in hand.
    """
    if not keys or not (action.verb or action.states):
        return action
    some = keys[:SOME]
    meant = toggled(action, some, world)
    return meant if any(_takes(meant, key, world) for key in some) else None


def _takes(action: Action, key: RowKey, world: World) -> bool:
    board = world.sites[key.site].board
    run, row = board.runs.get(key.run), world.row(key)
    if run is None:  # only a list still has it: its runtime will say
        return action.verb in WHOLE or action.id == "run.rerun_failed"
    if action.id == "run.rerun_failed":
        return any(board.counts(run.id).get(state) for state in UNWELL)
    if row is None:
        return action.verb in WHOLE and run.state not in RUN_TERMINAL
    return _may(action, row)


def _complaint(action: Action, unfit: Sequence[Row]) -> str:
    if not unfit:
        return ""
    first = unfit[0]
    more = f" and {len(unfit) - 1} more" if len(unfit) > 1 else ""
    held = {"release": "not held", "hold": "held already" if first.job.held else ""}
    state = held.get(action.verb) or job_look(first.job.state).word
    return f"{action.label}: {first.name} is {state}{more}"


def _by_run(verb: str, rows: Sequence[Row], options: Mapping[str, Any]) -> list[Order]:
    found: dict[tuple[int, str], list[str]] = {}
    for row in rows:
        found.setdefault((row.site.number, row.run.key), []).append(row.name)
    return [
        Order(site, verb, run, tuple(dict.fromkeys(jobs)), dict(options))
        for (site, run), jobs in found.items()
    ]


def _runs(
    verb: str, keys: Sequence[RowKey], world: World, options: Mapping[str, Any]
) -> tuple[Order, ...]:
    """Whole runs, those too that only a list still has: their runtime knows them."""
    named = dict.fromkeys((key.site, world.names(key)[0]) for key in keys)
    return tuple(Order(site, verb, run, (), dict(options)) for site, run in named if run)


def must_ask(action: Action, touched: int, *, idempotent: bool) -> bool:
    """Whether a person is asked before it is done."""
    if action.asks == "many":
        return touched > 1 or not idempotent
    return action.asks in {"yes", "y"}
