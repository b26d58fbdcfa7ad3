"""What is known of a job of another system, kept across restarts: one file for each key."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from jobmon.jobs.kit import places
from jobmon.jobs.kit.files import atomic_write
from jobmon.jobs.kit.locks import taken
from jobmon.jobs.kit.outcomes import Data, External

BUSY = 5.0
"""Seconds to wait for another process that waits for the same job."""


class Known(msgspec.Struct):
    """`starting`: the call was or will be sent, and no answer is known; `started`: it has an id;
    `ended`: nothing of it runs any more. `n` counts the starts; `at` is when (epoch).
    """

    key: str
    state: Literal["none", "starting", "started", "ended"] = "none"
    n: int = 0
    at: float = 0.0
    values: dict[str, Any] = {}


class Record:
    """The file of one key. It is on the disk before anything is done that depends on it."""

    def __init__(self, folder: str, key: str) -> None:
        os.makedirs(folder, exist_ok=True)
        self.path = os.path.join(os.path.realpath(folder), f"{places.digest(key)}.json")
        self.now = self._read(key)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else starts or changes it meanwhile. What they did before is known then.

        Raises External when somebody does for longer than a moment. The lock lies beside the
        record: another user of it may belong to another batch folder.
        """
        try:
            held = taken(f"{self.path}.lock", self.now.key, timeout=BUSY)
        except TimeoutError:
            raise External(f"another process waits for {self.now.key} already") from None
        try:
            self.now = self._read(self.now.key)
            yield
        finally:
            held.release()

    def _read(self, key: str) -> Known:
        try:
            with open(self.path, "rb") as file:
                return msgspec.json.decode(file.read(), type=Known)
        except FileNotFoundError:
            return Known(key)
        except msgspec.DecodeError as error:
            raise Data(
                f"{self.path}, which knows what was started, cannot be read: {error}. "
                "Look in the other system what runs; then delete it"
            ) from None

    def starting(self) -> Known:
        """A start is about to be sent; a repeated one keeps its number. Returns what was known."""
        before = self.now
        n = before.n + (before.state != "starting")
        self.put(Known(before.key, "starting", n, time.time()))
        return before

    def started(self, values: dict[str, Any]) -> None:
        """It has an id: `values["id"]`."""
        self.put(Known(self.now.key, "started", self.now.n, self.now.at or time.time(), values))

    def ended(self) -> None:
        """The next start is another one."""
        self.put(msgspec.structs.replace(self.now, state="ended"))

    def put(self, known: Known) -> None:
        """Write it; when this returns it is on the disk."""
        with atomic_write(self.path, "wb") as file:
            file.write(msgspec.json.encode(known))
        self.now = known
