"""Messages that are not sent yet, one for each address, and when each is tried next.

What changes goes into the notes of a batch, so it is committed with what it follows from.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from jobmon.runtime.notify.targets import Target
from jobmon.runtime.notify.wording import Text
from jobmon.runtime.store import Batch

ROOM = "outbox"
ROOMS = ("notify", "line", "batch", ROOM)
"""The rooms of notes about telling: cursor and report, lines, backfills, messages."""
WAITS = (5.0, 30.0, 60.0, 300.0, 900.0, 1800.0, 3600.0)
"""Seconds after a try that failed until the next one; after the last of them all are as long."""
GIVE_UP = 24 * 3600.0
"""Seconds after which a message nobody took is tried no more."""
KEPT = 7 * 24 * 3600.0
"""Seconds for which a message that was given up is shown."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one address. `due`: when it is tried next; `given_up`: when that was, if.

    `target` is the address's id, `to` what people call it. `error`: what the last try met.
    `number` is the id of the run it is about, 0: of none; `run` its key.
    """

    id: str
    number: int = 0
    kind: str
    line: str = ""
    run: str = ""
    job: str = ""
    target: str
    to: str
    subject: str
    body: str
    at: float
    due: float
    tries: int = 0
    error: str = ""
    given_up: float | None = None


class Outbox:
    """The messages as they will be committed. `put` and `change` say so in the batch."""

    def __init__(self, kept: dict[str, Any]) -> None:
        self._messages: dict[str, Message] = {}
        for key, body in kept.items():
            with contextlib.suppress(msgspec.ValidationError):  # of another version
                self._messages[key] = msgspec.convert(body, Message)

    def __iter__(self) -> Iterator[Message]:
        return iter(self._messages.values())

    def put(
        self, text: Text, targets: Iterable[Target], batch: Batch, at: float, **about: Any
    ) -> list[Message]:
        """A message to each of the addresses; `about`: id, kind, and of which run."""
        first = about.pop("id")
        made = [
            Message(
                id=f"{first}.{target.id}",
                target=target.id,
                to=target.label,
                subject=text.subject,
                body=text.body,
                at=at,
                due=at,
                **about,
            )
            for target in targets
        ]
        new = [message for message in made if message.id not in self._messages]
        for message in new:
            self.change(message, batch)
        return new

    def change(self, message: Message, batch: Batch) -> None:
        """Keep it as it is now."""
        self._messages[message.id] = message
        batch.notes[ROOM, message.id] = msgspec.to_builtins(message)

    def drop(self, message: Message, batch: Batch) -> None:
        """It is sent, or nobody need see it any more."""
        del self._messages[message.id]
        batch.notes[ROOM, message.id] = None

    def pending(self) -> list[Message]:
        """Those to be tried, the oldest first."""
        return [message for message in self if message.given_up is None]

    def given_up(self) -> list[Message]:
        """Those that are tried no more."""
        return [message for message in self if message.given_up is not None]

    def sweep(self, now: float, batch: Batch) -> None:
        """Let go of what was given up long ago."""
        for message in self.given_up():
            if now - (message.given_up or now) > KEPT:
                self.drop(message, batch)


def failed(message: Message, error: str, now: float) -> Message:
    """The message after a try that failed: due again later, or given up."""
    tries = message.tries + 1
    if now - message.at >= GIVE_UP:
        return replace(message, tries=tries, error=error, given_up=now)
    wait = WAITS[min(tries, len(WAITS)) - 1]
    return replace(message, tries=tries, error=error, due=now + wait)


def again(message: Message, now: float) -> Message:
    """The message to be tried now, also one that was given up: it gets a day more."""
    at = message.at if message.given_up is None else now
    return replace(message, due=now, at=at, given_up=None)
