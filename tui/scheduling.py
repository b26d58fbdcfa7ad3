"""Commands about time: when flows start, and why they do not."""

from __future__ import annotations

from datetime import datetime

import click

from jobmon.tui.desk import Desk
from jobmon.tui.options import complete, document, json_option, page, pass_desk


@click.command()
@click.argument("flow", metavar="[FLOW]", required=False, shell_complete=complete("flow"))
@click.option("-n", "--count", type=click.IntRange(1, 1000), help="How many fire times; 10.")
@click.option(
    "--from",
    "since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    metavar="DATE",
    help="From that day or minute on (in the schedule's zone) instead of now.",
)
@click.option("--days", type=click.IntRange(1, 366), help="All fire times of so many days.")
@click.option("--explain", is_flag=True, help="Also what is shifted or left out, and why.")
@json_option
@pass_desk
def schedule(
    desk: Desk,
    flow: str | None,
    count: int | None,
    since: datetime | None,
    days: int | None,
    explain: bool,
    as_json: bool,
) -> None:
    """Show when flows start next.

    In local time and in the zone of the schedule. FLOW leaves only its own schedule and those
    of the deployments that run it. --explain tells day by day what the calendar, a blackout
    window or a change of the clocks does to a slot.
    """
    start = since.isoformat(timespec="minutes") if since else None
    asked = {"flow": flow, "count": count, "start": start, "days": days, "explain": explain or None}
    body = desk.view("schedule", **asked)
    if as_json:
        document(desk.ink, body)
        return
    from jobmon.tui import firing

    page(firing.page(desk.ink, body, desk.now(), explain=explain))


COMMANDS = (schedule,)
