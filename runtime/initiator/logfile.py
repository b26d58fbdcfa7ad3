"""The attempt's file while it is written: head, newest tail, markers, and the exit record's room.

Loaded by initiators: standard library alone. Nothing here may stop the job: output that cannot be
written is dropped, its bytes are counted and a record {"dropped": bytes, "why": text} stands in
its place. The exit record alone is never given up.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os

from jobmon.runtime import disk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES = 8
"""The part of a log's cap that samples may take is one of so many."""
ROOM = 512 << 10
"""Bytes kept free for exit records; the largest output makes one of about 330 KiB."""
_COPY = 1 << 20
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_OPEN = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


def line(fields: dict[str, object]) -> bytes:
    """One line of the attempt's file."""
    return _json(fields).encode("utf-8", "replace") + b"\n"


def _amount(record: bytes) -> int:
    """Bytes of output a record stands for."""
    fields = json.loads(record)
    return len(fields["m"].encode()) + ("c" not in fields)


class LogFile:
    """The claimed file `name` in `folder`, of which `size` bytes are written. `cap` bounds it."""

    def __init__(self, fd: int, folder: int, name: str, size: int, cap: int) -> None:
        self.fd, self._folder, self._name = fd, folder, name
        self._size = self._floor = size
        self._cap, self._head = cap, cap // 2
        self._tail: Tail | None = None
        self._gap, self._why = 0, ""
        self._sampled = 0  # bytes of samples
        self.lines = self.bytes = self.dropped = 0

    def note(self, fields: dict[str, object]) -> None:
        """A line that is not output and is never cut off; lost without harm on a full disk."""
        with contextlib.suppress(OSError):
            self._write(line(fields))
            self._floor = self._size

    def sample(self, fields: dict[str, object]) -> None:
        """A line beside the output that is given up first: on a full disk, and past its share."""
        if self._tail is not None:  # the output goes elsewhere for now: tell at least how much
            fields = {**fields, "lines": self.lines}
        data = line(fields)
        if self._sampled + len(data) > self._cap // SAMPLES:
            return
        with contextlib.suppress(OSError):
            self._write(data)
            self._sampled += len(data)

    def put(self, records: bytes, amount: int) -> None:
        """Whole records that stand for `amount` bytes of output."""
        if self._tail is None and self._size + len(records) > self._head:
            records, amount = self._fill_head(records, amount)
            self._tail = Tail(self._folder, self._name, max(self._head // 2, 1))
        if self._tail is not None:
            self._tail.put(records, amount)
        else:
            self._put_head(records, amount)

    def _fill_head(self, records: bytes, amount: int) -> tuple[bytes, int]:
        """Write what still fits into the head; the rest."""
        fits = records.rfind(b"\n", 0, max(0, self._head - self._size)) + 1
        if fits == 0:
            return records, amount
        stands_for = sum(map(_amount, records[:fits].split(b"\n")[:-1]))
        self._put_head(records[:fits], stands_for)
        return records[fits:], amount - stands_for

    def _put_head(self, records: bytes, amount: int) -> None:
        try:
            self._write(self._marker() + records)
            self._gap = 0
        except OSError as error:
            self._drop(amount, error)

    def _drop(self, amount: int, error: OSError) -> None:
        self._gap += amount
        self.dropped += amount
        self._why = error.strerror or str(error)

    def _marker(self) -> bytes:
        return line({"dropped": self._gap, "why": self._why}) if self._gap else b""

    def _write(self, data: bytes) -> None:
        """All of it or, as far as anybody can see later, nothing."""
        try:
            disk.write_all(self.fd, data)
        except OSError:
            self._cut(self._size)
            raise
        self._size += len(data)

    def _cut(self, size: int) -> None:
        os.ftruncate(self.fd, size)
        os.lseek(self.fd, size, os.SEEK_SET)
        self._size = size

    def join_tail(self) -> None:
        """Put the newest output behind the head once no more is coming."""
        tail, self._tail = self._tail, None
        if tail is None:
            return
        tail.trim(self._cap - self._head - self._sampled)
        self._gap += tail.dropped
        self.dropped += tail.dropped
        self._why = tail.why or "past the log's size limit"
        try:
            self._write(self._marker())
            self._gap = 0
            for data in tail.content():
                self._write(data)
        except OSError as error:
            self._drop(tail.kept(), error)
        tail.remove()

    def seal(self, exit_line: bytes) -> None:
        """Write the exit record as the last line, synced. OSError: the file is as it was before."""
        size = self._size
        try:
            self._write(self._marker() + exit_line)
            disk.sync_data(self.fd)
        except OSError:
            self._cut(size)
            raise

    def make_room(self, wanted: int) -> None:
        """Give up the end of the output for the exit record: where no room is left to get."""
        stop = max(self._floor, self._size - wanted)
        start = max(self._floor, stop - _COPY)
        block = os.pread(self.fd, stop - start, start)
        keep = start + block.rfind(b"\n") + 1
        self.dropped += self._size - keep
        self._gap += self._size - keep
        self._cut(keep)

    def close(self) -> None:
        """Let go of the file, and with it of the attempt's lock."""
        os.close(self.fd)


class Tail:
    """The newest output past the head: two files of `most` bytes, written in turn."""

    def __init__(self, folder: int, name: str, most: int) -> None:
        self._folder, self._most = folder, most
        self._names = [f"{name}.tail0", f"{name}.tail1"]
        self._fds: list[int | None] = [None, None]
        self._starts, self._sizes, self._amounts = [0, 0], [0, 0], [0, 0]
        self._now = 0
        self.dropped, self.why = 0, ""

    def put(self, records: bytes, amount: int) -> None:
        """Append; what is older than one whole file of it is dropped."""
        if self._sizes[self._now] and self._sizes[self._now] + len(records) > self._most:
            self._turn()
        now = self._now
        try:
            fd = self._open(now)
            disk.write_all(fd, records)
        except OSError as error:
            self.dropped += amount
            self.why = error.strerror or str(error)
            self._cut(now)
            return
        self._sizes[now] += len(records)
        self._amounts[now] += amount

    def _turn(self) -> None:
        self._now ^= 1
        self.dropped += self._amounts[self._now]
        self._sizes[self._now] = self._amounts[self._now] = 0
        self._cut(self._now)

    def _open(self, which: int) -> int:
        fd = self._fds[which]
        if fd is None:
            fd = os.open(self._names[which], _OPEN, disk.PRIVATE_FILE, dir_fd=self._folder)
            self._fds[which] = fd
        return fd

    def _cut(self, which: int) -> None:
        fd = self._fds[which]
        if fd is not None:
            os.ftruncate(fd, self._sizes[which])
            os.lseek(fd, self._sizes[which], os.SEEK_SET)

    def trim(self, most: int) -> None:
        """Drop the oldest records beyond `most` bytes: one read can be more than a small cap."""
        for which in (self._now ^ 1, self._now):
            excess = sum(self._sizes) - sum(self._starts) - most
            fd = self._fds[which]
            if excess > 0 and fd is not None:
                block = os.pread(fd, excess + _COPY, 0)
                cut = block.find(b"\n", min(excess, self._sizes[which]) - 1) + 1
                left_out = sum(map(_amount, block[:cut].split(b"\n")[:-1]))
                self._starts[which] = cut
                self._amounts[which] -= left_out
                self.dropped += left_out

    def kept(self) -> int:
        """Bytes of output the two files stand for."""
        return sum(self._amounts)

    def content(self) -> Iterator[bytes]:
        """What is kept, the older file first."""
        for which in (self._now ^ 1, self._now):
            fd = self._fds[which]
            if fd is not None:
                for at in range(self._starts[which], self._sizes[which], _COPY):
                    yield os.pread(fd, min(_COPY, self._sizes[which] - at), at)

    def remove(self) -> None:
        """Close and remove both files."""
        for name, fd in zip(self._names, self._fds, strict=True):
            if fd is not None:
                os.close(fd)
                with contextlib.suppress(OSError):
                    os.unlink(name, dir_fd=self._folder)


class Ballast:
    """Room on the disk that is held for exit records and given up when one does not fit.

    A file without a name: its room returns by itself when the initiator dies.
    """

    def __init__(self, folder: int) -> None:
        self._folder = folder
        self._fd: int | None = None
        self._full = False

    def fill(self) -> None:
        """Hold the room. OSError: there is none, nothing should be started now."""
        if self._full:
            return
        if self._fd is None:
            name = f".room.{os.getpid()}{disk.NEW}"
            self._fd = os.open(name, _OPEN, disk.PRIVATE_FILE, dir_fd=self._folder)
            os.unlink(name, dir_fd=self._folder)
        try:
            _reserve(self._fd, ROOM)
        except OSError as error:
            if error.errno != errno.EFBIG:  # a limit on one file's size says nothing of the disk
                raise
        self._full = True

    def free(self) -> None:
        """Give the room to whoever writes next."""
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
        self._full = False


def _reserve(fd: int, size: int) -> None:
    """Make the file `size` bytes long with room on the disk behind them. OSError: there is none."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(fd, 0, size)
    else:
        os.lseek(fd, 0, os.SEEK_SET)
        disk.write_all(fd, bytes(size))
