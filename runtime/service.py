"""What a runtime answers to: each operation of the socket, over the engine and the store."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import cache, cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from jobmon.runtime import requests
from jobmon.runtime.configuration import Configuration
from jobmon.runtime.engine import Engine
from jobmon.runtime.errors import UsageError
from jobmon.runtime.executors.local import LocalExecutor
from jobmon.runtime.keeping import housekeeping
from jobmon.runtime.library import Library
from jobmon.runtime.limits import occupancy, shared
from jobmon.runtime.model import Event
from jobmon.runtime.notify.wishes import Wishes
from jobmon.runtime.orders import Orders
from jobmon.runtime.scheduling.backfills import Backfills
from jobmon.runtime.wire import Peer

if TYPE_CHECKING:
    from jobmon.runtime.scheduling.agenda import Agenda

Answer = dict[str, Any]
LOG_SLICE = 1 << 19
"""Bytes of a log handed out at once."""
LOAD_PATIENCE = 0.5
"""Seconds the status waits for flow files that changed."""


@cache
def _version() -> str:
    """Read once: every connection is told."""
    return version("jobmon")


class Service:
    """One method per operation; `answer` finds it by name. Errors are JobmonErrors."""

    def __init__(
        self,
        configuration: Configuration,
        engine: Engine,
        executor: LocalExecutor,
        library: Library,
        orders: Orders,
        down: Callable[[bool], None],
        troubles: Callable[[], list[str]],
        wishes: Wishes,
    ) -> None:
        self._configuration, self._engine, self._executor = configuration, engine, executor
        self._library, self._stop, self._troubles = library, down, troubles
        self._started = time.time()
        self.hook_port: Callable[[], int] = lambda: 0
        """Where calls are let in; 0 for nowhere."""
        self._operations: dict[str, Callable[[Answer], Awaitable[Answer]]] = {
            "status": self._status,
            "run": orders.run,
            "verb": orders.verb,
            "subflow": orders.subflow,
            "follow": orders.subruns.follow,
            "backfill": Backfills(configuration, engine, library).run,
            "view": self._view,
            "log": self._log,
            "gc": self._gc,
            "notify": wishes.answer,
            "down": self._down,
        }

    def hello(self) -> Answer:
        """What the runtime says of itself first."""
        return {
            "version": _version(),
            "pid": os.getpid(),
            "started": self._started,
            "seq": self._engine.store.seq,
            "home": str(self._configuration.now.home),
            "profile": self._configuration.now.profile,
            "host": socket.gethostname(),
            "now": time.time(),
        }

    async def answer(self, request: Answer) -> Answer:
        """The answer to one request."""
        operation = self._operations.get(str(request.get("op")))
        if operation is None:
            known = ", ".join(sorted(self._operations))
            raise UsageError(f"do {request.get('op')!r}", "there is no such operation", known)
        requests.check(request)
        try:
            return await operation(request)
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            what = f"understand the request {request['op']}"
            raise UsageError(what, f"{type(error).__name__}: {error}") from error

    def past(self, seq: int, limit: int) -> Sequence[Event]:
        """The first `limit` committed events after `seq`."""
        return self._engine.store.events_after(seq, limit)

    def initiator(
        self, hello: Answer, send: Callable[[Answer], None], close: Callable[[], None]
    ) -> Peer:
        """Hand an initiator's connection to the executor."""
        return self._executor.attach(hello, send, close)

    async def _status(self, _request: Answer) -> Answer:
        loaded = await self._library.soon(LOAD_PATIENCE)
        limits = await self._shared()
        engine = self._engine
        return {
            "schema": "jobmon.status/1",
            "running": True,
            **{key: value for key, value in self.hello().items() if key != "seq"},
            "uptime": time.time() - self._started,
            "slots": {"total": self._configuration.now.slots, "busy": engine.busy()},
            **engine.counts(),
            "pools": occupancy.pools(engine.board, engine.limits),
            **limits,
            "initiators": self._executor.initiators,
            "flows": len(loaded.flows),
            "mistakes": [str(m) for m in loaded.mistakes],
            "broken": [*self._configuration.broken, *sorted(loaded.broken)],
            "hook": {"port": port} if (port := self.hook_port()) else None,
            "db": str(engine.store.path),
            "troubles": self._troubles(),
        }

    async def _shared(self) -> Answer:
        """The limits that are files, so that scripts outside share them. There may be many."""
        engine, settings = self._engine, self._configuration.now
        paces = await asyncio.to_thread(shared.shown, settings.state_dir, settings.rates)
        held = await asyncio.to_thread(shared.held, settings.state_dir)
        return {
            "rates": occupancy.rates(engine.board, paces),
            "locks": occupancy.locks(engine.board, engine.journal.attempts, held),
        }

    async def _view(self, request: Answer) -> Answer:
        from jobmon.runtime import documents  # not needed to start, nor to run jobs

        name, args = request["name"], dict(request.get("args") or {})
        if name == "status":
            return await self._status(request)
        if name == "flows":
            return await self._flows()
        if name == "schedule":
            await self._library.current()
            settings, flows = self._configuration.now, self._library.good
            return await asyncio.to_thread(documents.scheduled, settings, flows, args)
        if name == "report":
            flows = (await self._library.current()).flows
            settings = self._configuration.now
            return await asyncio.to_thread(documents.reported, settings, flows, args)
        if name == "graph" and not args.get("run"):
            return documents.graph_of(await self._library.flow(args["flow"]))
        found = await asyncio.to_thread(documents.document, self._configuration.now, name, args)
        if name == "ls":
            found["profile"] = self._configuration.now.profile
        if name == "explain" and found["state"] == "queued":
            found["reasons"] = self._queued(found["reasons"])
        return found

    def _queued(self, reasons: list[str]) -> list[str]:
        """Why a job is queued: what keeps every job first, what troubles the runtime last."""
        from jobmon.runtime.explain import READY

        paused, troubles = self._engine.paused, self._troubles()
        if not paused:
            return [*reasons, *troubles]
        own = [reason for reason in reasons if reason != READY]
        return [paused, *own, *(text for text in troubles if text != paused)]

    async def _flows(self) -> Answer:
        from jobmon.runtime import documents

        loaded, settings = await self._library.current(), self._configuration.now
        good, behind = self._library.good, self._library.behind
        following = await asyncio.to_thread(self._agenda.next, good, settings, time.time())
        return documents.flows(loaded, self._engine.board.held_flows, following, behind)

    @cached_property
    def _agenda(self) -> Agenda:
        from jobmon.runtime.scheduling.agenda import Agenda  # not before a screen asks

        return Agenda()

    async def _log(self, request: Answer) -> Answer:
        limit = max(1, min(int(request.get("limit", LOG_SLICE)), LOG_SLICE))
        offset = max(0, int(request.get("offset", 0)))
        part = self._executor.read_log(str(request["attempt"]), offset, limit)
        text = part.data.decode("utf-8", errors="backslashreplace")
        return {"text": text, "next": part.next, "ended": part.ended, "size": part.size}

    async def _gc(self, request: Answer) -> Answer:
        preview = bool(request.get("preview"))
        return await housekeeping.collect(self._engine, self._configuration.now, preview=preview)

    async def _down(self, request: Answer) -> Answer:
        drain = bool(request.get("drain"))
        self._stop(drain)
        return {"stopping": True, "drain": drain, "running": self._engine.busy()}
