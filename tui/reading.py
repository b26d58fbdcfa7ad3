"""Commands that look: ls, show, logs, events, explain, graph, check. They change nothing."""

from __future__ import annotations

import click

from jobmon.runtime.errors import UsageError
from jobmon.runtime.words import command
from jobmon.tui.desk import Desk
from jobmon.tui.options import (
    complete,
    document,
    flow_argument,
    follow_option,
    hint,
    job_argument,
    json_option,
    maybe_job_argument,
    page,
    pass_desk,
    run_argument,
)


@click.command()
@click.argument("flow", metavar="[FLOW]", required=False, shell_complete=complete("flow"))
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(0),
    default=20,
    show_default=True,
    help="How many of the runs ended.",
)
@click.option("--all", "everything", is_flag=True, help="All runs there are.")
@click.option("--flows", is_flag=True, help="The flows instead of the runs.")
@json_option
@pass_desk
def ls(
    desk: Desk, flow: str | None, limit: int, everything: bool, flows: bool, as_json: bool
) -> None:
    """List runs, newest first.

    All that are not over, and the newest of the others. FLOW leaves only the runs of that flow.
    """
    from jobmon.tui import listing

    body = desk.view("flows") if flows else desk.view("ls", flow=flow, limit=limit, all=everything)
    if flow and not flows and not body["runs"]:
        listing.must_be_known(desk, flow)
    if as_json:
        document(desk.ink, body)
        return
    page(listing.flows(desk, body) if flows else listing.runs(desk, body, flow))


@click.command()
@run_argument
@maybe_job_argument
@follow_option
@json_option
@click.pass_context
def show(ctx: click.Context, run: str, job: str | None, follow: bool, as_json: bool) -> None:
    """Show a run as the tree of its jobs.

    With JOB that one with all its attempts. With -f the view stays and moves until the run
    ends; the exit code is then the run's outcome. -f --json prints each event as one line and
    at last the run.
    """
    desk: Desk = ctx.obj
    if follow and job:
        hint = f"{command('logs', run, job, '-f')}, or the run: {command('show', run, '-f')}"
        raise UsageError(f"follow {job}", "a run is followed as a whole", hint)
    if follow:
        from jobmon.tui.follow import follow as follow_run

        ctx.exit(follow_run(desk, run, as_json=as_json))
    from jobmon.tui import runpage

    body = desk.view("show", run=run, attempts=bool(job) or as_json)
    if job:
        body = runpage.only(body, job)
    if as_json:
        document(desk.ink, body)
        return
    one = body["jobs"][0] if job else None
    now = desk.now()
    page(runpage.job_page(desk.ink, body, one, now) if one else runpage.page(desk.ink, body, now))


@click.command()
@run_argument
@job_argument
@click.option("--attempt", type=click.IntRange(1), help="Which attempt; the newest when not given.")
@follow_option
@click.option("-n", "--lines", type=click.IntRange(0), help="Only the last lines.")
@click.option("--raw", is_flag=True, help="The job's own text, without times; still inert.")
@json_option
@pass_desk
def logs(
    desk: Desk,
    run: str,
    job: str,
    attempt: int | None,
    follow: bool,
    lines: int | None,
    raw: bool,
    as_json: bool,
) -> None:
    """Print what a job wrote.

    Each line: time, a rule (! for standard error), the text made inert. -f goes on until the
    job ends, over its retries too; with -n it begins at the last lines. --json prints one
    document a line, with the run, the job and the attempt on every line.
    """
    from jobmon.tui import logview

    style = "json" if as_json else "raw" if raw else "text"
    logview.View(desk, run, job, style).show(attempt=attempt, last=lines, follow=follow)


@click.command()
@follow_option
@click.option("--since", type=click.IntRange(0), metavar="SEQ", help="Those after that number.")
@click.option("--run", metavar="RUN", help="Of one run.", shell_complete=complete("run"))
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(0),
    default=100,
    show_default=True,
    help="The newest so many.",
)
@json_option
@pass_desk
def events(
    desk: Desk, follow: bool, since: int | None, run: str | None, limit: int, as_json: bool
) -> None:
    """Print what happened, by whom and why.

    --json prints a document; with -f one event a line.
    """
    from jobmon.tui import eventview

    eventview.View(desk, run, as_json).show(since=since, limit=limit, follow=follow)


@click.command()
@run_argument
@maybe_job_argument
@json_option
@pass_desk
def explain(desk: Desk, run: str, job: str | None, as_json: bool) -> None:
    """Say why a run or a job is in its state.

    And what would change it. Of a failed job: the failure card, with the cause, what changed,
    and the command to go on.
    """
    body = desk.view("explain", run=run, job=job)
    if as_json:
        document(desk.ink, body)
        return
    from jobmon.tui import card

    page(card.page(desk.ink, body))


@click.command()
@flow_argument
@json_option
@pass_desk
def graph(desk: Desk, flow: str, as_json: bool) -> None:
    """Show a flow as a tree, with its critical path.

    A job with several parents stands once, and as ^name under the others.
    """
    body = desk.view("graph", flow=flow)
    if as_json:
        document(desk.ink, body)
        return
    from jobmon.tui import graphpage

    page(graphpage.page(desk.ink, body))
    hint(desk.ink, f"run it: {desk.ink.safe(command('run', flow))}")


@click.command()
@json_option
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Load every flow and report each mistake.

    With file, line and what to do. Exits with 1 when there is a mistake.
    """
    from jobmon.tui import checking

    desk: Desk = ctx.obj
    body = checking.load(desk.settings)
    if as_json:
        document(desk.ink, body)
    else:
        page(checking.page(desk.ink, body))
    ctx.exit(1 if body["mistakes"] else 0)


@click.command()
@click.option("--thaw", "name", metavar="NAME", help="Lift the freeze of this rate.")
@json_option
@pass_desk
def limits(desk: Desk, name: str | None, as_json: bool) -> None:
    """Show slots, pools, rates and locks.

    Who holds them and who waits, also of scripts outside jobmon; which rates are frozen, by whom
    and until when. --thaw lets the starts of a frozen rate go on at once.
    """
    from jobmon.tui import limitspage

    done = limitspage.thaw(desk, name) if name else ""
    if as_json:
        document(desk.ink, limitspage.load(desk))
    elif done:
        page([desk.ink.safe(done)])
    else:
        page(limitspage.page(desk.ink, limitspage.load(desk), desk.now()))


COMMANDS = (ls, show, logs, events, explain, graph, limits, check)
