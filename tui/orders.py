"""From a verb's key on some rows to what the runtime is asked. Pure.

Rows become orders by run: names, never places, so what moved meanwhile is still what was meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jobmon.runtime.states import ACTIVE
from jobmon.tui.actions import Action, legal
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


def ask(action: Action, keys: Sequence[RowKey], world: World, **options: Any) -> Asked:
    """The orders for a verb on these rows."""
    rows = [row for key in keys if (row := world.row(key)) is not None]
    runs = [key for key in keys if key.job < 0]
    if action.id == "run.rerun_failed":
        return Asked(_failed(rows, runs, world))
    if not rows and not runs:
        return Asked((), f"{action.label}: there is no job under the cursor")
    verb = _toggled(action, rows, runs, world)
    fit = [row for row in rows if _may(action, verb, row)]
    unfit = [row for row in rows if row not in fit]
    running = tuple(row for row in fit if verb == "skip" and row.job.state in ACTIVE)
    orders = (
        *_by_run(verb, [r for r in fit if r not in running], options),
        *_whole(verb, runs, world),
    )
    return Asked(orders, _complaint(action, unfit), running)


def _toggled(action: Action, rows: Sequence[Row], runs: Sequence[RowKey], world: World) -> str:
    """The hold key releases what is held."""
    held = [row.job.held for row in rows]
    held += [world.sites[k.site].board.runs[k.run].held for k in runs if _known(k, world)]
    return "release" if action.id == "job.hold" and held and all(held) else action.verb


def _known(key: RowKey, world: World) -> bool:
    return key.run in world.sites[key.site].board.runs


def _may(action: Action, verb: str, row: Row) -> bool:
    if verb == "release":
        return row.job.held
    return legal(action, row.job.state) and not (verb == "hold" and row.job.held)


def _complaint(action: Action, unfit: Sequence[Row]) -> str:
    if not unfit:
        return ""
    first = unfit[0]
    more = f" and {len(unfit) - 1} more" if len(unfit) > 1 else ""
    state = "not held" if action.id == "job.release" else job_look(first.job.state).word
    return f"{action.label}: {first.name} is {state}{more}"


def _by_run(verb: str, rows: Sequence[Row], options: Mapping[str, Any]) -> list[Order]:
    found: dict[tuple[int, str], list[str]] = {}
    for row in rows:
        found.setdefault((row.site.number, row.run.key), []).append(row.name)
    return [
        Order(site, verb, run, tuple(dict.fromkeys(jobs)), dict(options))
        for (site, run), jobs in found.items()
    ]


def _whole(verb: str, runs: Sequence[RowKey], world: World) -> list[Order]:
    known = [key for key in runs if _known(key, world)]
    return [Order(k.site, verb, world.sites[k.site].board.runs[k.run].key) for k in known]


def _failed(rows: Sequence[Row], runs: Sequence[RowKey], world: World) -> tuple[Order, ...]:
    keys = [(row.site.number, row.run.key) for row in rows]
    keys += [(k.site, world.sites[k.site].board.runs[k.run].key) for k in runs if _known(k, world)]
    return tuple(Order(s, "rerun", run, (), {"failed": True}) for s, run in dict.fromkeys(keys))


def must_ask(action: Action, touched: int, *, idempotent: bool) -> bool:
    """Whether a person is asked before it is done."""
    if action.asks == "many":
        return touched > 1 or not idempotent
    return action.asks == "yes"
