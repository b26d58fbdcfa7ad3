"""One attempt's log as it is read: its end at once, then the index of all of it, lines, searches.

Nothing of it stays in memory but the index and the lines looked at last. `extend` does the reading
and is called in a thread until it returns False; the screen meanwhile asks for lines.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from jobmon.runtime.errors import JobmonError
from jobmon.tui.logfiles.find import Finder, Record, read_record
from jobmon.tui.logfiles.index import LogIndex, level_of
from jobmon.tui.logfiles.source import LocalLog, Piece, Source
from jobmon.tui.text import size

BLOCK = 1 << 20
"""Bytes that are read at once."""
END = 1 << 16
"""Bytes of the end that are shown before anything else is read."""
SHOWN = 8_192
"""Characters of a line that are shown."""
_AROUND = 48
_KEPT = 512
_STREAM = re.compile(rb'"s":"(out|err)"')


class Entry(NamedTuple):
    """One line of a log.

    `t` is None where its time is not known. `stream` is out, err, or "" for a note of what is not
    there. `level` is E, W, I, D or "". `more`: about how many further bytes of it are not shown.
    `going`: its end is not written yet.
    """

    t: float | None
    stream: str
    level: str
    text: str
    more: int = 0
    offset: int = 0
    going: bool = False


class LogFile:
    """The log behind `source`.

    `index` tells of the lines that can be shown; until all is read it may be that of the end alone.
    `missing` are offsets of lines that were asked for and have to be fetched; `trouble` is why it
    cannot be read just now.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.local = isinstance(source, LocalLog)
        self.size = 0
        self.trouble = ""
        self.missing: set[int] = set()
        self.finders: tuple[Finder, ...] = ()
        self.index = self._whole = LogIndex()
        self._end: LogIndex | None = None
        self._entries: dict[int, Entry] = {}
        self._begun = False

    @property
    def path(self) -> str | None:
        """The file, where it is one of this machine."""
        return os.fspath(self.source.path) if isinstance(self.source, LocalLog) else None

    @property
    def complete(self) -> bool:
        """The lines are those of the whole log, as far as it is written."""
        return self._begun and self.index is self._whole

    @property
    def exit(self) -> Mapping[str, Any] | None:
        """The exit record; None before the end."""
        return self.index.exit or self._whole.exit

    @property
    def begun(self) -> float:
        """When the process started, as far as that is known."""
        return self._whole.begun or self.index.begun or 0.0

    @property
    def progress(self) -> float:
        """How much of it is read."""
        return min(1.0, self._whole.end / self.size) if self.size else 1.0

    # Reading, in a thread

    def extend(self, limit: int = 8 * BLOCK) -> bool:
        """Read about `limit` bytes of what is wanted: missing lines, the index, searches.

        False: for now that was all. The first time only the end is read.
        """
        first = not self._begun
        try:
            more = all(self._step() for _ in range(0, BLOCK if first else limit, BLOCK))
        except (OSError, JobmonError) as error:
            self.trouble = str(error)
            return False
        self.trouble = ""
        return more

    def _step(self) -> bool:
        return self.fetch() or self._grow(BLOCK) or self._seek(BLOCK)

    def fetch(self) -> bool:
        """Read the lines that are missing; whether there were any."""
        found = bool(self.missing)
        while self.missing:
            offset = min(tuple(self.missing))
            self._load(offset)
            self.missing.difference_update((offset, *self._entries))
        return found

    def _grow(self, limit: int) -> bool:
        index = self._whole
        seam = len(index.seam)
        piece = self._read(index.end - seam, limit, seam)
        if piece.data[:seam] != index.seam:
            self._restart()
            return True
        grown = index.feed(piece.data[seam:]) > 0
        self.size = max(piece.size, index.end)
        if not self._begun:
            self._begun = True
            self._read_end()
        return grown

    def _read(self, offset: int, limit: int, seam: int = 0) -> Piece:
        """At least one whole record behind the seam, where one is written."""
        while True:
            piece = self.source.read(offset, limit + seam)
            full = len(piece.data) >= limit + seam
            if not full or piece.data.find(b"\n", seam) >= 0:
                return piece
            limit *= 4

    def _read_end(self) -> None:
        """The end of a log that takes a while to be read."""
        begin = self.size - END
        if begin <= self._whole.end:
            return
        piece = self.source.read(begin, END)
        first = piece.data.find(b"\n") + 1
        end = LogIndex(begin + first)
        if first and end.feed(piece.data[first:]) and len(end):
            self._end = end

    def _restart(self) -> None:
        """Output was taken back: what was known of the log is not true any more."""
        self._whole, self._end = LogIndex(), None
        self._entries, self.missing = {}, set()
        for finder in self.finders:
            finder.restart()

    # What was read meanwhile, for the screen

    def settle(self) -> bool:
        """Take up the newest index; whether lines have other numbers now."""
        end, whole = self._end, self._whole
        wanted = end if end is not None and whole.end < end.end else whole
        changed = wanted is not self.index
        self.index = wanted
        return changed

    # Searching

    def find(self, pattern: re.Pattern[str], level: str = "") -> Finder:
        """Begin to look for a pattern in lines of a level; `extend` goes on with it."""
        finder = Finder(pattern, level)
        self.finders = (*self.finders, finder)
        return finder

    def forget(self, finder: Finder | None) -> None:
        """Look no further."""
        self.finders = tuple(f for f in self.finders if f is not finder)

    def _seek(self, limit: int) -> bool:
        index = self._whole
        for finder in self.finders:
            if finder.end < index.end:
                data = self._read(finder.end, limit).data[: index.end - finder.end]
                return finder.feed(data, index) > 0
        return False

    def searched(self, finder: Finder) -> bool:
        """Whether all that is known of the log was looked through."""
        return self.complete and finder.end >= self._whole.end

    @property
    def wanted(self) -> bool:
        """Whether something is still to be read that a screen waits for."""
        searched = all(map(self.searched, self.finders))
        return not (self.complete and searched) or bool(self.missing)

    # Lines

    def line(self, number: int) -> Entry | None:
        """A line; None when it has to be fetched, or cannot be read."""
        offset = self.index.starts[number]
        found = self._entries.get(offset)
        if found is not None and not found.going:
            return found
        if not self.local:
            self.missing.add(offset)
            return found
        try:
            self._load(offset)
        except OSError as error:
            self.trouble = str(error)
        return self._entries.get(offset)

    def line_at(self, when: float) -> int:
        """The first line that is not before a moment, as far as lines are at hand."""
        near = self.index.around(when)
        for number in near:
            entry = self.line(number)
            if entry is None or (entry.t is not None and entry.t >= when):
                return number
        return max(0, len(self.index) - 1)

    def _load(self, offset: int) -> None:
        """Read the line at `offset`, and those around it that come along."""
        number = self.index.line_at(offset)
        before = max(0, number - _AROUND)
        if offset - self.index.starts[before] < END // 2:
            self._take(before)
        if offset not in self._entries or self._entries[offset].going:
            self._take(number)

    def _take(self, first: int) -> None:
        """Read lines from the one of this number on."""
        index = self.index
        starts = index.starts[first : first + 2 * _AROUND]
        data = self._read(starts[0], END).data
        for begin in starts:
            at = begin - starts[0]
            if data.find(b"\n", at) < 0:
                break
            known = self._entries.get(begin)
            if known is not None and not known.going:
                continue
            entry = entry_at(data, at, begin, index.behind(begin))
            if at == 0 or not (entry.more or entry.going):  # else it may go on behind the data
                self._keep(begin, entry)

    def _keep(self, offset: int, entry: Entry) -> None:
        self._entries.pop(offset, None)
        while len(self._entries) >= _KEPT:
            del self._entries[next(iter(self._entries))]
        self._entries[offset] = entry


def entry_at(data: bytes, at: int, offset: int, behind: int) -> Entry:
    """The line whose first record stands at `at` of data; it is known to end before `behind`.

    `offset` is where it stands in the log.
    """
    end = data.find(b"\n", at)
    raw = data[at:end]
    record = read_record(raw)
    if record is None or record.m is None:
        return _note(raw, offset)
    text, goes_on = record.m, bool(record.c)
    while goes_on and len(text) < SHOWN:
        following = _following(data, end + 1, record.s)
        if following is None:
            break
        piece, end = following
        text, goes_on = text + (piece.m or ""), bool(piece.c)
    read = end if len(text) >= SHOWN else len(data)
    left = max(0, behind - offset - (read - at)) if goes_on else 0
    left += len(text[SHOWN:].encode("utf-8", "replace"))
    going = goes_on and not left
    return Entry(record.t, record.s, level_of(raw), text[:SHOWN], left, offset, going)


def _following(data: bytes, at: int, stream: str) -> tuple[Record, int] | None:
    """The next record of a stream from `at` on, and where it ends."""
    while (end := data.find(b"\n", at)) >= 0:
        found = _STREAM.search(data, at, min(end, at + 64))
        if found is not None and found[1].decode() == stream:
            record = read_record(data[at:end])
            return None if record is None or record.m is None else (record, end)
        at = end + 1
    return None


def _note(raw: bytes, offset: int) -> Entry:
    """What stands for output that is not there."""
    record = read_record(raw)
    left_out, why = (record.dropped, record.why) if record else (len(raw), "damaged")
    return Entry(None, "", "", f"{size(left_out)} left out: {why or 'damaged'}", offset=offset)
