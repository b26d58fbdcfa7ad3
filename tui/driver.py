"""Textual's driver of the terminal, made to bear what happens to one that is open for weeks."""

from __future__ import annotations

import codecs
import functools
from typing import Any

from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver

from jobmon.tui import tools

# What is typed or pasted in another encoding must not end the thread that reads it.
linux_driver.getincrementaldecoder = lambda name: functools.partial(  # pyright: ignore[reportPrivateImportUsage]
    codecs.getincrementaldecoder(name), errors="replace"
)


class Driver(LinuxDriver):
    """It stops only where a shell can call it back, and is itself again after every stop.

    Signals come at any moment: what they ask for is done when nothing else is under way.
    """

    def _sigtstp_application(self, *_args: Any) -> None:
        if not tools.under_shell():
            return
        if self._auto_restart:
            self._loop.call_soon_threadsafe(super()._sigtstp_application)
        else:  # it stops together with the program that has the terminal
            super()._sigtstp_application()

    def _sigcont_application(self, *_args: Any) -> None:
        if self._auto_restart:
            self._loop.call_soon_threadsafe(self._take_the_terminal)

    def _take_the_terminal(self) -> None:
        """After a stop that nobody announced it is taken anew: others used it since."""
        if not self._must_signal_resume:
            self.suspend_application_mode()
            self._must_signal_resume = True
        self.resume_application_mode()
