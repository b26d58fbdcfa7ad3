"""All pages of a watch, one after the other, and the records on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import msgspec

from jobmon.jobs.kit.outcomes import Data, External
from jobmon.jobs.kit.progress import progress
from jobmon.jobs.ready.watch.changes import Values
from jobmon.jobs.ready.watch.extract import extract
from jobmon.jobs.ready.watch.getter import Getter, conditions
from jobmon.jobs.ready.watch.source import Source

PAGE = "{page}"
"""Where the number of the page goes in an address."""
BEYOND = {204, 404, 410}
"""Answers to the number of a page that say: there are no more."""


class Page(msgspec.Struct):
    """A page as it was read last, and by which marks the server knows whether it is still so."""

    records: dict[str, Values]
    following: str = ""
    etag: str = ""
    modified: str = ""


class Reading:
    """One round over all addresses. `known` are the pages of the last one, by address.

    Addresses are kept with `${NAME}` where the value of a secret stands.
    """

    def __init__(self, source: Source, getter: Getter, known: Mapping[str, Page]) -> None:
        self.source, self.getter, self.known = source, getter, known
        self.pages: dict[str, Page] = {}
        self.asked = 0

    def records(self) -> dict[str, Values]:
        """All items of all addresses. Raises Data, External or Rule: then nothing counts."""
        found: dict[str, Values] = {}
        for number, url in enumerate(self.source.urls):
            here = self._of(url)
            for key in here.keys() & found.keys():
                if here[key] != found[key]:
                    raise Data(f"{url}: the key {key!r} is of another item of an address before")
            found |= here
            progress(number + 1, len(self.source.urls))
        if not found and not self.source.allow_empty:
            raise Data(
                f"{self.source.urls[0]}: there is no item at all: has the other side changed? "
                "If it may be so: --allow-empty"
            )
        return found

    def _of(self, start: str) -> dict[str, Values]:
        found: dict[str, Values] = {}
        for page in self._numbered(start) if PAGE in start else self._linked(start):
            found |= page.records
        return found

    def _numbered(self, start: str) -> Iterator[Page]:
        """Pages 1, 2, 3 until one has nothing that is new; or is not there."""
        seen: set[str] = set()
        for number in range(1, self.source.max_pages + 1):
            page = self._page(start.replace(PAGE, str(number)), may_miss=number > 1)
            if page.records.keys() <= seen:
                return
            seen |= page.records.keys()
            yield page
        raise self._too_many(start)

    def _linked(self, start: str) -> Iterator[Page]:
        url = start
        for _ in range(self.source.max_pages):
            page = self._page(url)
            yield page
            url = page.following
            if not url:
                return
            if url in self.pages:
                raise Data(f"{start}: the pages lead in a circle, back to {url}")
        raise self._too_many(start)

    def _too_many(self, start: str) -> Data:
        return Data(f"{start} has more than {self.source.max_pages} pages: see --max-pages")

    def _page(self, shown: str, *, may_miss: bool = False) -> Page:
        known = self.known.get(shown)
        url = self.getter.secrets.fill(shown, url=True)
        answer = self.getter.get(url, conditions(known), fine=BEYOND if may_miss else ())
        self.asked += 1
        if answer.status_code == 304:
            page = _unchanged(known, shown)
        elif answer.status_code == 200:
            page = self._read(answer, shown)
        else:
            page = Page({})
        self.pages[shown] = page
        return page

    def _read(self, answer: httpx.Response, shown: str) -> Page:
        records, following = extract(answer, self.source, shown)
        if self.source.next == "link":
            following = answer.links.get("next", {}).get("url")
        etag, modified = (answer.headers.get(n, "") for n in ("ETag", "Last-Modified"))
        return Page(records, self._address(answer, following, shown), etag, modified)

    def _address(self, answer: httpx.Response, following: Any, shown: str) -> str:
        if following in (None, "", False):
            return ""
        if not isinstance(following, str):
            raise Data(f"{shown}: what follows is no address but {following!r:.60}: see --next")
        try:
            url = answer.url.join(following)
        except httpx.InvalidURL as error:
            raise Data(f"{shown}: what follows is no address: {error}") from None
        return self.getter.secrets.hide(str(url))


def _unchanged(known: Page | None, shown: str) -> Page:
    if known is None:
        raise External(f"{shown} answers 304 to somebody who knows nothing yet")
    return known
