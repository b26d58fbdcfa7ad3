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
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from jobmon.runtime.client import PROTO, SOCKET_NAME
from jobmon.runtime.errors import StateError, UsageError
from jobmon.runtime.model import Event
from jobmon.runtime.peer import ClientPeer, Desk, Peer, body

log = logging.getLogger("jobmon")

MAX_FRAME = 1 << 20
"""Bytes of one line from a peer; a longer one ends the connection."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


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
        self.published = max(self.published, self.desk.hello()["seq"])
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
        self.send({"err": body(UsageError("understand the connection", why))})
        self._buffer.clear()
        self._transport.close()

    def send(self, message: dict[str, Any]) -> None:
        """Queue one message."""
        self.write(_encode(message) + b"\n")

    def write(self, lines: bytes) -> None:
        """Queue complete lines."""
        if not self._transport.is_closing():
            self._transport.write(lines)

    def listen(self, *, on: bool) -> None:
        """Take more from the peer, or let it wait."""
        if not self._transport.is_closing():
            self._transport.resume_reading() if on else self._transport.pause_reading()

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
