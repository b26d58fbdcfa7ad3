"""Commands that begin things: init, run, demo and drill."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from jobmon.runtime.errors import UsageError
from jobmon.runtime.words import command
from jobmon.tui.desk import Desk
from jobmon.tui.drilling import drill
from jobmon.tui.laying import init
from jobmon.tui.options import (
    document,
    encode,
    flow_argument,
    json_option,
    page,
    preview_option,
    why_option,
)


@click.command()
@flow_argument
@click.option(
    "-p",
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the flow; once for each.",
)
@click.option("-f", "--follow", is_flag=True, help="Watch it to its end; exit with its outcome.")
@click.option("--yes", "-y", is_flag=True, help="With --follow: answer its manual steps.")
@click.option("--priority", type=int, help="Higher goes first; 0 is usual.")
@click.option(
    "--overlap",
    type=click.Choice(["flow", "skip", "queue", "cancel_running", "allow"]),
    help="While other runs of it go on; flow: as the flow says. Without: it starts beside them.",
)
@click.option("--now", is_flag=True, help="Wait for no other flow that it comes after.")
@click.option("--last-good", is_flag=True, help="While its file is broken: as it was before.")
@preview_option
@why_option
@json_option
@click.pass_context
def run(ctx: click.Context, flow: str, params: tuple[str, ...], **options: Any) -> None:
    """Start a run of a flow.

    Ctrl-C under --follow detaches: the run goes on. Without a terminal --follow prints one line
    for every change; with --json one document for every event and at last the run.
    """
    desk: Desk = ctx.obj
    follow = options["follow"] and not options["preview"]
    since = _number_before(desk) if follow else None
    answer = desk.call(
        "run",
        flow=flow,
        params=given_params(params),
        why=options["why"],
        priority=options["priority"],
        overlap=options["overlap"],
        now=options["now"] or None,
        last_good=options["last_good"] or None,
        preview=options["preview"],
    )
    if options["preview"]:
        answer |= {"run": None, "id": None}  # there is no run that could have a name
    if options["as_json"]:
        body = {"schema": "jobmon.run/1", **answer}
        page([encode(desk.ink, body)]) if follow else document(desk.ink, body)
    elif not follow:
        page(_told(desk, flow, answer))
    if follow:
        from jobmon.tui.follow import follow as follow_run

        ctx.exit(
            follow_run(desk, answer["run"], since, yes=options["yes"], as_json=options["as_json"])
        )


def _number_before(desk: Desk) -> int:
    """The number of the last event before the run: from there all of it can be told."""
    return desk.runtime.hello["seq"]


def given_params(given: tuple[str, ...]) -> dict[str, str]:
    """NAME=VALUE, each split in two. Raises UsageError."""
    split = [item.partition("=") for item in given]
    wrong = [name for name, sign, _ in split if not sign or not name]
    if wrong:
        raise UsageError(f"read the parameter {wrong[0]}", "it has no value", "-p NAME=VALUE")
    return {name: value for name, _, value in split}


def _told(desk: Desk, flow: str, answer: dict[str, Any]) -> list[str]:
    ink, jobs = desk.ink, answer.get("jobs") or ()
    number = f"{len(jobs):,} jobs" if len(jobs) != 1 else "1 job"
    notes = [f"  {ink.safe(note)}" for note in answer.get("notes") or ()]
    if answer["run"] is None:
        names = ", ".join(ink.safe(name) for name in jobs)
        return [f"would start a run of {ink.safe(flow)}: {number}", f"  {names}", *notes]
    key = ink.paint(ink.safe(answer["run"]), "bold")
    watch = ink.safe(command("show", answer["run"], "-f"))
    return [f"started {key}: {number}", *notes, f"  watch it: {watch}"]


@click.command()
@click.argument("folder", metavar="[DIR]", default="jobmon-demo", type=click.Path(path_type=Path))
@click.option("--yes", "-y", is_flag=True, help="One run of `morning`; answer its manual step.")
@click.option("--broken", is_flag=True, help="One run with a fault to find, mend and rerun.")
@click.pass_context
def demo(ctx: click.Context, folder: Path, yes: bool, broken: bool) -> None:
    """Lay the sample folder and show it at work.

    On a terminal the monitor opens on several flows, which a clock starts again and again until it
    is left. Elsewhere, and with --yes or --broken, the flow `morning` runs to its end with live
    output; then what came out is listed, and what to try next. For a folder of your own: init.
    """
    from jobmon.tui.demonstration import demonstrate

    ctx.exit(demonstrate(Desk(str(folder)), folder, yes=yes, broken=broken))


COMMANDS = (init, run, demo, drill)
