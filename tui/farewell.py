"""Ending from outside: by a signal, or because the terminal is gone. Nothing may hold that up.

A terminal that takes nothing stops the screen's thread, and so does an editor that has the
terminal meanwhile. So a thread of its own waits for the end, and sees to it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Never

SIGNALS = (signal.SIGTERM, signal.SIGHUP)
PATIENCE = 3.0
"""Seconds the screen has for giving the terminal back."""
STUCK = 0.5
"""Seconds after which a terminal that takes nothing gets nothing more to take."""
RESTORING = (
    b"\x18\x1b[?2026l\x1b[<u"  # the end of what was cut off, then: paint, the usual keyboard
    b"\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l\x1b[?1004l\x1b[?2004l\x1b[?2048l"
    b"\x1b[m\x1b[?7h\x1b[?25h\x1b[?1049l"
)
"""Has a terminal as a shell wants it, however the screen left it."""


class Farewell:
    """Made before the screen opens, and asked to `give_back` the terminal after."""

    def __init__(self) -> None:
        self._before = termios.tcgetattr(_terminal())
        self._forced = False
        self._over = threading.Event()
        for number in SIGNALS:  # before there is a screen: by the usual way
            signal.signal(number, _leave)

    def await_end(self, leave: Callable[[int], None]) -> None:
        """Have `leave` called, in a thread, with the exit code; who stays then is ended."""
        heard, said = os.pipe()
        os.set_blocking(said, False)
        # Written at once, whichever thread is interrupted; a handler waits for the screen's own.
        signal.set_wakeup_fd(said, warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, _heard)
        wait = threading.Thread(target=self._wait, args=(heard, leave), daemon=True)
        wait.start()

    def _wait(self, heard: int, leave: Callable[[int], None]) -> None:
        code = 128 + _asked(heard)
        end = time.monotonic() + PATIENCE
        try:
            leave(code)
            self._over.wait(STUCK)
            while not self._over.wait(0.01) and time.monotonic() < end:
                self._forced = True
                _drop_output()
            time.sleep(max(0.0, end - time.monotonic()))
            self.give_back()
        finally:
            os._exit(code)

    def give_back(self) -> None:
        """The terminal as it was, also where the screen could not leave it in peace."""
        self._over.set()
        with contextlib.suppress(OSError, termios.error):  # the terminal may be gone
            if self._forced:
                _drop_output()
                _restore()
            termios.tcsetattr(_terminal(), termios.TCSANOW, self._before)


def _leave(number: int, _frame: FrameType | None) -> Never:
    sys.exit(128 + number)


def _heard(_number: int, _frame: FrameType | None) -> None:
    """What follows is done in the thread that waits for it."""


def _asked(heard: int) -> int:
    """The signal; that of a hang-up when the terminal is gone, which may be too far to send it."""
    look = select.poll()
    look.register(heard, select.POLLIN)
    look.register(_terminal(), 0)
    while True:
        ready = [fd for fd, _ in look.poll()]
        numbers = os.read(heard, 1024) if heard in ready else b""
        asked = [number for number in SIGNALS if number in numbers]
        if asked or _terminal() in ready:
            return asked[0] if asked else signal.SIGHUP


def _drop_output() -> None:
    """Let go of what the terminal did not take, and wake who waits for room there."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    with contextlib.suppress(termios.error):
        termios.tcflush(_terminal(), termios.TCOFLUSH)
        termios.tcflow(_terminal(), termios.TCOOFF)
        termios.tcflow(_terminal(), termios.TCOON)


def _restore() -> None:
    """By a way of its own into the terminal, which never waits."""
    flags = os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK
    terminal = os.open(os.ttyname(_terminal()), flags)
    os.write(terminal, RESTORING)
    os.close(terminal)


def _terminal() -> int:
    return sys.__stdin__.fileno() if sys.__stdin__ else 0
