"""The arguments and options several commands share, and printing what they answer."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from jobmon.tui.desk import Desk
from jobmon.tui.ink import Ink

_F = TypeVar("_F", bound=Callable[..., Any])
pass_desk = click.make_pass_decorator(Desk)


def complete(kind: str) -> Callable[..., list[str]]:
    """A completion of runs, jobs or flows, imported only when the shell asks."""

    def suggest(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        from jobmon.tui import completion

        return completion.suggest(kind, ctx, incomplete)

    return suggest


run_argument = click.argument("run", metavar="RUN", shell_complete=complete("run"))
job_argument = click.argument("job", metavar="JOB", shell_complete=complete("job"))
maybe_job_argument = click.argument(
    "job", metavar="[JOB]", required=False, shell_complete=complete("job")
)
jobs_argument = click.argument("jobs", metavar="[JOB]...", nargs=-1, shell_complete=complete("job"))
flow_argument = click.argument("flow", metavar="FLOW", shell_complete=complete("flow"))
json_option = click.option("--json", "as_json", is_flag=True, help="Print the JSON document.")
why_option = click.option("--why", metavar="TEXT", help="Why; recorded with who and when.")
preview_option = click.option(
    "--preview", is_flag=True, help="Only show what would be touched; change nothing."
)
yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
follow_option = click.option("-f", "--follow", is_flag=True, help="Go on as news comes in.")


def page(lines: Iterable[str]) -> None:
    """Print lines; they are inert already."""
    text = "\n".join(lines)
    sys.stdout.write(text + "\n")


def document(ink: Ink, body: Any) -> None:
    """Print a JSON document: indented for a terminal, one line for a program."""
    sys.stdout.write(encode(ink, body, indent=2 if ink.terminal else None) + "\n")


def encode(ink: Ink, body: Any, indent: int | None = None) -> str:
    """JSON in the output's encoding, with signs that could steer a terminal spelled out."""
    text = json.dumps(body, ensure_ascii=ink.encoding != "utf-8", indent=indent)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else _escaped(c) for c in text)


def _escaped(sign: str) -> str:
    return json.dumps(sign)[1:-1] if ord(sign) > 0x9F else f"\\u{ord(sign):04x}"


def hint(ink: Ink, text: str) -> None:
    """A next step, for people at a terminal only."""
    if ink.terminal:
        sys.stdout.write(ink.paint(text, "dim") + "\n")
