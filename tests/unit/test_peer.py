"""A subscriber gets every event after the one it names, once: whatever was told to others yet."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from jobmon.runtime.model import Event
from jobmon.runtime.peer import ClientPeer, Desk


def event(seq: int) -> Event:
    return Event(kind="runtime.trouble", at=float(seq), seq=seq)


class FakeDesk:
    """Of what is committed; the test says how far others were told of it."""

    def __init__(self, committed: int) -> None:
        self.committed = committed

    def hello(self) -> dict[str, Any]:
        return {"seq": self.committed}

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        return {}

    def past(self, seq: int, limit: int) -> Sequence[Event]:
        return [event(n) for n in range(seq + 1, min(self.committed, seq + limit) + 1)]

    def initiator(self, hello: Any, send: Any, close: Any) -> Any:
        raise NotImplementedError


class FakeHost:
    def __init__(self, committed: int, published: int) -> None:
        self.desk: Desk = FakeDesk(committed)
        self.subscribers: set[ClientPeer] = set()
        self.published = published


class FakeLine:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    def write(self, lines: bytes) -> None:
        self.sent += [json.loads(line) for line in lines.splitlines()]

    def backlog(self) -> int:
        return 0

    def listen(self, *, on: bool) -> None:
        pass


async def heard(since: int, *, committed: int, published: int) -> list[int | str]:
    """The numbers of the events it gets once everybody is told of all; "resync" where told so."""
    host, line = FakeHost(committed, published), FakeLine()
    peer = ClientPeer(host, line)
    peer.received({"id": 1, "op": "subscribe", "from_seq": since})
    while peer not in host.subscribers:
        await asyncio.sleep(0)
    for first, last in ((published + 1, committed), (committed + 1, committed + 2)):
        lines = b"".join(b'{"event": {"seq": %d}}\n' % n for n in range(first, last + 1))
        peer.publish(lines, last)
    return [m["event"]["seq"] if "event" in m else "resync" for m in line.sent if "id" not in m]


async def test_from_what_is_committed_but_not_told_yet() -> None:
    assert await heard(9, committed=9, published=5) == [10, 11]


async def test_from_before_that() -> None:
    assert await heard(3, committed=9, published=5) == [4, 5, 6, 7, 8, 9, 10, 11]
    assert await heard(5, committed=9, published=5) == [6, 7, 8, 9, 10, 11]


async def test_who_names_an_event_that_never_was_is_told_to_begin_anew() -> None:
    assert await heard(99, committed=9, published=9) == ["resync", 10, 11]
