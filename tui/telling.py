"""Commands about what people are told: the hand-over, and messages."""

from __future__ import annotations

import click

from jobmon.runtime.errors import EXIT_RUN_FAILED
from jobmon.tui.desk import Desk
from jobmon.tui.options import document, json_option, page, pass_desk


@click.command()
@click.option(
    "--since",
    metavar="WHEN",
    help="From then on: yesterday, today, a date, HH:MM, or both as DATETHH:MM. Else the last day.",
)
@click.option("--until", metavar="WHEN", help="Up to then, instead of now.")
@click.option("--send", is_flag=True, help="Send it to those who are told of `report`.")
@json_option
@pass_desk
def report(desk: Desk, since: str | None, until: str | None, send: bool, as_json: bool) -> None:
    """Tell what ran, what became of it, and what comes next.

    What failed and why, what was retried, what people did and why, what is late, lost, held or
    waits for somebody. For whoever takes over.
    """
    from jobmon.tui import spans

    now = desk.now()
    begin, end = spans.read(since, until, now)
    if send:
        answer = desk.call("notify", report={"since": begin, "until": end})
        if as_json:
            document(desk.ink, {"schema": "jobmon.sent/1", "to": answer["to"]})
        else:
            page([f"the report is on its way: {desk.ink.safe(', '.join(answer['to']))}"])
        return
    body = desk.view("report", since=int(begin), until=end)
    if as_json:
        document(desk.ink, body)
        return
    from jobmon.runtime.notify.page import page as lines_of

    page([desk.ink.safe(line) for line in lines_of(body, whole=desk.ink.width is None)])


@click.command()
@click.option("--test", is_flag=True, help="Send a test to every address, and say who took it.")
@click.option("--retry", is_flag=True, help="Try again now, also what was given up.")
@json_option
@click.pass_context
def notify(ctx: click.Context, test: bool, retry: bool, as_json: bool) -> None:
    """Show who is told of what, and unsent messages.

    With --test exits with 1 when an address takes no messages.
    """
    from jobmon.tui import outboxpage

    desk: Desk = ctx.obj
    if test:
        results = desk.call("notify", test=True)["results"]
        if as_json:
            document(desk.ink, {"schema": "jobmon.tested/1", "results": results})
        else:
            page(outboxpage.tested(desk.ink, results))
        ctx.exit(EXIT_RUN_FAILED if any(row["error"] for row in results) else 0)
    if retry:
        tried = desk.call("notify", retry=True)["messages"]
        if not as_json:
            page([f"messages that are tried now: {tried}"])
    body = desk.view("notify")
    if as_json:
        document(desk.ink, body)
    elif not retry:
        page(outboxpage.page(desk.ink, body, desk.now()))


COMMANDS = (report, notify)
