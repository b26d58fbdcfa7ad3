"""Threads for reading: whoever leaves waits for none of them."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable


class Workers:
    """So many threads, each doing one thing after the other. What they do raises nothing."""

    def __init__(self, many: int, name: str) -> None:
        self._tasks: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        for _ in range(many):
            threading.Thread(target=self._work, daemon=True, name=name).start()

    def submit(self, action: Callable[[], None]) -> None:
        """Have it done as soon as a thread is free."""
        self._tasks.put(action)

    def close(self) -> None:
        """Let go of what nobody began."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._tasks.get_nowait()

    def _work(self) -> None:
        while True:
            self._tasks.get()()
