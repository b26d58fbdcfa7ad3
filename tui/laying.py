"""The command init: a batch folder of one's own to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from jobmon.runtime.errors import RefusedError
from jobmon.runtime.words import command, shell_word
from jobmon.tui.desk import Desk
from jobmon.tui.options import page
from jobmon.tui.text import cells, pad

FILES = (
    ("jobmon.toml", "the settings, each with what it means"),
    ("flows/morning.py", "a small flow"),
    ("flows/report.py", "CSV into a workbook"),
    ("flows/watch.py", "prices that changed"),
    ("flows/backup.py", "thirty days of copies"),
    ("tests/test_flows.py", "tests of all four"),
    ("README.md", "what to do with it, in one page"),
)
NEXT = (
    (command("run", "morning", "--follow"), "the small flow, here and now"),
    (command("check"), "mistakes in flows and settings, before a run does"),
    (command(), "the monitor"),
    ("pytest", "the tests, in virtual time"),
)
EXTRA = 'pip install "jobmon[jobs]" pytest'


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_context
def init(ctx: click.Context, folder: Path) -> None:
    """Lay a batch folder of your own to begin with.

    It holds settings with comments, a small flow, three flows made of ready-made jobs with sample
    data, and tests of them. Nothing has to be edited before it runs, nothing starts by itself, and
    no file that is there is written over. To see a shop at work instead: demo.
    """
    from jobmon.jobs.samples import begin

    desk: Desk = ctx.obj
    what, hint = f"lay a batch folder in {folder}", "name another folder: jobmon init DIR"
    try:
        begin(folder)
    except FileExistsError as error:
        raise RefusedError(what, str(error), hint) from error
    except OSError as error:
        raise RefusedError(what, error.strerror or str(error), hint) from error
    page(_told(desk, folder))


def _told(desk: Desk, folder: Path) -> list[str]:
    ink = desk.ink
    where = ink.safe(str(folder))
    return [
        ink.paint(f"a batch folder: {where}", "bold"),
        *_rows(FILES),
        "",
        ink.paint("next:", "bold"),
        *([f"  cd {shell_word(where)}"] if folder.resolve() != Path.cwd() else []),
        *_rows(NEXT),
        f"the last three flows and the tests need more: {EXTRA}",
    ]


def _rows(rows: tuple[tuple[str, str], ...]) -> list[str]:
    width = max(cells(left) for left, _ in rows)
    return [f"  {pad(left, width)}  {right}" for left, right in rows]
