"""Searching a log: patterns as they are typed, and the lines they are found in. Pure."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cache

import msgspec

from jobmon.tui.logfiles.index import GOES_ON, LogIndex

_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")


class Record(msgspec.Struct, gc=False):
    """A record as lines are made of it; `m` is None where it is no output."""

    t: float | None = None
    s: str = ""
    m: str | None = None
    c: int = 0
    dropped: int = 0
    why: str = ""


@cache
def _decoder() -> msgspec.json.Decoder[Record]:
    return msgspec.json.Decoder(Record)


def read_record(raw: bytes) -> Record | None:
    """A record; None when it is damaged."""
    try:
        record = _decoder().decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if record.m is not None:
        record.m = readable(record.m)
    return record


def read_records(data: bytes) -> list[Record | None]:
    """Every record of whole lines."""
    try:
        return list(_decoder().decode_lines(data))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return [read_record(raw) for raw in data.split(b"\n")[:-1]]


def readable(text: str) -> str:
    """The text without codes that only colour it, and without the return of an old line end."""
    if "\x1b" in text:
        text = _COLOUR.sub("", text)
    return text.removesuffix("\r")


def pattern_of(text: str) -> re.Pattern[str]:
    """What was typed as a pattern: literal, or a regular expression between two slashes.

    Small letters find capital ones too. re.error when it is no regular expression.
    """
    expression = len(text) > 2 and text.startswith("/") and text.endswith("/")
    words = text[1:-1] if expression else re.escape(text)
    shown = re.sub(r"\\.", "", text) if expression else text
    return re.compile(words, 0 if shown != shown.lower() else re.IGNORECASE)


class Finder:
    """The lines a pattern is found in, as far as a log was looked through: its first `end` bytes.

    `level` restricts it to lines of that level. `hits` only grows, so that it can be read
    meanwhile.
    """

    def __init__(self, pattern: re.Pattern[str], level: str = "") -> None:
        self.pattern, self.level = pattern, level
        self.restart()

    def restart(self) -> None:
        """Begin again."""
        self.hits = array("I")
        self.end = 0
        self._current: dict[str, int] = {}  # the line each stream is in

    def feed(self, data: bytes, index: LogIndex) -> int:
        """Look through what follows `end`; how many bytes of it are whole records."""
        data = data[: data.rfind(b"\n") + 1]
        records = read_records(data)
        lines = self._lines(data, records, index)
        search = self.pattern.search
        for line, record in zip(lines, records, strict=True):
            text = record.m if record else None
            if text and search(text if "\x1b" not in text else readable(text)):
                self._hit(line, index)
        self.end += len(data)
        return len(data)

    def _lines(
        self, data: bytes, records: Sequence[Record | None], index: LogIndex
    ) -> Sequence[int]:
        """The number of the line each record belongs to."""
        first = bisect_left(index.starts, self.end)
        last = bisect_left(index.starts, self.end + len(data))
        if last - first == len(records) and GOES_ON not in data:
            return range(first, last)
        found: list[int] = []
        offset = self.end
        for raw, record in zip(data.split(b"\n"), records, strict=False):
            stream = record.s if record else ""
            if first < last and index.starts[first] == offset:
                self._current[stream] = first
                first += 1
            found.append(self._current.get(stream, max(0, first - 1)))
            offset += len(raw) + 1
        return found

    def _hit(self, line: int, index: LogIndex) -> None:
        if self.hits and self.hits[-1] >= line:
            return
        if self.level and not holds(index.of_level(self.level), line):
            return
        self.hits.append(line)


def holds(lines: Sequence[int], line: int) -> bool:
    """Whether `line` is among sorted lines."""
    at = bisect_left(lines, line)
    return at < len(lines) and lines[at] == line


def step_to(lines: Sequence[int], shown: Sequence[int], line: int, step: int) -> int | None:
    """The nearest one after (step 1) or before (-1) `line` that is among both; all are sorted."""
    while True:
        at = bisect_right(lines, line) if step > 0 else bisect_left(lines, line) - 1
        if not 0 <= at < len(lines):
            return None
        if holds(shown, lines[at]):
            return lines[at]
        near = bisect_left(shown, lines[at]) - (step < 0)
        if not 0 <= near < len(shown):
            return None
        line = shown[near] - step
