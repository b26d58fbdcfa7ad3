"""The command line: `jobmon COMMAND ...`, a thin face over documents and verbs.

This module and those it imports load click and the standard library only; what a command needs
beyond that is imported when it runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from jobmon.runtime.errors import EXIT_RUN_FAILED, JobmonError, UsageError
from jobmon.runtime.settings.profiles import VARIABLE
from jobmon.tui import reading, running, scheduling, serving, telling, verbs, watching, wrapping
from jobmon.tui.desk import Desk, Looking
from jobmon.tui.ink import tame

SECTIONS = {
    "Start": running,
    "Watch": watching,
    "Look": reading,
    "Act": verbs,
    "Time": scheduling,
    "Tell": telling,
    "Cron": wrapping,
    "Runtime": serving,
}
EXIT_BROKEN_PIPE = 141
EXIT_INTERRUPTED = 130

EPILOG = """RUN is a run's key (morning#3), a flow's name (its newest run), or @latest or - (the
newest of all).

Exit codes: 0 ok, 1 the run failed or a check found something, 2 usage, 3 another runtime serves the
folder, 4 not found, 5 refused with the reason, 6 no runtime, 130 interrupted."""


class Commands(click.Group):
    """The group of all commands: in the order they are added, errors in jobmon's own words."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In order of use, not of the alphabet."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands under what they are for."""
        for title, module in SECTIONS.items():
            rows = [(c.name or "", c.get_short_help_str(60)) for c in module.COMMANDS]
            with formatter.section(title):
                formatter.write_dl(rows)

    def main(  # type: ignore[override]  # click declares overloads for its two modes
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> None:
        """Run one command and exit with its code."""
        given = list(sys.argv[1:] if args is None else args)
        for stream in (sys.stdout, sys.stderr):
            tame(stream)
        if "_JOBMON_COMPLETE" in os.environ:
            from click.shell_completion import add_completion_class

            from jobmon.tui.completion import Bash

            add_completion_class(Bash)
        extra["standalone_mode"] = False
        sys.exit(_run(lambda: super(Commands, self).main(given, prog_name, **extra), given))


def _run(action: Any, given: Sequence[str]) -> int:
    """The exit code of `action`; errors are printed to standard error."""
    as_json = "--json" in given
    try:
        code = action()
        if sys.stdout:  # else it was closed before we began
            sys.stdout.flush()
    except JobmonError as error:
        return _fail(error, as_json)
    except click.ClickException as error:
        return _misused(error, as_json)
    except (click.Abort, KeyboardInterrupt):
        sys.stderr.write("\n")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read us is gone; so is the rest, quietly, as `cat` would do it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    return code if isinstance(code, int) else 0


def _fail(error: JobmonError, as_json: bool) -> int:
    from jobmon.tui.problems import as_document, as_text

    _say(as_document(error) if as_json else as_text(error))
    return error.exit_code or EXIT_RUN_FAILED


def _misused(error: click.ClickException, as_json: bool) -> int:
    from jobmon.tui.problems import usage_document

    if as_json:
        _say(usage_document(error))
    else:
        error.show()
    return error.exit_code


def _say(text: str) -> None:
    sys.stdout.flush()
    sys.stderr.write(text + "\n")


def _version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"jobmon {version('jobmon')}")
        ctx.exit()


@click.group(
    cls=Commands,
    invoke_without_command=True,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--home",
    metavar="DIR",
    help="The batch folder. Else $JOBMON_HOME, jobmon.toml here or above, ~/jobmon.",
)
@click.option(
    "--profile",
    metavar="NAME",
    help="Settings of jobmon.NAME.toml over those of jobmon.toml. Else $JOBMON_PROFILE, or none.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Print the version.",
)
@click.option("--view", is_flag=True, help="Open the monitor to look only: it takes no verbs.")
@click.option(
    "--socket",
    "sockets",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Open the monitor on the runtime behind this socket instead of a folder; several: on all.",
)
@click.pass_context
def cli(
    ctx: click.Context,
    home: str | None,
    profile: str | None,
    view: bool,
    sockets: tuple[Path, ...],
) -> None:
    """Runs your batch jobs in order and shows how they stand. State survives kill -9.

    Without a command it opens the monitor; where there is no terminal it prints an overview.
    """
    if profile is not None:
        os.environ[VARIABLE] = profile  # also for the runtime that may be started
    ctx.obj = ctx.obj or Desk(home)
    ctx.obj.looking = Looking(sockets, view)
    if ctx.invoked_subcommand is None:
        ctx.exit(watching.monitor(ctx.obj))
    elif (view or sockets) and ctx.invoked_subcommand != "wall":
        why = "--view and --socket are for the monitor"
        raise UsageError(f"run {ctx.invoked_subcommand}", why, "leave them out")


for _module in SECTIONS.values():
    for _command in _module.COMMANDS:
        cli.add_command(_command)


def main() -> None:
    """The console script."""
    cli.main(prog_name="jobmon")


if __name__ == "__main__":
    main()
