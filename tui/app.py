"""The textual app around the monitor: one canvas, one line for text, one timer, the terminal.

Nothing is decided here: keys go to the monitor, lines come from it, and what it has done outside
(`hands.py`) is done here in threads.
"""

from __future__ import annotations

import os
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from rich.color import Color
from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App, ComposeResult
from textual.theme import Theme as TextualTheme

from jobmon.runtime.errors import JobmonError
from jobmon.tui import asking, memory, mishaps, tools
from jobmon.tui.acting.hands import Answer, Then
from jobmon.tui.conductor import Conductor
from jobmon.tui.driver import Driver
from jobmon.tui.farewell import Farewell
from jobmon.tui.logs import Logs
from jobmon.tui.monitor import Monitor
from jobmon.tui.picture import Size
from jobmon.tui.reach import skip_running
from jobmon.tui.session import Session
from jobmon.tui.settings import key_name
from jobmon.tui.theme import THEMES, Paint
from jobmon.tui.travel import Travel
from jobmon.tui.widgets.canvas import Canvas
from jobmon.tui.widgets.typing import Typing
from jobmon.tui.world import Row, RowKey

Typed = events.Key | events.Paste
SLICE = 0.02
"""Seconds of folding between two looks at the keys."""
DAY = 86400.0
LARGEST = 250 << 20
"""Bytes of memory with which the monitor starts itself anew, once a day: it is only a view."""
QUIET = 300.0
"""Seconds without a key after which nobody is taken to sit there."""


class MonitorApp(App[str]):
    """`run` returns "" when it was left, "again" when it is to be started anew."""

    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False
    CSS = """
    Screen { layers: under over; padding: 0; overflow: hidden; }
    #canvas { layer: under; }
    """

    def __init__(self, session: Session, farewell: Farewell, early: str = "") -> None:
        super().__init__(Driver, ansi_color=session.settings.theme == "terminal")
        self.session, self.farewell = session, farewell
        self.monitor = Monitor(
            session.world, session.ink, self, keys=session.settings.keys,
            columns=session.settings.columns, readonly=session.readonly,
        )  # fmt: skip
        self.monitor.recall(session.kept)
        if session.first_screen:
            self.monitor.view = self.monitor.screens[session.first_screen]
        self.paint = Paint(session.settings.theme)
        self.canvas = Canvas(self._lines, self._ticks, self.paint)
        self.typing = Typing(self._typed, self._survive)
        self.mishaps = mishaps.Mishaps(memory.folder() / "monitor.log")
        self.conductor = Conductor(self._tick, session.settings.fps, self._survive)
        self.asker = asking.Asker(session.reaches, self.conductor.post)
        self.logs = Logs(session, self.monitor, self.asker)
        self.travelling = Travel(session, self.asker)
        self.outside = tools.Outside()
        self._begun = self._touched = time.monotonic()
        self._early = early  # typed before the screen was there
        self._unpressed: list[Typed] = []  # typed before there was anything to press keys on

    # The terminal

    def compose(self) -> ComposeResult:
        """The picture, and the line for text over it."""
        yield self.canvas
        yield self.typing

    def on_mount(self) -> None:
        """Begin to listen: to the runtimes, to signals, to the terminal's end."""
        self._ground()
        self.canvas.focus()
        self.conductor.start()
        self.session.listen(self.wake)
        self.logs.listen(self.wake)
        self.farewell.await_end(self._ended)
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        for event in XTermParser().feed(self._early):
            if isinstance(event, events.Key):
                self.key(event)

    def on_unmount(self) -> None:
        """Let go of everything."""
        self.conductor.stop()
        self.session.remember(self.monitor.remember())
        self.session.close()
        self.logs.close()
        self.asker.close()

    def _ground(self) -> None:
        """Textual's own colours are those of our theme's ground."""
        ground, field = self.paint.ground, self.paint.style("field")
        dark = TextualTheme(
            name="jobmon", primary=_name(self.paint.style("accent").color),
            foreground=_name(field.color), surface=_name(field.bgcolor),
            background=_name(ground.bgcolor), dark=self.paint.name != "day",
        )  # fmt: skip
        self.register_theme(dark)
        self.theme = "jobmon"
        self.screen.styles.background = dark.background or "ansi_default"

    # The picture

    def _lines(self, size: Size) -> Sequence[Any]:
        try:
            return self.monitor.lines(size)
        except Exception as error:  # noqa: BLE001 - one screen's defect does not end the others
            told = self.session.ink.safe(self.mishaps.note(error))
            return mishaps.page(self.monitor.view.name, told, size)

    def _survive(self, error: Exception) -> None:
        """Go on after a defect, and tell of it."""
        self.monitor.say(self.mishaps.note(error), "fail")

    def _guarded(self, part: Callable[..., Any], *args: Any) -> Any:
        """Do a part of the work: its defect does not end the others. None after a defect."""
        try:
            return part(*args)
        except Exception as error:  # noqa: BLE001 - see above
            self._survive(error)
            return None

    def _ticks(self) -> int:
        return self._guarded(self._ticking) or 0

    def _ticking(self) -> int:
        return 0 if self.monitor.box is not None else self.monitor.view.ticks

    def wake(self) -> None:
        """There is news; from any thread."""
        self.conductor.post(lambda: None)

    def _tick(self) -> float:
        """News, the clock, what is wanted, the picture; seconds until the next one."""
        now = time.time()
        self.monitor.present = self.session.world.now = now
        more = self.session.fold(now, SLICE)
        for part in (self._press_unpressed, self._travel, self._fetch):
            self._guarded(part)
        more = self._guarded(self.logs.update) or more
        self.redraw()
        self._look_at_self()
        return 0.0 if more else self._pause()

    def _travel(self) -> None:
        self.travelling.advance(self.monitor.world, self.monitor.present)

    def _fetch(self) -> None:
        stage = self.monitor.stage
        wants = asking.wanted(self.monitor.view, stage)
        if stage.world.live:
            self.asker.fetch(wants, stage.world, time.time())

    def _pause(self) -> float:
        """Seconds until something is to be seen by itself: a moving bar, a second, a minute."""
        now, pace = time.time(), self.monitor.pace()
        if self._unpressed:
            return 0.1
        if pace <= 0:
            return min(60.0 - now % 60.0 + 0.01, asking.STATUS_EVERY)
        return 1 / min(pace, self.session.settings.fps)

    def redraw(self) -> None:
        """Paint what changed, and put the line for text where the picture wants it."""
        if self.canvas.is_mounted:
            self.canvas.redraw()
            self.typing.place(self.monitor.entry)
            if self.monitor.entry is None and self.focused is not self.canvas:
                self.screen.set_focus(self.canvas)

    def _look_at_self(self) -> None:
        """A monitor nobody uses is started anew when it has grown large."""
        if time.monotonic() > self._begun + DAY and self._idle and tools.memory() > LARGEST:
            self.exit("again")

    @property
    def _idle(self) -> bool:
        """Nobody is in the middle of something."""
        monitor, quiet = self.monitor, time.monotonic() > self._touched + QUIET
        asked = monitor.box or monitor.prompt or monitor.entry
        return quiet and self.asker.idle and not (asked or self._unpressed)

    # Keys and mouse

    async def on_event(self, event: events.Event) -> None:
        """Keys are taken here, one after the other: none is lost while another widget is focused.

        Textual would hand them to the widget that is focused when they are read, which may have
        changed by what the key before them does.
        """
        if isinstance(event, events.InputEvent | events.Paste):
            self._touched = time.monotonic()
        if isinstance(event, Typed) and not event.is_forwarded:
            self.key(event)
        else:
            await super().on_event(event)

    def key(self, event: Typed) -> None:
        """A key, or what is pasted: text where text is asked for; else a key is the monitor's."""
        key = event.key if isinstance(event, events.Key) else ""
        if key in {"ctrl+c", "ctrl+q"}:
            self.leave()
        elif key == "ctrl+z":
            self._to_the_shell()
        elif self._unpressed or not self._answerable:
            self._wait_with(event)
        else:
            self._press(event)

    @property
    def _answerable(self) -> bool:
        """There is a picture that says what keys mean."""
        return self.session.ready and self.canvas.shown

    def _wait_with(self, event: Typed) -> None:
        """There is nothing to see yet: the key is pressed once there is."""
        self._unpressed.append(event)
        self.conductor.arm(self._pause())

    def _press_unpressed(self) -> None:
        if self._unpressed and self._answerable:
            early, self._unpressed = self._unpressed, []
            self.redraw()
            for event in early:
                self._press(event)

    def _press(self, event: Typed) -> None:
        """A key is answered at once."""
        for part in (lambda: self._take(event), self.logs.update, self._fetch):
            self._guarded(part)
        self._now()

    def _take(self, event: Typed) -> None:
        asked = self.monitor.entry is not None
        if isinstance(event, events.Paste):
            if asked:
                self.typing.paste(event.text)
        elif not (asked and self.typing.take(event)):
            self.monitor.press(*_meant(event))

    def _now(self) -> None:
        """Show at once what was done."""
        self._guarded(self.redraw)
        self.conductor.arm(self._guarded(self._pause) or 1.0)

    def _to_the_shell(self) -> None:
        """Wait behind the shell until it calls us back, if there is one."""
        if tools.under_shell():
            self.action_suspend_process()
        else:
            self.monitor.say("ctrl+z: there is no shell that could call the monitor back", "note")
            self._now()

    def _typed(self, text: str) -> None:
        if self.monitor.entry is not None:
            self._guarded(self.monitor.entry.changed, text)

    def on_click(self, event: events.Click) -> None:
        """The row under the pointer; twice opens its log."""
        x, y, double = int(event.screen_x), int(event.screen_y), event.chain == 2
        self._guarded(lambda: self.monitor.click(x, y, double=double))
        self._now()

    def on_mouse_scroll_down(self, _event: events.MouseScrollDown) -> None:
        """The wheel."""
        self._guarded(self.monitor.wheel, 1)
        self._now()

    def on_mouse_scroll_up(self, _event: events.MouseScrollUp) -> None:
        """The wheel."""
        self._guarded(self.monitor.wheel, -1)
        self._now()

    # Hands

    def call(self, site: int, op: str, args: Mapping[str, Any], then: Then) -> None:
        """See Hands."""
        self.asker.call(site, op, args, then)

    def skip_running(self, row: Row, why: str, then: Then) -> None:
        """See Hands."""
        reach = self.session.reaches[row.site.number]
        self.asker.apart(lambda: skip_running(reach, row, why), then)

    def open_log(self, key: RowKey, attempt: int) -> None:
        """See Hands."""
        self.logs.open(key, attempt)

    def travel(self, moment: float | None) -> None:
        """See Hands."""
        self.travelling.to(moment, self._arrived)

    def _arrived(self, answer: Any) -> None:
        if isinstance(answer, JobmonError):
            self.monitor.say(f"at: {answer.why or answer}", "fail")
        else:
            self.monitor.enter(answer)

    def edit(self, site: int, path: str, line: int, after: Callable[[], None]) -> None:
        """See Hands."""
        state_dir = self.session.reaches[site].state_dir
        assert state_dir is not None  # files of another machine are not edited
        command = tools.editor(os.path.join(state_dir.parent, path), line)
        code = self._outside(command)
        if code:
            self.monitor.say(f"{command[0]} ended with code {code}: no rerun is offered", "note")
        elif code == 0:
            after()
        self._now()

    def page(self, path: str) -> None:
        """See Hands."""
        self._outside(tools.pager(path))
        self._now()

    def _outside(self, command: Sequence[str]) -> int | None:
        """Give the terminal to another program until it ends; None when it is not to be run."""
        code = None
        try:
            with self.suspend():
                code = self.outside.run(command)
        except OSError as error:
            why = error.strerror or error
            text = f"{command[0]}: {why}; set $EDITOR or $PAGER to one that is here"
            self.monitor.say(text, "fail")
        self.canvas.refresh()
        return code

    def copy(self, text: str) -> None:
        """See Hands."""
        self.copy_to_clipboard(text)

    def paint_in(self, name: str) -> None:
        """See Hands."""
        if name not in THEMES:
            self.monitor.say(f"theme: there are {', '.join(THEMES)}", "note")
            return
        self.paint = Paint(name)
        self._ground()
        self.canvas.repaint(self.paint)

    def start_runtime(self) -> None:
        """See Hands."""
        self.session.start_again()

    def lay_sample(self) -> None:
        """See Hands."""
        self.asker.change(self.session.lay_sample, self._laid)

    def _laid(self, answer: Answer | JobmonError) -> None:
        if isinstance(answer, JobmonError):
            self.monitor.say(f"sample: {answer.why}", "fail")
        else:
            self.monitor.say("sample: the flows are laid; n starts one")
            self.asker.again("flows")

    def leave(self) -> None:
        """See Hands."""
        self.exit("")

    def _ended(self, code: int) -> None:
        """Asked to end from outside; in a thread of its own."""
        self.outside.end()
        self.conductor.post(lambda: self.exit("", return_code=code))


def _name(color: Color | None) -> str:
    """A colour as textual calls it."""
    return color.name if color is not None else "ansi_default"


def _meant(event: events.Key) -> tuple[str, str | None]:
    """The key and its sign; one that an input method left at full width is its usual self."""
    if event.key == "ctrl+j":  # what a terminal makes of enter before the screen opens
        return "enter", None
    sign = event.character
    if sign is None or sign.isascii():
        return event.key, sign
    plain = unicodedata.normalize("NFKC", sign)
    return (key_name(plain), plain) if len(plain) == 1 and plain.isascii() else (event.key, sign)
