"""The initiators of this runtime: forked when more slots are in use, kept from job to job."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from jobmon.runtime.executors.template import Template

Message = dict[str, Any]
RETRY_FIRST, RETRY_MOST = 0.25, 5.0
"""Seconds before what met a full disk or a full process table is tried again."""
FORK_PATIENCE = 10.0
"""Seconds a forked initiator may take to say hello before another is forked in its place."""


class Backoff:
    """A wait before something is tried again, longer each time until it has worked."""

    def __init__(self, again: Callable[[], None]) -> None:
        self._again = again
        self._seconds = RETRY_FIRST
        self._timer: asyncio.TimerHandle | None = None
        self.trouble = ""

    @property
    def waiting(self) -> bool:
        """Not now."""
        return self._timer is not None

    def begin(self, trouble: str) -> None:
        """It did not work: `again` is called later."""
        self.trouble = trouble
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._over)
            self._seconds = min(self._seconds * 2, RETRY_MOST)

    def _over(self) -> None:
        self._timer = None
        self._again()

    def well(self) -> None:
        """It worked."""
        self.trouble, self._seconds = "", RETRY_FIRST

    def cancel(self) -> None:
        """Never mind."""
        if self._timer:
            self._timer.cancel()


class Listener(Protocol):
    """Who acts on what initiators say."""

    def heard(self, link: InitiatorLink, message: Message) -> None:
        """One message of an initiator."""
        ...

    def hung_up(self, link: InitiatorLink) -> None:
        """It died, or its connection did."""
        ...


class InitiatorLink:
    """One initiator's connection. The server calls `received` per message, `lost` at its end."""

    def __init__(
        self,
        listener: Listener,
        hello: Message,
        send: Callable[[Message], None],
        close: Callable[[], None],
    ) -> None:
        self._listener, self.send, self.close = listener, send, close
        self.pid = int(hello.get("pid", 0))
        # One that comes back with an attempt belongs to an earlier runtime: it ends with its job.
        self.attempt: str | None = hello.get("attempt")
        self.veteran = self.attempt is not None

    def received(self, message: Message) -> None:
        """One decoded line from the initiator."""
        self._listener.heard(self, message)

    def lost(self) -> None:
        """The connection ended, for whatever reason."""
        self._listener.hung_up(self)


class Pool:
    """At most `slots` initiators, and `extra` for attempts that take no slot.

    `ready` is called when a fork may work that did not before.
    """

    def __init__(self, state: Path, slots: int, ready: Callable[[], None]) -> None:
        self.slots, self.extra, self._ready = slots, 0, ready
        self.links: set[InitiatorLink] = set()
        self.template = Template(state, self._forked, self._template_died)
        self.forking = Backoff(ready)
        self._idle: list[InitiatorLink] = []
        self._asked = 0  # forks asked for and not yet answered
        self._expected: dict[int, asyncio.TimerHandle] = {}  # forked, not yet heard of
        self._closed = False

    def take(self) -> InitiatorLink | None:
        """An idle initiator: the one that worked last, its memory is warm."""
        return self._idle.pop() if self._idle else None

    def give_back(self, link: InitiatorLink) -> None:
        """It is idle again; one too many goes."""
        if link not in self.links:
            return
        if len(self.links) > self.slots + self.extra:
            link.close()
        else:
            self._idle.append(link)

    def add(self, link: InitiatorLink) -> None:
        """A new one said hello."""
        timer = self._expected.pop(link.pid, None)
        if timer:
            timer.cancel()
        self.links.add(link)
        self._idle.append(link)
        self.forking.well()

    def remove(self, link: InitiatorLink) -> None:
        """It is gone."""
        self.links.discard(link)
        if link in self._idle:
            self._idle.remove(link)

    def want(self, waiting: int) -> None:
        """That many attempts wait for an initiator: fork what is missing."""
        room = self.slots + self.extra - len(self.links)
        missing = min(waiting, room) - self._asked - len(self._expected)
        for _ in range(missing):
            if self.forking.waiting or self._closed:
                return
            self._fork()

    def _fork(self) -> None:
        try:
            self.template.fork()
        except OSError as error:
            self._cannot_fork(error.strerror or str(error))
        else:
            self._asked += 1

    def _forked(self, reply: Message) -> None:
        self._asked -= 1
        pid = reply.get("forked")
        if pid is None:
            self._cannot_fork(str(reply.get("failed")))
        elif all(link.pid != pid for link in self.links):
            loop = asyncio.get_running_loop()
            self._expected[pid] = loop.call_later(FORK_PATIENCE, self._never_came, pid)

    def _never_came(self, pid: int) -> None:
        del self._expected[pid]
        self.forking.begin("processes for jobs end at their start: see .jobmon/log/initiators.log")

    def _template_died(self) -> None:
        self._asked = 0
        if not self._closed:
            self._ready()

    def _cannot_fork(self, why: str) -> None:
        if not self._closed:
            self.forking.begin(f"cannot start another process for jobs: {why}")

    def close(self) -> None:
        """Let every initiator go: idle ones end, busy ones finish their job first."""
        self._closed = True
        self.forking.cancel()
        for timer in self._expected.values():
            timer.cancel()
        for link in tuple(self.links):
            link.close()
        self.template.close()
