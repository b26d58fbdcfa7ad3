"""What a server answered, as JSON, or as an error that says where it is broken."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

import httpx

from jobmon.jobs.kit.outcomes import Data

EXCERPT = 200
_META = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?([\w-]+)""", re.IGNORECASE)
_WINDOWS = {"shift_jis": "cp932", "iso8859-1": "cp1252"}
"""Names of encodings, and what browsers read by them."""


def document(response: httpx.Response, url: str) -> Any:
    """The JSON of an answer. Raises Data that names the url, line and column."""
    try:
        body = response.content.decode(_encoding(response.charset_encoding) or "utf-8-sig")
        return json.loads(body, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise Data(f"{url}: byte {error.start} is no text in {error.encoding}") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise Data(f"{url}: broken JSON at {where}: {error.msg}{_hint(response)}") from None
    except (ValueError, RecursionError) as error:
        raise Data(f"{url}: no JSON that can be used: {error}") from None


def text(response: httpx.Response) -> str:
    """A web page as text: by its header, its own `<meta charset>`, or as UTF-8."""
    said = _META.search(response.content[:4096])
    name = response.charset_encoding or (said and said[1].decode("ascii"))
    return response.content.decode(_encoding(name) or "utf-8", errors="replace")


def excerpt(response: httpx.Response) -> str:
    """The beginning of an answer in one line, for a message."""
    return " ".join(text(response)[: 4 * EXCERPT].split())[:EXCERPT]


def _encoding(name: str | None) -> str | None:
    try:
        found = codecs.lookup(name or "").name
    except LookupError:
        return None
    return _WINDOWS.get(found, found)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _hint(response: httpx.Response) -> str:
    if response.content.lstrip()[:1] == b"<":
        return "; it is a web page"
    return f"; the answer has {len(response.content):,} bytes"
