"""What a command line can ask for, and what has to be known to read one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jobmon.runtime.states import State
from jobmon.tui.commandline.criteria import Criteria


class Go(NamedTuple):
    """Show a screen, by the name of its view and with arguments for it; "-" is the last one."""

    view: str
    words: tuple[str, ...] = ()


class Verb(NamedTuple):
    """Do an action of the group "jobs" on what is named.

    Without `jobs`, `run` and `flow` it is meant for the marked rows, else the cursor's; with `jobs`
    alone, for these jobs of the cursor's run; with `run` alone, for the whole run. `options` are
    named as the runtime's verbs name them.
    """

    action: str
    run: str = ""
    jobs: tuple[str, ...] = ()
    flow: str = ""
    options: Mapping[str, Any] = {}
    why: str = ""


class Run(NamedTuple):
    """Start a run of a flow; the runtime checks the parameters."""

    flow: str
    params: Mapping[str, str] = {}


class Filter(NamedTuple):
    """Show the rows that meet these criteria, and no others."""

    criteria: Criteria


class Find(NamedTuple):
    """Show only rows in which the text occurs, or search the log for it; "" ends that."""

    text: str


class Sort(NamedTuple):
    """Order rows by (column, descending), the first one first; () is the screen's own order."""

    columns: tuple[tuple[str, bool], ...] = ()


class Locate(NamedTuple):
    """Put the cursor on the first row whose job is of that name or pattern."""

    name: str


class At(NamedTuple):
    """Show the moment, in seconds since the epoch; None is the present."""

    moment: float | None


class Replay(NamedTuple):
    """Let a moment of the past go on this many times as fast as it went; 0 stands still."""

    speed: float


class Theme(NamedTuple):
    """Show everything in a theme."""

    name: str


class ReadOnly(NamedTuple):
    """Take no verbs, or take them again."""

    on: bool


class Simple(NamedTuple):
    """Do an action that needs no words, by its id."""

    action: str


class Complaint(NamedTuple):
    """Why the line asks for nothing, and what would."""

    text: str


Command = Go | Verb | Run | Filter | Find | Sort | Locate | At | Replay | Theme | ReadOnly | Simple


STATES = tuple(state.value for state in State)
"""What the states of jobs are called."""


class Context(NamedTuple):
    """What is known where a line is typed.

    `now` is the present, also while the past is shown. `criteria` are those in force on the screen,
    `columns` what its rows can be filtered by, `sorts` what they can be ordered by where that
    is not the same, `headings` what else columns are called. `params` are the parameters of each
    flow, `lanes` what the equalizer can be told. The sequences are in the order in
    which they are offered.
    """

    now: float = 0.0
    criteria: Criteria = Criteria()
    flows: Sequence[str] = ()
    runs: Sequence[str] = ()
    jobs: Sequence[str] = ()
    columns: Sequence[str] = ()
    sorts: Sequence[str] = ()
    headings: Mapping[str, str] = {}
    states: Sequence[str] = STATES
    themes: Sequence[str] = ()
    params: Mapping[str, Sequence[str]] = {}
    lanes: Sequence[str] = ()

    @property
    def order(self) -> Sequence[str]:
        """What rows can be ordered by."""
        return self.sorts or self.columns
