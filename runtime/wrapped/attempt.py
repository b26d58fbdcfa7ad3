"""One attempt of a wrapped command: supervised as any other, but in its caller's own process.

What differs from an attempt under an initiator: the command has its caller's session, input and
environment, its output goes on to the caller as it comes, and what it leaves in the background is
left alone, as cron does. It ends with this process: nobody would read its output any more.
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import signal
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from jobmon.runtime import disk, proctree
from jobmon.runtime.initiator import logfile, supervise
from jobmon.runtime.initiator.capture import Stream
from jobmon.runtime.initiator.spawn import SpawnError, enter, explain, find

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
_DEFAULTS = (signal.SIGPIPE, signal.SIGXFSZ, *_PASSED_ON)  # what python sets otherwise
PATIENCE = 5.0
"""Seconds for which an exit record is tried again: whoever started this waits for its end."""
Tell = Callable[[str, bytes], None]
"""Gets "out" or "err", and bytes as they were read."""


class Host:
    """What an attempt needs around it, and the loop that waits for its end.

    `state` and `attempts` are folders: where claims are made, where they are put.
    """

    def __init__(self, state: int, attempts: int, tell: Tell) -> None:
        me = proctree.process(os.getpid())
        ticks = me.ticks if me else 0
        self.me = {"boot": proctree.boot_id(), "pid": os.getpid(), "ticks": ticks}
        self.state, self.attempts, self.tell = state, attempts, tell
        self.ballast = logfile.Ballast(state)
        self.signalled = 0
        """The signal that asked this process to end, 0: none."""
        self._poll = select.poll()
        self._handlers: dict[int, Callable[[int], Any]] = {}
        self._job: supervise.Attempt | None = None
        self._troubles: set[str] = set()
        self._bell = self._listen()

    def _listen(self) -> int:
        """Make the end of a child, and signals to this process, wake the loop."""
        wake, bell = os.pipe()
        os.set_blocking(bell, False)
        signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in _PASSED_ON:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
                signal.signal(number, self._asked_to_end)
        self.watch(wake, self._woken)
        return wake

    def _asked_to_end(self, number: int, _frame: Any) -> None:
        self.signalled = self.signalled or number

    def _woken(self, fd: int) -> None:
        os.read(fd, 4096)
        if self._job is not None:
            self._job.reap()

    def watch(self, fd: int, handle: Callable[[int], Any]) -> None:
        """Call `handle(fd)` when it can be read or has ended."""
        self._handlers[fd] = handle
        self._poll.register(fd, select.POLLIN)

    def unwatch(self, fd: int) -> None:
        """Do so no more."""
        del self._handlers[fd]
        self._poll.unregister(fd)

    def say(self, message: dict[str, Any]) -> None:
        """Nobody listens; what endangers the record is told once."""
        text = message.get("trouble", {}).get("error", "")
        if text and text not in self._troubles:
            self._troubles.add(text)
            self.tell("err", f"jobmon exec: {text}\n".encode())

    def rest(self, seconds: float) -> bool:
        """Wait; False as soon as this process is asked to end."""
        end = time.monotonic() + seconds
        while not self.signalled and (left := end - time.monotonic()) > 0:
            self._turn(left)
        return not self.signalled

    def run(self, claim: Claim) -> dict[str, Any]:
        """Run the attempt to its end; its exit record, which may not have got onto the disk."""
        self._job = job = Wrapped(claim.order, self, claim.fd, (claim.folder, -1), claim.size)
        stopped, give_up = False, 0.0
        while not job.done:
            due = job.due()
            self._turn(None if due is None else due - time.monotonic())
            if self.signalled and not stopped:
                stopped = True
                job.stop(claim.order["grace"])
            job.tick()
            if job.unsealed:
                give_up = give_up or time.monotonic() + PATIENCE
                if time.monotonic() > give_up:
                    break
        self._job = None
        return job.exit_record

    def _turn(self, seconds: float | None) -> None:
        """Handle what comes within that time."""
        patience = None if seconds is None else max(0, int(seconds * 1000) + 1)
        for fd, _ in self._poll.poll(patience):
            if fd in self._handlers:  # else closed by what was handled before it
                self._handlers[fd](fd)


class Claim(NamedTuple):
    """An attempt that has its file, of `size` bytes, in a folder, and has not begun."""

    order: dict[str, Any]
    fd: int
    folder: int
    size: int


def claim(order: dict[str, Any], host: Host, folder: int) -> Claim:
    """Make the file of an attempt in the folder of its record. OSError: it has none."""
    own = {"jobmon": 1, "attempt": order["attempt"], **host.me, "t": round(time.time(), 6)}
    first = logfile.line({**own, **order["first"], **own})
    fd = disk.link_claim(folder, order["name"], first, host.state)
    if fd is None:
        raise FileExistsError(errno.EEXIST, "the attempt is there already", order["name"])
    return Claim(order, fd, os.dup(folder), len(first))


class Wrapped(supervise.Attempt):
    """See the module."""

    _host: Host

    @property
    def exit_record(self) -> dict[str, Any]:
        """How it ended, once it is done."""
        return self._ending.record

    @property
    def unsealed(self) -> bool:
        """It is over, and its exit record does not get onto the disk."""
        return self._seal_at is not None

    def _begin(self, out: int, err: int) -> int:
        order = self._order
        _prctl(_PR_SET_CHILD_SUBREAPER, 0)
        return start(order["argv"], order["environ"], order["cwd"], out, err)

    def _stream(self, name: str) -> Stream:
        return _Shown(name, self._log, self._host.tell)

    def stop(self, grace: float, reason: str = "stop") -> None:
        """From here on what its processes leave behind comes to us: none of them gets away."""
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        super().stop(grace, reason)


class _Shown(Stream):
    """Output that goes on to the caller, too."""

    def __init__(self, name: str, log: logfile.LogFile, tell: Tell) -> None:
        super().__init__(name, None, log)
        self._tell = tell

    def feed(self, data: bytes) -> None:
        """Bytes as they were read."""
        self._tell(self._name, data)
        super().feed(data)


def start(argv: list[str], env: dict[str, str], cwd: str, out: int, err: int) -> int:
    """Start the command as a child that ends with this process; its pid. Raises SpawnError."""
    enter(cwd)
    try:
        path = find(argv[0], env.get("PATH", os.defpath))
        pid = _fork(path, argv, env, out, err)
    except ValueError as error:
        raise SpawnError(f"cannot start {argv[0]!r}: unusable arguments ({error})") from None
    except OSError as error:
        raise SpawnError(explain(argv, env, error)) from None
    return pid


def _fork(path: str, argv: list[str], env: dict[str, str], out: int, err: int) -> int:
    """Fork and execute. OSError, also for what the child could not do."""
    told, tell = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        number = errno.EINVAL
        try:
            _become(path, argv, env, (out, err), parent)
        except OSError as error:
            number = error.errno or errno.EINVAL
        finally:
            os.write(tell, str(number).encode())
            os._exit(127)
    os.close(tell)
    with os.fdopen(told, "rb") as answer:
        failed = answer.read()
    if failed:
        os.waitpid(pid, 0)
        raise OSError(int(failed), os.strerror(int(failed)))
    return pid


def _become(
    path: str, argv: list[str], env: dict[str, str], ends: tuple[int, int], parent: int
) -> None:
    """In the child: put everything in place and become the command."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was killed before we could ask to be told
        os._exit(127)
    for number in _DEFAULTS:
        if signal.getsignal(number) is not signal.SIG_IGN or number in _PYTHONS:
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(ends[0], 1)
    os.dup2(ends[1], 2)
    os.execve(path, argv, env)


_PYTHONS = (signal.SIGPIPE, signal.SIGXFSZ)


def _prctl(option: int, value: int) -> None:
    """Linux only; elsewhere a command outlives a wrapper that is killed."""
    if _LIBC is not None:
        _LIBC.prctl(option, value, 0, 0, 0)


def _libc() -> Any:
    found = ctypes.CDLL(None)
    return found if hasattr(found, "prctl") else None


_LIBC = _libc()
