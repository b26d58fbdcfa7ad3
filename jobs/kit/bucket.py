"""The file of one rate: read by anybody at any time, changed by one at a time.

It is replaced as a whole under the lock of a file beside it, so whoever is killed at any moment
leaves the old or the new. Standard library alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from typing import Any

from jobmon.jobs.kit import places
from jobmon.jobs.kit.window import Turn, Window

LASTING = 60.0
"""Seconds of a period from which on it shall survive a power cut too."""
NAP_LEAST, NAP_MOST = 0.001, 0.1
_OPEN = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW

Limit = tuple[int, float]
"""How many, in how many seconds."""


class BusyError(Exception):
    """Somebody else changes the file just now."""


class Bucket:
    """One rate in a folder of limits. `limit` None: the one its file tells."""

    def __init__(self, folder: str, name: str, limit: Limit | None = None) -> None:
        self.name, self.limit = name, limit
        self.path = os.path.join(folder, places.digest(name))

    def look(self) -> Window:
        """As it is. Raises LookupError when no limit is known."""
        try:
            with open(f"{self.path}.json", encoding="utf-8") as file:
                text = file.read()
        except FileNotFoundError:
            return self._new()
        try:
            return _window(json.loads(text), self.limit)
        except (ValueError, TypeError, KeyError, AttributeError):
            window = self._new()  # nobody can tell who went: as if all had gone just now
            window.turns = [Turn(places.now(), window.count)]
            return window

    def _new(self) -> Window:
        if self.limit is None:
            raise LookupError(f"nothing is known of a rate {self.name!r}")
        return Window(*self.limit)

    @contextlib.contextmanager
    def change(self, *, wait: bool = True) -> Iterator[Window]:
        """The window, to be changed; written at the end. Raises BusyError unless it may `wait`."""
        fd = os.open(f"{self.path}.lock", _OPEN, 0o600)
        try:
            _lock(fd, wait=wait)
            window = self.look()
            window.tidy(places.now(), alive)
            yield window
            self._write(window)
        finally:
            os.close(fd)

    def _write(self, window: Window) -> None:
        body = json.dumps(_document(self.name, window), ensure_ascii=False)
        partial = f"{self.path}.new"
        with open(partial, "w", encoding="utf-8", opener=_private) as file:
            file.write(body)
            if window.seconds >= LASTING:
                file.flush()
                os.fsync(file.fileno())
        os.replace(partial, f"{self.path}.json")


def names(folder: str) -> list[str]:
    """The rates that have a file in the folder."""
    try:
        files = [file for file in os.listdir(folder) if file.endswith(".json")]
    except OSError:
        return []
    return sorted(filter(None, (_name(os.path.join(folder, file)) for file in files)))


def _name(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return str(json.load(file)["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def alive(owner: str) -> bool:
    """Whether the process that owns a turn is there."""
    try:
        os.kill(int(owner.partition(".")[0]), 0)
    except ProcessLookupError:
        return False
    except (ValueError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _lock(fd: int, *, wait: bool) -> None:
    nap = NAP_LEAST
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if not wait:
                raise BusyError from None
        time.sleep(nap * (0.5 + os.urandom(1)[0] / 255))  # so that they do not meet again
        nap = min(nap * 1.5, NAP_MOST)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def _document(name: str, window: Window) -> dict[str, Any]:
    return {
        "name": name,
        "count": window.count,
        "seconds": window.seconds,
        "boot": places.boot(),
        "zero": time.time() - places.now(),
        "turns": [list(turn) for turn in window.turns],
        "frozen": window.frozen,
        "by": window.by,
    }


def _window(told: dict[str, Any], limit: Limit | None) -> Window:
    """Raises ValueError, TypeError or KeyError for what no bucket wrote."""
    count, seconds = limit or (int(told["count"]), float(told["seconds"]))
    turns = [Turn(float(at), int(n), str(owner)) for at, n, owner in told["turns"]]
    window = Window(count, seconds, turns, float(told["frozen"]), str(told["by"]))
    if told["boot"] != places.boot():
        _translate(window, float(told["zero"]))
    return window


def _translate(window: Window, zero: float) -> None:
    """From the clock of another start of the machine; who was to go then is no more."""
    now = places.now()
    shift = zero - (time.time() - now)
    moved = [turn._replace(at=turn.at + shift) for turn in window.turns]
    # The clock may have been set between: nothing that went can lie ahead.
    window.turns = sorted(turn._replace(at=min(turn.at, now)) for turn in moved)
    window.frozen = window.frozen and window.frozen + shift
