"""One process that imports flow files: started, heard and ended, with everything it started."""

from __future__ import annotations

import os
import secrets
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

LARGEST_LINE = 1 << 30
_SLACK = 2.0  # seconds the process has to end by itself after its limit


class Child:
    """A process of jobmon.jobs.load_child in its own session. `late`: it fell silent too long."""

    def __init__(self, root: str, files: list[str], timeout: float) -> None:
        self._silence, self.late = timeout + _SLACK, False
        self._mark = secrets.token_hex(16)
        self._read, write = os.pipe()
        command = [sys.executable, "-P", "-m", "jobmon.jobs.load_child"]
        try:
            self._process = subprocess.Popen(
                [*command, str(write), str(timeout), root, *files],
                env={**os.environ, "JOBMON_LOADING": self._mark},
                pass_fds=[write],
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=root,
            )
        finally:
            os.close(write)

    def lines(self) -> Iterator[bytes]:
        """What it says, line by line, until it closes its end or is late."""
        held = bytearray()
        while (chunk := self._chunk()) and len(held) < LARGEST_LINE:
            first, newline, rest = chunk.partition(b"\n")
            held += first
            if newline:
                *whole, last = rest.split(b"\n")
                yield bytes(held)
                yield from whole
                held = bytearray(last)

    def end(self, *, thorough: bool) -> int:
        """End whatever is left of it; the code it ended with.

        `thorough` also finds processes that left its session. The signal comes before the wait, so
        its number cannot have gone to another process.
        """
        os.close(self._read)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        code = self._process.wait()
        if thorough:
            self._end_marked()
        return code

    def _chunk(self) -> bytes:
        ready, _, _ = select.select([self._read], [], [], self._silence)
        self.late = not ready
        return os.read(self._read, 1 << 20) if ready else b""

    def _end_marked(self) -> None:
        """Its environment marks a process as started here, whatever session it moved to."""
        mark = f"JOBMON_LOADING={self._mark}".encode()
        for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
            with suppress(OSError):
                if name.isdigit() and mark in _environment(name):
                    os.kill(int(name), signal.SIGKILL)


def _environment(pid: str) -> list[bytes]:
    with open(f"/proc/{pid}/environ", "rb") as file:
        return file.read().split(b"\0")
