"""robots.txt: asked once a day for each host, and kept."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from typing import Any

import httpx
from protego import Protego

from jobmon.jobs.kit.files import atomic_write
from jobmon.jobs.kit.outcomes import Rule

DAY = 86400.0
LARGEST = 512 * 1024
"""Bytes that are read, as RFC 9309 asks for at least."""


class Robots:
    """What the hosts allow `agent`. `fetch` gets a url, and its answer may be any below 500."""

    def __init__(self, folder: str, agent: str, fetch: Callable[[str], httpx.Response]) -> None:
        self.folder, self.agent, self.fetch = folder, agent, fetch
        self.known: dict[str, Protego] = {}

    def check(self, url: httpx.URL, shown: str) -> None:
        """Raises Rule when the host does not want `url` to be read."""
        if not self._rules(origin(url)).can_fetch(str(url), self.agent):
            raise Rule(
                f"{origin(url)}/robots.txt does not allow {shown} for {self.agent}: "
                "ask its owner, or watch another page"
            )

    def limit(self, host: str) -> str | None:
        """The `Crawl-delay` of the host, as a rate."""
        rules = self.known.get(host)
        delay = rules and rules.crawl_delay(self.agent)
        return f"1/{delay:g}s" if delay else None

    def _rules(self, host: str) -> Protego:
        if host not in self.known:
            kept = self._kept(host)
            body = self._asked(host) if kept is None else kept
            self.known[host] = Protego.parse(body)
        return self.known[host]

    def _asked(self, host: str) -> str:
        answer = self.fetch(f"{host}/robots.txt")
        # By RFC 9309 a host that has none (any answer in the 400s) allows everything.
        body = answer.content[:LARGEST].decode(errors="replace") if answer.is_success else ""
        with atomic_write(self._path(host)) as file:
            json.dump({"host": host, "at": time.time(), "text": body}, file, ensure_ascii=False)
        return body

    def _kept(self, host: str) -> str | None:
        try:
            with open(self._path(host), encoding="utf-8") as file:
                found: Any = json.load(file)
            fresh = 0 <= time.time() - found["at"] < DAY and found["host"] == host
            return str(found["text"]) if fresh else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _path(self, host: str) -> str:
        name = hashlib.sha256(host.encode()).hexdigest()[:16]
        return os.path.join(self.folder, f"robots-{name}.json")


def origin(url: httpx.URL) -> str:
    """Scheme, host and port: "https://shop.example"."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
