"""The command drill: a flow's graph under kill -9, and the books afterwards."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobmon.runtime.errors import EXIT_OK, EXIT_RUN_FAILED
from jobmon.runtime.words import command, span
from jobmon.tui.desk import Desk
from jobmon.tui.options import document, flow_argument, json_option, page

if TYPE_CHECKING:
    from jobmon.jobs.definition import FlowDef
    from jobmon.runtime.drill.drill import Kill, Result, Wanted

BATCH = "batch"
SHOWN = 12
"""Of what is duplicated, lost or wrong, so much is listed; the document has all."""
FIGURES = {
    "runs": "runs",
    "jobs": "jobs in them",
    "ran": "jobs that ran",
    "attempts": "attempts",
    "void": "of these voided by a restart, and issued again",
}


@click.command()
@flow_argument
@click.option("--kills", type=click.IntRange(1, 10_000), default=20, help="Kill so often; 20.")
@click.option(
    "--seconds", type=click.FloatRange(1), default=120, help="No kill after so many seconds; 120."
)
@click.option("--seed", type=int, help="Draws the same moments again; without: a new one.")
@json_option
@click.pass_context
def drill(ctx: click.Context, flow: str, **options: Any) -> None:
    """Kill the runtime under a flow, and count its jobs.

    The graph runs with dummy jobs in a temporary folder: nothing of yours is started. They wait a
    little and write their attempt into a file; that file has the last word. The runtime is killed
    at random moments and started again. Exit code 1 when a job is duplicated, lost or wrong; the
    folder is kept then.
    """
    import random

    from jobmon.runtime.drill.drill import Wanted

    desk: Desk = ctx.obj
    seed = random.randrange(1_000_000) if options["seed"] is None else options["seed"]
    wanted = Wanted(options["kills"], options["seconds"], seed)
    ctx.exit(_drilled(desk, flow, wanted, as_json=options["as_json"]))


def _drilled(desk: Desk, name: str, wanted: Wanted, *, as_json: bool) -> int:
    import shutil
    import tempfile

    from jobmon.jobs.loader import load_folder
    from jobmon.runtime.library import pick

    flow = pick(load_folder(desk.home, desk.settings.load_timeout), name)
    room = Path(tempfile.mkdtemp(prefix="jobmon-drill-"))
    if not as_json:
        said = f"{len(flow.jobs)} jobs a run, seed {wanted.seed}, in {room}"
        page([f"drill of {desk.ink.safe(name)}: {said}"])
    result = _result(desk, flow, wanted, room, _silent if as_json else _telling())
    kept = "" if result.account.good else str(room / BATCH)
    if not kept:
        shutil.rmtree(room, ignore_errors=True)
    if as_json:
        document(desk.ink, _document(name, wanted, result, kept))
    else:
        page(["", *_report(desk, result, kept)])
    return EXIT_RUN_FAILED if kept else EXIT_OK


def _result(
    desk: Desk, flow: FlowDef, wanted: Wanted, room: Path, tell: Callable[[Kill], None]
) -> Result:
    import shutil

    from jobmon.runtime.drill.drill import drill as run_drill

    try:
        with _interruptible():
            return run_drill(flow, desk.settings.pools, wanted, room / BATCH, tell)
    except KeyboardInterrupt:  # a defect keeps the folder, a change of mind does not
        shutil.rmtree(room, ignore_errors=True)
        raise


@contextmanager
def _interruptible() -> Iterator[None]:
    """Whoever ends the drill, it leaves no runtime behind: as if Ctrl-C had been pressed."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.default_int_handler) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _silent(_kill: Kill) -> None:
    pass


def _telling() -> Callable[[Kill], None]:
    numbers = count(1)
    return lambda kill: page([_kill_line(next(numbers), kill)])


def _kill_line(number: int, kill: Kill) -> str:
    from jobmon.runtime.drill.drill import MOMENTS

    jobs = "1 job" if kill.under_way == 1 else f"{kill.under_way} jobs"
    return f"  kill {number:>4}  {MOMENTS[kill.moment]:<38}  {jobs} under way"


def _report(desk: Desk, result: Result, kept: str) -> list[str]:
    ink, lines = desk.ink, _figures(result)
    for word in ("duplicated", "lost", "wrong"):
        found = getattr(result.account, word)
        lines.append(ink.paint(f"  {len(found):>7,}  {word}", "bold"))
        lines += [f"           {ink.safe(text)}" for text in found[:SHOWN]]
    end = "every job exactly as planned"
    if kept:
        end = f"not as it should be: look into {ink.safe(kept)}"
    return [*lines, "", f"{end}; in {span(result.seconds)}", *_look(kept)]


def _figures(result: Result) -> list[str]:
    from jobmon.runtime.drill.drill import MOMENTS

    rows = [(len(result.kills), "kills of the runtime")]
    rows += [(hits, f"  {MOMENTS[moment]}") for moment, hits in result.moments.items()]
    rows += [(sum(kill.under_way for kill in result.kills), "jobs that went on without a runtime")]
    rows += [(result.account.figures[key], text) for key, text in FIGURES.items()]
    return [f"  {number:>7,}  {text}" for number, text in rows]


def _look(kept: str) -> list[str]:
    return [f"  its runs: {command('--home', kept, 'ls', '--all')}"] if kept else []


def _document(name: str, wanted: Wanted, result: Result, kept: str) -> dict[str, Any]:
    account = result.account
    return {
        "schema": "jobmon.drill/1",
        "flow": name,
        "seed": wanted.seed,
        "seconds": round(result.seconds, 3),
        "kills": len(result.kills),
        "moments": result.moments,
        "under_way": sum(kill.under_way for kill in result.kills),
        **account.figures,
        "duplicated": account.duplicated,
        "lost": account.lost,
        "wrong": account.wrong,
        "folder": kept or None,
    }
