"""A shop's server on the loopback interface: prices that change, and all that goes wrong."""

from __future__ import annotations

import contextlib
import email.utils
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Shop:
    """`items` by sku. `faults` happen to the next requests, one each: a status, "drop", "broken"
    or "cut"; None: nothing. `seen` has (time, path, status) of each request by its own clock.
    """

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.faults: list[Any] = []
        self.retry_after: str | None = "1"
        self.seen: list[tuple[float, str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.robots = ""
        self.moved: dict[str, str] = {}
        self.size = 3
        """Items on a page."""
        shop = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body at once

            def do_GET(self) -> None:
                with contextlib.suppress(OSError):
                    shop._answer(self)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def price(self, sku: str, price: Any, stock: int = 1) -> None:
        self.items[sku] = {"sku": sku, "price": price, "在庫": {"数": stock}}

    def _answer(self, asked: BaseHTTPRequestHandler) -> None:
        fault = self.faults.pop(0) if self.faults else None
        self.headers.append({k.lower(): v for k, v in asked.headers.items()})
        at, path = time.monotonic(), asked.path
        if fault == "drop":
            self.seen.append((at, path, fault))
            asked.close_connection = True
            return
        body, status, more = self._made(asked, fault)
        self.seen.append((at, path, status if fault is None else fault))
        asked.send_response(status)
        for name, value in more.items():
            asked.send_header(name, value)
        asked.send_header("Content-Length", str(len(body)))
        asked.end_headers()
        asked.wfile.write(body[: len(body) // 2] if fault == "cut" else body)
        asked.close_connection = fault == "cut"

    def _made(self, asked: BaseHTTPRequestHandler, fault: Any) -> tuple[bytes, int, dict[str, str]]:
        if isinstance(fault, int):
            wait = {"Retry-After": self.retry_after} if self.retry_after else {}
            return b"no", fault, wait if fault in (429, 503) else {}
        url = urlsplit(asked.path)
        if url.path in self.moved:
            return b"", 302, {"Location": self.moved[url.path]}
        if url.path in {"/robots.txt", "/robots"}:
            return self.robots.encode(), 200 if self.robots else 404, {}
        if fault == "broken":
            return b'{"items": [\n{"sku": "a", "pri', 200, {}
        body = self._page(url.path, int(parse_qs(url.query).get("page", ["1"])[0]))
        etag = f'"{hashlib.sha256(body).hexdigest()[:12]}"'
        if asked.headers.get("If-None-Match") == etag:
            return b"", 304, {}
        kind = "text/html; charset=shift_jis" if url.path == "/html" else "application/json"
        more = {"ETag": etag, "Content-Type": kind}
        if url.path == "/link" and b'"next": "' in body:
            more["Link"] = f"<{json.loads(body)['next'].replace('api', 'link')}>; rel=next"
        return body, 200, more

    def _page(self, path: str, number: int) -> bytes:
        rows = list(self.items.values())[(number - 1) * self.size : number * self.size]
        following = f"/api?page={number + 1}" if len(self.items) > number * self.size else None
        if path == "/html":
            return _html(rows).encode("cp932")
        return json.dumps(
            {"items": rows, "next": following}, ensure_ascii="ud800" in ascii(rows)
        ).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _html(rows: list[dict[str, Any]]) -> str:
    cards = (
        f'<li class="item" data-sku="{r["sku"]}"><b class=price>\n {r["price"]}\u3000円</b></li>'
        for r in rows
    )
    return f"<!doctype html><ul>{''.join(cards)}</ul>"


def http_date(seconds: float) -> str:
    """The moment in so many seconds, as a header has it."""
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


@contextlib.contextmanager
def shop() -> Iterator[Shop]:
    """A shop that is open."""
    found = Shop()
    try:
        yield found
    finally:
        found.close()
