"""One command wrapped for cron as it is: `jobmon exec`. Works without a runtime.

Light: the standard library until something has to be told.
"""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import time
from typing import Any

from jobmon.jobs.kit import locks, places
from jobmon.runtime import disk
from jobmon.runtime.errors import StateError
from jobmon.runtime.initiator import holding
from jobmon.runtime.initiator.spawn import find
from jobmon.runtime.wrapped import line, named, spool
from jobmon.runtime.wrapped.attempt import Host, claim
from jobmon.runtime.wrapped.output import Output
from jobmon.runtime.wrapped.wish import Wish

TIMED_OUT, NOT_EXECUTABLE, NOT_FOUND, WAITED, SIGNALLED = 124, 126, 127, 75, 128
"""Exit codes beside the command's own: those of shells and of `timeout`."""
FINAL_CODES = frozenset({65, 78})
"""Exit codes that say data or rule: the next attempt would meet the same."""
LOOK_AGAIN = 0.05
LOG_CAP = 256 << 20
MEMORY = "/dev/shm"  # noqa: S108 - the folder in it has a name that nobody can know
ROOM = 64 << 10
"""Bytes that have to fit where an attempt is kept that cannot be recorded."""


def run(wish: Wish) -> int:
    """Run it; the exit code. Raises StateError when its lock cannot be had at all."""
    _look_around(wish.name)
    output = Output(quiet=wish.quiet)
    with contextlib.ExitStack() as stack:
        try:
            wrapper = Wrapper(wish, places.folder(spool.SPOOL), output)
        except OSError as error:
            output.say(f"{wish.name}: no record of it is kept: {error.strerror or error}")
            wrapper = Wrapper(wish, stack.enter_context(scratch(wish.name)), output)
        return wrapper.run()


class Wrapper:
    """One start and the record it leaves in `place`. OSError when that cannot be begun."""

    def __init__(self, wish: Wish, place: str, output: Output) -> None:
        self._wish, self._place, self._output = wish, place, output
        self._cwd, self._home = os.getcwd(), places.home()  # an attempt leaves its folder
        self._cap = places.table("runtime").get("log_cap")
        self._id = spool.new_id(time.time())
        self._spool = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._named = named.files(wish.argv, self._cwd)
        self._folder, self._alive = spool.begin(self._spool, self._id, self._about())
        self._host = Host(self._spool, self._spool, output.tell)
        self._how: dict[str, Any] = {}  # it went

    def _about(self) -> dict[str, Any]:
        wish = self._wish
        return {
            "jobmon": 1,
            "name": wish.name,
            "argv": list(wish.argv),
            "cwd": self._cwd,
            "at": spool.begun_at(self._id),
            "who": os.environ.get("USER") or os.environ.get("LOGNAME") or str(os.getuid()),
            "timeout": wish.timeout,
            "grace": wish.grace,
            "retry": [wish.retries, wish.delay, wish.backoff, wish.max_delay],
            "notify": wish.notify,
            "files": self._named,
        }

    def run(self) -> int:
        """Take the lock, run the command as often as it may, say how it went."""
        lock = self._lock()
        if lock is None:
            return self._busy()
        try:
            code, record = self._attempts()
            news = self._conclude(code, record)
        finally:
            if lock >= 0:
                os.close(lock)
        self._tell(record, news)  # which may take its time: the next one need not wait
        os.close(self._alive)
        return code

    # The lock

    def _lock(self) -> int | None:
        """A descriptor that holds the lock, -1 for none that is needed, None: it is not free."""
        wish = self._wish
        if os.environ.get(locks.HELD) == wish.name:  # of the job that we are a part of
            return holding.FREE
        end = None if wish.wait is None else time.monotonic() + wish.wait
        try:
            while (found := self._taken()) is None:
                left = LOOK_AGAIN if end is None else min(LOOK_AGAIN, end - time.monotonic())
                if left <= 0 or not self._host.rest(left):
                    return None
        except OSError as error:
            why = error.strerror or str(error)
            hint = "Without its lock it is not started: see to the folder locks of the state."
            raise StateError(f"take the lock {wish.name}", why, hint) from None
        return found

    def _taken(self) -> int | None:
        name = self._wish.name
        wanted = {"file": places.digest(name), "name": name, "who": f"jobmon exec {name}"}
        folder = places.folder("locks")
        with disk.folder(os.path.dirname(folder)) as state:
            found = holding.take({"lock": wanted}, state)
        if found is not None and found >= 0:
            os.set_inheritable(found, False)  # a daemon that it starts must not keep the lock
        return found

    def _busy(self) -> int:
        wish = self._wish
        path = locks.path_of(places.folder("locks"), wish.name)
        holder = locks.who_signed(path) or {}
        by = f" by {holder['who']} (pid {holder['pid']})" if holder else ""
        self._end({"outcome": "busy", "reason": f"the lock {wish.name} was held{by}"})
        os.close(self._alive)
        if self._host.signalled:
            return SIGNALLED + self._host.signalled
        if wish.wait:
            self._output.release()
            self._output.say(f"{wish.name}: not started in {wish.wait:g} s, its lock is held{by}")
        return wish.busy_code if wish.busy_code is not None else (WAITED if wish.wait else 0)

    # The command

    def _attempts(self) -> tuple[int, dict[str, Any]]:
        """The exit code, and the exit record of the last attempt."""
        wish, n = self._wish, 0
        while True:
            n += 1
            record = self._run(n)
            code = self._code(record)
            self._tell_of(record)
            if code == 0 or n > wish.retries or code in FINAL_CODES or self._host.signalled:
                return code, record
            pause = wish.delay * wish.backoff ** min(n - 1, 60)
            pause = pause if wish.max_delay is None else min(pause, wish.max_delay)
            self._output.say(f"{wish.name}: attempt {n} of {wish.retries + 1} failed ({code})")
            if not self._host.rest(pause):
                return SIGNALLED + self._host.signalled, record

    def _run(self, n: int) -> dict[str, Any]:
        """One attempt. One that cannot be recorded runs all the same: it may be what makes room."""
        try:
            claimed = claim(self._order(n), self._host, self._folder)
        except OSError as error:
            self._output.say(f"{self._wish.name}: no log is kept: {error.strerror or error}")
        else:
            return self._host.run(claimed)
        with scratch(self._wish.name) as place, disk.folder(place) as folder:
            self._host.state = folder
            try:
                return self._host.run(claim(self._order(n), self._host, folder))
            finally:
                self._host.state = self._spool  # where the next attempt may find room again

    def _order(self, n: int) -> dict[str, Any]:
        wish = self._wish
        environ = dict(os.environ) | {locks.HELD: wish.name}
        if self._home:
            environ.setdefault("JOBMON_HOME", self._home)
        return {
            "attempt": f"{self._id}.{n}",
            "name": f"{n}.jsonl",
            "argv": list(wish.argv),
            "environ": environ,
            "env": {},  # where an attempt is told to leave its output: not this one
            "cwd": self._cwd,
            "timeout": wish.timeout,
            "grace": wish.grace,
            "cap": self._cap if isinstance(self._cap, int) and self._cap > 0 else LOG_CAP,
            "secrets": (),
            "ok_codes": (0,),
            "artifacts": (),
            "first": {"flow": wish.name, "job": wish.name},
        }

    def _code(self, record: dict[str, Any]) -> int:
        """The exit code of the wrapper after an attempt."""
        match record["reason"]:
            case "exit" | "output":
                return record["code"]
            case "timeout":
                return TIMED_OUT
            case "stop":
                return SIGNALLED + (self._host.signalled or record["signal"] or 15)
            case "signal":
                return SIGNALLED + record["signal"]
        return _unstarted(self._wish.argv[0])

    def _tell_of(self, record: dict[str, Any]) -> None:
        """What the command itself cannot say any more."""
        wish = self._wish
        if record["reason"] == "timeout":
            self._output.say(f"{wish.name}: stopped at its time limit of {wish.timeout:g} s")
        elif record["error"]:
            self._output.say(f"{wish.name}: {record['error']}")

    # The end

    def _conclude(self, code: int, record: dict[str, Any]) -> line.News:
        """Write down how it went; what is new about that."""
        if code:
            self._output.release()
        news = line.follow(self._place, self._wish.name, self._id, bad=code != 0)
        self._how = {
            "outcome": "failed" if code else "succeeded",
            "code": code,
            "reason": record["reason"],
            "news": news._asdict(),
            "told": not self._wish.notify,
            "files": named.files(self._wish.argv, self._cwd),
        }
        self._end(self._how)
        return news

    def _tell(self, record: dict[str, Any], news: line.News) -> None:
        if self._wish.notify and news.kind and self._told(record, news):
            self._end(self._how | {"told": True})
        spool.prune(self._place)

    def _told(self, record: dict[str, Any], news: line.News) -> bool:
        """False: it is left to the runtime, to one that is there or the next one."""
        state = os.path.dirname(self._place)
        if disk.locked(os.path.join(state, "runtime.lock")):
            return False
        from jobmon.runtime.wrapped import telling

        log = os.path.join(self._place, self._id)
        trouble = telling.tell(self._home, self._wish, record, news, log)
        if trouble:
            self._output.say(f"{self._wish.name}: {trouble}")
        return not trouble

    def _end(self, how: dict[str, Any]) -> None:
        body = how | {"ended": time.time()}
        try:
            spool.end(os.path.join(self._place, self._id), body)
        except OSError as error:
            self._output.say(f"its record is incomplete: {error.strerror or error}")


def _look_around(name: str) -> None:
    """Keep the numbers of closed standard streams from our files. StateError: no folder."""
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    try:
        os.getcwd()
    except OSError as error:
        hint = "The folder it is started in is gone: cd to one that is there."
        raise StateError(f"run {name}", error.strerror or str(error), hint) from None


def scratch(name: str) -> tempfile.TemporaryDirectory[str]:
    """A folder for what cannot be recorded: where such things lie, else in memory. StateError."""
    why = ""
    for place in (None, MEMORY):
        try:
            return _with_room(tempfile.TemporaryDirectory(prefix="jobmon-", dir=place))
        except OSError as error:
            why = why or error.strerror or str(error)
    hint = "It was not started: make room where temporary files lie, or set TMPDIR."
    raise StateError(f"run {name}", why, hint)


def _with_room(made: tempfile.TemporaryDirectory[str]) -> tempfile.TemporaryDirectory[str]:
    """The folder, once it was tried. OSError: it is gone again."""
    try:
        with open(os.path.join(made.name, "room"), "wb") as file:
            file.write(bytes(ROOM))
        os.unlink(file.name)
    except OSError:
        made.cleanup()
        raise
    return made


def _unstarted(name: str) -> int:
    """As a shell says it: 127 for what is not there, else 126."""
    try:
        path = find(name, os.environ.get("PATH", os.defpath))
    except OSError as error:
        return NOT_FOUND if error.errno == errno.ENOENT else NOT_EXECUTABLE
    return NOT_EXECUTABLE if os.path.exists(path) else NOT_FOUND
