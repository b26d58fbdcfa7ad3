"""A runtime's news for the screen: a snapshot, then every event after it, for as long as it takes.

A thread of its own reads the socket, so that a slow terminal holds up nobody and a slow runtime
no key. What it hands over is folded by `folding.py`, with the runtime's own functions.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from jobmon.runtime.client import Client, OtherProtocolError
from jobmon.runtime.errors import JobmonError

PAUSE = 0.5
"""Seconds between two looks for a runtime that is away."""
BEFORE = 500
"""Events from before a snapshot that are handed over with it."""


class News(NamedTuple):
    """`kind`: hello, snapshot, definition, event (with `body`), gone or refused (it says why)."""

    kind: str
    body: Any = None


class Feed(threading.Thread):
    """`connect(start)` gives a connection, starting the runtime when `start`; `wake` tells of news.

    A runtime that went without a word is started again when `revive`; one that was stopped in
    order is waited for.
    """

    def __init__(
        self, connect: Callable[[bool], Client], wake: Callable[[], None], *, revive: bool
    ) -> None:
        super().__init__(daemon=True, name="feed")
        self.news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._connect, self._wake, self._revive = connect, wake, revive
        self._stopped_in_order = self._resyncing = False
        self._ended = threading.Event()
        self._client: Client | None = None
        self._known: set[str] = set()

    def run(self) -> None:
        """Until `close`."""
        while not self._ended.is_set():
            try:
                self._follow()
                why = "is away"
            except OtherProtocolError as error:
                why = f"cannot be talked to: {error.why}; {error.hint}"
                self._tell("refused", why)
            except JobmonError as error:
                why = error.why
            if not self._ended.is_set():
                self._tell("gone", why)
                self._ended.wait(PAUSE)

    def close(self) -> None:
        """End; whatever is being read is given up."""
        self._ended.set()
        if self._client is not None:
            with contextlib.suppress(OSError):
                self._client.close()

    def start_again(self) -> None:
        """Have a runtime that was stopped in order started at the next look."""
        self._stopped_in_order = False

    def resync(self) -> None:
        """Have everything handed over anew; what comes until then is passed over by its number."""
        if not self._resyncing:
            self._resyncing = True
            threading.Thread(target=self._again, daemon=True, name="resync").start()

    def _again(self) -> None:
        with contextlib.suppress(JobmonError):  # the feed's own connection will tell
            self.snapshot()
        self._resyncing = False

    def _tell(self, kind: str, body: Any = None) -> None:
        self.news.put(News(kind, body))
        self._wake()

    def _follow(self) -> None:
        """One connection's life."""
        start = self._revive and not self._stopped_in_order
        with contextlib.closing(self._connect(start)) as client:
            self._client = client
            self._tell("hello", client.hello | {"heard": time.time()})
            seq = self.snapshot()
            for message in client.subscribe(from_seq=seq):
                self._hear(message)

    def _hear(self, message: Mapping[str, Any]) -> None:
        if "resync" in message:
            self.snapshot()
            return
        kind = message["kind"]
        if kind.startswith("runtime."):
            self._stopped_in_order = kind == "runtime.stopped"
        digest = definition_of(message)
        if digest and digest not in self._known:
            self._fetch(digest)
        self._tell("event", message)

    def snapshot(self) -> int:
        """Hand over the state anew, by a connection of its own; the number it is of."""
        body = self._ask("snapshot")
        since = max(0, body["seq"] - BEFORE)
        body["events"] = self._ask("events", since=since, limit=BEFORE)["events"]
        used = {job["definition"] for jobs in body["jobs"] for job in jobs}
        self._known = {run["definition"] for run in body["runs"]} | used
        self._tell("snapshot", body)
        return body["seq"]

    def _fetch(self, digest: str) -> None:
        with contextlib.suppress(JobmonError):  # the fold will ask for a snapshot
            self._tell("definition", self._ask("definition", hash=digest)["definition"])
            self._known.add(digest)

    def _ask(self, name: str, **args: Any) -> dict[str, Any]:
        with contextlib.closing(self._connect(False)) as client:
            return client.call("view", name=name, args=args)


def definition_of(event: Mapping[str, Any]) -> str:
    """The flow version an event needs to be known."""
    data = event.get("data") or {}
    if event["kind"] == "run.created":
        return data["run"]["definition"]
    return data.get("definition", "") if event["kind"] == "job.definition" else ""
