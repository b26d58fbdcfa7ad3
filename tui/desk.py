"""What every command works at: the batch folder, its runtime or its stored state, the output.

The one place where the command line touches the runtime, and the one that tests replace.
"""

from __future__ import annotations

import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobmon.tui.ink import Ink, measure

if TYPE_CHECKING:
    from jobmon.runtime.client import Client
    from jobmon.runtime.config import Settings

Document = dict[str, Any]


class Desk:
    """Opened once per command. Nothing is read or connected before it is asked for."""

    def __init__(self, home: str | None = None) -> None:
        self.named_home = home

    @cached_property
    def ink(self) -> Ink:
        """What standard output can show."""
        return measure()

    @cached_property
    def settings(self) -> Settings:
        """The batch folder's settings. Raises NotFoundError or UsageError."""
        from jobmon.runtime import config

        return config.load(config.find_home(self.named_home))

    @property
    def home(self) -> Path:
        """The batch folder."""
        return self.settings.home

    def now(self) -> float:
        """The wall clock."""
        return time.time()

    def connect(self, *, start: bool = False) -> Client:
        """A new connection; starts the runtime when `start`. Raises NoRuntimeError."""
        from jobmon.runtime.client import connect

        return connect(self.settings.state_dir, start=start)

    @cached_property
    def runtime(self) -> Client:
        """The runtime of this folder, started when there is none."""
        return self.connect(start=True)

    def view(self, name: str, **args: Any) -> Document:
        """A document, from the runtime when one is there, else from the stored state."""
        from jobmon.runtime.client import view

        return view(self.settings, name, **args)

    def call(self, op: str, **args: Any) -> Document:
        """Ask the runtime to do something; one is started when there is none."""
        return self.runtime.call(op, **args)
