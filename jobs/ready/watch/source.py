"""What is watched and how: the settings of one watch."""

from __future__ import annotations

import hashlib
import json
import re
from urllib.parse import urlsplit

import msgspec

from jobmon.jobs.durations import rate_of

AGENT = "jobmon-watch/0.1"
RATE = "30/min"
_FIELD = re.compile(r"([\w.-]+)=(?!=)(.+)", re.DOTALL)


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of a watch: keys of its TOML file, options of its command.

    Paths (`key`, `fields`, `items`, `next`) are JMESPath in JSON, and `CSS@attribute` in `html`.
    Times are seconds or texts such as "30s".
    """

    urls: list[str]
    key: str
    fields: list[str]
    items: str = ""
    next: str = ""
    html: bool = False
    state: str = "watch"
    rate: str = RATE
    robots: bool | None = None
    user_agent: str = AGENT
    headers: dict[str, str] = {}
    timeout: float | str = 30.0
    tries: int = 4
    patience: float | str = 300.0
    max_pages: int = 100
    allow_empty: bool = False
    notify: list[str] = []

    def __post_init__(self) -> None:
        for url in self.urls:
            if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).netloc:
                raise ValueError(f"{url!r} is no address: write it with https://")
        if not self.urls or not self.fields:
            raise ValueError("a watch needs an address and at least one field")
        if self.html and not self.items:
            raise ValueError("a web page needs `items`: the CSS selector of one item")
        if self.tries < 1 or self.max_pages < 1:
            raise ValueError("tries and max_pages are at least 1")

    @property
    def columns(self) -> dict[str, str]:
        """{name of the field: path in the item}, from `price` or `stock=inventory.count`."""
        split = (_FIELD.fullmatch(field) for field in self.fields)
        return {
            (found[1] if found else field): (found[2] if found else field)
            for field, found in zip(self.fields, split, strict=True)
        }

    @property
    def polite(self) -> bool:
        """Whether robots.txt is asked: for pages, and for an API only if told."""
        return self.html if self.robots is None else self.robots

    def limit(self, host: str) -> tuple[str, str | None]:
        """(name of the rate, what it is at most): `rate` is either "30/min", or a name."""
        return (self.rate, None) if rate_of(self.rate) is None else (host, self.rate)

    @property
    def shape(self) -> str:
        """A mark that changes when what is taken from an answer changes."""
        said = [self.key, self.columns, self.items, self.next, self.html]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
