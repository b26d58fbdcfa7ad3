"""Commands about time: when flows start, and why they do not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from jobmon.tui.desk import Desk
from jobmon.tui.options import (
    complete,
    document,
    json_option,
    page,
    pass_desk,
    preview_option,
    why_option,
)


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


@click.command()
@click.argument("name", metavar="NAME", shell_complete=complete("flow"))
@click.option("--from", "since", required=True, metavar="DATE", help="The first day, or minute.")
@click.option("--to", "until", required=True, metavar="DATE", help="The last day, or minute.")
@click.option(
    "--only",
    type=click.Choice(["missing", "failed", "all"]),
    help="Slots without a run (as when left out), runs that failed, or all of them.",
)
@click.option("--max", "most", type=click.IntRange(1, 1000), help="Slots at most; 1000.")
@click.option("--reverse", is_flag=True, help="The newest first.")
@click.option("--parallel", type=click.IntRange(1, 100), help="Runs at once; 1.")
@click.option(
    "-p",
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="Another value for new runs.",
)
@preview_option
@why_option
@json_option
@pass_desk
def backfill(desk: Desk, name: str, params: tuple[str, ...], **options: Any) -> None:
    """Run the slots of a past range that have no run.

    NAME is a flow with a schedule, or a deployment. Each slot is run once, however often this is
    said. The runs have a low priority, and wait for each other.
    """
    from jobmon.tui.running import given_params

    answer = desk.call(
        "backfill",
        name=name,
        since=options["since"],
        until=options["until"],
        only=options["only"],
        max=options["most"],
        reverse=options["reverse"] or None,
        parallel=options["parallel"],
        params=given_params(params),
        why=options["why"],
        preview=options["preview"],
    )
    if options["as_json"]:
        document(desk.ink, {"schema": "jobmon.backfill/1", **answer})
        return
    from jobmon.tui import lists

    head = f"backfill {answer['name']}: " + ("would touch" if options["preview"] else "done")
    lines = lists.touched(desk.ink, answer)
    head = head if answer["touched"] else f"backfill {answer['name']}: nothing to touch"
    page([desk.ink.paint(desk.ink.safe(head), "bold"), *lines])


COMMANDS = (schedule, backfill)
