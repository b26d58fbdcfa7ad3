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
    """It stops only where a shell can call it back, and is itself again after every stop."""

    def _sigtstp_application(self, *args: Any) -> None:
        if tools.under_shell():
            super()._sigtstp_application(*args)

    def _sigcont_application(self, *_args: Any) -> None:
        """After a stop that nobody announced the terminal is taken anew: others used it since."""
        if self._auto_restart and not self._must_signal_resume:
            self.suspend_application_mode()
            self._must_signal_resume = True
        if self._auto_restart:
            self.resume_application_mode()
