"""Real servers on the loopback interface that get messages: an HTTP endpoint, a mail server."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


class Endpoint:
    """What an HTTP endpoint got, in order. While `gate` is not set it does not answer."""

    def __init__(self, port: int = 0) -> None:
        self.got: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.got.append(json.loads(body))
                endpoint.ids.append(self.headers["X-Jobmon-Message"])
                endpoint.gate.wait(20)
                with contextlib.suppress(OSError):
                    self.send_response(200)
                    self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def subjects(self) -> list[str]:
        return [body["title"] for body in self.got]

    def close(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextlib.contextmanager
def endpoint(port: int = 0) -> Iterator[Endpoint]:
    """An HTTP endpoint for as long as needed."""
    found = Endpoint(port)
    try:
        yield found
    finally:
        found.close()


class _Mails:
    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.raw: list[bytes] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.raw.append(envelope.content)
        found = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        self.got.append(found)
        return "250 taken"


@contextlib.contextmanager
def mailbox() -> Iterator[tuple[_Mails, int]]:
    """A mail server and its port."""
    mails = _Mails()
    controller = Controller(mails, hostname="127.0.0.1", port=_free_port())
    controller.start()
    try:
        yield mails, controller.port
    finally:
        controller.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
