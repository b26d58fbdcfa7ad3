"""What must not be overlooked, whatever screen is shown: over the key bar until it is over."""

from __future__ import annotations

from collections.abc import Iterator

from jobmon.tui.picture import Line, fit
from jobmon.tui.screens.filtered import host
from jobmon.tui.screens.view import Stage
from jobmon.tui.text import Span, clock_span, count, local, wrap
from jobmon.tui.world import Site, World

MOST = 4
"""Lines it takes at most."""


def banner(stage: Stage, width: int) -> list[Line]:
    """That the moment is past; runtimes that are away or in trouble; flow files that are broken."""
    lines: list[Line] = []
    for text, style in _notices(stage.world):
        parts = wrap(stage.ink.safe(text), width - 2)
        lines += [fit(((f" {part} ", style),), width) for part in parts]
    return lines[:MOST]


def _notices(world: World) -> Iterator[Span]:
    if not world.live:
        speed = f"replay {world.speed:g}x" if world.speed else "the past"
        moment = local(world.now, full=True)
        yield f"{speed}: {moment}   `at now` returns to the present", "banner"
    for site in world.sites:
        of = f" of {host(site)}" if world.many else ""
        if site.away is not None:
            yield _away(site, of, site.away, world.now), "banner"
        elif world.live:
            yield from _troubles(site, of)


def _troubles(site: Site, of: str) -> Iterator[Span]:
    for trouble in site.status.get("troubles") or ():
        yield f"TROUBLE{of}: {trouble}", "banner"
    mistakes = site.status.get("mistakes") or ()
    if mistakes:
        what = f"{count(len(mistakes), 'mistake')} in the flow files{of}"
        first = str(mistakes[0]).partition("\n")[0]  # the rest says how to mend it: `jobmon check`
        yield f"{what}, see: jobmon check. {first}", "note"


def _away(site: Site, of: str, since: float, now: float) -> str:
    """What is the matter, since when, and what helps."""
    old = f"this is {clock_span(max(0.0, now - since))} old" if site.loaded else "nothing is known"
    head = f"THE RUNTIME{of} {site.absent or 'IS AWAY'} since {local(since)}, {old}"
    return f"{head}: {site.trouble or 'jobs go on'}"
