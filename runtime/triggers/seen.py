"""What file triggers remember: since when each is there, and which files they acted on.

It is committed together with the runs that were made of them.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from jobmon.runtime.store import Batch, Store
from jobmon.runtime.triggers.inbox import Stamp

FIRST = "file-triggers"
"""The room that has a note for each trigger."""
KEPT = 30 * 86400.0
"""Seconds a file that is gone is remembered: it may come back as it was."""
MOST_GONE = 10_000
"""Files that are gone are remembered at most: the newest ones."""
_Body = list[Any]


class Seen:
    """The files of one flow. A note is [mtime, size, when it was noted, pattern]."""

    def __init__(self, store: Store, flow: str) -> None:
        self._room, self._flow = f"file:{flow}", flow
        self._notes: dict[str, _Body] = store.notes(self._room)
        self.stamps: dict[str, Stamp] = {p: (b[0], b[1]) for p, b in self._notes.items()}

    def add(self, path: str, stamp: Stamp, pattern: str, now: float, batch: Batch) -> None:
        """The file has been acted on, or was there before."""
        body = [*stamp, now, pattern]
        self._notes[path], self.stamps[path] = body, stamp
        batch.notes[self._room, path] = body

    def tidy(self, there: Collection[str], pattern: str, before: float, batch: Batch) -> None:
        """Forget what the pattern found and is not there any more: before a time, or too many."""
        notes = self._notes.items()
        gone = sorted((b[2], path) for path, b in notes if b[3] == pattern and path not in there)
        for place, (at, path) in enumerate(gone, MOST_GONE - len(gone)):
            if at < before or place < 0:
                del self._notes[path], self.stamps[path]
                batch.notes[self._room, path] = None


def note_of(flow: str, pattern: str) -> str:
    """The key of a trigger in the room FIRST."""
    return json.dumps([flow, pattern], ensure_ascii=False)
