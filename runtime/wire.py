"""The control socket: JSON lines over a Unix socket in `.jobmon/`, this user only.

The first line of a connection is a hello that says its role: a client asks and subscribes, an
initiator is handed to the executor. A client that does not read is told to resync; it never makes
the runtime wait.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from jobmon.runtime.client import PROTO, SOCKET_NAME
from jobmon.runtime.errors import JobmonError, StateError, UsageError
from jobmon.runtime.model import Event

log = logging.getLogger("jobmon")

MAX_FRAME = 1 << 20
"""Bytes of one line from a peer; a longer one ends the connection."""
MAX_BACKLOG = 4 << 20
"""Bytes a subscriber may leave unread before it is told to resync."""
MAX_UNREAD = 64 << 20
"""Bytes of answers a client may leave unread before it is cut off."""
MAX_PAST = 20_000
"""Events a subscriber may have missed; one further behind is told to resync."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


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

    def past(self, seq: int) -> Sequence[Event]:
        """Committed events after `seq`."""
        ...

    def initiator(
        self,
        hello: dict[str, Any],
        send: Callable[[dict[str, Any]], None],
        close: Callable[[], None],
    ) -> Peer:
        """Take over an initiator's connection."""
        ...


class Server:
    """Listens for as long as the runtime lives. Only the holder of the folder's lock makes one."""

    def __init__(self, state_dir: Path, desk: Desk) -> None:
        self.path = state_dir / SOCKET_NAME
        self.desk = desk
        self.subscribers: set[ClientPeer] = set()
        self.published = 0
        self._server: asyncio.Server | None = None
        self._inode = 0

    async def open(self) -> None:
        """Bind and listen; a socket left by an earlier runtime is replaced."""
        await self._listen()

    async def _listen(self) -> None:
        sock = _bind(self.path)
        self._inode = self.path.stat().st_ino
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: Connection(self), sock=sock)

    async def heal(self) -> None:
        """Listen anew when somebody removed the socket file."""
        if not self._there():
            if self._server:
                self._server.close()
            await self._listen()

    def _there(self) -> bool:
        try:
            return self.path.stat().st_ino == self._inode
        except OSError:
            return False

    def publish(self, events: Sequence[Event]) -> None:
        """Send committed events to every subscriber."""
        if events:
            self.published = events[-1].seq
        if not self.subscribers or not events:
            return
        lines = b"".join(_encode({"event": event}) + b"\n" for event in events)
        for peer in tuple(self.subscribers):
            peer.publish(lines, events[-1].seq)

    def close(self) -> None:
        """Stop listening and remove the socket."""
        if self._server:
            self._server.close()
        if self._there():
            self.path.unlink()


class Connection(asyncio.Protocol):
    """Cuts a byte stream into messages and finds out whose they are."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._buffer = bytearray()
        self._peer: Peer | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Refuse another user, the folder's permissions notwithstanding."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not _same_user(transport.get_extra_info("socket")):
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Hand on every complete line."""
        self._buffer += data
        if b"\n" not in data:
            if len(self._buffer) > MAX_FRAME:
                self._refuse("a line is longer than 1 MiB")
            return
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = bytearray(rest)
        for line in lines:
            if not self._transport.is_closing():
                self._line(bytes(line))

    def _line(self, line: bytes) -> None:
        try:
            message = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._refuse("a line is no JSON object")
            return
        try:
            if self._peer:
                self._peer.received(message)
            else:
                self._peer = self._meet(message)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            log.warning("a peer says what cannot be understood: %r", error)
            self._refuse(f"{type(error).__name__}: {error}")

    def _meet(self, hello: dict[str, Any]) -> Peer:
        if hello.get("role") == "initiator":
            return self._server.desk.initiator(hello, self.send, self._transport.close)
        self.send(self._server.desk.hello() | {"proto": PROTO})
        return ClientPeer(self._server, self)

    def _refuse(self, why: str) -> None:
        self.send({"err": _body(UsageError("understand the connection", why))})
        self._buffer.clear()
        self._transport.close()

    def send(self, message: dict[str, Any]) -> None:
        """Queue one message."""
        self.write(_encode(message) + b"\n")

    def write(self, lines: bytes) -> None:
        """Queue complete lines. Who asks and asks and never reads is cut off."""
        if self.backlog() > MAX_UNREAD:
            self._transport.abort()
        if not self._transport.is_closing():
            self._transport.write(lines)

    def resume_writing(self) -> None:
        """The peer reads again and has caught up."""
        if isinstance(self._peer, ClientPeer):
            self._peer.caught_up()

    def backlog(self) -> int:
        """Bytes the peer has not taken yet."""
        return self._transport.get_write_buffer_size()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the peer object."""
        if self._peer:
            self._peer.lost()


class ClientPeer:
    """A person's command or screen: requests, answers, and a subscription if it wants one."""

    def __init__(self, server: Server, connection: Connection) -> None:
        self._server = server
        self._connection = connection
        self._tasks: set[asyncio.Task[None]] = set()
        self._missed = 0  # the number of the last event that was left out

    def received(self, message: dict[str, Any]) -> None:
        """Answer a request, in its own task: a slow one delays nobody."""
        task = asyncio.get_running_loop().create_task(self._answer(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, request: dict[str, Any]) -> None:
        number = request.get("id")
        try:
            if request.get("op") == "subscribe":
                self._subscribe(number, request.get("from_seq"))
            else:
                answer = await self._server.desk.answer(request)
                self._connection.send({"id": number, "ok": answer})
        except JobmonError as error:
            self._connection.send({"id": number, "err": _body(error)})
        except Exception as error:
            log.exception("a request failed by a defect: %s", request.get("op"))
            defect = JobmonError(f"answer {request.get('op')}", repr(error), "jobmon doctor")
            self._connection.send({"id": number, "err": _body(defect)})

    def _subscribe(self, number: Any, since: Any) -> None:
        """Past events first, then the live ones: no turn of the loop lies between."""
        newest = self._server.published  # what is committed but not yet published comes by itself
        since = newest if since is None else since
        if not isinstance(since, int) or since < 0:
            raise UsageError("subscribe", "from_seq must be a number", "leave it out for news only")
        past = self._server.desk.past(since) if newest - MAX_PAST <= since < newest else ()
        self._connection.send({"id": number, "ok": {"seq": newest}})
        if since < newest - MAX_PAST:
            self._connection.send({"resync": newest})
        lines = (_encode({"event": event}) + b"\n" for event in past if event.seq <= newest)
        self._connection.write(b"".join(lines))
        self._server.subscribers.add(self)

    def publish(self, lines: bytes, seq: int) -> None:
        """Send news, or remember that some were left out until the client reads again."""
        if self._missed or self._connection.backlog() > MAX_BACKLOG:
            self._missed = seq
        else:
            self._connection.write(lines)

    def caught_up(self) -> None:
        """All it was sent is read: if something was left out meanwhile, it is told now."""
        if self._missed:
            self._connection.send({"resync": self._missed})
            self._missed = 0

    def lost(self) -> None:
        """Forget it."""
        self._server.subscribers.discard(self)


def _body(error: JobmonError) -> dict[str, str]:
    return {"code": error.code, "what": error.what, "why": error.why, "hint": error.hint}


def _bind(path: Path) -> socket.socket:
    """A listening-ready socket at `path`, reachable by this user only, however long the path."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:  # such as a folder in its place
        hint = f"move it away: mv {path} {path}.old"
        raise StateError(f"listen on {path}", error.strerror or str(error), hint) from error
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    before = os.umask(0o177)
    try:
        long = len(os.fsencode(path)) >= 100
        sock.bind(f"/proc/self/fd/{folder}/{path.name}" if long else str(path))
    finally:
        os.umask(before)
        os.close(folder)
    return sock


def _same_user(sock: socket.socket) -> bool:
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # the socket's own permissions decide
    raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _pid, uid, _gid = struct.unpack("3i", raw)
    return uid in (os.getuid(), 0)
