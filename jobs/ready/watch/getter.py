"""Getting pages politely: in the rate of the host, as robots.txt wants it, not before time."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

import httpx

from jobmon.jobs.durations import rate_of
from jobmon.jobs.kit import backoff, rate, retry_after
from jobmon.jobs.kit.outcomes import Data, External, Rule
from jobmon.jobs.kit.retries import TEMPORARY
from jobmon.jobs.ready.watch.robots import Robots, origin
from jobmon.jobs.ready.watch.source import Source
from jobmon.jobs.ready.web import answers, settings
from jobmon.jobs.ready.web.secrets import Secrets
from jobmon.jobs.ready.web.trust import certificates


class PassingError(External):
    """A failure that may be another one within the minute."""


class Getter:
    """One connection pool for one round of a watch; to be closed."""

    def __init__(self, source: Source, secrets: Secrets) -> None:
        self.source, self.secrets = source, secrets
        self.patience = settings.seconds(source.patience, "patience")
        self.headers = {name: secrets.fill(text) for name, text in source.headers.items()}
        self.trusted = {origin(httpx.URL(secrets.fill(u, url=True))) for u in source.urls}
        self.asks_robots = False
        self.robots = Robots(source.state, source.user_agent, self._fetch)
        self.client = httpx.Client(
            headers={"User-Agent": source.user_agent},
            timeout=settings.seconds(source.timeout, "timeout"),
            verify=certificates(),
            follow_redirects=True,
            event_hooks={"request": [self._before], "response": [self._after]},
        )
        self.get = backoff(
            self._request, tries=source.tries, within=self.patience, on=(PassingError,)
        )

    def _fetch(self, url: str) -> httpx.Response:
        """robots.txt, in the middle of a request for which it was tried as often as may be."""
        self.asks_robots = True
        try:
            return self.get(url, {}, fine=range(400, 500))
        except PassingError as error:
            raise External(str(error)) from None
        finally:
            self.asks_robots = False

    def _request(
        self, url: str, headers: Mapping[str, str], *, fine: Container[int] = ()
    ) -> httpx.Response:
        """The answer: 200, 304, or one that is `fine` too."""
        shown = self.secrets.hide(url)
        try:
            answer = self.client.get(url, headers=dict(headers))
        except (httpx.UnsupportedProtocol, httpx.TooManyRedirects, httpx.InvalidURL) as error:
            raise Data(f"{shown} cannot be read: {error}") from None
        except httpx.RequestError as error:
            said = str(error) or type(error).__name__
            raise PassingError(f"{shown} cannot be reached: {said}") from None
        if answer.status_code not in (200, 304):
            self._judge(answer, shown, fine)
        return answer

    def _judge(self, answer: httpx.Response, shown: str, fine: Container[int]) -> None:
        code = answer.status_code
        if code >= 500 or code in TEMPORARY:
            asked = answer.headers.get("Retry-After")
            later = "" if asked is None else f" and asks to come back after {asked}"
            raise PassingError(f"{shown} answers {code}{later}", retry_after=asked)
        if code not in fine:
            raise Data(f"{shown} answers {code}: {answers.excerpt(answer)}")

    def _before(self, request: httpx.Request) -> None:
        """Before each request, also that of a redirect: may it be, and is it its turn?"""
        host = origin(request.url)
        if self.source.polite and not self.asks_robots:
            self.robots.check(request.url, self.secrets.hide(str(request.url)))
        for name, text in self.headers.items():
            request.headers.pop(name, None)  # a redirect may lead to somebody else
            if host in self.trusted:
                request.headers[name] = text
        self._wait(request.url)

    def _wait(self, url: httpx.URL) -> None:
        name, limit = self._limit(url)
        try:
            rate(name, limit, timeout=self.patience)
        except TimeoutError as error:
            raise External(f"{origin(url)} is not asked now: {error}") from None
        except LookupError as error:
            raise Rule(f"--rate {name}: {error}") from None

    def _limit(self, url: httpx.URL) -> tuple[str, str | None]:
        name, limit = self.source.limit(url.netloc.decode("ascii"))
        told = [text for text in (limit, self.robots.limit(origin(url))) if text]
        return name, min(told, key=_pace, default=None)

    def _after(self, answer: httpx.Response) -> None:
        """An answer that asks for patience asks it of all that use the rate."""
        asked = answer.headers.get("Retry-After")
        if answer.status_code == 429 or (answer.status_code == 503 and asked is not None):
            name, limit = self._limit(answer.request.url)
            retry_after(name, asked, limit)


def conditions(known: Any) -> dict[str, str]:
    """The headers that ask for an answer only if it is another than the one that is known."""
    if known is None:
        return {}
    told = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
    return {name: value for name, value in told.items() if value}


def _pace(limit: str) -> float:
    count, seconds = rate_of(limit) or (1, 1.0)
    return count / seconds
