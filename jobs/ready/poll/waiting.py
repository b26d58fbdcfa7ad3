"""Waiting for the end of a job of another system, and cancelling it."""

from __future__ import annotations

import math
import time
from typing import Any

import httpx

from jobmon.jobs.kit import progress
from jobmon.jobs.kit.outcomes import Data, External, JobFailure
from jobmon.jobs.kit.rates import seconds_asked
from jobmon.jobs.kit.retries import TEMPORARY
from jobmon.jobs.ready.poll.plan import Call, Plan
from jobmon.jobs.ready.poll.record import Record
from jobmon.jobs.ready.poll.templates import Templates
from jobmon.jobs.ready.web import answers, paths

CANCEL_TRIES = 2
CANCEL_TIMEOUT = httpx.Timeout(3.0, connect=1.0)
"""Both together are less than the grace of a job that is cancelled."""
GONE = {404, 409, 410}
"""Answers to a cancel that mean: there is nothing to cancel any more."""


class Waiter:
    """Polls until the end. `fill` knows the id."""

    def __init__(self, plan: Plan, record: Record, client: httpx.Client, fill: Templates) -> None:
        self.plan, self.record, self.client, self.fill = plan, record, client, fill
        self.times = plan.seconds()
        self.unreached: float | None = None
        self.said: dict[str, Any] = {}

    def wait(self) -> dict[str, Any]:
        """`id`, `status` and `result` at its end. Raises JobFailure when it failed there;
        External when it cannot be reached or takes longer than `within`; Data for a wrong answer.
        """
        while True:
            try:
                document, pause = self._look()
            except External as error:
                pause = self._patient(error)
            else:
                self.unreached = None
                status = self._status(document)
                if status in self.plan.poll.done:
                    return self._done(status, document)
                if status in self.plan.poll.failed:
                    raise self._failed(status, document)
            time.sleep(min(pause, self._left()))

    def _look(self) -> tuple[Any, float]:
        """What it answers, and for how long to leave it alone. Raises External to ask again."""
        request = self.fill.request(self.client, self.plan.poll, self.plan.headers)
        try:
            answer = self.client.send(request)
        except httpx.RequestError as error:
            said = str(error) or type(error).__name__
            raise External(f"{request.url} cannot be reached: {said}") from None
        code, asked = answer.status_code, answer.headers.get("Retry-After")
        said = f"{request.url} answers {code}: {answers.excerpt(answer)}"
        if code >= 500 or code in TEMPORARY:
            raise External(said, retry_after=asked)
        if not answer.is_success:
            raise Data(f"{said}. If it is not known there any more: --forget")
        try:
            document = answers.document(answer, str(request.url))
        except Data as error:
            raise External(str(error)) from None
        return document, self._pause(asked)

    def _pause(self, asked: str | float | None) -> float:
        return max(self.times["every"], 0.0 if asked is None else seconds_asked(asked))

    def _patient(self, error: External) -> float:
        now = time.monotonic()
        self.unreached = now if self.unreached is None else self.unreached
        if now - self.unreached >= self.times["patience"]:
            raise External(f"{error}; the next start goes on waiting") from None
        self._say("trouble", str(error))
        return self._pause(error.retry_after)

    def _status(self, document: Any) -> Any:
        poll = self.plan.poll
        status = paths.search(poll.status, document)
        if status is None:
            found = ", ".join(document) if isinstance(document, dict) else repr(document)[:80]
            raise Data(f"the answer has nothing at {poll.status!r}: it has {found}")
        self._say("status", status)
        self._advance(paths.search(poll.progress, document) if poll.progress else None)
        return status

    def _advance(self, found: Any) -> None:
        """Percent, or a list of done and total."""
        pair = found if isinstance(found, list) else [found, 100]
        if len(pair) == 2 and all(_is_number(part) for part in pair):
            if self.said.get("progress") != pair:
                progress(*pair)
            self.said["progress"] = pair

    def _say(self, what: str, value: Any) -> None:
        """Each thing when it is another than it was."""
        if self.said.get(what) != value:
            print(self.fill.secrets.hide(f"{what}: {value}"), flush=True)  # noqa: T201 - the log of the job
        self.said[what] = value

    def _done(self, status: Any, document: Any) -> dict[str, Any]:
        found = {"id": self.record.now.values["id"], "status": status}
        path = self.plan.poll.result
        return found | ({"result": paths.search(path, document)} if path else {})

    def _failed(self, status: Any, document: Any) -> JobFailure:
        self.record.ended()
        path = self.plan.poll.reason
        why = f": {paths.search(path, document)}" if path else ""
        return JobFailure(f"{self.record.now.values['id']} is {status} there{why}")

    def _left(self) -> float:
        """Seconds it may still take; there it is cancelled when they are over."""
        if not self.times["within"]:
            return math.inf
        left = self.record.now.at + self.times["within"] - time.time()
        if left <= 0:
            raise External(f"it is not over within {self.plan.within}: {self.cancel()}")
        return left

    def cancel(self) -> str:
        """Cancel it there; returns what became of that."""
        identity = self.record.now.values["id"]
        if self.plan.cancel is None:
            return f"{identity} goes on there, for there is no [cancel]"
        said = ""
        for _ in range(CANCEL_TRIES):
            said = self._cancelled(self.plan.cancel)
            if not said:
                self.record.ended()
                return f"{identity} was cancelled there"
        return f"{identity} could not be cancelled and may go on there: {said}"

    def _cancelled(self, call: Call) -> str:
        """Why it was not; "" when it was."""
        request = self.fill.request(self.client, call, self.plan.headers)
        request.extensions["timeout"] = CANCEL_TIMEOUT.as_dict()
        try:
            answer = self.client.send(request)
        except httpx.RequestError as error:
            return str(error) or type(error).__name__
        good = answer.is_success or answer.status_code in GONE
        return "" if good else f"{request.url} answers {answer.status_code}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
