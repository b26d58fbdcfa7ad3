"""When something is over that asks and waits: the last answer is in, the last box is closed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator


class Ending:
    """Counts what is not over yet of one deed, and calls `over` when nothing is left."""

    def __init__(self, over: Callable[[], None] = lambda: None) -> None:
        self._over, self._left = over, 0

    def wait(self) -> None:
        """One more thing to wait for."""
        self._left += 1

    def arrived(self) -> None:
        """One of them came."""
        self._left -= 1
        if not self._left:
            self._over()

    @contextlib.contextmanager
    def awaiting(self) -> Iterator[None]:
        """What is begun in here is waited for as a whole."""
        self.wait()
        try:
            yield
        finally:
            self.arrived()
