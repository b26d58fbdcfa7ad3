"""What a command line does, once it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

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
from jobmon.tui.console import Console
from jobmon.tui.criteria import matches
from jobmon.tui.doing import Deed, start_run
from jobmon.tui.orders import Order
from jobmon.tui.world import RowKey, World


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
        monitor.perform("job.log")
        return
    keys = find(monitor.world, words[0], words[1:2]) if len(words) > 1 else []
    row = monitor.world.row(keys[0]) if keys else None
    if row is None:
        monitor.say(f"log: there is no job {' '.join(words)} here", "note")
        return
    attempt = int(words[2]) if len(words) > 2 and words[2].isdecimal() else row.job.attempt
    if not 1 <= attempt <= row.job.attempt:
        monitor.say(f"log: {row.name} has {row.job.attempt} attempts", "note")
        return
    monitor.show("log")
    monitor.hands.open_log(row.key, attempt)


def find(world: World, run: str, jobs: tuple[str, ...]) -> list[RowKey]:
    """The job runs of a run (its key, or a flow's newest), or the run itself without jobs."""
    found = [(s, r) for s, r in world.runs() if r.key == run]
    found = found or sorted(
        ((s, r) for s, r in world.runs() if r.flow == run), key=lambda pair: -pair[1].id
    )
    if not found:
        return []
    site, chosen = found[0]
    if not jobs:
        return [RowKey(site.number, chosen.id, -1)]
    names = site.board.shape_of(chosen.id).names
    return [RowKey(site.number, chosen.id, names[name]) for name in jobs if name in names]


def _verb(monitor: Console, command: Verb) -> None:
    action = BY_ID[command.action]
    keys = _targets(monitor, command)
    if not action.verb:
        _look(monitor, command, keys)
    elif monitor.readonly:
        monitor.say(f"{action.label}: this monitor only looks on", "note")
    elif not monitor.world.live:
        monitor.say("this is the past: `at now` returns to where verbs act", "note")
    elif command.flow:
        order = Order(0, action.verb, flow=command.flow, options=command.options)
        Deed(monitor, action, command.why).send([order])
    elif keys:
        Deed(monitor, action, command.why).begin(keys, **command.options)
    elif command.run:  # a run that is not on the screen any more: the runtime knows it
        order = Order(0, action.verb, command.run, command.jobs, command.options)
        Deed(monitor, action, command.why).order([order])
    else:
        monitor.say(f"{action.label}: there is no job under the cursor", "note")


def _targets(monitor: Console, command: Verb) -> list[RowKey]:
    if command.run:
        return find(monitor.world, command.run, command.jobs)
    if command.jobs:
        row = monitor.hand()
        return find(monitor.world, row.run.key, command.jobs) if row else []
    return monitor.view.targets(monitor.stage)


def _look(monitor: Console, command: Verb, keys: list[RowKey]) -> None:
    """An action that only looks, on a job that may be named."""
    if keys and (command.run or command.jobs):
        monitor.screens.queue.cursor = keys[0]
        monitor.show("queue")
    monitor.perform(command.action)


def _run(monitor: Console, command: Run) -> None:
    if monitor.readonly or not monitor.world.live:
        monitor.say("run: this monitor only looks on", "note")
        return
    sites = [
        site.number
        for site in monitor.world.sites
        if command.flow in {flow["flow"] for flow in site.flows.get("flows", ())}
    ]
    start_run(monitor, sites[0] if sites else 0, command.flow, command.params)


def _filter(monitor: Console, command: Filter) -> None:
    monitor.screens.queue.criteria = command.criteria
    if not command.criteria:
        monitor.screens.queue.reset()
        monitor.view.reset()
    else:
        monitor.show("queue")


def _find(monitor: Console, command: Find) -> None:
    monitor.view.search(command.text)


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
    monitor.readonly = command.on
    monitor.say("this monitor only looks on now" if command.on else "verbs are taken again")


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
