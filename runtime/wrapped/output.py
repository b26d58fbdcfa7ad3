"""What a wrapped command prints, on its way to whoever started it. Standard library alone."""

from __future__ import annotations

import os
import struct
import tempfile

IN_MEMORY = 1 << 20
_FDS = {"out": 1, "err": 2}
_HEAD = struct.Struct("<BI")


class Output:
    """Passes output on as it comes; `quiet`: keeps it until it is released, or drops it."""

    def __init__(self, *, quiet: bool) -> None:
        self._kept = tempfile.SpooledTemporaryFile(IN_MEMORY) if quiet else None  # noqa: SIM115 - lives as long as this
        self._closed: set[int] = set()

    def tell(self, name: str, data: bytes) -> None:
        """Bytes of "out" or "err"."""
        if self._kept is None:
            self._write(_FDS[name], data)
        else:
            self._kept.write(_HEAD.pack(_FDS[name], len(data)) + data)

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
