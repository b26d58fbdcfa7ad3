"""Listens on the loopback interface while [hook] says so, and lets calls in."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from jobmon.runtime.configuration import Configuration
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.launch import read_secret

if TYPE_CHECKING:
    from jobmon.runtime.hook.calls import Calls

log = logging.getLogger("jobmon")

Answer = dict[str, Any]
MOST = 100
"""Connections at once; more are sent away."""
TOKEN_KEPT = 5.0
"""Seconds between two looks at the file of the token."""
NAME = "127.0.0.1"
NAME6 = "::1"


class Door:
    """Opened, closed and moved by `follow`, as the settings of now say.

    `port` is the one that listens, 0 for none; `trouble` why it does not, for people. What the
    door needs is imported only where one is asked for.
    """

    def __init__(
        self,
        configuration: Configuration,
        environ: Mapping[str, str],
        run: Callable[[Answer], Awaitable[Answer]],
        status: Callable[[], Awaitable[Answer]],
    ) -> None:
        self.port, self.trouble = 0, ""
        self._configuration, self._environ = configuration, environ
        self._run, self._status = run, status
        self._calls: Calls | None = None
        self._servers: list[asyncio.Server] = []
        self._asked: int | None = None  # the port of the settings that it is open for
        self._token = b""
        self._read, self._followed = -math.inf, configuration.now
        self._inside = 0

    async def follow(self) -> None:
        """Be open, on which port and with which token, as the settings say now. Raises nothing."""
        hook = self._configuration.now.hook
        if hook is None:
            self.trouble = ""
            self.close()
            return
        settings = self._configuration.now
        fresh = time.monotonic() - self._read < TOKEN_KEPT and not self.trouble
        if fresh and self._followed is settings:
            return
        try:
            self._token = await asyncio.to_thread(self._read_token, hook.token)
            self._read, self._followed = time.monotonic(), settings
            if self._asked != hook.port:
                self.close()
                await self._open(hook.port)
        except (JobmonError, OSError, ValueError) as error:
            self.close()
            if not self.trouble:
                log.error("the hook is closed: %s", error)
            self.trouble = f"the hook is closed: {error}"
        else:
            self.trouble = ""

    def close(self) -> None:
        """Let nobody in any more."""
        for server in self._servers:
            server.close()
        self._servers, self._asked, self.port = [], None, 0

    def _read_token(self, name: str) -> bytes:
        token = read_secret(name, self._configuration.now, self._environ).strip()
        if not token:
            raise ValueError(f"the secret {name} is empty")
        return token.encode()

    async def _open(self, port: int) -> None:
        from jobmon.runtime.hook.calls import Calls

        self._calls = self._calls or Calls(self._run, self._status)
        first = await asyncio.start_server(self._let_in, NAME, port)
        self.port, self._asked = first.sockets[0].getsockname()[1], port
        self._servers = [first]
        with contextlib.suppress(OSError):  # a machine without it, or the port is taken there
            second = await asyncio.start_server(
                self._let_in, NAME6, self.port, family=socket.AF_INET6
            )
            self._servers.append(second)

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: one request, one answer."""
        self._inside += 1
        try:
            await self._serve(reader, writer)
        except (OSError, TimeoutError):
            writer.transport.abort()  # it is slow, or gone
        finally:
            self._inside -= 1
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from jobmon.runtime.hook import http

        assert self._calls is not None
        if self._inside > MOST:
            await http.write(writer, http.Reply(503, {"error": "too many calls at once"}))
            return
        try:
            request = await http.read(reader, writer)
        except http.BadRequestError as error:
            await http.write(writer, error.reply)
            await http.linger(reader, writer)
            return
        if request is not None:
            await http.write(writer, await self._calls.answer(request, self._token))
