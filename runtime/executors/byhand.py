"""Stopping an attempt whose initiator cannot: TERM, grace, KILL until no process is left."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable

from jobmon.runtime import disk, procs
from jobmon.runtime.executors.attempts import AttemptFiles
from jobmon.runtime.executors.track import Track
from jobmon.runtime.model import Identity

RECONNECT_PATIENCE = 2.0
"""Seconds a living initiator may take to come back before a stop is done without it."""
LOOK, LOOK_MOST = 0.05, 1.0
"""Seconds between two looks at what is left of the attempt."""
LOOK_AGAIN = 1.0
"""Seconds until a look is tried again that failed, for want of descriptors or threads."""

log = logging.getLogger("jobmon")


class ByHand:
    """Such stops of one executor. `gone` is called when no process of the attempt is left."""

    def __init__(self, files: AttemptFiles, gone: Callable[[Track], None]) -> None:
        self._files, self._gone = files, gone
        self._tasks: set[asyncio.Task[None]] = set()

    def stop(self, track: Track) -> None:
        """Nobody is connected: wait for the initiator's return if it lives, else do it here.

        Calling it again lets the running stop see an earlier `kill_by`.
        """
        if track.by_hand or track.link is not None or track.over:
            return
        try:
            evidence = self._files.evidence(track.attempt)
        except OSError as error:
            log.warning("cannot stop attempt %s yet: %s", track.attempt, error)
            asyncio.get_running_loop().call_later(LOOK_AGAIN, self.stop, track)
            return
        track.initiator = track.initiator or evidence.initiator
        track.leader = track.leader or evidence.leader
        if evidence.locked:
            wake(track)
            loop = asyncio.get_running_loop()
            loop.call_later(RECONNECT_PATIENCE, self._patience_over, track)
        else:
            self._begin(track)

    def _patience_over(self, track: Track) -> None:
        if track.link is None and not track.by_hand and not track.over:
            self._begin(track)

    def _begin(self, track: Track) -> None:
        track.by_hand = True
        task = asyncio.get_running_loop().create_task(self._run(track))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, track: Track) -> None:
        try:
            await self._end_all(track)
        finally:
            track.by_hand = False
        # A living initiator now sees its job end, writes the record, and its own end is watched.
        if track.unwatch is None or not disk.locked(self._files.path(track.attempt)):
            self._gone(track)

    async def _end_all(self, track: Track) -> None:
        """Returns once no process of the attempt is alive."""
        assert track.kill_by is not None
        if time.monotonic() < track.kill_by:
            procs.signal_tree(await self._members(track), signal.SIGTERM)
        pause = LOOK
        while members := await self._members(track):
            if time.monotonic() >= track.kill_by:
                procs.signal_tree(members, signal.SIGKILL)
                # An unkillable process (a dead disk) must not cost a scan 20 times a second.
                pause = min(pause * 1.2, LOOK_MOST)
            await asyncio.sleep(pause)

    async def _members(self, track: Track) -> list[Identity]:
        output = self._files.output(track.attempt)
        while True:
            try:  # reading every process takes milliseconds: not in the event loop
                return await asyncio.to_thread(
                    procs.attempt_processes, track.attempt, output, track.leader
                )
            except (OSError, RuntimeError) as error:  # no descriptor, or no thread, to be had
                log.warning("cannot see attempt %s just now: %s", track.attempt, error)
                await asyncio.sleep(LOOK_AGAIN)

    async def close(self) -> None:
        """Let go of stops under way; the next runtime takes them up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def wake(track: Track) -> None:
    """An initiator that somebody stopped (SIGSTOP) cannot obey."""
    if track.initiator is not None:
        procs.send(track.initiator, signal.SIGCONT)
