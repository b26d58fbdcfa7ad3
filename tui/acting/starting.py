"""Starting a run from the screen: a flow out of the list, the form of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from jobmon.tui import sites
from jobmon.tui.acting.doing import start_run
from jobmon.tui.acting.form import Form
from jobmon.tui.boxes import Choice, ChoiceBox
from jobmon.tui.console import Console, may_act
from jobmon.tui.screens.filtered import host
from jobmon.tui.screens.schedule import Schedule
from jobmon.tui.world import Site


class _Offer(NamedTuple):
    """A flow that can be started."""

    site: Site
    flow: Mapping[str, Any]


def choose(monitor: Console) -> None:
    """Choose a flow, then its parameters."""
    world = monitor.world
    offers = [_Offer(site, f) for site in world.sites for f in site.flows.get("flows", ())]
    if not may_act(monitor, "start"):
        return
    if not offers:
        monitor.say("start: there is no flow yet; save one as flows/NAME.py", "note")
    else:
        choices = [_choice(monitor, offer) for offer in offers]
        monitor.put(ChoiceBox("start a run of", choices, at=_in_hand(monitor, offers)))


def _choice(monitor: Console, offer: _Offer) -> Choice:
    name = str(offer.flow["flow"])
    shown = f"{host(offer.site)}: {name}" if monitor.world.many else name
    away = "does not answer now" if offer.site.away is not None else ""
    note = away or str(offer.flow.get("description") or "")
    safe = monitor.ink.safe
    return Choice(safe(shown), safe(note), _form(monitor, offer))


def _form(monitor: Console, offer: _Offer) -> Callable[[], None]:
    def begin(params: dict[str, str], why: str) -> None:
        start_run(monitor, offer.site.number, str(offer.flow["flow"]), params, why, again)

    def again(trouble: str) -> None:
        """What was typed is not lost by a mistake in it."""
        form.trouble = trouble
        monitor.put(form)

    form = Form(offer.flow, begin)
    return lambda: monitor.put(form)


def _in_hand(monitor: Console, offers: list[_Offer]) -> int:
    """The flow under the cursor, else that of the run under it, else the first."""
    view, keys = monitor.view, monitor.view.targets(monitor.stage)
    flow = view.flow(monitor.stage) if isinstance(view, Schedule) else None
    if flow is None and keys:
        run = monitor.world.sites[keys[0].site].board.runs.get(keys[0].run)
        flow = (keys[0].site, run.flow) if run else None
    named = [(offer.site.number, offer.flow["flow"]) for offer in offers]
    return named.index(flow) if flow in named else 0


def start_named(monitor: Console, flow: str, params: Mapping[str, str]) -> None:
    """Start a flow that is named on the command line, where it is known to be."""
    if may_act(monitor, "start"):
        site = sites.pick(monitor, sites.having(monitor.world, flow), f"a flow {flow}")
        if site is not None:
            start_run(monitor, site, flow, params)
