"""The runtime as a process: one for each batch folder, detached or in the foreground."""

from __future__ import annotations

import asyncio
import json
import logging
import logging.handlers
import os
import signal
import time
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path

from jobmon.jobs.definition import FlowDef
from jobmon.runtime import disk, procs, soundness
from jobmon.runtime.clock import SteadyClock
from jobmon.runtime.config import Settings
from jobmon.runtime.configuration import Configuration
from jobmon.runtime.engine import Engine
from jobmon.runtime.errors import EXIT_RUN_FAILED, JobmonError, StateError
from jobmon.runtime.executors.local import LocalExecutor
from jobmon.runtime.forecasting.watchman import Watchman
from jobmon.runtime.gate import say
from jobmon.runtime.hook.door import Door
from jobmon.runtime.keeping.housekeeping import Housekeeper
from jobmon.runtime.keeping.room import RoomGuard
from jobmon.runtime.library import Library
from jobmon.runtime.lookout import Lookout
from jobmon.runtime.model import Event
from jobmon.runtime.mounts import network_filesystem
from jobmon.runtime.notify.alive import Heartbeat
from jobmon.runtime.notify.notifier import Notifier
from jobmon.runtime.notify.reporting import Reporter
from jobmon.runtime.notify.wishes import Wishes
from jobmon.runtime.orders import Orders
from jobmon.runtime.scheduling import timing
from jobmon.runtime.scheduling.plans import plans as plans_of
from jobmon.runtime.scheduling.scheduler import Scheduler
from jobmon.runtime.scheduling.turns import Turns
from jobmon.runtime.service import Service
from jobmon.runtime.store import Store, guarded
from jobmon.runtime.stream import EventStream
from jobmon.runtime.triggers.files import Files
from jobmon.runtime.triggers.outcomes import Outcomes
from jobmon.runtime.waiting.duty import Waits
from jobmon.runtime.wire import Server
from jobmon.runtime.wrapped.intake import Intake

log = logging.getLogger("jobmon")

MOST_FAULTS = 5
"""Of the plans that cannot be made, so many are told as troubles; `jobmon schedule` tells all."""
LOOK_AROUND = 2.0
"""Seconds between looks at whether the lock and the socket are still in place."""
LOCK_GONE = "the lock file was removed or the folder moved: nothing is launched until a restart"
STATE_GONE = "state.db was removed or replaced: nothing is launched; jobmon down, then jobmon up"


def main(settings: Settings, lock: disk.WriterLock, *, detached: bool) -> int:
    """Serve until told to stop, holding the folder's lock; the exit code is an EXIT_*."""
    try:
        trouble = _start_log(settings.state_dir / "log" / "runtime.log" if detached else None)
        what = f"serve {settings.home}"
        return guarded(what, lambda: asyncio.run(_serve(settings, lock, detached, trouble)))
    except JobmonError as error:
        log.error("%s", error)
        say(error, as_json=detached)
        return error.exit_code
    except Exception as error:
        log.exception("the runtime ended by a defect")
        defect = StateError("run", f"{type(error).__name__}: {error}", "jobmon doctor")
        say(defect, as_json=detached)
        return EXIT_RUN_FAILED


async def _serve(settings: Settings, lock: disk.WriterLock, detached: bool, trouble: str) -> int:
    return await Daemon(settings, trouble=trouble).serve(lock, detached=detached)


class Daemon:
    """The parts of one runtime, put together and taken apart again.

    `watch` is told of every batch of committed events, beside the socket and the event stream.
    `trouble` is what is wrong from the beginning, for people. `wall` is the clock on the wall.
    """

    def __init__(
        self,
        settings: Settings,
        watch: Callable[[list[Event]], None] | None = None,
        trouble: str = "",
        wall: Callable[[], float] = time.time,
    ) -> None:
        state, self.configuration = settings.state_dir, Configuration(settings)
        self.settings, self._watch = settings, watch
        self._trouble, self._unheard, self._gone = trouble, "", ""
        soundness.before_opening(state)
        self.store = Store(state)
        soundness.after_opening(self.store, state)
        self.stream = EventStream(state / "log", self.store)
        self.executor = LocalExecutor(state, settings.slots)
        self.engine = Engine(
            self.configuration, self.store, self.executor, dict(os.environ), procs.boot_id(),
            SteadyClock(wall), self._publish,
        )  # fmt: skip
        self.library = Library(settings.home, settings.load_timeout)
        self._take_on_duties(wall)
        self._open_doors()

    def _take_on_duties(self, wall: Callable[[], float]) -> None:
        """What it attends to beside the jobs; `serve` adds what makes runs."""
        settings, state = self.settings, self.settings.state_dir
        self.guard = RoomGuard(
            self.configuration, self.engine.journal, lambda why: self.engine.pause(why, by="room")
        )
        self.engine.duties.append(self.guard)
        self.watchman = Watchman(state, self.engine.journal, self.engine.clock)
        self.engine.duties += [self.watchman, Waits(self.engine.board, self.store)]
        self.engine.duties.append(Turns(self.engine.board))
        self.lookout = Lookout(
            self.configuration, self.library, self.store, self._reconfigured, self.engine.nudge
        )
        self.engine.journal.kept = self.lookout.kept
        self.notifier = Notifier(
            self.configuration, self.store, self.engine.board, dict(os.environ), self.engine.nudge
        )
        reporter = Reporter(
            self.configuration, self.store, self.library, self.notifier, self.engine.nudge
        )
        self.engine.duties += [self.lookout, Heartbeat(state), self.notifier, reporter]
        self.scheduler = Scheduler(
            self.store, self.engine.board, self.library, self.configuration, wall,
            self.engine.bring_back,
        )  # fmt: skip
        self.outcomes = Outcomes(self.store, self.engine.board, self.library)
        self.files = Files(
            self.store, self.engine.board, self.library, str(settings.home), self.engine.nudge
        )
        self.intake = Intake(state, self.store, self.engine.board)

    def _open_doors(self) -> None:
        """What it answers to: the socket, and the hook where there is one."""
        self.orders = Orders(self.configuration, self.engine, self.library)
        service = Service(
            self.configuration, self.engine, self.executor, self.library, self.orders, self._down,
            self._troubles, Wishes(self.configuration, self.engine, self.library, self.notifier),
        )  # fmt: skip
        self.server = Server(self.settings.state_dir, service)
        self.door = Door(
            self.configuration,
            os.environ,
            lambda request: self.orders.run(request, "hook"),
            lambda: service.answer({"op": "status"}),
        )
        service.hook_port = lambda: self.door.port

    async def start(self) -> None:
        """Settle what an earlier runtime left, then listen."""
        await asyncio.to_thread(self.stream.catch_up)
        await self.engine.start()
        await self.server.open()
        self.executor.prepare()

    async def serve(self, lock: disk.WriterLock, *, detached: bool) -> int:
        """Run until told to leave, then let go of everything. Jobs go on."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.engine.leave)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        # Not in a runtime for one run alone:
        self.engine.duties += [self.scheduler, self.files, self.outcomes, self.intake]
        self.engine.duties.append(Housekeeper(self.engine, self.configuration))
        self.library.prepare = self._prepare
        await self.library.soon(0)  # whoever starts a runtime is about to ask for a flow
        await self.start()
        if warning := network_filesystem(self.settings.state_dir):
            log.warning("%s", warning)
            self.engine.warn(warning)
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
        self.door.close()
        self.server.close()
        await self.executor.close()
        self.store.close()

    async def _look_around(self, lock: disk.WriterLock) -> None:
        files = asyncio.create_task(self.lookout.look())
        door = asyncio.create_task(self.door.follow())
        while True:
            await asyncio.sleep(LOOK_AROUND)
            if files.done():  # flow files may take their time to load
                files = asyncio.create_task(self.lookout.look())
            if door.done():  # its secret may lie on a slow disk
                door = asyncio.create_task(self.door.follow())
            gone = "" if lock.still_mine() else LOCK_GONE
            gone = gone or ("" if self.store.in_place() else STATE_GONE)
            if gone and not self._gone:
                log.error(gone)
                self.engine.pause(gone)
                self.scheduler.rest()
            self._gone = gone
            # Another runtime took over what runs, two must not act; or nothing is left to serve.
            if lock.replaced() or self._abandoned():
                self.engine.leave()
                return
            await self._listen_anew()

    def _abandoned(self) -> bool:
        return not self.settings.state_dir.exists() and not self.engine.busy()

    async def _listen_anew(self) -> None:
        try:
            await self.server.heal()
        except (JobmonError, OSError) as error:
            if not self._unheard:
                log.error("cannot listen on %s: %s", self.server.path, error)
            self._unheard = f"cannot listen on {self.server.path}: {error}"
        else:
            self._unheard = ""

    def _reconfigured(self) -> None:
        """What is not asked for anew each time it is needed."""
        self.engine.configure()
        self.executor.slots = self.configuration.now.slots
        self.library.timeout = self.configuration.now.load_timeout

    def _prepare(self, flows: Mapping[str, FlowDef]) -> None:
        now = self.configuration.now
        crons = [plan.cron for plan in plans_of(flows, now).values() if plan.active]
        timing.prepare(crons, now.calendars, time.time())

    def _troubles(self) -> list[str]:
        mistake = self.configuration.mistake
        stale = f"the settings of before hold: {mistake}" if mistake else ""
        faults = islice(self.scheduler.faults.items(), MOST_FAULTS)
        plans = [f"{name} starts nothing by itself: {why}" for name, why in faults]
        own = (stale, *plans, self._trouble, self._unheard, self.stream.trouble, self.door.trouble)
        untold = self.notifier.post.troubles(self.engine.clock())
        return [*self.engine.troubles(), *filter(None, own), *self.executor.troubles, *untold,
                *self.files.troubles, *self.outcomes.troubles, *self.intake.troubles]  # fmt: skip

    def _publish(self, events: list[Event]) -> None:
        self.server.publish(events)
        if self._watch:
            self._watch(events)
        if not self._gone:  # else what lies there now may be another runtime's
            self.stream.append(events)

    def _down(self, drain: bool) -> None:
        if drain:
            self.engine.drain()
        else:
            self.engine.leave()


def _let_go_of_the_terminal() -> None:
    """From here on nobody waits for stderr: what is written there goes to the log file."""
    handler = logging.getLogger().handlers[0]
    if isinstance(handler, logging.FileHandler) and handler.stream is not None:
        os.dup2(handler.stream.fileno(), 2)
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)


class _JsonLines(logging.Formatter):
    """One JSON object a record: t, level, text, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        body = {"t": record.created, "level": record.levelname, "text": record.getMessage()}
        if record.exc_info:
            body["traceback"] = self.formatException(record.exc_info)
        return json.dumps(body, ensure_ascii=False)


def _start_log(path: Path | None) -> str:
    """Log to the file, or to stderr; says why when the file cannot be written."""
    handler, trouble = logging.StreamHandler(), ""
    if path:
        try:
            handler = logging.handlers.RotatingFileHandler(
                path, maxBytes=1 << 20, backupCount=3, encoding="utf-8"
            )
            handler.setFormatter(_JsonLines())
        except OSError as error:
            trouble = f"cannot write the runtime's own log: {error}"
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    return trouble
