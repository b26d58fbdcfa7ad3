"""Commands for those who come from cron: exec, import-crontab, suggest."""

from __future__ import annotations

import os
import re
from typing import Any

import click

from jobmon.runtime.errors import UsageError
from jobmon.tui.desk import Desk
from jobmon.tui.options import pass_desk


class Seconds(click.ParamType):
    """A length of time: `90s`, `10m`, `1h30m`, or a number of seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Seconds."""
        from jobmon.jobs.durations import seconds_of

        if isinstance(value, float):
            return value
        text = str(value)
        found = float(text) if text.replace(".", "", 1).isdecimal() else seconds_of(text)
        if found is None:
            self.fail(f"{text!r} is no length of time: write 90, 90s, 10m or 1h30m", param, ctx)
        return found


SECONDS = Seconds()
_PLAIN = re.compile(r"\w[\w.-]{0,49}")
"""Names that need no further look: what looks costs as much as all the rest."""
FOREVER = "ever"


class Waiting(Seconds):
    """A length of time, or `ever`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Seconds; None: as long as it takes."""
        return value if value == FOREVER else super().convert(value, param, ctx)


@click.command(name="exec")
@click.argument("name", metavar="NAME")
@click.argument("argv", metavar="-- CMD...", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option(
    "--wait",
    type=Waiting(),
    is_flag=False,
    flag_value=FOREVER,
    metavar="[TIME]",
    help="While NAME runs already, wait so long for it; without TIME as long as it takes.",
)
@click.option("--timeout", type=SECONDS, metavar="TIME", help="Stop it then; exit code 124.")
@click.option("--grace", type=SECONDS, metavar="TIME", help="Between SIGTERM and SIGKILL; 10s.")
@click.option("--retry", type=click.IntRange(0, 100), help="Further attempts after a failure; 0.")
@click.option("--delay", type=SECONDS, metavar="TIME", help="Before a further attempt; 10s.")
@click.option(
    "--backoff", type=click.FloatRange(1, 10), help="Each delay so many times the one before; 2."
)
@click.option("--max-delay", type=SECONDS, metavar="TIME", help="The longest delay; 1h.")
@click.option("-q", "--quiet", is_flag=True, help="Print what it printed only when it fails.")
@click.option("--notify", is_flag=True, help="Tell by the rules of [[notify]] that it changed.")
@click.option(
    "--busy-code",
    type=click.IntRange(0, 255),
    help="Exit code when NAME runs already; 0, and 75 after a wait.",
)
@click.pass_context
def exec_(ctx: click.Context, name: str, argv: tuple[str, ...], **options: Any) -> None:
    """Run a command as cron does, with lock and history.

    Needs no runtime, and starts none. NAME is its lock and its name in the history: a second
    start leaves at once, or waits with --wait. Input, output, environment and exit code are those
    of the command; 124 is its time limit, 126 and 127 that it cannot be started, 128+N a signal.
    """
    from jobmon.runtime.wrapped import wrapper
    from jobmon.runtime.wrapped.wish import Wish

    desk: Desk = ctx.obj
    if desk.named_home:
        os.environ["JOBMON_HOME"] = str(desk.home)  # for its limits, and for the command
    if not _PLAIN.fullmatch(name):
        _check(name)
    ctx.exit(wrapper.run(_wish(Wish, name, argv, options)))


def _check(name: str) -> None:
    """Raises UsageError for what cannot be the name of a flow."""
    from jobmon.jobs.mistakes import WrongError
    from jobmon.jobs.validate import check_name

    try:
        check_name(name, "flow")
    except WrongError as error:
        raise UsageError(f"run a command as {name!r}", error.text, error.hint) from None


def _wish(kind: Any, name: str, argv: tuple[str, ...], options: dict[str, Any]) -> Any:
    wait = options["wait"]
    usual = {"grace": 10.0, "retry": 0, "delay": 10.0, "backoff": 2.0, "max_delay": 3600.0}
    given = {key: options[key] for key in usual if options[key] is not None}
    values = usual | given
    return kind(
        name=name,
        argv=argv,
        wait=0.0 if wait is None else (None if wait == FOREVER else wait),
        timeout=options["timeout"],
        retries=values.pop("retry"),
        quiet=options["quiet"],
        notify=options["notify"],
        busy_code=options["busy_code"],
        **values,
    )


@click.command(name="import-crontab")
@click.argument("file", metavar="[FILE]", required=False)
@click.option("--system", is_flag=True, help="A user stands before each command, as in cron.d.")
@click.option("-o", "--output", metavar="FILE", help="Where to write; flows/crontab.py as usual.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option("--dry-run", is_flag=True, help="Print it, write nothing.")
@click.option("--shadow", is_flag=True, help="The same crontab, each command wrapped instead.")
@pass_desk
def import_crontab(desk: Desk, file: str | None, **options: Any) -> None:
    """Make a flow file of a crontab.

    A flow for each line. Reads FILE (- for standard input), or what `crontab -l` says, and tells
    line by line what it did and could not do; exit code 1 when something needs a person. With
    --shadow no flow is made: the crontab is printed again with each command wrapped by
    `jobmon exec`, to be installed with `crontab FILE`. After some days `jobmon suggest` proposes
    flows from what was seen.
    """
    from jobmon.tui import crontabs

    click.get_current_context().exit(crontabs.run(desk, file, crontabs.Options(**options)))


@click.command()
@click.option("--days", type=click.IntRange(1, 366), default=30, help="How far to look back; 30.")
@click.option("-o", "--output", metavar="FILE", help="Write it there instead of printing it.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@pass_desk
def suggest(desk: Desk, days: int, output: str | None, force: bool) -> None:
    """Propose a flow file from what `jobmon exec` saw.

    Who began soon after whose end, on how many days; who names a file that another wrote; how long
    each took, and a time limit. The evidence stands beside each line as a comment: it is for a
    person to judge, and nothing is changed. Exit code 4 when nothing was seen.
    """
    from jobmon.tui import crontabs

    crontabs.suggest(desk, days, output, force=force)


COMMANDS = (exec_, import_crontab, suggest)
