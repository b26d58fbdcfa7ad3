"""The monitor as its parts see it: what they may look at, and what they may have it do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from jobmon.tui.acting.hands import Hands
from jobmon.tui.actions import Action
from jobmon.tui.boxes import Box, Entry
from jobmon.tui.commandline.npcolumn import Request
from jobmon.tui.ink import Ink
from jobmon.tui.screens.registry import Screens
from jobmon.tui.screens.view import Stage, View
from jobmon.tui.world import Row, RowKey, World


class Prompting(Protocol):
    """What is being typed into the command line's row."""

    label: str
    text: str
    help: str

    def entry(self, x: int, y: int, width: int) -> Entry | None:
        """Where its text is asked for; None when its keys come one by one."""
        ...

    def press(self, key: str, sign: str | None) -> bool:
        """A key beside the text; False: it means nothing here."""
        ...


class Console(Protocol):
    """One session. `present` is the time, also while `world` is a moment of the past.

    `keys` are a person's own, by action id. Where only `readonly` is set, and not `view_only`, it
    can be unset again.
    """

    world: World
    ink: Ink
    hands: Hands
    screens: Screens
    view: View
    readonly: bool
    view_only: bool
    present: float
    keys: Mapping[str, Sequence[str]]
    commands: list[str]
    last_np: Action | None

    @property
    def stage(self) -> Stage:
        """The world and the terminal, for the screen that is shown."""
        ...

    def hand(self) -> Row | None:
        """The job run under the cursor."""
        ...

    def say(self, text: str, style: str = "accent") -> None:
        """A line for the operator, for a while."""
        ...

    def put(self, box: Box, closed: Callable[[], None] = ...) -> None:
        """A box over the screen, after those that are there; `closed` hears its end."""
        ...

    def hush(self) -> None:
        """Take back what was said: it is about what was before."""
        ...

    def ask(self, prompt: Prompting | None) -> None:
        """Have something typed into the command line's row; None: no more."""
        ...

    def show(self, name: str) -> None:
        """Another screen."""
        ...

    def back(self) -> None:
        """The screen before."""
        ...

    def perform(self, action: str) -> None:
        """An action by its id."""
        ...

    def perform_on(self, action: str, keys: Sequence[RowKey]) -> None:
        """An action by its id on these rows, wherever the cursor is."""
        ...

    def run_np(self, requests: Sequence[Request]) -> None:
        """Action characters of several rows."""
        ...


def may_act(monitor: Console, label: str) -> bool:
    """Whether anything is changed from here; it is said why not."""
    if monitor.readonly:
        way = "open it with jobmon to act" if monitor.view_only else "`:readonly off` allows it"
        monitor.say(f"{label}: this monitor only looks on; {way}", "note")
    elif not monitor.world.live:
        monitor.say(f"{label}: this is the past; `at now` returns to where it can be done", "note")
    return not monitor.readonly and monitor.world.live
