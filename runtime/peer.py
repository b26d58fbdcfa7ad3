"""One connected client: its requests, their answers, and the events it subscribed to."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import msgspec

from jobmon.runtime.errors import JobmonError, UsageError
from jobmon.runtime.model import Event

log = logging.getLogger("jobmon")

MAX_BACKLOG = 4 << 20
"""Bytes a subscriber may leave unread before it is told to resync."""
MAX_ASKED = 16
"""Requests of one client that are worked on at once; the others wait, and so does the client."""
MAX_PAST = 20_000
"""Events a subscriber may have missed; one further behind is told to resync."""

_encode = msgspec.json.Encoder().encode


class Peer(Protocol):
    """What an accepted connection turns into once its role is known."""

    def received(self, message: dict[str, Any]) -> None:
        """A later line of it."""
        ...

    def lost(self) -> None:
        """It hung up."""
        ...


class Desk(Protocol):
    """Who answers: implemented by the runtime."""

    def hello(self) -> dict[str, Any]:
        """What the runtime says of itself first."""
        ...

    def answer(self, request: dict[str, Any]) -> Awaitable[dict[str, Any]]:
        """The answer to one request; a JobmonError it raises becomes the answer."""
        ...

    def past(self, seq: int, limit: int) -> Sequence[Event]:
        """The first `limit` committed events after `seq`."""
        ...

    def initiator(
        self,
        hello: dict[str, Any],
        send: Callable[[dict[str, Any]], None],
        close: Callable[[], None],
    ) -> Peer:
        """Take over an initiator's connection."""
        ...


class Host(Protocol):
    """The server as a peer sees it; `published` is the number of the last event sent out."""

    desk: Desk
    subscribers: set[ClientPeer]
    published: int


class Line(Protocol):
    """The connection as a peer sees it."""

    def send(self, message: dict[str, Any]) -> None:
        """Queue one message."""
        ...

    def write(self, lines: bytes) -> None:
        """Queue complete lines."""
        ...

    def backlog(self) -> int:
        """Bytes the other side has not taken yet."""
        ...

    def listen(self, *, on: bool) -> None:
        """Take more from the other side, or let it wait."""
        ...


class ClientPeer:
    """A person's command or screen: requests, answers, and a subscription if it wants one."""

    def __init__(self, server: Host, connection: Line) -> None:
        self._server, self._connection = server, connection
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: deque[dict[str, Any]] = deque()
        self._missed = 0  # the number of the last event that was left out
        self._since = 0  # the number of the last event it has

    def received(self, message: dict[str, Any]) -> None:
        """Answer a request, in its own task: a slow one delays nobody."""
        self._waiting.append(message)
        self._go_on()

    def _go_on(self) -> None:
        """Begin what may begin: who does not read its answers gets no more of them made."""
        loop = asyncio.get_running_loop()
        while self._waiting and not self._full():
            task = loop.create_task(self._answer(self._waiting.popleft()))
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        self._connection.listen(on=not self._waiting)

    def _full(self) -> bool:
        return len(self._tasks) >= MAX_ASKED or self._connection.backlog() > MAX_BACKLOG

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._go_on()

    async def _answer(self, request: dict[str, Any]) -> None:
        number = request.get("id")
        try:
            if request.get("op") == "subscribe":
                self._subscribe(number, request.get("from_seq"))
            else:
                answer = await self._server.desk.answer(request)
                self._connection.send({"id": number, "ok": answer})
        except JobmonError as error:
            self._connection.send({"id": number, "err": body(error)})
        except Exception as error:
            log.exception("a request failed by a defect: %s", request.get("op"))
            defect = JobmonError(f"answer {request.get('op')}", repr(error), "jobmon doctor")
            self._connection.send({"id": number, "err": body(defect)})

    def _subscribe(self, number: Any, since: Any) -> None:
        """Past events first, then the live ones: no turn of the loop lies between."""
        newest = self._server.published  # what is committed but not yet published comes by itself
        since = newest if since is None else since
        if not isinstance(since, int) or since < 0:
            raise UsageError("subscribe", "from_seq must be a number", "leave it out for news only")
        known = newest - MAX_PAST <= since <= self._server.desk.hello()["seq"]
        past = self._server.desk.past(since, MAX_PAST) if known and since < newest else ()
        self._since = since if known else 0
        self._connection.send({"id": number, "ok": {"seq": newest}})
        if not known:  # it was away for too long, or speaks of an earlier database
            self._connection.send({"resync": newest})
        lines = (_encode({"event": event}) + b"\n" for event in past if event.seq <= newest)
        self._connection.write(b"".join(lines))
        self._server.subscribers.add(self)

    def publish(self, lines: bytes, seq: int) -> None:
        """Send news, or remember that some were left out until the client reads again."""
        if seq <= self._since:  # it read the rows of this commit before anybody was told of it
            return
        if self._missed or self._connection.backlog() > MAX_BACKLOG:
            self._missed = seq
        else:
            self._connection.write(lines)

    def caught_up(self) -> None:
        """All it was sent is read: if something was left out meanwhile, it is told now."""
        if self._missed:
            self._connection.send({"resync": self._missed})
            self._missed = 0
        self._go_on()

    def lost(self) -> None:
        """Forget it, and what it asked and was not begun."""
        self._waiting.clear()
        self._server.subscribers.discard(self)


def body(error: JobmonError) -> dict[str, str]:
    """The error as it stands in an answer."""
    return {"code": error.code, "what": error.what, "why": error.why, "hint": error.hint}
