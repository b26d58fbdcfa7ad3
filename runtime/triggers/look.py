"""One look at the files of several patterns, in a thread: a disk that hangs holds up nobody."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from jobmon.runtime.triggers.inbox import Stamp, TooManyError, listing

Watch = tuple[str, str]
"""(flow, pattern)."""


class Look:
    """`found` has the files of each pattern looked at so far; None where they are too many.

    `at` is the one being looked at, `over` says that all were. `told` is called from the thread
    when it ends, however late.
    """

    def __init__(self, home: str, watches: Sequence[Watch], told: Callable[[Look], None]) -> None:
        self.found: dict[Watch, dict[str, Stamp] | None] = {}
        self.at: Watch | None = None
        self.over = self.given_up = False
        self.begun = time.monotonic()
        self.took = self.cost = 0.0  # seconds, and those of them that a processor was at it
        self._home, self._watches, self._told = home, watches, told
        threading.Thread(target=self._run, name="look at files", daemon=True).start()

    def late(self, patience: float) -> bool:
        """Whether it takes longer than that."""
        return not self.over and time.monotonic() - self.begun > patience

    def _run(self) -> None:
        for watch in self._watches:
            if self.given_up:
                break
            self.at = watch
            self.found[watch] = self._files(watch[1])
        self.cost, self.took = time.thread_time(), time.monotonic() - self.begun
        self.over = True
        self._told(self)

    def _files(self, pattern: str) -> dict[str, Stamp] | None:
        try:
            return listing(self._home, pattern)
        except TooManyError:
            return None
        except (OSError, ValueError, RecursionError):  # a folder or a pattern that cannot be read
            return {}
