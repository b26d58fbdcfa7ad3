"""Why something stands as it does, and from there to the line that failed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from jobmon.runtime.errors import JobmonError
from jobmon.tui import card
from jobmon.tui.acting.doing import Deed, told
from jobmon.tui.acting.ending import Ending
from jobmon.tui.acting.hands import Answer
from jobmon.tui.actions import BY_ID, legal
from jobmon.tui.boxes import TextBox
from jobmon.tui.console import Console
from jobmon.tui.screens.filtered import host
from jobmon.tui.world import Row, RowKey

LONGEST = 2_000
"""Cells of a line of an explanation."""


def why(monitor: Console, site: int, args: Mapping[str, str], ending: Ending) -> None:
    """The reasons and the failure card of a run or a job by name, in a box."""

    def explained(answer: Answer) -> None:
        ink = monitor.ink._replace(width=LONGEST)  # the box folds lines itself
        lines = [card.standing(ink, answer), *card.about(ink, answer)]
        ending.wait()
        monitor.put(TextBox(f"why {args.get('job') or args['run']}", lines), ending.arrived)

    _ask(monitor, site, args, explained, ending)


def flow(monitor: Console) -> None:
    """What the flow under the cursor waits for, what holds it, what it takes."""
    schedule = monitor.screens.schedule
    found = schedule.flow(monitor.stage)
    if found is None:
        monitor.say("why: there is no flow under the cursor", "note")
    else:
        monitor.put(TextBox(f"flow {found[1]}", schedule.explained(monitor.stage)))


def _ask(
    monitor: Console, site: int, args: Mapping[str, str],
    then: Callable[[Answer], None], ending: Ending,
) -> None:  # fmt: skip
    def hear(answer: Answer | JobmonError) -> None:
        if isinstance(answer, JobmonError):
            monitor.say(told(answer), "fail")
        else:
            then(answer)
        ending.arrived()

    ending.wait()
    monitor.hands.call(site, "view", {"name": "explain", "args": args}, hear)


def edit(monitor: Console, row: Row, ending: Ending) -> None:
    """The user's editor at the line that failed, else where the job is declared."""
    args = {"run": row.run.key, "job": row.name}
    _ask(monitor, row.site.number, args, lambda a: _open(monitor, row, a, ending), ending)


def _open(monitor: Console, row: Row, answer: Answer, ending: Ending) -> None:
    cause = (answer.get("card") or {}).get("cause") or {}
    path = str(cause.get("file") or row.site.board.shape_of(row.run.id).flow.file)
    line = int(cause.get("lineno") or 0) if cause.get("file") else row.jobdef.line
    if not path:
        monitor.say(f"edit: no file of {row.name} is known", "note")
    elif row.site.remote:
        place = os.path.join(str(row.site.hello.get("home") or ""), path)
        monitor.say(f"edit: it is on the machine {host(row.site)}: {place}:{line}", "note")
    else:
        key = row.key
        monitor.hands.edit(key.site, path, max(1, line), lambda: _edited(monitor, key, ending))


def _edited(monitor: Console, key: RowKey, ending: Ending) -> None:
    """Offer the rerun, now that it may be mended."""
    row, rerun = monitor.world.row(key), BY_ID["job.rerun"]
    idle = monitor.readonly or not monitor.world.live
    if row is not None and legal(rerun, row.job.state) and not idle:
        monitor.say(f"edited; r runs {row.name} again with all that follows")
        Deed(monitor, rerun._replace(asks="y"), ending=ending).begin([key])
