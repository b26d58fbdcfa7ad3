"""What a command line does, once it is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jobmon.tui import explaining, sites
from jobmon.tui.acting import starting
from jobmon.tui.acting.doing import Deed
from jobmon.tui.acting.ending import Ending
from jobmon.tui.acting.orders import Order
from jobmon.tui.actions import BY_ID
from jobmon.tui.commandline import (
    At,
    Command,
    Complaint,
    Filter,
    Find,
    Go,
    Locate,
    ReadOnly,
    Replay,
    Run,
    Simple,
    Sort,
    Theme,
    Verb,
)
from jobmon.tui.commandline.criteria import matches
from jobmon.tui.console import Console, may_act
from jobmon.tui.screens.schedule import Schedule
from jobmon.tui.text import count
from jobmon.tui.world import RowKey


def perform(monitor: Console, command: Command | Complaint) -> None:
    """Do what the line asked for, or say what is wrong with it."""
    _PERFORM[type(command)](monitor, command)


def _complain(monitor: Console, command: Complaint) -> None:
    monitor.say(command.text, "note")


def _go(monitor: Console, command: Go) -> None:
    if command.view == "-":
        monitor.back()
    elif command.view == "log":
        _log(monitor, command.words)
    elif command.view == "dag" and not command.words:
        monitor.perform("go.dag")
    else:
        _show(monitor, command)


def _show(monitor: Console, command: Go) -> None:
    complaint = monitor.screens[command.view].command(command.words, monitor.stage)
    if complaint:
        monitor.say(complaint, "note")
    else:
        monitor.show(command.view)


def _log(monitor: Console, words: tuple[str, ...]) -> None:
    """`log RUN JOB [ATTEMPT]`; without words that of the row in hand."""
    if not words:
        monitor.perform("go.log")
        return
    keys = find(monitor, words[0], words[1:2]) if len(words) > 1 else []
    row = monitor.world.row(keys[0]) if keys else None
    if keys is None:
        return
    if row is None:
        _missing(monitor, "log", words)
        return
    attempt = int(words[2]) if len(words) > 2 and words[2].isdecimal() else row.job.attempt
    if not 1 <= attempt <= row.job.attempt:
        monitor.say(f"log: {row.name} has {count(row.job.attempt, 'attempt')}", "note")
        return
    monitor.show("log")
    monitor.hands.open_log(row.key, attempt)


def _missing(monitor: Console, label: str, names: Sequence[str]) -> None:
    monitor.say(f"{label}: there is no job {' '.join(filter(None, names))} here", "note")


def find(monitor: Console, run: str, jobs: tuple[str, ...]) -> list[RowKey] | None:
    """The job runs of a run (its key, or a flow's newest), or the run itself without jobs.

    None when several runtimes have one of that name; it is said then how to tell which.
    """
    known = [(site.number, r) for site, r in monitor.world.runs() if r.key == run]
    known = known or [(site.number, r) for site, r in monitor.world.runs() if r.flow == run]
    newest = dict(sorted(known, key=lambda found: found[1].id))  # of each site
    if not newest:
        return []
    number = sites.pick(monitor, list(newest), f"a run {run}")
    if number is None:
        return None
    chosen = newest[number]
    if not jobs:
        return [RowKey(number, chosen.id, -1)]
    names = monitor.world.sites[number].board.shape_of(chosen.id).names
    return [RowKey(number, chosen.id, names[name]) for name in jobs if name in names]


def _verb(monitor: Console, command: Verb) -> None:
    action = BY_ID[command.action]
    if not action.verb:
        _look(monitor, command)
    elif not may_act(monitor, action.label):
        return
    elif command.flow:
        _order(monitor, command, command.flow)
    elif isinstance(monitor.view, Schedule) and not (command.run or command.jobs):
        _on_flow(monitor, command, monitor.view)
    else:
        _on_rows(monitor, command)


def _on_flow(monitor: Console, command: Verb, schedule: Schedule) -> None:
    """Hold or release the flow under the cursor."""
    flow = schedule.flow(monitor.stage)
    if flow is None or BY_ID[command.action].verb not in ("hold", "release"):
        monitor.say(f"{BY_ID[command.action].label}: there is no job under the cursor", "note")
    else:
        _order(monitor, command._replace(flow=flow[1]), flow[1])


def _on_rows(monitor: Console, command: Verb) -> None:
    action, keys = BY_ID[command.action], _targets(monitor, command)
    if keys is None:
        return
    if command.options.get("until"):
        word = action.word
        monitor.say(f"--until is for a flow; write {word} --flow FLOW --until TIME", "note")
        return
    if keys:
        Deed(monitor, action, command.why).begin(keys, **command.options)
    elif command.run and not any(run.key == command.run for _, run in monitor.world.runs()):
        _order(monitor, command, _RUN_SIGN.split(command.run)[0])  # the runtime may know it
    elif command.run or command.jobs:
        _missing(monitor, action.label, (command.run, *command.jobs))
    else:
        monitor.say(f"{action.label}: there is no job under the cursor", "note")


_RUN_SIGN = re.compile("[#@]")


def _order(monitor: Console, command: Verb, flow: str) -> None:
    """Send a verb on a flow, or on a run of it that is not shown."""
    site = sites.pick(monitor, sites.having(monitor.world, flow), f"a flow {flow}")
    if site is None:
        return
    action = BY_ID[command.action]
    order = Order(site, action.verb, command.run, command.jobs, command.options, command.flow)
    deed = Deed(monitor, action, command.why)
    if command.flow:
        deed.send([order])
    else:
        deed.order([order])


def _targets(monitor: Console, command: Verb) -> list[RowKey] | None:
    if command.run:
        return find(monitor, command.run, command.jobs)
    if command.jobs:
        row = monitor.hand()
        return find(monitor, row.run.key, command.jobs) if row else []
    return monitor.view.targets(monitor.stage)


def _look(monitor: Console, command: Verb) -> None:
    """An action that only looks, on a job that may be named."""
    named = tuple(filter(None, (command.run, *command.jobs)))
    keys = _targets(monitor, command) if named else []
    if not named:
        monitor.perform(command.action)
    elif keys is None:
        return
    elif keys:
        monitor.perform_on(command.action, keys)
    elif command.action == "job.explain" and command.run:
        args = {"run": command.run} | ({"job": command.jobs[0]} if command.jobs else {})
        explaining.why(monitor, sites.here(monitor) or 0, args, Ending())
    else:
        _missing(monitor, BY_ID[command.action].label, named)


def _run(monitor: Console, command: Run) -> None:
    starting.start_named(monitor, command.flow, command.params)


def _filter(monitor: Console, command: Filter) -> None:
    monitor.screens.queue.criteria = command.criteria
    if not command.criteria:
        monitor.screens.queue.reset()
        monitor.view.reset()
    else:
        monitor.show("queue")


def _find(monitor: Console, command: Find) -> None:
    if monitor.view.name in BY_ID["view.filter"].where:
        monitor.view.search(command.text)
    else:
        monitor.say("find: there are no rows on this screen", "note")


def _sort(monitor: Console, command: Sort) -> None:
    monitor.screens.queue.sort = command.columns
    monitor.show("queue")


def _locate(monitor: Console, command: Locate) -> None:
    queue = monitor.screens.queue
    for key in queue.items(monitor.stage):
        row = monitor.world.row(key)
        if row is not None and matches(command.name, row.name):
            queue.cursor = key
            monitor.show("queue")
            return
    monitor.say(f"locate: no job of that name is shown: {command.name}", "note")


def _at(monitor: Console, command: At) -> None:
    monitor.hands.travel(command.moment)


def _replay(monitor: Console, command: Replay) -> None:
    if monitor.world.live:
        monitor.say("replay: say first from when, such as `at -1h`", "note")
    else:
        monitor.world.speed = command.speed


def _theme(monitor: Console, command: Theme) -> None:
    monitor.hands.paint_in(command.name)


def _readonly(monitor: Console, command: ReadOnly) -> None:
    monitor.readonly = command.on or monitor.view_only
    if command.on:
        monitor.say("this monitor only looks on now")
    elif monitor.view_only:
        may_act(monitor, "readonly off")
    else:
        monitor.say("verbs are taken again")


def _simple(monitor: Console, command: Simple) -> None:
    monitor.perform(command.action)


_PERFORM: Mapping[type, Callable[[Console, Any], None]] = {
    Complaint: _complain,
    Go: _go,
    Verb: _verb,
    Run: _run,
    Filter: _filter,
    Find: _find,
    Sort: _sort,
    Locate: _locate,
    At: _at,
    Replay: _replay,
    Theme: _theme,
    ReadOnly: _readonly,
    Simple: _simple,
}
