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
    """One such stop; `at` is when KILL is due, on the monotonic clock."""

    def __init__(self, attempt: str, home: str, leader: Identity | None, at: float) -> None:
        self._attempt, self._home, self._leader = attempt, home, leader
        self._kill_at = at

    def kill_by(self, at: float) -> None:
        """KILL no later than that."""
        self._kill_at = min(self._kill_at, at)

    async def run(self) -> None:
        """Returns once no process of the attempt is alive."""
        if time.monotonic() < self._kill_at:
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
