"""Having batches written: in the loop while that is fast, in a thread else, and until it works."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from jobmon.runtime.errors import StateError
from jobmon.runtime.store import Batch, Store

log = logging.getLogger("jobmon")


INLINE_COMMIT = 0.005
"""Seconds: while commits take less they run in the loop, a thread hop would cost more."""
INLINE_ROWS = 200
"""Job rows above which a commit is written in the thread whatever the disk: the loop stays free."""
RETRY_COMMIT = 1.0
"""Seconds between tries while the disk takes nothing."""


class Committer:
    """The way of every batch into the store. `trouble` says why the disk takes nothing just now."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1, "commit")
        self.trouble = ""

    async def prepare(self) -> None:
        """Start the thread: a table of processes that is full later must not stop a commit."""
        await asyncio.get_running_loop().run_in_executor(self._thread, str)

    async def commit(
        self, batch: Batch, refused: Callable[[str], None], leaving: Callable[[], bool]
    ) -> bool:
        """Write `batch`, however long the disk refuses; `refused` is told why at every try.

        False: told to leave meanwhile. What was not committed was not done, a restart finds it.
        """
        while not (batch.empty or await self._written(batch)):
            refused(self.trouble)
            await asyncio.sleep(RETRY_COMMIT)
            if leaving():
                return False
        return True

    async def _written(self, batch: Batch) -> bool:
        try:
            if self._store.commit_seconds < INLINE_COMMIT and len(batch.jobs) < INLINE_ROWS:
                self._store.commit(batch)
            else:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._thread, self._store.commit, batch)
        except StateError as error:
            if not self.trouble:
                log.error("%s", error)
            self.trouble = error.why
            return False
        if self.trouble:
            log.info("state is written again")
        self.trouble = ""
        return True

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown()
