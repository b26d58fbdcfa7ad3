"""The runtime as a process: one for each batch folder, detached or in the foreground."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import logging.handlers
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from jobmon.runtime import config, disk, procs
from jobmon.runtime.config import Settings
from jobmon.runtime.engine import Engine
from jobmon.runtime.errors import EXIT_RUN_FAILED, JobmonError, StateError
from jobmon.runtime.executors.local import LocalExecutor
from jobmon.runtime.library import Library
from jobmon.runtime.model import Event
from jobmon.runtime.orders import Orders
from jobmon.runtime.service import Service
from jobmon.runtime.store import Store
from jobmon.runtime.stream import EventStream
from jobmon.runtime.wire import Server

log = logging.getLogger("jobmon")

LOOK_AROUND = 5.0
"""Seconds between looks at whether the lock and the socket are still in place."""
LOCK_GONE = "the lock file was removed or the folder moved: nothing is launched until a restart"


def main(home: str, *, detached: bool) -> int:
    """Serve `home` until told to stop; the exit code is an EXIT_* of errors.py.

    Detached, what keeps it from starting is one line of JSON on stderr for whoever started it.
    """
    try:
        settings = config.load(config.find_home(home))
        disk.prepare_state(settings.state_dir)
        lock = disk.WriterLock(settings.state_dir)
        lock.acquire()
    except JobmonError as error:
        _say(error, as_json=detached)
        return error.exit_code
    try:
        _start_log(settings.state_dir / "log" / "runtime.log" if detached else None)
        return asyncio.run(_serve(settings, lock, detached))
    except JobmonError as error:
        log.error("%s", error)
        _say(error, as_json=detached)
        return error.exit_code
    except Exception as error:
        log.exception("the runtime ended by a defect")
        _say(StateError("run", f"{type(error).__name__}: {error}", "jobmon doctor"), detached)
        return EXIT_RUN_FAILED
    finally:
        lock.release()


async def _serve(settings: Settings, lock: disk.WriterLock, detached: bool) -> int:
    return await Daemon(settings).serve(lock, detached=detached)


class Daemon:
    """The parts of one runtime, put together and taken apart again.

    `watch` is told of every batch of committed events, beside the socket and the event stream.
    """

    def __init__(
        self, settings: Settings, watch: Callable[[list[Event]], None] | None = None
    ) -> None:
        state = settings.state_dir
        self.settings, self._watch = settings, watch
        self.store = Store(state)
        self.stream = EventStream(state / "log", self.store)
        self.executor = LocalExecutor(state, settings.slots)
        self.engine = Engine(
            settings, self.store, self.executor, os.environ, procs.boot_id(), time.time,
            self._publish,
        )  # fmt: skip
        self.library = Library(settings.home, settings.load_timeout)
        self.orders = Orders(settings, self.engine, self.library)
        service = Service(
            settings, self.engine, self.executor, self.library, self.orders, self._down
        )
        self.server = Server(state, service)

    async def start(self) -> None:
        """Settle what an earlier runtime left, then listen."""
        await self.engine.start()
        await self.server.open()
        self.executor.prepare()

    async def serve(self, lock: disk.WriterLock, *, detached: bool) -> int:
        """Run until told to leave, then let go of everything. Jobs go on."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.engine.leave)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        await self.start()
        if detached:
            _let_go_of_the_terminal()
        watch = loop.create_task(self._look_around(lock))
        try:
            await self.engine.run()
        finally:
            watch.cancel()
            await self.close()
        return 0

    async def close(self) -> None:
        """Stop listening and close the state."""
        self.server.close()
        await self.executor.close()
        self.store.close()

    async def _look_around(self, lock: disk.WriterLock) -> None:
        while True:
            await asyncio.sleep(LOOK_AROUND)
            if not lock.still_mine():
                log.error(LOCK_GONE)
                self.engine.pause(LOCK_GONE)
                return
            await self.server.heal()

    def _publish(self, events: list[Event]) -> None:
        self.server.publish(events)
        if self._watch:
            self._watch(events)
        try:
            self.stream.append(events)
        except StateError as error:
            log.warning("%s", error)

    def _down(self, drain: bool) -> None:
        if drain:
            self.engine.drain()
        else:
            self.engine.leave()


def _say(error: JobmonError, as_json: bool) -> None:
    body = {"code": error.code, "what": error.what, "why": error.why, "hint": error.hint}
    with contextlib.suppress(OSError):  # whoever started it may have gone
        print(json.dumps(body) if as_json else f"jobmon: {error}", file=sys.stderr)  # noqa: T201


def _let_go_of_the_terminal() -> None:
    """From here on nobody waits for stderr: what is written there goes to the log file."""
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.FileHandler)
    assert handler.stream is not None
    os.dup2(handler.stream.fileno(), 2)


class _JsonLines(logging.Formatter):
    """One JSON object a record: t, level, text, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        body = {"t": record.created, "level": record.levelname, "text": record.getMessage()}
        if record.exc_info:
            body["traceback"] = self.formatException(record.exc_info)
        return json.dumps(body, ensure_ascii=False)


def _start_log(path: Path | None) -> None:
    handler: logging.Handler = logging.StreamHandler()
    if path:
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=1 << 20, backupCount=3, encoding="utf-8"
        )
        handler.setFormatter(_JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
