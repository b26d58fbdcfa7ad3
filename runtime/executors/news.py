"""What initiators say, checked before anybody acts on it: each message is {kind: body}."""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from jobmon.runtime.executors.attempts import ID
from jobmon.runtime.executors.contract import Ended, Started, Stopping
from jobmon.runtime.executors.pool import InitiatorLink, Message

log = logging.getLogger("jobmon")


class Refused(msgspec.Struct, frozen=True):
    """The attempt's name was taken."""

    attempt: str


class Unclaimed(msgspec.Struct, frozen=True):
    """The claim could not be written: surely not started."""

    attempt: str
    error: str


class Trouble(msgspec.Struct, frozen=True):
    """What keeps the attempt from ending."""

    attempt: str
    error: str


Said = Started | Stopping | Ended | Refused | Unclaimed | Trouble

_KINDS: dict[str, type[Said]] = {
    "started": Started,
    "stopping": Stopping,
    "ended": Ended,
    "refused": Refused,
    "unclaimed": Unclaimed,
    "trouble": Trouble,
}


def said(link: InitiatorLink, message: Message) -> list[Said]:
    """What makes sense in the message and is about the attempt the initiator is at.

    Everything else is dropped and logged, but for unknown kinds: those are of a later version.
    """
    known = [(_KINDS[kind], body) for kind, body in message.items() if kind in _KINDS]
    found = [_converted(kind, body) for kind, body in known]
    return [one for one in found if one is not None and _own(link, one)]


def _converted(kind: type[Said], body: Any) -> Said | None:
    try:
        return msgspec.convert({"attempt": body} if kind is Refused else body, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        log.warning("an initiator says what cannot be understood: %s", error)
        return None


def _own(link: InitiatorLink, one: Said) -> bool:
    if one.attempt == link.attempt:
        return True
    log.warning("initiator %d, at %s, speaks of %.80r", link.pid, link.attempt, one.attempt)
    return False


def check_hello(message: Message) -> None:
    """Raises ValueError when no initiator would introduce itself like that."""
    try:
        msgspec.convert(message, _Hello)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


class _Hello(msgspec.Struct, frozen=True):
    """How an initiator introduces itself; `attempt` is what it brings from an earlier runtime."""

    pid: int
    attempt: str | None = None

    def __post_init__(self) -> None:
        if self.pid <= 1:
            raise ValueError("no initiator has that pid")
        if self.attempt is not None and not ID.fullmatch(self.attempt):
            raise ValueError("that is no attempt")
