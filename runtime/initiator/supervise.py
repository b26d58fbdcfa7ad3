"""One attempt from its claim to its exit record. Loaded by initiators: standard library alone.

The outcome is the leader's: the process the command became. Its whole tree is this process' to
end: as a sub-reaper it inherits whatever the leader leaves behind, so "no child left" proves that
nothing of the attempt is alive.
"""

from __future__ import annotations

import os
import signal
import time

from jobmon.runtime import disk, proctree
from jobmon.runtime.failpoint import reached
from jobmon.runtime.initiator import holding, logfile
from jobmon.runtime.initiator.capture import Mask, Stream
from jobmon.runtime.initiator.ending import Ending, secrets_of
from jobmon.runtime.initiator.sampler import Sampler
from jobmon.runtime.initiator.spawn import SpawnError, pipes, spawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Host(Protocol):
        """The initiator around the attempt."""

        me: dict[str, Any]
        state: int
        ballast: logfile.Ballast
        attempts: int

        def watch(self, fd: int, handle: Any) -> None:
            """Call `handle` when `fd` can be read."""

        def unwatch(self, fd: int) -> None:
            """Do so no more."""

        def say(self, message: dict[str, Any]) -> None:
            """Tell the runtime, if one listens."""


READ = 1 << 16
DRAIN = 64
"""Reads after the end, at most: what a full pipe holds. Somebody outside may go on writing."""
LEFTOVER_GRACE = 2.0
"""Seconds a process that outlives its leader has after its TERM."""
SEAL_AGAIN = 1.0
"""Seconds before an exit record that could not be written is tried again."""
KILL_AGAIN, KILL_AGAIN_MOST = 0.02, 0.5
_LINUX = proctree.boot_id() != ""


def begin(order: dict[str, Any], host: Host) -> Attempt | None:
    """Claim the attempt and start its command. None: it is not ours to run, the runtime knows."""
    attempt = order["attempt"]
    reached("before-claim")
    folder = lock = holding.FREE
    try:
        host.ballast.fill()
        lock = holding.take(order, host.state)
        if lock is None:  # as if another had the claim: the runtime finds none, and it waits on
            host.say({"refused": attempt})
            return None
        folder = disk.open_folder(order["folder"], host.attempts)
        own = {"jobmon": 1, "attempt": attempt, **host.me, "t": _now()}
        first = logfile.line({**own, **order["first"], **own})
        fd = disk.link_claim(folder, order["name"], first, host.state)
    except OSError as error:
        _close(folder, lock)
        host.say({"unclaimed": {"attempt": attempt, "error": error.strerror or str(error)}})
        return None
    if fd is None:
        _close(folder, lock)
        host.say({"refused": attempt})
        return None
    return Attempt(order, host, fd, (folder, lock), len(first))


def _close(*fds: int | None) -> None:
    for fd in fds:
        if fd is not None and fd >= 0:
            os.close(fd)


def _now() -> float:
    return round(time.time(), 6)


class Attempt:
    """A claimed attempt. `done` once its exit record is on disk."""

    def __init__(
        self, order: dict[str, Any], host: Host, fd: int, kept: tuple[int, int], size: int
    ) -> None:
        self.id: str = order["attempt"]
        self.done = False
        self._order, self._host, self._kept = order, host, kept  # kept open: its folder, its lock
        folder = kept[0]
        self._log = logfile.LogFile(fd, folder, order["name"], size, order["cap"])
        self._ending = Ending(order, self._log, host.ballast)
        self._streams: dict[int, Stream] = {}
        self._leader = 0
        self._status: int | None = None  # the leader's, once it ended
        self._started: float | None = None
        self._ended = 0.0
        self._usage = [0.0, 0.0, 0]
        self._heard = time.monotonic()  # when it last wrote something, or began
        self._quiet = 0.0  # the longest it wrote nothing
        self._sampler: Sampler | None = None
        self._stopped_by = ""
        self._limit: float | None = None  # when the time limit passes, on the monotonic clock
        self._kill_at: float | None = None
        self._pause = KILL_AGAIN
        self._concluded = False  # its end is known, if not yet on disk
        self._seal_at: float | None = None
        self._start(folder)

    def _start(self, folder: int) -> None:
        try:
            os.fsync(folder)
            reached("after-claim")
            self._spawn()
        except SpawnError as error:
            self._conclude("spawn", str(error))
        except OSError as error:
            self._conclude("spawn", f"cannot prepare the start: {error.strerror or error}")

    def _spawn(self) -> None:
        out, out_end, err, err_end = pipes()
        begun = _now()  # before the spawn: the process may be at work before this one hears of it
        try:
            self._leader = self._begin(out_end, err_end)
        except SpawnError:
            os.close(out)
            os.close(err)
            raise
        finally:
            os.close(out_end)
            os.close(err_end)
        self._started = begun
        reached("after-spawn")
        self._listen(out, "out")
        self._listen(err, "err")
        self._say_started()
        self._sampler = Sampler(self._log) if _LINUX else None
        if self._order["timeout"] is not None:
            self._limit = time.monotonic() + self._order["timeout"]

    def _begin(self, out: int, err: int) -> int:
        """Start the command; its pid."""
        order = self._order
        return spawn(order["argv"], order["env"], order["cwd"], out, err)

    def _listen(self, fd: int, name: str) -> None:
        os.set_blocking(fd, False)
        self._streams[fd] = self._stream(name)
        self._host.watch(fd, self._read)

    def _stream(self, name: str) -> Stream:
        secrets = secrets_of(self._order)
        return Stream(name, Mask(secrets) if secrets else None, self._log)

    def _say_started(self) -> None:
        proc = proctree.process(self._leader)
        ticks = proc.ticks if proc else 0
        self._log.note({"spawned": {"pid": self._leader, "ticks": ticks, "t": self._started}})
        leader = {"boot": self._host.me["boot"], "pid": self._leader, "ticks": ticks}
        started = {"attempt": self.id, "at": self._started, "initiator": self._host.me}
        self._host.say({"started": {**started, "leader": leader}})

    # -- while it runs --------------------------------------------------------------------------

    def _read(self, fd: int) -> bool:
        """Take what the job wrote. False: nothing there just now."""
        try:
            data = os.read(fd, READ)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if data:
            self._listened()
            self._streams[fd].feed(data)
            return True
        self._close_stream(fd)
        return False

    def _listened(self) -> None:
        now = time.monotonic()
        self._quiet = max(self._quiet, now - self._heard)
        self._heard = now

    def _close_stream(self, fd: int) -> None:
        self._host.unwatch(fd)
        os.close(fd)
        self._streams.pop(fd).end()

    def due(self) -> float | None:
        """When `tick` must be called next, on the monotonic clock."""
        times = [stream.flush_at for stream in self._streams.values()]
        times += [self._limit, self._kill_at, self._seal_at]
        times.append(self._sampler.due if self._sampler else None)
        return min((at for at in times if at is not None), default=None)

    def tick(self) -> None:
        """Do what is due by now."""
        now = time.monotonic()
        for stream in self._streams.values():
            if stream.flush_at is not None and now >= stream.flush_at:
                stream.flush()
        if self._limit is not None and now >= self._limit:
            self._limit = None
            self._time_is_up()
        if self._sampler is not None and now >= self._sampler.due:
            self._sampler.take(now, self._usage[0] + self._usage[1])
        if self._kill_at is not None and now >= self._kill_at:
            self._kill(now)
        if self._seal_at is not None and now >= self._seal_at:
            self._seal()

    def _kill(self, now: float) -> None:
        """KILL, again and again: something may be forked while the others are killed."""
        self._signal(signal.SIGKILL)
        self._kill_at = now + self._pause
        if self._pause == KILL_AGAIN_MOST:
            self._complain("a process of it does not die of SIGKILL: see ps -ejH")
        self._pause = min(self._pause * 1.5, KILL_AGAIN_MOST)

    def _complain(self, error: str) -> None:
        self._host.say({"trouble": {"attempt": self.id, "error": error}})

    def _time_is_up(self) -> None:
        self._host.say({"stopping": {"attempt": self.id, "at": _now(), "reason": "timeout"}})
        self.stop(self._order["grace"], "timeout")

    def stop(self, grace: float, reason: str = "stop") -> None:
        """End the whole tree: TERM, after `grace` seconds KILL. A second call only hastens it."""
        if self._concluded:
            return
        first = self._kill_at is None
        if self._status is None and not self._stopped_by:
            self._stopped_by = reason
            self._limit = None
        at = time.monotonic() + grace
        self._kill_at = at if first else min(at, self._kill_at or at)
        if first and grace > 0:
            self._signal(signal.SIGTERM)
        else:
            self.tick()

    def _signal(self, number: int) -> None:
        """Signal every process of the attempt; a stopped one is woken to act on it."""
        if _LINUX:
            proctree.signal_below(os.getpid(), number)
        else:
            proctree.signal_group(self._leader, number)

    # -- the end --------------------------------------------------------------------------------

    def reap(self) -> None:
        """Some child ended: collect all that did, and conclude when none is left."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                self._alone()
                return
            if pid == 0:
                break
            self._account(usage)
            if pid == self._leader:
                self._leader_ended(status)
        if self._status is not None:
            self._end_leftovers()

    def _account(self, usage: Any) -> None:
        self._usage[0] = round(self._usage[0] + usage.ru_utime, 6)
        self._usage[1] = round(self._usage[1] + usage.ru_stime, 6)
        self._usage[2] = max(self._usage[2], usage.ru_maxrss * (1024 if _LINUX else 1))

    def _leader_ended(self, status: int) -> None:
        self._status, self._ended = status, _now()
        self._limit = None
        self._listened()
        reached("after-wait")

    def _end_leftovers(self) -> None:
        """The leader is gone but left processes: they get TERM, then soon KILL."""
        soon = time.monotonic() + LEFTOVER_GRACE
        if self._kill_at is None:
            self._kill_at = soon
            self._signal(signal.SIGTERM)
        else:
            self._kill_at = min(self._kill_at, soon)

    def _alone(self) -> None:
        """No child is left: nothing of the attempt is alive."""
        if self._status is None or self._concluded:
            return
        if not _LINUX and proctree.group_alive(self._leader):
            self._end_leftovers()
            return
        self._kill_at = None
        for fd in tuple(self._streams):
            for _ in range(DRAIN):
                if not self._read(fd):
                    break
        for fd in tuple(self._streams):  # somebody outside the tree still holds the pipe
            self._close_stream(fd)
        self._conclude(self._stopped_by or "exit", "")

    def _conclude(self, reason: str, error: str) -> None:
        """Make the exit record and write it."""
        self._concluded, self._sampler = True, None
        usage = dict(zip(("user", "system", "maxrss"), self._usage, strict=True))
        ended = self._ended or _now()
        quiet = round(self._quiet, 3)
        facts = {"started": self._started, "ended": ended, "rusage": usage, "quiet": quiet}
        self._ending.conclude(reason, error, self._status, facts)
        self._seal()

    def _seal(self) -> None:
        """Write the exit record, whatever it takes; until then the lock says: not over."""
        if not self._ending.seal():
            self._complain(self._ending.trouble)
            self._seal_at = time.monotonic() + SEAL_AGAIN
            return
        reached("after-exit-record")
        self._seal_at = None
        self.done = True
        self._log.close()
        _close(*self._kept)
        os.chdir("/")  # an idle initiator must not keep somebody's folder busy
        self._host.say({"ended": {"attempt": self.id, "exit": self._ending.record}})
