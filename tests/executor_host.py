"""A LocalExecutor with the little of a runtime it needs: a socket server, a list of reports."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobmon.runtime import procs
from jobmon.runtime.executors.contract import AttemptSpec, Ended, Gone, Report, Started
from jobmon.runtime.executors.local import LocalExecutor
from jobmon.runtime.model import ExitRecord

LIMIT = 20.0


class Door(asyncio.Protocol):
    """One initiator's connection, as the runtime's server handles it."""

    def __init__(self, host: Host) -> None:
        self.host, self.buffer, self.link = host, b"", None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.host.doors.append(self)

    def data_received(self, data: bytes) -> None:
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        for message in map(json.loads, lines):
            if self.link is None:
                self.link = self.host.executor.attach(message, self.send, self.transport.close)
            else:
                self.link.received(message)

    def send(self, message: dict[str, Any]) -> None:
        self.transport.write(json.dumps(message).encode() + b"\n")

    def connection_lost(self, exc: Exception | None) -> None:
        if self.link is not None:
            self.link.lost()


class Host:
    """`async with Host(state_dir) as host`: an executor that runs, and what it reported."""

    def __init__(self, state: Path, slots: int = 4) -> None:
        self.state = state
        self.executor = LocalExecutor(state, slots)
        self.reports: list[Report] = []
        self.doors: list[Door] = []
        self._news = asyncio.Event()

    async def __aenter__(self) -> Host:
        await self.executor.start(self._hear)
        await self.listen()
        return self

    async def listen(self) -> None:
        path = self.state / "runtime.sock"
        path.unlink(missing_ok=True)
        loop = asyncio.get_running_loop()
        self.server = await loop.create_unix_server(lambda: Door(self), str(path))

    async def __aexit__(self, *_: object) -> None:
        await self.die()

    async def die(self) -> None:
        """What initiators see of a runtime's end: the socket and every connection are gone."""
        self.server.close()
        (self.state / "runtime.sock").unlink(missing_ok=True)
        await self.executor.close()
        for door in self.doors:
            door.transport.abort()
        await asyncio.sleep(0)

    def _hear(self, report: Report) -> None:
        self.reports.append(report)
        self._news.set()

    async def until(self, wanted: Callable[[], Any], limit: float = LIMIT) -> Any:
        """Wait until `wanted()` is true; looks again at every report and every 20 ms."""
        deadline = time.monotonic() + limit
        while not (found := wanted()):
            if time.monotonic() > deadline:
                raise AssertionError(f"not in {limit} s; reports: {self.reports}")
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), 0.02)
        return found

    async def report(self, kind: type, attempt: str = "1.0.1") -> Any:
        """The first report of that kind about the attempt."""
        return await self.until(lambda: self.has(kind, attempt))

    def has(self, kind: type, attempt: str = "1.0.1") -> Any:
        found = (r for r in self.reports if isinstance(r, kind) and r.attempt == attempt)
        return next(found, None)

    async def run(self, *argv: str, **fields: Any) -> ExitRecord:
        """Submit attempt 1.0.1 (or `attempt=`) and wait for its end."""
        given = spec(*argv, **fields)
        self.executor.submit(given)
        return (await self.report(Ended, given.attempt)).exit

    def records(self, attempt: str = "1.0.1") -> list[dict[str, Any]]:
        """Every line of the attempt's file."""
        path = self.executor.files.path(attempt)
        raw = path.read_bytes() if path.exists() else b""
        return [json.loads(line) for line in raw.split(b"\n")[:-1]]

    def text(self, attempt: str = "1.0.1", stream: str = "out") -> str:
        """The job's output, put together again."""
        records = (record for record in self.records(attempt) if record.get("s") == stream)
        return "".join(record["m"] + ("" if record.get("c") else "\n") for record in records)


def spec(*argv: str, attempt: str = "1.0.1", **fields: Any) -> AttemptSpec:
    """An attempt of that command; one string is a shell line."""
    command = ("/bin/sh", "-c", argv[0]) if len(argv) == 1 else argv
    env = {"PATH": os.environ["PATH"], "PYTHON": sys.executable} | fields.pop("env", {})
    fields = {"cwd": "/tmp", "grace": 1.0} | fields
    return AttemptSpec(attempt=attempt, argv=command, env=env, **fields)


def living(pids: list[int]) -> list[int]:
    return [pid for pid in pids if procs.identity(pid) is not None]


async def pids_in(host: Host, file: Path, count: int) -> list[int]:
    """The pids that jobs appended to a file, once there are that many."""

    def read() -> list[int]:
        found = file.read_text().split() if file.exists() else []
        return [int(pid) for pid in found] if len(found) >= count else []

    return await host.until(read)


_ME, _IT = "echo $$ >> $PIDS", "echo $! >> $PIDS"
_DEAF_CHILD = f"sh -c '{_ME}; while :; do sleep 1; done'"
TREES = {
    "plain": f"sleep 60 & {_IT}; {_ME}; wait",
    "double fork": f"setsid sh -c '(setsid sleep 60 & {_IT}) &'; {_ME}; exec sleep 60",
    "term ignored": f"trap '' TERM; {_ME}; {_DEAF_CHILD}",
    "stopped": f"{_ME}; sleep 60 & {_IT}; kill -STOP $!; kill -STOP $$; wait",
    "stopped and deaf": f"trap '' TERM; {_ME}; setsid sleep 60 & {_IT}; kill -STOP $$; wait",
}
"""Shell lines that make process trees; each process of interest writes its pid to $PIDS."""
LEFT_BEHIND = f"trap '' TERM; {_DEAF_CHILD} & {_ME}; while [ $(wc -l < $PIDS) -lt 2 ]; do :; done"
"""A shell line after which a deaf process is left."""


async def killed_initiator(host: Host, line: str, **fields: Any) -> Started:
    """Start it, then kill its initiator; the attempt is Gone."""
    host.executor.submit(spec(line, **fields))
    started = await host.report(Started)
    os.kill(started.initiator.pid, signal.SIGKILL)
    await host.report(Gone)
    host.reports.clear()
    return started
