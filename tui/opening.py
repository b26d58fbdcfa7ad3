"""Opening the monitor: the terminal is made ready, asked what it can show, and given back after."""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobmon.runtime.client import SilentRuntimeError
from jobmon.runtime.errors import NoRuntimeError, UsageError
from jobmon.tui.farewell import Farewell
from jobmon.tui.ink import Ink, measure

if TYPE_CHECKING:
    from jobmon.tui.app import MonitorApp
    from jobmon.tui.desk import Desk
    from jobmon.tui.session import Opening
    from jobmon.tui.settings import ScreenSettings

PROBES = ("●", "कि")
"""Signs some terminals draw in two cells: if the first, then bars and boxes would not fit."""
PATIENCE = 0.3
"""Seconds a terminal may take to say where its cursor is."""
SILENT = 3.0
"""Seconds after which the screen opens although the runtime does not answer."""
_REPLY = re.compile(r"\x1b\[\d+;(\d+)R")


def open_monitor(
    desk: Desk, *, sockets: tuple[Path, ...] = (), readonly: bool = False, screen: str = ""
) -> int:
    """Show the monitor until it is left; the exit code. Raises UsageError without a terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        why = "standard input or output is no terminal"
        raise UsageError("open the monitor", why, "jobmon status; jobmon ls")
    with _quiet() as farewell:
        found = _opening(desk, sockets, readonly=readonly, screen=screen)
        settings = settings_of(desk, found.home)
        ink, early = _ink(settings)
        app = _run(found, settings, ink, farewell, early)
    if app.return_value == "again":
        app.asker.finish()
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    _say_goodbye(app)
    app.asker.finish()
    return app.return_code or 0


@contextlib.contextmanager
def _quiet() -> Iterator[Farewell]:
    """Keys typed from now on are kept, not echoed; afterwards the terminal is as it was."""
    fd = sys.stdin.fileno()
    farewell = Farewell()
    quiet = termios.tcgetattr(fd)
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(fd, termios.TCSANOW, quiet)
    try:
        yield farewell
    finally:
        farewell.give_back()


def _opening(
    desk: Desk, sockets: tuple[Path, ...], *, readonly: bool, screen: str
) -> Opening:  # fmt: skip
    from jobmon.tui.session import Opening

    sockets = tuple(path.absolute() for path in dict.fromkeys(sockets))
    missing = [path for path in sockets if not path.exists()]
    if missing == [*sockets] and missing:  # one that others are shown beside has its banner
        hint = f"ssh -L {missing[0]}:FOLDER/.jobmon/runtime.sock HOST"
        raise NoRuntimeError(f"reach the runtime behind {missing[0]}", "there is no socket", hint)
    if sockets:
        return Opening(sockets=sockets, readonly=readonly, screen=screen)
    if not readonly:  # what keeps it from starting is told before the screen opens
        with contextlib.suppress(SilentRuntimeError):  # that is told by the screen, and seen to
            desk.connect(start=True, limit=SILENT).close()
    return Opening(home=desk.home, readonly=readonly, screen=screen)


def settings_of(desk: Desk, home: Path | None) -> ScreenSettings:
    """How the screen is to look, by the batch folder's settings. Raises UsageError."""
    from jobmon.tui.screens.queue import FIELDS
    from jobmon.tui.settings import ScreenSettings
    from jobmon.tui.theme import THEMES

    screen = desk.usable.screen if home is not None else {}
    found = ScreenSettings.of(screen, os.environ, THEMES, [field.name for field in FIELDS])
    return found if found.theme else found._replace(theme=_usual_theme())


def _usual_theme() -> str:
    """A ground of our own where the terminal has the colours for it."""
    plain = os.environ.get("TERM", "") in {"linux", "vt100", "dumb", "xterm", "screen", "ansi"}
    rich = os.environ.get("COLORTERM") in {"truecolor", "24bit"}
    return "terminal" if (plain and not rich) or os.environ.get("NO_COLOR") else "night"


def _ink(settings: ScreenSettings) -> tuple[Ink, str]:
    """What the terminal can show, and what was typed while it was asked."""
    ink = measure()._replace(colour=True)
    if ink.encoding != "utf-8":
        return ink._replace(unicode=False), ""
    if settings.glyphs == "unicode":
        return ink, ""
    (wide, marked), early = _probe(sys.stdin.fileno())
    if wide or marked:
        from jobmon.tui.widths import agree

        agree(wide=wide, marked=marked)
    plain = settings.glyphs == "ascii" or not ink.unicode or wide
    return ink._replace(unicode=not plain), early


def _probe(fd: int) -> tuple[list[bool], str]:
    """Which of PROBES take two cells on the terminal (one that does not answer: none)."""
    asked = "".join(f"\r{sign}\x1b[6n" for sign in PROBES)
    os.write(sys.stdout.fileno(), asked.encode())
    heard, end = "", time.monotonic() + PATIENCE
    replies: list[str] = []
    while len(replies) < len(PROBES) and time.monotonic() < end:
        if select.select([fd], [], [], max(0.0, end - time.monotonic()))[0]:
            heard += os.read(fd, 1024).decode(errors="replace")
        replies = _REPLY.findall(heard)
    os.write(sys.stdout.fileno(), b"\r\x1b[K")
    found = [int(column) > 2 for column in replies] if len(replies) == len(PROBES) else []
    return found or [False] * len(PROBES), _REPLY.sub("", heard)


def _run(
    found: Opening, settings: ScreenSettings, ink: Ink, farewell: Farewell, early: str
) -> MonitorApp:
    from jobmon.tui.app import MonitorApp
    from jobmon.tui.session import Session

    if not sys.stderr.isatty():  # where textual paints; an error log may be kept there
        sys.__stderr__ = sys.__stdout__
    app = MonitorApp(Session(found, ink, settings), farewell, early)
    app.run(mouse=settings.mouse)
    return app


def _say_goodbye(app: Any) -> None:
    """Nothing is lost by leaving, and that is said."""
    running = len(app.session.world.active())
    jobs = {0: "nothing runs just now", 1: "1 job goes on"}.get(running, f"{running} jobs go on")
    with contextlib.suppress(OSError):  # the terminal may be gone
        sys.stdout.write(f"the monitor is closed, the runtime goes on: {jobs}\n")
        if app.asker.busy:
            sys.stdout.write("this ends once the job that is to be skipped has ended\n")
        sys.stdout.flush()
