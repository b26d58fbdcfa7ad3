"""The files of attempts: `.jobmon/attempts/<run>/<job>.<n>.jsonl`, and what can be read from them.

One file is claim, lock, log and exit record of its attempt. Nothing here trusts its content: a
file that is there but makes no sense is a claim of which nothing is known.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from jobmon.runtime import disk, logs, procs
from jobmon.runtime.executors.contract import Evidence, LogPart
from jobmon.runtime.model import Attempt, ExitRecord, Identity

ID = re.compile(r"(\d{1,18})\.(\d{1,9}\.\d{1,9})", re.ASCII)
"""An attempt's id: the run, and the job with the attempt's number."""
_HEAD = 1 << 20  # bytes in which the claim and the spawn line must lie
_BLOCK = 1 << 16
_DESCRIPTORS = 4  # what a look at one attempt has open at once, and some


class _Ending(msgspec.Struct):
    exit: ExitRecord


_ending = msgspec.json.Decoder(_Ending)
_mapping = msgspec.json.Decoder(dict[str, Any])


class AttemptFiles:
    """Where the attempts of one state folder lie. An id is `run.job.n`; ValueError if not."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.root = state / "attempts"
        self._root = os.path.abspath(self.root)

    def relative(self, attempt: str) -> tuple[str, str]:
        """(folder, file name) below attempts/."""
        found = ID.fullmatch(attempt)
        if found is None:
            raise ValueError(f"{attempt!r} is no attempt id (run.job.n)")
        return found[1], f"{found[2]}.jsonl"

    def path(self, attempt: str) -> Path:
        """The attempt's file."""
        return self.root.joinpath(*self.relative(attempt))

    def output(self, attempt: str) -> str:
        """The path where its job may leave its JSON."""
        folder, name = self.relative(attempt)
        return f"{self._root}/{folder}/{name.removesuffix('.jsonl')}.output.json"

    def void(self, attempt: str) -> bool:
        """Take the attempt's name so that it never starts. False: it was claimed before."""
        folder, name = self.relative(attempt)
        line = {"jobmon": 1, "attempt": attempt, "void": True, "t": round(time.time(), 3)}
        with (
            disk.folder(self.state) as state,
            disk.folder(self.root) as root,
            disk.folder(folder, root) as run,
        ):
            fd = disk.link_claim(run, name, json.dumps(line).encode() + b"\n", state)
            if fd is not None:
                os.close(fd)
            os.fsync(run)
        return fd is not None or self._claim(attempt).get("void") is True

    def _claim(self, attempt: str) -> dict[str, Any]:
        try:
            with self.path(attempt).open("rb") as file:
                return _decoded(file.readline(_HEAD))
        except OSError:
            return {}

    def evidence(self, attempt: str, known: Attempt | None = None) -> Evidence:
        """What can be seen now. The exit record is read before and after looking at processes.

        `known` is what was recorded of the attempt elsewhere: its file may be gone or damaged.
        OSError when this process has no descriptors left to look with: that would show nothing,
        and nothing to be seen must not be taken for nothing being there.
        """
        _need_descriptors()
        found = self._evidence(attempt)
        if found.exit is None and not found.locked and not found.leader_alive:
            found = self._with_survivor(attempt, found, known)
        _need_descriptors()
        return found

    def _with_survivor(self, attempt: str, found: Evidence, known: Attempt | None) -> Evidence:
        """The file names nobody who lives; what the attempt started may live nevertheless."""
        leader = known.leader if known else None
        if leader is None or not procs.alive(leader):
            leader = self._survivor(attempt) if found.same_boot else None
        if leader is None:
            return found
        return msgspec.structs.replace(found, leader=leader, leader_alive=True, same_boot=True)

    def _evidence(self, attempt: str) -> Evidence:
        path = self.path(attempt)
        try:
            head = _head(path) if stat.S_ISREG(os.lstat(path).st_mode) else None
        except FileNotFoundError:
            return Evidence()
        except OSError:
            head = []
        if head is None:  # a link or a pipe that has the name: it is taken, and tells nothing
            return Evidence(claim="claimed")
        claim = head[0] if head else {}
        if claim.get("void") is True:
            return Evidence(claim="void")
        early = exit_record(path)
        seen = self._liveness(attempt, claim, head[1] if len(head) > 1 else {})
        return msgspec.structs.replace(seen, exit=early or exit_record(path))

    def _liveness(self, attempt: str, claim: dict[str, Any], second: dict[str, Any]) -> Evidence:
        spawned = second.get("spawned")
        spawned = spawned if isinstance(spawned, dict) else {}
        boot, started = claim.get("boot"), spawned.get("t")
        locked = disk.locked(self.path(attempt))
        # No lock outlives its boot, whatever the file says.
        same_boot = locked or boot == procs.boot_id() or not isinstance(boot, str)
        initiator = _identity(boot, claim)
        leader = _identity(boot, spawned)
        return Evidence(
            claim="claimed",
            locked=locked,
            initiator=initiator,
            # One that lives without the lock is done with this attempt and may be at another.
            initiator_alive=locked and initiator is not None and procs.alive(initiator),
            leader=leader,
            leader_alive=leader is not None and procs.alive(leader),
            foreign=same_boot and any(_taken_over(who) for who in (initiator, leader)),
            same_boot=same_boot,
            started=float(started) if isinstance(started, int | float) else None,
        )

    def _survivor(self, attempt: str) -> Identity | None:
        """The oldest living process of the attempt.

        It is the leader that was not written down any more, or what the leader left behind: while
        that lives, nothing may start in its place.
        """
        found = procs.attempt_processes(attempt, self.output(attempt), None)
        return min(found, key=lambda who: (who.ticks, who.pid), default=None)

    def read(self, attempt: str, offset: int, limit: int) -> LogPart:
        """Whole lines from `offset`, about `limit` bytes."""
        path = self.path(attempt)
        data, following = logs.read(path, offset, limit)
        return LogPart(data, following, exit_record(path) is not None, logs.size(path))

    def remove(self, attempt: str) -> None:
        """Remove what the attempt left, unless somebody still writes it."""
        path = self.path(attempt)
        if disk.locked(path):
            return
        for left in (path, Path(self.output(attempt)), *tails(path)):
            left.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # other attempts of the run are still there
            path.parent.rmdir()


def tails(path: Path) -> tuple[Path, Path]:
    """The two files in which the newest output of a log past its cap is kept while it runs."""
    return path.with_name(path.name + ".tail0"), path.with_name(path.name + ".tail1")


def exit_record(path: str | os.PathLike[str]) -> ExitRecord | None:
    """The file's last line, if that is a complete exit record; a torn line is none."""
    try:
        line = last_line(path)
    except OSError:
        return None
    if not line.startswith(b'{"exit":'):
        return None
    try:
        return _ending.decode(line).exit
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def last_line(path: str | os.PathLike[str]) -> bytes:
    """The last line with its newline; empty when the file is, or does not end in a newline."""
    tail = b""
    for block in _backwards(path):
        if len(tail) > _HEAD:
            return b""
        if not tail and not block.endswith(b"\n"):
            return b""
        tail = block + tail
        cut = tail.rfind(b"\n", 0, -1)
        if cut >= 0:
            return tail[cut + 1 :]
    return tail


def _backwards(path: str | os.PathLike[str]) -> Iterator[bytes]:
    with open(path, "rb") as file:
        position = file.seek(0, os.SEEK_END)
        while position > 0:
            start = max(0, position - _BLOCK)
            file.seek(start)
            yield file.read(position - start)
            position = start


def _need_descriptors() -> None:
    held: list[int] = []
    try:
        for _ in range(_DESCRIPTORS):
            held.append(os.open(os.devnull, os.O_RDONLY))  # noqa: PERF401 - all are closed again
    finally:
        for fd in held:
            os.close(fd)


def _head(path: Path) -> list[dict[str, Any]]:
    """The claim and the line after it, as far as they are complete."""
    with path.open("rb") as file:
        lines = [file.readline(_HEAD), file.readline(_HEAD)]
    return [_decoded(line) for line in lines if line.endswith(b"\n")]


def _decoded(line: bytes) -> dict[str, Any]:
    try:
        return _mapping.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def _taken_over(who: Identity | None) -> bool:
    return who is not None and procs.identity(who.pid) not in (None, who)


def _identity(boot: Any, fields: dict[str, Any]) -> Identity | None:
    pid, ticks = fields.get("pid"), fields.get("ticks")
    if isinstance(boot, str) and isinstance(pid, int) and isinstance(ticks, int) and pid > 1:
        return Identity(boot, pid, ticks)
    return None
