"""From a plan to the end of the job that it means."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from jobmon.jobs.kit import output, places
from jobmon.jobs.kit.outcomes import Data, JobFailure
from jobmon.jobs.ready.poll.plan import Plan
from jobmon.jobs.ready.poll.record import Record
from jobmon.jobs.ready.poll.starting import Starter
from jobmon.jobs.ready.poll.templates import Templates
from jobmon.jobs.ready.poll.waiting import Waiter
from jobmon.jobs.ready.web import settings
from jobmon.jobs.ready.web.secrets import Secrets
from jobmon.jobs.ready.web.trust import certificates


class StoppedError(JobFailure):
    """A SIGTERM came, and the job was cancelled there if that could be."""

    exit_code = 128 + signal.SIGTERM


class _Stop(BaseException):
    pass


class Stopping:
    """SIGTERM as an exception, but while `deferred`: then after it."""

    def __init__(self) -> None:
        self.asked = self.waits = False

    def arrived(self, *_: object) -> None:
        """The signal."""
        self.asked = True
        if not self.waits:
            raise _Stop

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """What may not be broken off: between a call and the record of its answer."""
        self.waits = True
        try:
            yield
        finally:
            self.waits = False
            if self.asked:
                raise _Stop

    @contextlib.contextmanager
    def caught(self) -> Iterator[None]:
        """Signals come here meanwhile. Only a main thread gets them."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGTERM, self.arrived)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)


def poll(
    plan: str | Mapping[str, Any],
    params: Mapping[str, str] | None = None,
    *,
    key: str | None = None,
    state: str | None = None,
) -> dict[str, Any]:
    """Start a job of another system, or go on with the one that was started, and wait for its end.

    `plan` is a TOML file or its tables: see docs/poll.md. `params` fill `{name}`. `key` names what
    is done: $JOBMON_KEY in a job. Leaves and returns `id`, `status` and `result`. Raises Rule when
    nobody can know whether it runs, JobFailure when it failed there, External and Data.
    """
    record = open_record(key or key_of(plan, params or {}), state)
    secrets = Secrets()
    try:
        with record.alone():
            return _done(_plan(plan), record, Templates(_values(record, params), secrets))
    except JobFailure as error:
        error.args = (secrets.hide(str(error)),)
        raise


def open_record(key: str, state: str | None) -> Record:
    """What is known of a key, in `state` or the state of the batch folder."""
    return Record(state or places.folder("poll"), key)


def key_of(plan: str | Mapping[str, Any], params: Mapping[str, str]) -> str:
    """The run, job and round in jobmon; elsewhere the plan and its parameters."""
    told = os.environ.get("JOBMON_KEY")
    if told:
        turn = os.environ.get("JOBMON_ROUND")
        return f"{told}#{turn}" if turn else told
    name = os.path.realpath(plan) if isinstance(plan, str) else json.dumps(plan, default=str)
    return " ".join([name, *(f"{k}={v}" for k, v in sorted(params.items()))])


def _plan(plan: str | Mapping[str, Any]) -> Plan:
    where = plan if isinstance(plan, str) else "plan"
    table = settings.load(plan) if isinstance(plan, str) else dict(plan)
    found = settings.record(table, Plan, where)
    found.seconds()
    found.check()
    return found


def _values(record: Record, params: Mapping[str, str] | None) -> dict[str, Any]:
    own = {"key": record.now.key, "time": os.environ.get("JOBMON_TIME", "")}
    return own | dict(params or {})


def _done(plan: Plan, record: Record, fill: Templates) -> dict[str, Any]:
    stopping = Stopping()
    timeout = plan.seconds()["timeout"]
    with httpx.Client(timeout=timeout, verify=certificates()) as client, stopping.caught():
        waiter = Waiter(plan, record, client, fill)
        try:
            _rehearse(plan, fill, client)
            if record.now.state != "started":
                Starter(plan, record, client, fill, stopping.deferred).start()
            fill.values |= record.now.values
            print(f"id: {record.now.values['id']}", flush=True)  # noqa: T201
            found = waiter.wait()
            stopping.waits = True  # it is over there: nothing to cancel
        except _Stop:
            stopping.waits = True  # once is enough
            raise StoppedError(_stopped(record, waiter)) from None
        _leave(found, record)
        return found


def _stopped(record: Record, waiter: Waiter) -> str:
    if record.now.state == "started":
        waiter.fill.values |= record.now.values
        return waiter.cancel()
    if record.now.state == "starting":
        return "a start was sent, and nobody can know whether it runs there"
    return "nothing was started"


def _rehearse(plan: Plan, fill: Templates, client: httpx.Client) -> None:
    """Raises Rule for a name or a secret that a call lacks: before anything is started."""
    answered = dict.fromkeys([*plan.start.keep, "id"], "http://example.org/")
    later = Templates(fill.values | answered, fill.secrets)
    fill.request(client, plan.start, plan.headers)
    for call in filter(None, [plan.poll, plan.cancel]):
        later.request(client, call, plan.headers)


def _leave(found: dict[str, Any], record: Record) -> None:
    try:
        output(found)
    except ValueError as error:
        raise Data(f"the result is too much: {error}") from None
    record.ended()
