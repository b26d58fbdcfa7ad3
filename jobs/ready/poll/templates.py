"""`{name}` in what is sent: parameters, the environment, and what the start answered."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urljoin

import httpx

from jobmon.jobs.kit.outcomes import Rule
from jobmon.jobs.ready.poll.plan import Call
from jobmon.jobs.ready.web.secrets import Secrets

_PLACE = re.compile(r"(?<!\$)\{([^\W\d]\w*)\}")


class Templates:
    """Fills calls. `values` go before the environment."""

    def __init__(self, values: Mapping[str, Any], secrets: Secrets) -> None:
        self.values, self.secrets = dict(values), secrets

    def request(self, client: httpx.Client, call: Call, headers: dict[str, str]) -> httpx.Request:
        """The request of a call. Raises Rule for a name or a secret that is not there."""
        told = {name: self.header(name, text) for name, text in (headers | call.headers).items()}
        body = None if call.json is None else self.json(call.json)
        url = self.url(call.url)
        try:
            request = client.build_request(call.method, url, headers=told, json=body)
        except (httpx.InvalidURL, ValueError) as error:
            raise Rule(f"no request can be made for {call.url}: {error}") from None
        if request.url.scheme not in {"http", "https"} or not request.url.host:
            raise Rule(f"{call.url!r} is no address: write it with https://")
        return request

    def url(self, text: str) -> str:
        """An address: values are quoted, unless the whole is one, as of a Location."""
        if _PLACE.fullmatch(text):
            return str(self._value(text[1:-1]))
        return self._filled(text, url=True)

    def header(self, name: str, text: str) -> str:
        """The text of a header."""
        found = self._filled(text)
        if not found.isascii() or not found.isprintable():
            raise Rule(f"the header {name} has signs that no header may have: {text!r}")
        return found

    def json(self, body: Any) -> Any:
        """A body. A text that is one `{name}` alone becomes the value with its own type."""
        if isinstance(body, dict):
            return {key: self.json(value) for key, value in body.items()}
        if isinstance(body, list):
            return [self.json(value) for value in body]
        if not isinstance(body, str):
            return body
        return self._value(body[1:-1]) if _PLACE.fullmatch(body) else self._filled(body)

    def _filled(self, text: str, *, url: bool = False) -> str:
        """Secrets first: a value that has a $ in it is no template."""

        def value(found: re.Match[str]) -> str:
            plain = str(self._value(found[1]))
            return quote(plain, safe="") if url else plain

        parts = _PLACE.split(text)
        plain = [self.secrets.fill(part, url=url) for part in parts[::2]]
        named = [value(found) for found in _PLACE.finditer(text)]
        return "".join(a + b for a, b in zip(plain, [*named, ""], strict=True))

    def _value(self, name: str) -> Any:
        found = self.values.get(name, os.environ.get(name))
        if found is None:
            raise Rule(
                f"{{{name}}} is neither a parameter, nor in the environment, nor kept from the "
                f"answer to the start: give it by -p {name}=..., or by `keep` of [start]"
            )
        return found


def absolute(base: str, location: str) -> str:
    """A Location as an address of its own."""
    return urljoin(base, location)
