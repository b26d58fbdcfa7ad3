"""One HTTP request of a bounded size read from a stream, and its answer written. Slow to import."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import h11
import msgspec

MAX_HEAD = 8 << 10
MAX_BODY = 64 << 10
PATIENCE = 5.0
"""Seconds a whole request may take to arrive, and its answer to be taken."""
LINGER = 0.5
_CHUNK = 4 << 10


class Request(NamedTuple):
    """What was asked. Names of headers in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Reply(NamedTuple):
    """What is answered: a JSON object."""

    status: int
    body: Mapping[str, Any]
    headers: tuple[tuple[str, str], ...] = ()


class BadRequestError(Exception):
    """No request that can be understood; `reply` says why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.reply = Reply(status, {"error": why})


async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    """The request; None when nobody asks. Raises BadRequestError, TimeoutError and OSError."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
    async with asyncio.timeout(PATIENCE):
        try:
            return await _read(connection, reader, writer)
        except h11.RemoteProtocolError as error:
            raise BadRequestError(error.error_status_hint, str(error)) from error


async def _read(
    connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Request | None:
    head, body = None, bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if connection.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                writer.write(connection.send(go_on) or b"")
            connection.receive_data(await reader.read(_CHUNK))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MAX_BODY:
                raise BadRequestError(413, f"a body of more than {MAX_BODY >> 10} KiB")
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return _request(head, bytes(body))
        else:  # it hung up
            return None


def _request(head: h11.Request, body: bytes) -> Request:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
    return Request(head.method.decode("latin-1"), head.target.decode("latin-1"), headers, body)


async def write(writer: asyncio.StreamWriter, reply: Reply) -> None:
    """Send the answer; the connection is of no more use then. Raises TimeoutError and OSError."""
    body = msgspec.json.encode(reply.body) + b"\n"
    headers = [
        ("content-type", "application/json; charset=utf-8"),
        ("content-length", str(len(body))),
        ("cache-control", "no-store"),
        ("connection", "close"),
        *reply.headers,
    ]
    lines = [f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Error')}"]
    head = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers), "", ""])
    writer.write(head.encode("latin-1") + body)
    async with asyncio.timeout(PATIENCE):
        await writer.drain()


async def linger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take what is still being sent for a moment: else the answer may be lost on its way."""
    writer.write_eof()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER):
            while await reader.read(_CHUNK):
                pass


_REASONS = {
    200: "OK",
    201: "Created",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    421: "Misdirected Request",
    422: "Unprocessable Content",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
