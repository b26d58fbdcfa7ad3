"""Where an attempt's log is read from: a file of this machine, or a runtime's socket.

Both answer alike, so nobody who reads a log knows whether its host is far away.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

_STANDIN = re.compile(rb"\\\\|\\x([0-9a-f]{2})")


class Piece(NamedTuple):
    """Bytes of a log as they are in it, the offset behind them, and how large it is now.

    `next` is smaller than the offset asked for when the log was cut there (its end was given up
    for the exit record on a full disk).
    """

    data: bytes
    next: int
    size: int


class Source(Protocol):
    """A log that can be read anywhere."""

    def read(self, offset: int, limit: int) -> Piece:
        """At most about `limit` bytes from `offset`; empty at its end, or when there is no log.

        The last line may be cut: whole lines are the reader's to find. OSError or JobmonError
        when it cannot be read just now.
        """
        ...


class LocalLog:
    """A file of this machine. Nothing is kept open between two reads."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path

    def read(self, offset: int, limit: int) -> Piece:
        """See Source."""
        try:
            size = os.stat(self.path).st_size
            if size <= offset:
                return Piece(b"", size, size)
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return Piece(b"", 0, 0)
        try:
            data = os.pread(fd, limit, offset)
        finally:
            os.close(fd)
        return Piece(data, offset + len(data), max(size, offset + len(data)))


class RemoteLog:
    """An attempt's log, asked of its runtime: `call` is a client's (op and arguments).

    Logs that are asked for by the same call are kept up by the same runtime.
    """

    def __init__(self, call: Callable[..., dict[str, Any]], attempt: str) -> None:
        self.call, self._attempt = call, attempt

    def read(self, offset: int, limit: int) -> Piece:
        """See Source. The runtime hands out whole lines only, and may give fewer bytes."""
        found = self.call("log", attempt=self._attempt, offset=offset, limit=limit)
        data, following = found["text"].encode(), found["next"]
        if len(data) != following - offset:
            data = _STANDIN.sub(_original, data)
        size = found.get("size", following)
        return Piece(data, min(following, size), size)


def _original(found: re.Match[bytes]) -> bytes:
    """A damaged byte, which the socket spells out as \\xff; nothing in sound JSON looks so."""
    return bytes.fromhex(found[1].decode()) if found[1] else found[0]
