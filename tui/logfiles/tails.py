"""Logs of running attempts as they grow: read in threads, handed over in whole lines."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Hashable, Mapping, Set
from typing import Generic, TypeVar

from jobmon.tui.logfiles.source import Piece, RemoteLog, Source
from jobmon.tui.logfiles.time import last_time, place_of

K = TypeVar("K", bound=Hashable)

EVERY, SHARE = 0.25, 20
"""Seconds between two looks at a log; at least so many times what the last one took."""
AWAY = 2.0
"""Seconds until what could not be read is tried again."""
TURN, LONGEST = 1 << 16, 1 << 20
"""Bytes of one log that are read in its turn; no line is longer than that."""
LARGE, BACK = 4 << 20, 16 << 20
"""Bytes up to which a log is read from its start; how far before the end it else begins at most."""
RECENT = 660.0
"""Seconds of such a log that are read: ten minutes to compare with, and the last one of them."""
FULL = 32
"""Batches nobody took so far, at which reading pauses."""
_EXIT = b'{"exit":'


class Tails(threading.Thread, Generic[K]):
    """`news` holds (key, whole lines) as they come; `wake` is called when something is there.

    Logs of another runtime are read in a thread of its own: one that does not answer holds up no
    other.
    """

    def __init__(
        self, wake: Callable[[], None], news: queue.SimpleQueue[tuple[K, bytes]] | None = None
    ) -> None:
        super().__init__(daemon=True, name="tails")
        self.news = queue.SimpleQueue[tuple[K, bytes]]() if news is None else news
        self._wake = wake
        self._wanted: Mapping[K, Source] = {}
        self._whole: Set[K] = frozenset()
        self._tails: dict[K, Tail] = {}
        self._others: dict[Hashable, Tails[K]] = {}
        self._changed = threading.Event()
        self._ended = False

    def watch(self, wanted: Mapping[K, Source], whole: Set[K] = frozenset()) -> None:
        """Follow these and no others; one that was followed before goes on where it is.

        Nobody writes to those that are `whole`: they are read to their end, and then let be.
        """
        groups: dict[Hashable, dict[K, Source]] = {host: {} for host in (None, *self._others)}
        for key, source in wanted.items():
            host = source.call if isinstance(source, RemoteLog) else None
            groups.setdefault(host, {})[key] = source
        for host, group in groups.items():
            self._reader(host)._follow(group, whole)

    def _reader(self, host: Hashable) -> Tails[K]:
        if host is None:
            return self
        if host not in self._others:
            self._others[host] = Tails(self._wake, self.news)
            self._others[host].start()
        return self._others[host]

    def _follow(self, wanted: Mapping[K, Source], whole: Set[K]) -> None:
        self._wanted, self._whole = wanted, whole
        self._changed.set()

    def close(self) -> None:
        """End."""
        self._ended = True
        self._changed.set()
        for other in self._others.values():
            other.close()

    def run(self) -> None:
        """Until `close`."""
        while not self._ended:
            self._changed.clear()
            pause = self._turn()
            self._changed.wait(pause)

    def _turn(self) -> float | None:
        """Look at every log that is due; seconds until one is again, None when none will be."""
        wanted = self._wanted
        tails = self._tails = {key: self._tails.get(key) or Tail() for key in wanted}
        told = False
        for key, source in wanted.items():
            if self._ended or self.news.qsize() >= FULL:
                break
            tail = tails[key]
            due = time.monotonic() >= tail.due
            data = tail.read(source, whole=key in self._whole) if due else b""
            if data:
                self.news.put((key, data))
                told = True
        if told:
            self._wake()
        if self.news.qsize() >= FULL:
            return EVERY
        due = min((tail.due for tail in tails.values() if not tail.over), default=None)
        return None if due is None else max(0.0, due - time.monotonic())


class Tail:
    """Where one log is read up to. `due` is when to look again, by the monotonic clock."""

    def __init__(self) -> None:
        self.due = 0.0
        self.over = False
        self._offset: int | None = None
        self._inside = False  # the offset may lie inside a line

    def read(self, source: Source, *, whole: bool = False) -> bytes:
        """The whole lines that follow, about a turn of them; `whole`: no more will be written."""
        begun = time.monotonic()
        try:
            data, more = self._read(source)
        except Exception:  # noqa: BLE001 - whatever is wrong with one log, the others are read on
            self.due = time.monotonic() + AWAY
            return b""
        now = time.monotonic()
        self.due = now if more else now + max(EVERY, (now - begun) * SHARE)
        said = data[data.rfind(b"\n", 0, -1) + 1 :].startswith(_EXIT)
        self.over = said or (whole and not data and not more)
        if self.over:
            self.due = float("inf")
        return data

    def _read(self, source: Source) -> tuple[bytes, bool]:
        """Lines, and whether there are more already."""
        if self._offset is None:
            self._offset = self._begin(source)
            self._inside = self._offset > 0
        data, following, size = _piece(source, self._offset)
        end = data.rfind(b"\n") + 1
        if not end and len(data) >= LONGEST:  # damage
            self._offset, self._inside = following, True
            return b"", True
        self._offset = following - (len(data) - end)
        start = data.find(b"\n") + 1 if self._inside and end else 0
        self._inside = self._inside and not end
        return data[start:end], end > 0 and following < size

    def _begin(self, source: Source) -> int:
        size = source.read(0, 1).size
        if size <= LARGE:
            return 0
        last = last_time(source, size)
        low = max(0, size - BACK)
        return low if last is None else place_of(source, low, size, last - RECENT)


def _piece(source: Source, offset: int) -> Piece:
    """A turn of bytes; a first line that is longer is read whole."""
    found = source.read(offset, TURN)
    if len(found.data) < TURN or b"\n" in found.data:
        return found
    data, following, size = source.read(offset, LONGEST)
    end = data.find(b"\n") + 1 or len(data)
    return Piece(data[:end], following - (len(data) - end), size)
