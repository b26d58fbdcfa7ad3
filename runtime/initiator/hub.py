"""An initiator's connection to the runtime. Standard library alone."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket

from jobmon.runtime.initiator import logfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

READ = 1 << 16


class Hub:
    """The connection to the runtime: JSON lines both ways, never waiting for the other side."""

    def __init__(self, folder: int, poll: select.poll) -> None:
        self._folder, self._poll = folder, poll
        self._sock: socket.socket | None = None
        self._in, self._out = b"", b""

    @property
    def fd(self) -> int:
        """Its descriptor, -1 while there is no connection."""
        return self._sock.fileno() if self._sock is not None else -1

    def connect(self, hello: dict[str, Any], patience: float) -> bool:
        """Reach the runtime and say who this is. False: nobody answers in `patience` seconds."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(patience)
        try:
            self._reach(sock)
        except OSError:
            sock.close()
            return False
        sock.setblocking(False)
        self._sock, self._in, self._out = sock, b"", b""
        self._poll.register(sock, select.POLLIN)
        self.say(hello)
        return self._sock is not None

    def _reach(self, sock: socket.socket) -> None:
        # Through the folder's descriptor: no path is too long, and a renamed folder stays found.
        if os.path.exists("/proc/self/fd"):
            sock.connect(f"/proc/self/fd/{self._folder}/runtime.sock")
            return
        os.chdir(self._folder)
        sock.connect("runtime.sock")

    def say(self, message: dict[str, Any]) -> None:
        """Send now, or as soon as the socket takes it; nobody hears it without a connection."""
        if self._sock is not None:
            self._out += logfile.line(message)
            self.push()

    def push(self) -> None:
        """Send what waits."""
        try:
            while self._out and self._sock is not None:
                self._out = self._out[self._sock.send(self._out) :]
        except BlockingIOError:
            self._poll.modify(self.fd, select.POLLIN | select.POLLOUT)
        except OSError:
            self.drop()

    def hear(self) -> list[dict[str, Any]]:
        """Send what waits; the messages that came. The connection is dropped at its end."""
        if self._out:
            self._poll.modify(self.fd, select.POLLIN)
            self.push()
        try:
            data = self._sock.recv(READ) if self._sock is not None else b""
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not data:
            self.drop()
            return []
        *lines, self._in = (self._in + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def drop(self) -> None:
        """Forget the connection."""
        if self._sock is not None:
            self._poll.unregister(self._sock)
            self._sock.close()
        self._sock, self._out = None, b""

    def flush(self, seconds: float) -> None:
        """Wait, but not for long, until all is sent."""
        if self._sock is not None and self._out:
            self._sock.settimeout(seconds)
            with contextlib.suppress(OSError):
                self._sock.sendall(self._out)
