"""The one timer of the monitor: a picture when something moves, at most so many a second."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import time
from collections.abc import Callable


class Conductor:
    """`tick` makes a picture and says after how many seconds the next one is wanted.

    News from other threads comes through `post`; it makes a picture as soon as `fps` allows.
    `failed` hears of what goes wrong, after which it goes on.
    """

    def __init__(
        self, tick: Callable[[], float], fps: float, failed: Callable[[Exception], None]
    ) -> None:
        self._tick, self._gap, self._failed = tick, 1 / fps, failed
        self._last = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context = contextvars.copy_context()

    def start(self) -> None:
        """Begin, on the loop and in the context this is called in."""
        self._loop, self._context = asyncio.get_running_loop(), contextvars.copy_context()
        self.arm(0.0)

    def stop(self) -> None:
        """No further picture."""
        if self._timer is not None:
            self._timer.cancel()
        self._loop = None

    def post(self, action: Callable[[], None]) -> None:
        """Have something done on the screen's thread, from any thread, and a picture made."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # closed meanwhile: nobody looks any more
                loop.call_soon_threadsafe(self._heard, action, context=self._context)

    def _heard(self, action: Callable[[], None]) -> None:
        if self._loop is not None:
            try:
                action()
            except Exception as error:  # noqa: BLE001 - it is told, and the others are done
                self._failed(error)
            self.arm(self._last + self._gap - time.monotonic())

    def arm(self, delay: float) -> None:
        """The next picture in `delay` seconds, if none is due before."""
        if self._loop is None:
            return
        due = self._loop.time() + max(0.0, delay)
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._picture, context=self._context)

    def _picture(self) -> None:
        self._timer = None
        self._last = time.monotonic()
        try:
            pause = self._tick()
        except Exception as error:  # noqa: BLE001 - a clock that stood still would lie
            self._failed(error)
            pause = 1.0
        self.arm(pause)
