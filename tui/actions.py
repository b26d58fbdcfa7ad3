"""Everything a person can do on the screen: ONE table.

Keys, action characters of the NP column, words of the command line, key bar, palette, help page,
confirmations, the user's own keys and docs/keys.md all come from these rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from jobmon.runtime.states import ACTIVE, TERMINAL, State

_UNSTARTED = frozenset({State.WAITING, State.QUEUED, State.WAITING_HUMAN, State.RETRY_WAIT})
_SKIPPABLE = _UNSTARTED | {State.RUNNING, State.STARTING}
_UNENDED = frozenset(State) - TERMINAL
_ENDED = TERMINAL | {State.RETRY_WAIT}
_HOLDABLE = _UNENDED - {State.WAITING_HUMAN}
_JOBS = ("queue", "dag", "equalizer")
"""Screens on which a row is a job run."""
_RUNS = (*_JOBS, "history")
"""Those on which a row may be a whole run."""
_LISTS = ("queue", "dag", "schedule", "history", "limits", "syslog")


class Action(NamedTuple):
    """One thing to do.

    `keys` as textual names them, the first is shown. `np`: its characters in the NP column.
    `word`: its name on the command line. `verb`: what the runtime is asked to do, "" when the
    action only concerns the screen. `states`: those in which a job can take it, None for any.
    `asks`: "no", "yes", "y" (ENTER is no yes to it), or "many" (when more than one job is touched
    or one is not idempotent).
    `where`: the screens on which the key means this, () for all.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    group: str
    np: str = ""
    word: str = ""
    verb: str = ""
    states: frozenset[State] | None = None
    asks: str = "no"
    where: tuple[str, ...] = ()


ACTIONS: tuple[Action, ...] = (
    # Verbs
    Action(
        "job.log",
        ("enter", "l"),
        "log",
        "Show the log of the job; of a run, its tree.",
        "jobs",
        np="s",
        word="log",
        where=(*_RUNS, "limits", "syslog"),
    ),
    Action(
        "job.explain",
        ("w",),
        "why",
        "Say why the job or the run is in its state and what would change it.",
        "jobs",
        np="w",
        word="explain",
        where=(*_RUNS, "log", "limits", "syslog"),
    ),
    Action(
        "flow.explain",
        ("enter", "w"),
        "why",
        "Say when the flow starts, what holds it and what it takes.",
        "jobs",
        where=("schedule",),
    ),
    Action(
        "job.edit",
        ("e",),
        "edit",
        "Open $EDITOR at the line that failed; the rerun is offered afterwards.",
        "jobs",
        np="e",
        word="edit",
        where=_JOBS,
    ),
    Action(
        "job.rerun",
        ("r",),
        "rerun",
        "Run the job again with all that follows; the preview "
        "can be switched to the job alone or to all that failed.",
        "jobs",
        np="r",
        word="rerun",
        verb="rerun",
        states=frozenset(_ENDED),
        asks="many",
        where=(*_JOBS, "log"),
    ),
    Action(
        "run.rerun_failed",
        ("R",),
        "rerun failed",
        "Run everything of the run again that did not succeed.",
        "jobs",
        np="rf",
        word="rerunfailed",
        verb="rerun",
        asks="yes",
        where=(*_JOBS, "log", "history"),
    ),
    Action(
        "job.skip",
        ("s",),
        "skip",
        "Pass over the job; what follows goes on. A running one is cancelled first.",
        "jobs",
        np="k",
        word="skip",
        verb="skip",
        states=frozenset(_SKIPPABLE),
        asks="y",
        where=_JOBS,
    ),
    Action(
        "job.hold",
        ("h",),
        "hold",
        "Keep the job, run or flow from starting; again: release it.",
        "jobs",
        np="h",
        word="hold",
        verb="hold",
        states=frozenset(_HOLDABLE),
        where=(*_RUNS, "schedule"),
    ),
    Action(
        "job.release",
        (),
        "release",
        "Let a held job, run or flow start.",
        "jobs",
        np="a",
        word="release",
        verb="release",
        where=(*_RUNS, "schedule"),
    ),
    Action(
        "job.cancel",
        ("c",),
        "cancel",
        "Stop the job, or all of the run: TERM, grace, KILL. Nothing is retried.",
        "jobs",
        np="c",
        word="cancel",
        verb="cancel",
        states=frozenset(_UNENDED),
        asks="y",
        where=(*_RUNS, "log", "limits"),
    ),
    Action(
        "job.kill",
        ("X",),
        "kill",
        "Stop the job, or all of the run, at once with KILL.",
        "jobs",
        np="x",
        word="kill",
        verb="kill",
        states=frozenset(ACTIVE),
        asks="y",
        where=(*_RUNS, "log", "limits"),
    ),
    Action(
        "job.mark",
        ("M",),
        "outcome",
        "Set the outcome of a job that is not running: success or failed.",
        "jobs",
        np="m",
        word="mark",
        verb="mark",
        states=frozenset(set(State) - ACTIVE),
        asks="yes",
        where=_JOBS,
    ),
    Action(
        "job.done",
        ("D",),
        "done",
        "Say that a manual step is done.",
        "jobs",
        np="d",
        word="done",
        verb="done",
        states=frozenset({State.WAITING_HUMAN}),
        asks="yes",
        where=("queue", "dag"),
    ),
    Action(
        "run.start",
        ("n",),
        "start",
        "Start a run of a flow, with its parameters.",
        "jobs",
        word="run",
        where=(*_LISTS, "equalizer"),
    ),
    Action(
        "lane.acknowledge",
        ("a",),
        "seen",
        "Take failed jobs that were seen off the lanes of the equalizer.",
        "jobs",
        word="seen",
        states=frozenset({State.FAILED, State.LOST}),
        where=_JOBS,
    ),
    # Rows
    Action(
        "mark.toggle",
        ("space",),
        "mark",
        "Mark the row, or unmark it.",
        "rows",
        where=("queue", "dag", "history"),
    ),
    Action(
        "mark.range",
        ("V",),
        "mark range",
        "Mark from the nearest mark to here.",
        "rows",
        where=("queue", "dag", "history"),
    ),
    Action(
        "mark.clear",
        ("U",),
        "unmark",
        "Unmark every row.",
        "rows",
        where=("queue", "dag", "history"),
    ),
    Action(
        "mark.invert",
        ("I",),
        "invert",
        "Mark what is not, unmark what is.",
        "rows",
        where=("queue", "dag", "history"),
    ),
    Action("move.down", ("down", "j"), "down", "One row down.", "rows"),
    Action("move.up", ("up", "k"), "up", "One row up.", "rows"),
    Action("move.page_down", ("pagedown", "f8", "ctrl+f"), "page down", "One page down.", "rows"),
    Action("move.page_up", ("pageup", "f7", "ctrl+b"), "page up", "One page up.", "rows"),
    Action("move.top", ("home", "g"), "first", "To the first row.", "rows"),
    Action("move.bottom", ("end", "G"), "last", "To the last row.", "rows"),
    Action(
        "move.left",
        ("left", "f10"),
        "left",
        "To the left.",
        "rows",
        where=("log", "dag", "equalizer"),
    ),
    Action(
        "move.right",
        ("right", "f11"),
        "right",
        "To the right.",
        "rows",
        where=("log", "dag", "equalizer"),
    ),
    # What is shown
    Action(
        "view.filter",
        ("slash",),
        "find",
        "Show only rows in which the text occurs; in the log, search it.",
        "show",
        word="find",
        where=(*_LISTS, "log", "keys"),
    ),
    Action(
        "view.faults",
        ("f",),
        "faults",
        "Only what failed, is lost, late, held or waits for a person; again: all.",
        "show",
        where=("queue", "history"),
    ),
    Action(
        "view.sort",
        ("S",),
        "sort",
        "Sort by the next column.",
        "show",
        where=("queue", "history", "schedule"),
    ),
    Action(
        "view.wide",
        ("greater_than_sign",),
        "wide",
        "More columns or fewer.",
        "show",
        where=("queue",),
    ),
    Action(
        "dag.gantt",
        ("t",),
        "gantt",
        "Show the times of the jobs beside the tree, or hide them.",
        "show",
        where=("dag",),
    ),
    Action(
        "dag.boxes",
        ("b",),
        "boxes",
        "Draw a small flow as boxes in layers, or as a tree.",
        "show",
        where=("dag",),
    ),
    Action(
        "dag.fold",
        ("z",),
        "fold",
        "Fold or unfold what hangs under the job.",
        "show",
        where=("dag",),
    ),
    Action("dag.path", ("p",), "path", "Jump along the critical path.", "show", where=("dag",)),
    Action(
        "dag.previous",
        ("left_square_bracket",),
        "earlier run",
        "The run before this one of the same flow.",
        "show",
        where=("dag",),
    ),
    Action(
        "dag.next",
        ("right_square_bracket",),
        "later run",
        "The run after this one of the same flow.",
        "show",
        where=("dag",),
    ),
    Action(
        "eq.orient",
        ("o",),
        "turn",
        "Vertical or horizontal lanes.",
        "show",
        where=("equalizer", "wall"),
    ),
    Action(
        "eq.metric",
        ("m",),
        "metric",
        "What the big bars show: progress, pulse or CPU.",
        "show",
        where=("equalizer", "wall"),
    ),
    Action(
        "log.follow",
        ("F",),
        "follow",
        "Stay at the end of the log as it grows.",
        "log",
        where=("log",),
    ),
    Action(
        "log.next_hit",
        ("n",),
        "next hit",
        "To the next line that was searched for.",
        "log",
        where=("log",),
    ),
    Action("log.previous_hit", ("N",), "previous hit", "To the hit before.", "log", where=("log",)),
    Action(
        "log.next_error",
        ("e",),
        "next error",
        "To the next line that names an error.",
        "log",
        where=("log",),
    ),
    Action(
        "log.previous_error",
        ("E",),
        "previous error",
        "To the error before.",
        "log",
        where=("log",),
    ),
    Action(
        "log.next_warning",
        ("v",),
        "next warning",
        "To the next line that names a warning.",
        "log",
        where=("log",),
    ),
    Action(
        "log.previous_warning",
        ("V",),
        "previous warning",
        "To the warning before.",
        "log",
        where=("log",),
    ),
    Action("log.next_gap", ("s",), "next gap", "To the next long silence.", "log", where=("log",)),
    Action(
        "log.previous_gap",
        ("S",),
        "previous gap",
        "To the long silence before.",
        "log",
        where=("log",),
    ),
    Action(
        "log.level",
        ("i",),
        "level",
        "Show all lines, from warnings on, or errors alone.",
        "log",
        where=("log",),
    ),
    Action(
        "log.time",
        ("t",),
        "time",
        "Time of day, time since the start, or none.",
        "log",
        where=("log",),
    ),
    Action("log.wrap", ("x",), "wrap", "Wrap long lines or cut them.", "log", where=("log",)),
    Action(
        "log.older",
        ("left_square_bracket",),
        "attempt before",
        "The attempt before.",
        "log",
        where=("log",),
    ),
    Action(
        "log.newer",
        ("right_square_bracket",),
        "attempt after",
        "The attempt after.",
        "log",
        where=("log",),
    ),
    Action(
        "log.copy",
        ("y",),
        "copy",
        "Copy the line under the cursor to the clipboard.",
        "log",
        where=("log",),
    ),
    Action("log.pager", ("o",), "pager", "Open the log in $PAGER.", "log", where=("log",)),
    Action(
        "log.wider",
        ("less_than_sign",),
        "wider",
        "Look further back from the end: 1, 5, 15, 30, 60, 240 minutes, all of it.",
        "log",
        where=("log",),
    ),
    Action(
        "log.nearer",
        ("greater_than_sign",),
        "nearer",
        "Look less far back, at last at the end.",
        "log",
        where=("log",),
    ),
    Action(
        "history.compare",
        ("C",),
        "compare",
        "Compare the two marked runs, or this one with the run before it.",
        "show",
        where=("history",),
    ),
    # Screens
    Action(
        "go.queue",
        ("1",),
        "queue",
        "Every job run of active and recent runs.",
        "screens",
        word="queue",
    ),
    Action("go.dag", ("2", "f4"), "dag", "The run as a live tree.", "screens", word="dag"),
    Action(
        "go.equalizer",
        ("3", "f6"),
        "equalizer",
        "One lane for each slot.",
        "screens",
        word="equalizer",
    ),
    Action("go.log", ("4", "f12"), "log", "The log of one attempt.", "screens"),
    Action(
        "go.schedule",
        ("5",),
        "schedule",
        "Flows, their schedules and holds.",
        "screens",
        word="schedule",
    ),
    Action(
        "go.history",
        ("6",),
        "history",
        "Earlier runs and how long they took.",
        "screens",
        word="history",
    ),
    Action(
        "go.limits",
        ("7",),
        "limits",
        "Slots, pools, rates, locks and who holds what.",
        "screens",
        word="limits",
    ),
    Action(
        "go.syslog", ("8",), "syslog", "The event stream: who did what.", "screens", word="syslog"
    ),
    Action(
        "go.wall", ("W",), "wall", "Large, from across the room; read-only.", "screens", word="wall"
    ),
    # The monitor itself
    Action(
        "app.sample",
        ("L",),
        "sample",
        "Lay several flows to look at, where there is none yet.",
        "monitor",
        word="sample",
    ),
    Action(
        "app.up",
        ("u",),
        "runtime up",
        "Start the runtime again after it was stopped.",
        "monitor",
        word="up",
    ),
    Action("app.command", ("colon", "f2"), "command", "To the command line.", "monitor"),
    Action("app.palette", ("ctrl+p",), "palette", "Find an action by its name.", "monitor"),
    Action("app.help", ("question_mark", "f1"), "help", "All keys.", "monitor", word="help"),
    Action(
        "app.back",
        ("escape", "f3"),
        "back",
        "To the screen before; closes what is open.",
        "monitor",
    ),
    Action(
        "app.quit",
        ("q",),
        "quit",
        "Leave the monitor; everything goes on without it.",
        "monitor",
        word="quit",
    ),
)

BY_ID: Mapping[str, Action] = {action.id: action for action in ACTIONS}
NP: Mapping[str, Action] = {action.np: action for action in ACTIONS if action.np}
"""Action characters of the NP column."""
GROUPS = {
    "jobs": "On the job under the cursor, or all marked ones",
    "rows": "Moving and marking",
    "log": "In the log",
    "show": "What is shown",
    "screens": "Screens",
    "monitor": "The monitor",
}


def keymap(view: str, own: Mapping[str, Iterable[str]] | None = None) -> dict[str, Action]:
    """The action of each key on a screen: those of that screen win over those of all screens.

    `own` gives an action id other keys, as `[screen.keys]` in jobmon.toml says.
    """
    found: dict[str, Action] = {}
    for action in ACTIONS:
        keys = tuple((own or {}).get(action.id, action.keys))
        if not action.where:
            for key in keys:
                found.setdefault(key, action)
        elif view in action.where:
            found |= dict.fromkeys(keys, action)
    return found


def legal(action: Action, state: State) -> bool:
    """Whether a job in this state can take the action."""
    return action.states is None or state in action.states


KEY_NAMES = {
    "question_mark": "?", "colon": ":", "slash": "/",
    "less_than_sign": "<", "greater_than_sign": ">",
    "left_square_bracket": "[", "right_square_bracket": "]", "space": "space",
    "escape": "esc", "pagedown": "pgdn", "pageup": "pgup", "enter": "enter",
}  # fmt: skip


def shown(key: str) -> str:
    """A key as people write it: `F7`, `ctrl+p`, `?`."""
    if key.startswith("f") and key[1:].isdecimal():
        return key.upper()
    return KEY_NAMES.get(key, key)
