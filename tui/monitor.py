"""The monitor: screens, the line for commands, boxes, and what each key does. Pure.

It knows neither textual nor the socket: lines come out, keys go in, and everything else is done by
`hands`. So a whole session is a fast test.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from jobmon.tui import boxes, frame, notices
from jobmon.tui.acting import orders
from jobmon.tui.acting.deeds import Deeds
from jobmon.tui.acting.ending import Ending
from jobmon.tui.acting.hands import Hands
from jobmon.tui.actions import ACTIONS, BY_ID, Action, keymap, shown
from jobmon.tui.boxes import Box, Entry
from jobmon.tui.commandline.npcolumn import Request
from jobmon.tui.console import Prompting, may_act
from jobmon.tui.ink import Ink
from jobmon.tui.picture import Line, Size, ends, fill, fit, on
from jobmon.tui.screens.registry import Screens
from jobmon.tui.screens.view import Stage, View
from jobmon.tui.text import cells, cut_cell, plain
from jobmon.tui.world import Row, RowKey, World

MESSAGE_SECONDS = 12.0
TYPED = 20
"""Cells for what is typed at least."""
BODY_TOP = 2
"""Lines over a screen: the head and the command line."""


class Told(NamedTuple):
    """A line for the operator, and since when it stands."""

    text: str
    style: str
    at: float


class _Standing(NamedTuple):
    """A box, and what hears that it was closed."""

    box: Box
    closed: Callable[[], None]


class Monitor:
    """One session at the screen. `world` may be a moment of the past.

    Opened `readonly` it takes no verbs, ever.
    """

    def __init__(
        self, world: World, ink: Ink, hands: Hands, *,
        keys: Mapping[str, Sequence[str]] | None = None, columns: Sequence[str] = (),
        readonly: bool = False,
    ) -> None:  # fmt: skip
        self.world, self.ink, self.hands = world, ink, hands
        self.readonly = self.view_only = readonly
        self.present = 0.0  # messages fade by it, also while the past is shown
        self.screens = Screens(keys or {}, columns)
        self.view: View = self.screens["queue"]
        self.prompt: Prompting | None = None
        self.commands: list[str] = []
        self.last_np: Action | None = None
        self.deeds = Deeds(self)
        self.keys = keys or {}
        self._maps: dict[str, dict[str, Action]] = {}
        self._trail: list[str] = []
        self._told: Told | None = None
        self._entry: Entry | None = None
        self._np: list[tuple[Action, list[RowKey]]] = []
        self._boxes: deque[_Standing] = deque()  # the one that is shown, and those that wait
        self._size = Size(80, 24)

    # What is seen

    @property
    def stage(self) -> Stage:
        """The world and the terminal, for the screen that is shown."""
        return Stage(self.world, self.ink)

    @property
    def keymap(self) -> dict[str, Action]:
        """What each key means here."""
        name = self.view.name
        if name not in self._maps:
            self._maps[name] = keymap(name, self.keys)
        return self._maps[name]

    def lines(self, size: Size) -> list[Line]:
        """The whole picture."""
        self._size, self._entry = size, None
        if size.width < frame.SMALLEST.width or size.height < frame.SMALLEST.height:
            return frame.small(self.stage, size)
        foot = self._foot(size.width)
        room = size.height - 3 - len(foot)
        body = self.view.lines(self.stage, Size(size.width, room))
        picture = [
            frame.head(self.stage, self.view, size.width),
            self._command_row(size.width),
            *self._dimmed(fill(body, room)),
            *foot,
            frame.key_bar(self.hints(size.width), size.width),
        ]
        if self.box is not None:
            picture, self._entry = boxes.over(picture, self.box, self.ink, size)
        return picture

    def hints(self, width: int) -> Sequence[frame.Hint]:
        """The key bar: what the rows in hand can take."""
        keys = self.view.targets(self.stage)
        mute = self.readonly or not self.world.live
        idle = not keys and self.view is not self.screens.schedule  # whose rows are flows

        def offered(action: Action) -> Action | None:
            starts, on_jobs = action.id == "run.start", action.group == "jobs"
            if (mute and (action.verb or starts)) or (idle and on_jobs and not starts):
                return None
            return orders.offered(action, keys, self.world)

        return frame.hints(self.view, self.keymap, width, offered)

    def _dimmed(self, body: list[Line]) -> list[Line]:
        """Nothing that may be out of date looks alive."""
        return [on(line, "dim") for line in body] if self._alone() else body

    def _alone(self) -> bool:
        """No runtime is there: nothing of what is shown moves."""
        sites = self.world.sites
        return bool(sites) and all(site.away is not None for site in sites)

    def _command_row(self, width: int) -> Line:
        mark = self.ink.lines.cut
        if self.prompt is None:
            label: Line = ((" COMMAND ===>", "dim"),)
            return ends(label, self._state(width - cells(plain(label)) - 1), width, mark)
        name = f" {self.prompt.label} ===> "
        state = self._state(width - cells(name) - TYPED)
        room = max(TYPED, width - cells(name) - cells(plain(state)) - 1)
        self._entry = self.prompt.entry(cells(name), 1, room)
        text = self.ink.safe(self.prompt.text)
        return ends(((name, "title"), (text, "accent")), state, width, mark)

    def _state(self, room: int) -> Line:
        """What the screen says of itself, with a blank at its end."""
        line = self.view.state_line(self.stage)
        if not plain(line).strip():
            return ()
        told = cut_cell(line, room - 1, self.ink.lines.cut)
        return told if plain(told).endswith(" ") else (*told, (" ", ""))

    def _foot(self, width: int) -> list[Line]:
        """What was said, or helps with what is typed; under it what must not be overlooked."""
        banner = notices.banner(self.stage, width)
        text, style = "", "dim"
        if self.prompt is not None and self.prompt.help:
            text = self.prompt.help
        elif self._told is not None and self._fresh():
            text, style = self._told.text, self._told.style
        if text:
            banner.insert(0, fit(((f" {self.ink.safe(text)}", style),), width, self.ink.lines.cut))
        return banner or [((self.ink.lines.rule * width, "rule"),)]

    def _fresh(self) -> bool:
        return self._told is not None and self.present - self._told.at < MESSAGE_SECONDS

    @property
    def entry(self) -> Entry | None:
        """The text that is asked for in the picture, if any."""
        return self._entry

    def pace(self) -> float:
        """Pictures a second that are wanted now."""
        told = 1.0 if self._fresh() else 0.0
        if self._alone():
            return 1.0
        return max(told, self.view.pace(self.stage), self.world.speed if not self.world.live else 0)

    def hand(self) -> Row | None:
        """The job run under the cursor, or the first that is marked."""
        keys = self.view.targets(self.stage)
        return next((row for key in keys if (row := self.world.row(key)) is not None), None)

    # What is said and asked

    def say(self, text: str, style: str = "accent") -> None:
        """A line for the operator, for a while."""
        self._told = Told(text, style or "accent", self.present)

    def hush(self) -> None:
        """Take back what was said: it is about what was before."""
        self._told = None

    def enter(self, world: World) -> None:
        """Show another world: the present, or a moment of the past."""
        self.hush()
        self.world = world

    @property
    def box(self) -> Box | None:
        """The box over the screen. It never comes between the keys of what is being typed."""
        return self._boxes[0].box if self._boxes and self.prompt is None else None

    def put(self, box: Box, closed: Callable[[], None] = lambda: None) -> None:
        """A box over the screen, after those that are there; `closed` hears its end."""
        self._boxes.append(_Standing(box, closed))

    def ask(self, prompt: Prompting | None) -> None:
        """Have something typed into the command line's row; None: no more."""
        self.prompt = prompt

    def show(self, name: str, *, back: bool = False) -> None:
        """Another screen; the one before is where `back` leads."""
        if name == self.view.name:
            return
        if not back:
            self._trail = [*self._trail[-19:], self.view.name]
        self.view = self.screens[name]

    def back(self) -> None:
        """Leave what is open: a page of the screen, or the screen."""
        if self.view.back():
            return
        if self._trail:
            self.show(self._trail.pop(), back=True)
        else:
            self.say(f"this is where it began; {self._key('app.quit')} leaves", "note")

    def _key(self, action: str) -> str:
        """The key of an action, as people write it."""
        return next((shown(key) for key in self.keys.get(action, BY_ID[action].keys)), f":{action}")

    # Keys

    def press(self, key: str, sign: str | None = None) -> None:
        """A key by its textual name, and the sign it types."""
        if self.box is not None:
            self._press_box(key)
        elif self.prompt is not None and self.prompt.press(key, sign):
            return
        elif key in self.keymap:
            self.do(self.keymap[key])
        else:
            self._elsewhere(key)

    def _elsewhere(self, key: str) -> None:
        """A key that means something on other screens only is not passed over in silence."""
        meant = [a for a in ACTIONS if key in self.keys.get(a.id, a.keys)]
        if meant:
            self.say(f"{shown(key)} ({meant[0].label}): not on this screen", "note")

    def _press_box(self, key: str) -> None:
        box = self.box
        assert box is not None
        if not box.press(key):
            self._boxes.popleft().closed()

    def do(self, action: Action) -> None:
        """What an action means here: the screen's own affair, or everybody's."""
        strange = action.group in _OF_SCREENS and not _belongs(action, self.view)
        if not self._barred(action) and (strange or not self._done(action)):
            self.say(f"{action.label}: not on this screen", "note")

    def _done(self, action: Action) -> bool:
        if self.view.act(action.id, self.stage):
            self.deeds.other_attempt()
            return True
        return self.deeds.do(action)

    def _barred(self, action: Action) -> bool:
        """Whether it is a verb where none is taken; that is said."""
        return bool(action.verb) and not may_act(self, action.label)

    def run_np(self, requests: Sequence[Request]) -> None:
        """Action characters of several rows in their order: a verb once, on all of its rows."""
        self.last_np = requests[-1].action if requests else self.last_np
        found: list[tuple[Action, list[RowKey]]] = []
        for key, action in requests:
            if isinstance(key, RowKey):
                same = [keys for known, keys in found if known is action and action.verb]
                if same:
                    same[0].append(key)
                else:
                    found.append((action, [key]))
        self._np += found
        self._next_np()

    def _next_np(self) -> None:
        """The next action typed in the NP column, once the one before is over."""
        if self._np:
            action, keys = self._np.pop(0)
            self.perform_on(action.id, keys, self._next_np)

    def perform(self, action: str) -> None:
        """An action by its id, as the palette and the command line ask for it."""
        self.do(BY_ID[action])

    def perform_on(
        self, action: str, keys: Sequence[RowKey], over: Callable[[], None] = lambda: None
    ) -> None:
        """An action on these rows, wherever the cursor is; `over` hears when nothing is left."""
        ending = Ending(over)
        with ending.awaiting():
            if not self._barred(BY_ID[action]):
                self.deeds.on(BY_ID[action], keys, ending)

    # The mouse

    def click(self, x: int, y: int, *, double: bool = False) -> None:
        """A click on a cell of the picture: the row there, twice its log; a key of the key bar."""
        if self.box is not None:
            return
        if y == self._size.height - 1 and self.prompt is None and not double:
            hints = self.hints(self._size.width)
            action = next((hint.action for hint in hints if hint.start <= x < hint.end), None)
            if action is not None:
                self.do(action)
        elif BODY_TOP <= y < self._size.height - 2:
            hit = self.view.point(x, y - BODY_TOP, self.stage)
            if hit and double and self.prompt is None and "enter" in self.keymap:
                self.do(self.keymap["enter"])

    def wheel(self, steps: int) -> None:
        """The wheel; positive is down."""
        if self.box is not None:
            self.box.press("down" if steps > 0 else "up")
        else:
            self.view.wheel(steps, self.stage)

    # Between sessions

    def remember(self) -> dict[str, Any]:
        """What to know when the monitor is opened again."""
        kept = {view.name: view.remember() for view in self.screens.values()}
        return {"screen": self.view.name, "views": {k: v for k, v in kept.items() if v}}

    def recall(self, kept: Mapping[str, Any]) -> None:
        """Take up what was remembered."""
        views = kept.get("views")
        for name, state in views.items() if isinstance(views, dict) else ():
            if name in self.screens and isinstance(state, dict):
                self.screens[name].recall(state)
        screen = str(kept.get("screen"))
        if screen in self.screens and screen not in {"log", "keys"}:
            self.view = self.screens[screen]


_OF_SCREENS = frozenset({"rows", "show", "log"})
"""Groups of actions that are a screen's own affair."""


def _belongs(action: Action, view: View) -> bool:
    return not action.where or view.name in action.where
