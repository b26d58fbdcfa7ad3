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

from jobmon.runtime.client import Client, OtherProtocolError, SilentRuntimeError
from jobmon.runtime.errors import JobmonError
from jobmon.tui.absence import Absence, Gone

PAUSE = 0.5
"""Seconds between two looks for a runtime that is away."""
BEFORE = 500
"""Events from before a snapshot that are handed over with it."""
HELD = 2_000
"""News nobody took so far, at which reading waits: the runtime then leaves out what is too much."""


class News(NamedTuple):
    """`kind`: hello, snapshot, definition, event, or gone with a `Gone` as its `body`."""

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
        self.news: queue.Queue[News] = queue.Queue(HELD)
        self._connect, self._wake = connect, wake
        self._absence = Absence(allowed=revive)
        self._told: Gone | None = None
        self._anew = False
        self._ended, self._nudged = threading.Event(), threading.Event()
        self._client: Client | None = None
        self._known: set[str] = set()

    def run(self) -> None:
        """Until `close`."""
        while not self._ended.is_set():
            try:
                self._follow()
                gone = self._absence.told()
            except Exception as error:  # noqa: BLE001 - whatever it is, the screen must be told
                gone = self._absence.told(error)
            if not self._anew:
                self._tell_gone(gone)
                self._nudged.wait(PAUSE)
            self._anew = False
            self._nudged.clear()

    def close(self) -> None:
        """End; whatever is being read is given up."""
        self._ended.set()
        self._hang_up()

    def start_again(self) -> None:
        """Have a runtime that is not there started, also one that was stopped in order."""
        self._absence.ask()
        self._nudged.set()

    def resync(self) -> None:
        """Have everything handed over anew, by a new connection."""
        self._anew = True
        self._hang_up()

    def _hang_up(self) -> None:
        self._nudged.set()
        if self._client is not None:
            with contextlib.suppress(OSError):
                self._client.close()

    def _follow(self) -> None:
        """One connection's life."""
        with contextlib.closing(self._reach()) as client:
            self._client = client
            try:
                self._tell("hello", client.hello | {"heard": time.time()})
                seq = self._snapshot()
                self._told = None
                for message in client.subscribe(from_seq=seq):
                    self._hear(message)
            finally:
                self._absence.began(time.monotonic())

    def _reach(self) -> Client:
        """A connection, to a runtime that is started if need be."""
        start = self._absence.may_start(time.monotonic())
        try:
            client = self._connect(start)
        except (OtherProtocolError, SilentRuntimeError):
            raise
        except JobmonError as error:
            if start:
                self._absence.not_started(time.monotonic(), error)
            raise
        self._absence.ended(time.monotonic())
        return client

    def _tell_gone(self, gone: Gone) -> None:
        if gone != self._told:
            self._told = gone
            self._tell("gone", gone)

    def _tell(self, kind: str, body: Any = None) -> None:
        """Hand over, as soon as there is room."""
        while not self._ended.is_set():
            with contextlib.suppress(queue.Full):
                self.news.put(News(kind, body), timeout=1)
                break
        self._wake()

    def _hear(self, message: Mapping[str, Any]) -> None:
        if "resync" in message:
            self._snapshot()
            return
        if message["kind"] == "runtime.stopped":
            self._absence.stopped()
        digest = definition_of(message)
        if digest and digest not in self._known:
            self._fetch(digest)
        self._tell("event", message)

    def _snapshot(self) -> int:
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
            self._tell("definition", self._ask("definition", hash=digest))
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
