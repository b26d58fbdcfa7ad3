"""`jobmon demo`: the sample folder, laid and run or shown at work, and what to try next."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from jobmon.runtime.errors import EXIT_OK, NoRuntimeError, RefusedError
from jobmon.runtime.words import command, shell_word
from jobmon.tui.desk import Desk
from jobmon.tui.follow import follow
from jobmon.tui.options import page
from jobmon.tui.text import cells, pad, size

FLOW = "morning"
CLOCK = "flows/clock.py"
HIDDEN = {".jobmon", "__pycache__"}
AFTER_LIVELY = (
    ("the monitor again", ""),
    ("what starts the flows, for another hour", "run clock"),
    ("the morning, as it stands", "show morning"),
    ("stop the runtime; jobs would go on", "down"),
)


def demonstrate(desk: Desk, folder: Path, *, yes: bool, broken: bool) -> int:
    """The lively sample in the monitor where a person sits at a terminal, else one run; exit code.

    `yes` and `broken` mean the one run, wherever that is.
    """
    person = desk.ink.terminal and sys.stdin.isatty()
    if person and not (yes or broken):
        return _lively(desk, folder)
    return _morning(desk, folder, yes=yes or not person, broken=broken)


def _lively(desk: Desk, folder: Path) -> int:
    """Start the clock, open the monitor, and stop what was started when that is left."""
    from jobmon.tui.opening import open_monitor

    if not (folder / CLOCK).exists():  # what was laid before may have been mended since
        _lay(folder, broken=False, lively=True)
    run = _clock(desk)
    try:
        code = open_monitor(desk)
    finally:
        if run:
            _stop(desk, run)
    with contextlib.suppress(OSError):  # the terminal may be gone
        page(_offered(desk, desk.ink.safe(_shown(folder)), AFTER_LIVELY))
    return code


def _stop(desk: Desk, run: str) -> None:
    with contextlib.suppress(RefusedError, NoRuntimeError):  # it is over, or away, already
        why = "the demo was left"
        with contextlib.closing(desk.connect()) as client:
            client.call("verb", verb="cancel", run=run, options={}, why=why)


def _clock(desk: Desk) -> str:
    """The run of the clock that was started; "" when one goes on already: that is enough."""
    if any(row["ended"] is None for row in desk.view("ls", flow="clock", limit=1)["runs"]):
        return ""
    speed = os.environ.get("JOBMON_DEMO_SPEED", "1")
    return desk.call("run", flow="clock", params={"speed": speed}, why="the demo")["run"]


def _morning(desk: Desk, folder: Path, *, yes: bool, broken: bool) -> int:
    """Lay, run, show; the exit code of the run. What is lively stays so."""
    _lay(folder, broken=broken, lively=(folder / CLOCK).exists())
    before = _stamps(folder)
    ink = desk.ink
    where = ink.safe(_shown(folder))
    page([ink.paint(f"a batch folder: {where}", "bold"), "  flows/morning.py   eight steps", ""])
    since = desk.runtime.hello["seq"]
    run = desk.call("run", flow=FLOW, params={}, why="the demo")["run"]
    if not yes:
        page(["its last step waits for a person; from another terminal:"])
        page([*_environment(desk), f"  cd {shell_word(where)} && {command('done', run)}", ""])
    code = follow(desk, run, since, yes=yes)
    if code == EXIT_OK:
        page(["", *_outputs(desk, folder, before)])
    page(["", *_next(desk, where, run, failed=code != EXIT_OK)])
    return code


def _lay(folder: Path, *, broken: bool, lively: bool = False) -> None:
    from jobmon.jobs.samples import lay

    try:
        lay(folder, broken=broken, lively=lively)
    except FileExistsError as error:
        hint = "name another folder: jobmon demo DIR"
        raise RefusedError("lay the sample", str(error), hint) from error


def _stamps(folder: Path) -> dict[Path, int]:
    """When each file of the batch folder was written last."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path: path.stat().st_mtime_ns for path in files if HIDDEN.isdisjoint(path.parts)}


def _outputs(desk: Desk, folder: Path, before: dict[Path, int]) -> list[str]:
    """The files that were made or written anew."""
    made = [path for path, at in _stamps(folder).items() if before.get(path) != at]
    names = [desk.ink.safe(path.relative_to(folder)) for path in made]
    width = max(map(cells, names), default=0)
    rows = [
        f"  {pad(n, width)}  {size(p.stat().st_size):>8}" for n, p in zip(names, made, strict=True)
    ]
    return [desk.ink.paint("what came out", "bold"), *rows] if made else []


def _next(desk: Desk, where: str, run: str, *, failed: bool) -> list[str]:
    things = [
        ("why did it fail", f"explain {run}") if failed else ("how it went", f"show {run}"),
        ("what a job wrote", f"logs {run} collect"),
        ("all that failed again, once it is mended", f"rerun {run} --failed")
        if failed
        else ("one step again, with all that follows", f"rerun {run} publish"),
        ("the flow as a tree", f"graph {FLOW}"),
        ("how the runtime is", "status"),
        ("stop the runtime; jobs would go on", "down"),
    ]
    return _offered(desk, where, things)


def _offered(desk: Desk, where: str, things: Sequence[tuple[str, str]]) -> list[str]:
    """What to try next: each what, and the rest of a line that begins with jobmon."""
    lines = [f"  {f'jobmon {line}'.rstrip():<34} {what}" for what, line in things]
    head = desk.ink.paint(f"next, in {where}:", "bold")
    return [head, *_environment(desk), f"  cd {shell_word(where)}", *lines]


def _environment(desk: Desk) -> list[str]:
    """How to make `jobmon` known to the shell, where it is not."""
    activate = Path(sys.prefix) / "bin" / "activate"
    if shutil.which("jobmon") or not activate.exists():
        return []
    return [f"  . {shell_word(desk.ink.safe(_shown(activate)))}"]


def _shown(path: Path) -> str:
    here = Path.cwd()
    whole = path.absolute()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)
