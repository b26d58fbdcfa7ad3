"""What a wrapped command prints, on its way to whoever started it. Standard library alone."""

from __future__ import annotations

import io
import os
import struct
import tempfile
from typing import BinaryIO, cast

IN_MEMORY = 1 << 20
_FDS = {"out": 1, "err": 2}
_HEAD = struct.Struct("<BI")


class Output:
    """Passes output on as it comes; `quiet`: keeps it until it is released, or drops it."""

    def __init__(self, *, quiet: bool) -> None:
        self._kept: BinaryIO | None = io.BytesIO() if quiet else None
        self._closed: set[int] = set()

    def tell(self, name: str, data: bytes) -> None:
        """Bytes of "out" or "err"."""
        if self._kept is None or not self._keep(_HEAD.pack(_FDS[name], len(data)) + data):
            self._write(_FDS[name], data)

    def _keep(self, row: bytes) -> bool:
        """False: there is no room, and from now on all is passed on, what was kept before it."""
        assert self._kept is not None
        size = self._kept.tell()
        try:
            if isinstance(self._kept, io.BytesIO) and size + len(row) > IN_MEMORY:
                self._kept = _on_disk(self._kept)
            _write_all(self._kept, row)
        except OSError:
            self._kept.truncate(size)
            self.release()
            return False
        return True

    def say(self, text: str) -> None:
        """A line of our own."""
        self.tell("err", f"jobmon exec: {text}\n".encode("utf-8", "replace"))

    def release(self) -> None:
        """Pass on what was kept, and from now on all."""
        kept, self._kept = self._kept, None
        if kept is None:
            return
        kept.seek(0)
        while head := kept.read(_HEAD.size):
            fd, size = _HEAD.unpack(head)
            self._write(fd, kept.read(size))
        kept.close()

    def _write(self, fd: int, data: bytes) -> None:
        """All of it; nothing more to a reader that is gone: the command goes on without it."""
        view = memoryview(data)
        while view and fd not in self._closed:
            try:
                view = view[os.write(fd, view) :]
            except OSError:
                self._closed.add(fd)


def _on_disk(kept: io.BytesIO) -> BinaryIO:
    """The same in a file. OSError: it does not fit."""
    file = cast("BinaryIO", tempfile.TemporaryFile(buffering=0))  # noqa: SIM115 - lives as long as this
    _write_all(file, kept.getvalue())
    return file


def _write_all(file: BinaryIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
