"""Which runtime is meant by a name that several of them may know."""

from __future__ import annotations

from collections.abc import Sequence

from jobmon.tui.console import Console
from jobmon.tui.screens.filtered import host
from jobmon.tui.screens.schedule import Schedule
from jobmon.tui.world import World


def here(monitor: Console) -> int | None:
    """The site of the row under the cursor."""
    flow = monitor.view.flow(monitor.stage) if isinstance(monitor.view, Schedule) else None
    keys = monitor.view.targets(monitor.stage)
    return flow[0] if flow else keys[0].site if keys else None


def having(world: World, flow: str) -> list[int]:
    """The sites that have a flow of this name."""
    return [
        site.number
        for site in world.sites
        if any(known["flow"] == flow for known in site.flows.get("flows", ()))
    ]


def pick(monitor: Console, sites: Sequence[int], name: str) -> int | None:
    """The one of these that is meant: the only one, else that of the row in hand.

    None when that does not tell; then it is said how to.
    """
    chosen = here(monitor)
    if len(sites) == 1:
        return sites[0]
    if not sites or chosen in sites:
        return chosen or 0
    names = " and ".join(host(monitor.world.sites[number]) for number in sites)
    monitor.say(f"{names} have {name}: put the cursor on a row of the one that is meant", "note")
    return None
