"""The template process: started once, early and small, it forks an initiator whenever asked.

The runtime never forks itself: that would cost a copy of its page tables each time.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobmon.runtime import procs

SCRIPT = Path(__file__).resolve().parent.parent / "initiator" / "main.py"
_BARE = ("-I", "-S", "-E", "-X", "utf8")
_PASSED = ("JOBMON_DIE_AT", "JOBMON_DIE_ONCE")


class Template:
    """The template of one executor. `replied` gets {"forked": pid} or {"failed": why} per fork
    asked for; `died` is called when it is gone, and the next fork starts another one.
    """

    def __init__(
        self, state: Path, replied: Callable[[dict[str, Any]], None], died: Callable[[], None]
    ) -> None:
        self._state, self._replied, self._died = state, replied, died
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._buffer = b""

    @property
    def pid(self) -> int | None:
        """Its process, None while there is none."""
        return self._process.pid if self._process else None

    def fork(self) -> None:
        """Ask for one initiator. OSError when not even the template can be started."""
        self.start()
        assert self._control is not None
        try:
            self._control.send(b"f")
        except OSError:
            self._lost()
            raise

    def start(self) -> None:
        """Make sure the process is there; takes it some 20 ms to be ready, in the background."""
        if self._process is not None:
            return
        ours, theirs = socket.socketpair()
        try:
            self._process = self._spawn(theirs)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.setblocking(False)
        self._control = ours
        asyncio.get_running_loop().add_reader(ours, self._read)

    def _spawn(self, control: socket.socket) -> subprocess.Popen[bytes]:
        log = os.open(
            self._state / "log" / "initiators.log",
            os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW,
            0o600,
        )
        try:
            return subprocess.Popen(
                [sys.executable, *_BARE, str(SCRIPT), "--template", *self._about()],
                stdin=control.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=log,
                env={name: os.environ[name] for name in _PASSED if name in os.environ},
                start_new_session=True,
                cwd="/",
            )
        finally:
            os.close(log)

    def _about(self) -> tuple[str, str]:
        return os.path.abspath(self._state), procs.boot_id()

    def _read(self) -> None:
        assert self._control is not None
        try:
            data = self._control.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lost()
            self._died()
            return
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._replied(json.loads(line))

    def _lost(self) -> None:
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control)
            self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process, self._control, self._buffer = None, None, b""

    def close(self) -> None:
        """End it. Initiators it forked live on."""
        self._lost()
