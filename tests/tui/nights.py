"""A night in which every action has something to act on, and a monitor on it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any

from jobmon.jobs.definition import RetryDef
from jobmon.runtime.model import Event
from jobmon.tui.lanes.seats import LaneKey
from jobmon.tui.screens.log.facts import About
from jobmon.tui.world import RowKey
from tests.core import job
from tests.tui.fakehands import Session, touched
from tests.tui.flows import flow
from tests.tui.logfakes import HEAD, START, out, read_all, written
from tests.tui.worlds import Folder

MORNING = flow(
    "morning",
    job("A"), job("B", "A", line=12), job("C", "B"), job("D", "B"), job("E", "C", "D"),
    file="flows/morning.py",
)  # fmt: skip
SYNC = flow(
    "sync",
    job("fetch", pool="database"), job("load", "fetch"), job("mail", "fetch"),
    job("approve", kind="manual", text="look at the totals"),
    job("flaky", retry=RetryDef(times=3, delay=600.0, on=())),
)  # fmt: skip
CAUSE = {"file": "scripts/b.py", "lineno": 53, "line": "KeyError: 'price'"}
FLOWS = [
    {"flow": name, "params": [], "description": "", "file": f"flows/{name}.py", "jobs": 5}
    for name in ("morning", "sync")
]
LINES = 200
FAILED, SYNCING, RUNNING = 7, 8, 9
"""Runs: morning#7 failed at B, sync#8 has all kinds of jobs, A of morning#9 runs. #5 went well."""


def folder(number: int = 0, label: str = "shop") -> Folder:
    """Four runs, the newest of which go on."""
    made = Folder(number, label)
    made.run(MORNING, 5)
    for name in "ABCDE":
        made.start(5, name)
        made.end(5, name)
    made.now += 600
    made.run(MORNING, FAILED)
    made.start(FAILED, "A")
    made.end(FAILED, "A")
    made.start(FAILED, "B")
    made.end(FAILED, "B", code=1)
    made.run(SYNC, SYNCING)
    made.start(SYNCING, "fetch", "flaky")
    made.end(SYNCING, "flaky", code=1)
    hold(made, SYNCING, "mail")
    made.run(MORNING, RUNNING)
    made.start(RUNNING, "A")
    made.site.flows = {"flows": FLOWS}
    return made


def hold(made: Folder, run: int, name: str) -> None:
    _, index = made.key(run, name)
    made.fold(Event(kind="job.hold", at=made.now, run=run, job=index, who="anna"))


def answer(args: Mapping[str, Any]) -> dict[str, Any]:
    """What a runtime would say to a verb: the jobs it names, else those of the run."""
    names = args.get("jobs") or ["A", "B"]
    return touched(args.get("run") or "", *((name, "failed", "waiting") for name in names))


@cache
def _night() -> Folder:
    return folder()


def fresh() -> Folder:
    """The night, of which a test may change what is known around its board."""
    made = copy(_night())
    made.site = copy(made.site)
    return made


def session(*folders: Folder, **more: Any) -> Session:
    """A monitor on these, by default on one such night."""
    found = Session(*(folders or (fresh(),)), **more)
    verbs = ("rerun", "skip", "hold", "release", "cancel", "kill", "mark", "done")
    found.hands.answers |= dict.fromkeys(verbs, answer)
    found.hands.answers["explain"] = {
        "run": "morning#7", "job": "B", "state": "failed", "reasons": ["it failed"], "next": [],
        "card": {"ended_how": "exit code 1", "attempt": 1, "cause": CAUSE},
    }  # fmt: skip
    return found


def log_of(directory: Path) -> Path:
    """A log with errors at lines 1, 21..., warnings at 6, 26..., a silence before line 101."""
    said = {1: "ERROR no such table", 6: "warning: slow"}
    lines = (
        out(said.get(n % 20, f"row {n} of the needle" if n % 50 == 0 else f"row {n}"),
            START + n + (600 if n > 100 else 0))
        for n in range(1, LINES + 1)
    )  # fmt: skip
    path = directory / "log.jsonl"
    written(path, HEAD, *lines)
    return path


# Where the cursor stands


def key_of(found: Session, name: str, site: int = 0) -> RowKey:
    """`morning#7 B` is a job, `morning#7` the run."""
    run, _, job_name = name.partition(" ")
    board = found.world.sites[site].board
    number = next(r.id for r in board.runs.values() if r.key == run)
    return RowKey(site, number, board.shape_of(number).names[job_name] if job_name else -1)


def put(found: Session, screen: str, on: str, log: Path) -> None:
    """Show a screen with the cursor on a job, a run or a flow."""
    screens = found.monitor.screens
    found.monitor.show(screen)
    if screen == "log":
        open_log(found, on, log)
    elif screen == "schedule":
        screens.schedule.cursor = ("flow", 0, on)
    elif on:
        _place(found, screen, key_of(found, on))
    found.text()


def _place(found: Session, screen: str, key: RowKey) -> None:
    screens = found.monitor.screens
    if screen == "dag":
        screens.dag.show(key)
    elif screen == "equalizer":
        screens.equalizer.cursor = LaneKey(*key, 1)
    elif screen == "syslog":
        events = found.world.sites[key.site].events
        about = [event.seq for event in events if (event.run, event.job) == key[1:]]
        screens.syslog.cursor, screens.syslog.following = (key.site, about[-1]), False
    else:
        {"queue": screens.queue, "history": screens.history, "limits": screens.limits}[
            screen
        ].cursor = key


def open_log(found: Session, on: str, path: Path) -> None:
    """Its second attempt of three."""
    run, _, name = on.partition(" ")
    view = found.monitor.screens.log
    log = written(path, path.read_bytes())
    view.open(log, About(key_of(found, on), run, name, 2, 3))
    read_all(log, view)
