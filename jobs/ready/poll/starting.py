"""Starting a job of another system once, or saying that nobody can know."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote

import httpx

from jobmon.jobs.kit import backoff
from jobmon.jobs.kit.outcomes import Data, External, JobFailure, Rule
from jobmon.jobs.ready.poll.plan import Plan
from jobmon.jobs.ready.poll.record import Known, Record
from jobmon.jobs.ready.poll.templates import Templates, absolute
from jobmon.jobs.ready.web import answers, paths

NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
REFUSED = {425, 429, 503}
"""Answers after which nothing was started, and later something may be."""
TRIES = 5


class AgainError(External):
    """The start may be sent again."""


class Starter:
    """Sends the start, with the record before and after it."""

    def __init__(
        self,
        plan: Plan,
        record: Record,
        client: httpx.Client,
        fill: Templates,
        unbroken: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self.plan, self.record, self.client, self.fill = plan, record, client, fill
        self.unbroken = unbroken

    def start(self) -> None:
        """Start it; then the record has its id.

        Raises Rule when it may have been started and nobody can know; External when it was
        refused for now; Data when it was refused.
        """
        if self.record.now.state == "starting" and not self.plan.idempotent:
            raise self._unknown("a start was sent before, and its answer never came")
        patience = self.plan.seconds()["patience"]
        backoff(self._request, tries=TRIES, within=patience, on=(AgainError,))()

    def _request(self) -> None:
        request = self.fill.request(self.client, self.plan.start, self.plan.headers)
        with self.unbroken():
            self._send(request)

    def _send(self, request: httpx.Request) -> None:
        before = self.record.starting()
        request.headers.setdefault("Idempotency-Key", idempotency_key(self.record.now))
        try:
            answer = self.client.send(request)
        except NEVER_SENT as error:
            self.record.put(before)
            raise self._again(f"{request.url} cannot be reached: {error}") from None
        except httpx.RequestError as error:
            raise self._open(f"{request.url}: {error or type(error).__name__}") from None
        self._judge(answer, before)

    def _judge(self, answer: httpx.Response, before: Known) -> None:
        said = f"{answer.url} answers {answer.status_code}: {answers.excerpt(answer)}"
        if answer.status_code in REFUSED:
            self.record.put(before)
            raise self._again(said, answer.headers.get("Retry-After"))
        if answer.status_code >= 500:
            raise self._open(said)
        if not answer.is_success:
            self.record.put(before)
            raise Data(f"the start was refused: {said}")
        self.record.started(self._values(answer))

    def _open(self, why: str) -> JobFailure:
        """It may have been started: sent again only if the other side knows a repetition."""
        return self._again(why) if self.plan.idempotent else self._unknown(why)

    def _again(self, why: str, retry_after: str | None = None) -> AgainError:
        """Each new try is told, so it has no secrets from here on."""
        return AgainError(self.fill.secrets.hide(why), retry_after=retry_after)

    def _unknown(self, why: str) -> Rule:
        sent = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.record.now.at))
        return Rule(
            f"nobody can know whether it was started at {sent}: {why}. Look in the other system. "
            "If it runs there, go on with --id ID; if not, let it start anew by --forget "
            f"(with --key {self.record.now.key!r})"
        )

    def _values(self, answer: httpx.Response) -> dict[str, Any]:
        start = self.plan.start
        try:
            document = answers.document(answer, str(answer.url)) if answer.content else None
        except Data:
            if not start.header or start.keep:
                raise self._unknown(f"the answer is no JSON: {answers.excerpt(answer)}") from None
            document = None
        if start.header:
            found = answer.headers.get(start.header)
            identity = found and absolute(str(answer.url), found)
        else:
            identity = paths.search(start.id, document)
        if identity in (None, "", [], {}):
            raise self._unknown(f"the answer has no id: {answers.excerpt(answer)}")
        kept = {name: paths.search(path, document) for name, path in start.keep.items()}
        return kept | {"id": identity}


def idempotency_key(known: Known) -> str:
    """The same for all attempts that mean the same start: the key, and which start it is."""
    return quote(known.key, safe="@#/:+[]") + (f";{known.n}" if known.n > 1 else "")
