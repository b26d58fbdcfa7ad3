"""Stopping an attempt whose initiator cannot do it: TERM, grace, KILL until none is alive."""

from __future__ import annotations

import asyncio
import signal
import time

from jobmon.runtime import procs
from jobmon.runtime.model import Identity

_LOOK = 0.05
_LOOK_MOST = 1.0


class StopByHand:
    """One such stop. `hurry` shortens the grace of one under way."""

    def __init__(self, attempt: str, home: str, leader: Identity | None) -> None:
        self._attempt, self._home, self._leader = attempt, home, leader
        self._kill_at = 0.0

    def hurry(self, grace: float) -> None:
        """KILL no later than `grace` seconds from now."""
        self._kill_at = min(self._kill_at, time.monotonic() + grace)

    async def run(self, grace: float) -> None:
        """Returns once no process of the attempt is alive."""
        self._kill_at = time.monotonic() + grace
        if grace > 0:
            procs.signal_tree(await self._members(), signal.SIGTERM)
        pause = _LOOK
        while members := await self._members():
            if time.monotonic() >= self._kill_at:
                procs.signal_tree(members, signal.SIGKILL)
            await asyncio.sleep(min(pause, _LOOK_MOST))
            # An unkillable process (waiting on a dead disk) must not cost a scan 20 times a second.
            pause *= 1.2

    async def _members(self) -> list[Identity]:
        # Reading every process takes milliseconds: not in the event loop.
        return await asyncio.to_thread(
            procs.attempt_processes, self._attempt, self._home, self._leader
        )
