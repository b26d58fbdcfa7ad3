"""What a watch knows, and its history: together right at every moment.

The state is replaced as a whole, with the lines of history that it brought. Only then they are
written to the history, and each has a number: what was not written by a process that was killed
in between is written by the next, and nothing twice.
"""

from __future__ import annotations

import contextlib
import fnmatch
import json
import os
from typing import IO, Any

import msgspec

from jobmon.jobs.kit.files import atomic_write, sync
from jobmon.jobs.kit.outcomes import Data
from jobmon.jobs.ready.watch.changes import Item
from jobmon.jobs.ready.watch.reading import Page

STATE, HISTORY = "state.json", "history.ndjson"
TAIL = 1 << 16
"""Bytes at the end of the history in which its last line is looked for first."""


class State(msgspec.Struct):
    """All that a watch knows. `n` numbers the lines of history.

    `lines` are those that were not told yet or that `run` is told again; `written` and `told`: up
    to which number they are in the history, and notified.
    """

    urls: list[str] = []
    shape: str = ""
    items: dict[str, Item] = {}
    pages: dict[str, Page] = {}
    n: int = 0
    written: int = 0
    told: int = 0
    run: str = ""
    lines: list[dict[str, Any]] = []


class Memory:
    """The folder of one watch, which is there. One at a time uses it."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.history = os.path.join(folder, HISTORY)
        self.path = os.path.join(folder, STATE)
        for name in fnmatch.filter(os.listdir(folder), ".*.partial"):  # of one that was killed
            os.unlink(os.path.join(folder, name))
        self.saved = b""
        self.state = self._load()
        self.catch_up()

    def _load(self) -> State:
        with contextlib.suppress(FileNotFoundError), open(self.path, "rb") as file:
            self.saved = file.read()
        try:
            return msgspec.json.decode(self.saved, type=State) if self.saved else State()
        except msgspec.DecodeError as error:
            raise Data(
                f"{self.path} cannot be read: {error}. Without it all items are new again: "
                "bring it back from a backup, or delete it"
            ) from None

    def catch_up(self) -> None:
        """Write to the history what it lacks of the state."""
        last = self._tail()
        self.state.n = max(self.state.n, last)
        missing = [x for x in self.state.lines if x["n"] > max(last, self.state.written)]
        if missing:
            with open(self.history, "a", encoding="utf-8") as file:
                file.writelines(f"{json.dumps(x, ensure_ascii=False)}\n" for x in missing)
                file.flush()
                os.fsync(file.fileno())
            sync(self.folder)
        self.state.written = self.state.n

    def save(self) -> None:
        """Have the state be what is on the disk; nothing is written when it is already."""
        body = msgspec.json.encode(self.state)
        if body != self.saved:
            with atomic_write(self.path, "wb") as file:
                file.write(body)
            self.saved = body

    def add(self, lines: list[dict[str, Any]], when: str) -> None:
        """New lines of history, in the state and then in the file."""
        for line in lines:
            self.state.n += 1
            self.state.lines.append({"n": self.state.n, "time": when, **line})
        self.save()
        self.catch_up()

    def _tail(self) -> int:
        """The number of the last line of the history, 0 for none; half a line is cut off."""
        try:
            with open(self.history, "rb+") as file:
                whole, _, rest = _end(file).rpartition(b"\n")
                if _is_json(rest):  # an editor took the end of the line away
                    file.write(b"\n")
                    whole = rest
                elif rest:
                    file.truncate(file.tell() - len(rest))
        except FileNotFoundError:
            return 0
        return self._number(whole.rpartition(b"\n")[2]) if whole else 0

    def _number(self, line: bytes) -> int:
        try:
            return int(json.loads(line)["n"])
        except (ValueError, KeyError, TypeError):
            raise Data(f"{self.history}: its last line is none of a watch: {line[:80]!r}") from None


def _end(file: IO[bytes]) -> bytes:
    """The last lines, of which at least one is there from its beginning."""
    size, span = file.seek(0, os.SEEK_END), TAIL
    while True:
        file.seek(max(0, size - span))
        found = file.read()
        if span >= size or found.count(b"\n") > 1:
            return found
        span *= 2


def _is_json(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
