"""The initiator: a small process that runs one attempt after another and outlives the runtime.

Run as `python -I -S -E main.py --template STATE BOOT` it is the template: it forks an
initiator for every byte on its stdin. Standard library alone, and only the modules beside it.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource  # noqa: F401 - wait4 loads it: better once here than in every slot
import select
import signal
import socket
import sys
import time


def _find_neighbours() -> None:
    """Make `jobmon.runtime` the folder this one lies in, whatever is installed."""
    own = os.path.dirname(os.path.abspath(__file__))
    runtime = {"jobmon": [], "jobmon.runtime": [os.path.dirname(own)]}
    for name, folders in {**runtime, "jobmon.runtime.initiator": [own]}.items():
        module = type(sys)(name)
        module.__path__ = folders
        sys.modules[name] = module


if __name__ == "__main__":
    _find_neighbours()

from jobmon.runtime import proctree  # noqa: E402
from jobmon.runtime.initiator import logfile, supervise  # noqa: E402
from jobmon.runtime.initiator.hub import Hub  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PROTO = 1
AGAIN = 0.25
"""Seconds between attempts to reach a runtime, while a job runs and none is there."""
FLUSH = 1.0
PATIENCE = 5.0
"""Seconds a new initiator waits for its runtime to answer; one with a job does not wait at all."""
_PR_SET_CHILD_SUBREAPER = 36
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def template(state: str, boot: str) -> None:
    """Fork an initiator per byte on stdin, until its other end is closed."""
    control = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for initiators
    prctl = _load_prctl()
    folder = os.open(state, _FOLDER)
    gc.collect()
    gc.freeze()  # what is there now stays shared with every initiator
    while control.recv(1):
        try:
            pid = os.fork()
        except OSError as error:
            reply = {"failed": error.strerror or str(error)}
        else:
            if pid == 0:
                _become_initiator(control, prctl, folder, boot)
            reply = {"forked": pid}
        control.sendall(json.dumps(reply).encode() + b"\n")


def _load_prctl() -> Any:
    try:
        return ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return None


def _become_initiator(control: socket.socket, prctl: Any, folder: int, boot: str) -> None:
    """In the forked child. Never returns: the template's loop is not its own."""
    try:
        control.close()
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.setsid()
        if prctl is not None:  # what the job's processes leave behind becomes ours, not init's
            prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        Initiator(folder, boot).run()
    except BaseException as error:  # noqa: BLE001 - its last words go to initiators.log
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        sys.stderr.flush()
        os._exit(0)


class Initiator:
    """One slot: takes an attempt, supervises it alone, records its end, takes the next."""

    def __init__(self, state: int, boot: str) -> None:
        proc = proctree.process(os.getpid())
        self.me = {"boot": boot, "pid": os.getpid(), "ticks": proc.ticks if proc else 0}
        self.state = state
        self.attempts = os.open("attempts", _FOLDER, dir_fd=state)
        self.ballast = logfile.Ballast(state)
        self._poll = select.poll()
        self._hub = Hub(state, self._poll)
        self._job: supervise.Attempt | None = None
        self._handlers: dict[int, Callable[[int], Any]] = {}
        self._again_at: float | None = None  # when to look for a runtime again
        self._retiring = False

    # -- what an attempt needs of its host ------------------------------------------------------

    def watch(self, fd: int, handle: Callable[[int], Any]) -> None:
        """Call `handle(fd)` when it can be read or has ended."""
        self._handlers[fd] = handle
        self._poll.register(fd, select.POLLIN)

    def unwatch(self, fd: int) -> None:
        """Do so no more."""
        del self._handlers[fd]
        self._poll.unregister(fd)

    def say(self, message: dict[str, Any]) -> None:
        """Tell the runtime, if one listens."""
        self._hub.say(message)

    # -- the loop -------------------------------------------------------------------------------

    def run(self) -> None:
        """Serve until the runtime is gone, or wants this one no more, and nothing runs."""
        self._hear_children()
        self._connect()
        while self._job is not None or (self._hub.fd >= 0 and not self._retiring):
            for fd, _ in self._poll.poll(self._patience()):
                self._handle(fd)
            self._tick()
        self._hub.flush(FLUSH)

    def _handle(self, fd: int) -> None:
        if fd == self._hub.fd:
            for message in self._hub.hear():
                self._obey(message)
        elif fd in self._handlers:  # else closed by what was handled before it in this round
            self._handlers[fd](fd)

    def _hear_children(self) -> None:
        """Make the end of a child wake the loop."""
        wake, bell = os.pipe()
        os.set_blocking(bell, False)
        signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _nothing)
        self.watch(wake, self._child_ended)

    def _child_ended(self, fd: int) -> None:
        os.read(fd, 4096)
        if self._job is not None:
            self._job.reap()

    def _patience(self) -> int | None:
        """Milliseconds until something is due; None: only news wakes this process."""
        due = self._job.due() if self._job is not None else None
        if self._again_at is not None:
            due = self._again_at if due is None else min(due, self._again_at)
        # Rounded up: waking a moment early would only mean another round.
        return None if due is None else max(0, int((due - time.monotonic()) * 1000) + 1)

    def _tick(self) -> None:
        if self._job is not None:
            self._job.tick()
            if self._job.done:
                self._job = None
        self._look_for_runtime()

    def _look_for_runtime(self) -> None:
        """A running job's end should be heard: look for the runtime that comes after this one."""
        if self._job is None or self._hub.fd >= 0:
            self._again_at = None
        elif self._again_at is None:
            self._again_at = time.monotonic() + AGAIN
        elif time.monotonic() >= self._again_at:
            self._connect()
            self._again_at = None if self._hub.fd >= 0 else time.monotonic() + AGAIN

    # -- the runtime ----------------------------------------------------------------------------

    def _connect(self) -> None:
        attempt = self._job.id if self._job is not None else None
        hello = {"role": "initiator", "proto": PROTO, "attempt": attempt, **self.me}
        # A later runtime may be a later version: it gets this job's end, and forks its own.
        patience = PATIENCE if attempt is None else 0.0
        self._retiring = self._hub.connect(hello, patience) and attempt is not None

    def _obey(self, message: dict[str, Any]) -> None:
        match message.get("op"):
            case "run":
                self._run(message)
            case "stop" if self._job is not None and self._job.id == message["attempt"]:
                self._job.stop(message["grace"])
            case "retire":
                self._retiring = True

    def _run(self, order: dict[str, Any]) -> None:
        if self._job is not None:
            busy = {"attempt": order["attempt"], "error": f"busy with {self._job.id}"}
            self.say({"unclaimed": busy})
            return
        self._job = supervise.begin(order, self)


def _nothing(_number: int, _frame: object) -> None:
    """A handler must be set for the wake-up descriptor to be written."""


if __name__ == "__main__":
    template(sys.argv[2], sys.argv[3])
