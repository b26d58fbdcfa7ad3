"""The monitor: without a command, `wall`, and its keys."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import click

from jobmon.runtime.errors import NotFoundError
from jobmon.tui.desk import Desk
from jobmon.tui.options import hint, page, pass_desk


def monitor(desk: Desk, screen: str = "") -> int:
    """Open the monitor; where there is no terminal, print how things stand. The exit code."""
    sockets, readonly = desk.looking
    if not sockets and not (desk.ink.terminal and sys.stdin.isatty()):
        overview(desk)
        return 0
    from jobmon.tui.opening import open_monitor

    return open_monitor(desk, sockets=sockets, readonly=readonly, screen=screen)


def overview(desk: Desk) -> None:
    """How the runtime is, the newest runs, where to look next."""
    from jobmon.tui import listing, statuspage, vigil

    page([*statuspage.page(desk.ink, desk.status(vigil.PATIENCE), desk.now()), ""])
    page(listing.runs(desk, desk.view("ls", limit=10), None))
    hint(desk.ink, "jobmon show RUN, jobmon run FLOW, jobmon --help")


@click.command()
@pass_desk
def wall(desk: Desk) -> None:
    """Open the monitor on its wallboard, large and to look only.

    It is read from across the room; no verb is taken there.
    """
    desk.looking = desk.looking._replace(readonly=True)
    click.get_current_context().exit(monitor(desk, "wall"))


@click.command()
@pass_desk
def keys(desk: Desk) -> None:
    """Print the keys of the monitor, with those of your own."""
    from jobmon.tui import keyspage

    page(keyspage.lines(desk.ink, _own_keys(desk)))


def _own_keys(desk: Desk) -> Mapping[str, tuple[str, ...]]:
    """Those of the batch folder, where there is one."""
    from jobmon.tui.opening import settings_of

    try:
        return settings_of(desk, desk.home).keys
    except NotFoundError:
        return {}


COMMANDS = (wall, keys)
