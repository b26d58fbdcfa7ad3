"""`python3 flows/morning.py`: one run of one flow, here and now, with no runtime of the folder.

The same engine and the same initiators run it, on a state folder of its own that is thrown away
when the run succeeded, so what works here works in the runtime.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import os
import shutil
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from jobmon.jobs.loader import load_file
from jobmon.runtime import config, logs
from jobmon.runtime.config import CONFIG_NAME, Settings
from jobmon.runtime.daemon import Daemon
from jobmon.runtime.errors import EXIT_OK, EXIT_RUN_FAILED, EXIT_USAGE, JobmonError, UsageError
from jobmon.runtime.library import pick
from jobmon.runtime.model import RUN_TERMINAL, Event
from jobmon.runtime.states import State
from jobmon.runtime.words import end_words

SHOWN = (
    "job.started", "job.succeed", "job.fail", "job.retry", "job.stopped", "job.lose", "job.skip",
    "job.branch", "job.doom", "job.unfit", "job.cancel", "job.ask", "job.done", "job.mark_failed",
)  # fmt: skip
"""The events a person in front of a terminal wants to see."""


def main() -> int:
    """Run the flow; 0 when it succeeded, 1 when not, 2 when it cannot be started as asked."""
    options = _parser().parse_args()
    file = Path(options.file).resolve()
    home = _home(file)
    state = Path(tempfile.mkdtemp(prefix="jobmon-"))
    try:
        settings = config.load(home)._replace(state_dir=state, notify=(), report=None)
        code = asyncio.run(_Foreground(settings, file, options).run())
    except JobmonError as error:
        _print(f"jobmon: {error}", sys.stderr)
        code = error.exit_code
    if code in (EXIT_OK, EXIT_USAGE):
        shutil.rmtree(state, ignore_errors=True)
    else:
        _print(f"logs and state are kept in {state}")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Run this flow here and now.")
    parser.add_argument("file", help=argparse.SUPPRESS)
    parser.add_argument("--flow", required=True, help=argparse.SUPPRESS)
    parser.add_argument("-p", "--param", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--yes", action="store_true", help="answer manual steps with done")
    return parser


def _home(file: Path) -> Path:
    """The batch folder the file belongs to: where jobmon.toml lies, or what holds flows/."""
    for folder in file.parents:
        if (folder / CONFIG_NAME).is_file():
            return folder
    return file.parent.parent if file.parent.name == "flows" else file.parent


class _Foreground:
    """A runtime for one run, told of each event as it is committed."""

    def __init__(self, settings: Settings, file: Path, options: argparse.Namespace) -> None:
        self._file, self._options, self._settings = file, options, settings
        self._daemon = Daemon(settings, self._watch)
        self._over = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._run_id = 0
        self._key = ""

    async def run(self) -> int:
        """From the file to the run's end."""
        loaded = await asyncio.to_thread(
            load_file, self._file, self._settings.home, self._settings.load_timeout
        )
        self._daemon.library.preset(loaded)
        pick(loaded, self._options.flow)  # a mistake is told before anything is started
        await self._daemon.start()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._interrupted)
        engine = loop.create_task(self._daemon.engine.run())
        over = loop.create_task(self._until_over())
        try:
            await asyncio.wait({engine, over}, return_when=asyncio.FIRST_COMPLETED)
            if over.done():
                over.result()
        finally:
            over.cancel()
            self._daemon.engine.leave()
            try:
                await engine
            finally:
                await self._daemon.close()
        return EXIT_OK if self._state() == "succeeded" else EXIT_RUN_FAILED

    async def _until_over(self) -> None:
        await self._started()
        await self._over.wait()

    async def _started(self) -> None:
        given = dict(_pair(text) for text in self._options.param)
        answer = await self._daemon.orders.run(
            {"flow": self._options.flow, "params": given, "now": True, "who": "foreground"}
        )
        self._run_id, self._key = answer["id"], answer["run"]
        self._look()

    def _state(self) -> str:
        run = self._daemon.engine.board.runs.get(self._run_id)
        return run.state if run else "queued"

    def _watch(self, events: list[Event]) -> None:
        for event in events:
            if event.kind in SHOWN:
                self._tell(event)
        if self._run_id:
            self._look()

    def _look(self) -> None:
        """End with the run; ask the person when a manual step waits and nothing else runs."""
        if self._over.is_set():
            return
        if self._state() in RUN_TERMINAL:
            _print(f"{_now()}  {self._key} {self._state()}")
            self._over.set()
        board = self._daemon.engine.board
        for job in board.jobs_of(self._run_id):
            if job.state is State.WAITING_HUMAN and not self._tasks:
                self._do(self._ask(board.name(job.key), board.jobdef(job.key).text))
        if self._state() == "blocked" and not self._tasks:
            self._over.set()

    def _tell(self, event: Event) -> None:
        board = self._daemon.engine.board
        job = board.jobs[event.run, event.job]
        name, words = board.name(job.key), end_words(job)
        reason = f"  {words}" if words and event.kind != "job.succeed" else ""
        word = "started" if event.kind == "job.started" else str(job.state)
        _print(f"{_now()}  {name}  {word}{reason}")
        if event.attempt and event.kind != "job.started":
            self._show_output(event, name)

    def _show_output(self, event: Event, name: str) -> None:
        folder = self._settings.state_dir / "attempts" / str(event.run)
        path = folder / f"{event.job}.{event.attempt}.jsonl"
        for record in logs.records(path) if path.exists() else ():
            if "m" in record:
                _print(f"    {name} | {logs.sanitise(str(record['m']))}")

    async def _ask(self, name: str, text: str) -> None:
        _print(f"{_now()}  {name}: {text}")
        if not self._options.yes:
            sys.stdout.write("    done? [enter = yes, ctrl-d = stop here] ")
            sys.stdout.flush()
            if not await _line_entered():
                _print("    nobody answered: the run stops here")
                self._over.set()
                return
        await self._verb("done", [name])

    def _interrupted(self) -> None:
        _print(f"{_now()}  cancelling {self._key}")
        self._do(self._verb("cancel", None))

    async def _verb(self, verb: str, jobs: list[str] | None) -> None:
        with contextlib.suppress(JobmonError):  # it ended in this very moment
            await self._daemon.orders.verb(
                {"verb": verb, "run": self._key, "jobs": jobs, "who": "foreground"}
            )

    def _do(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _line_entered() -> bool:
    """Whether a person pressed enter; False at the end of the input.

    In a thread that nobody waits for: the run may be over before anybody answers.
    """
    loop = asyncio.get_running_loop()
    entered: asyncio.Future[bool] = loop.create_future()

    def tell(line: str) -> None:
        if not entered.done():
            entered.set_result(bool(line))

    def read() -> None:
        line = sys.stdin.readline()
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(tell, line)

    threading.Thread(target=read, daemon=True).start()
    return await entered


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise UsageError(f"read -p {text}", "it is not NAME=VALUE", "for example: -p day=today")
    return name, value


def _now() -> str:
    return dt.datetime.now().astimezone().strftime("%H:%M:%S")


def _print(text: str, stream: Any = None) -> None:
    target = stream or sys.stdout
    encoding = target.encoding or "utf-8"
    target.write(text.encode(encoding, errors="backslashreplace").decode(encoding) + os.linesep)
    target.flush()


if __name__ == "__main__":
    sys.exit(main())
