"""Reading attempts' logs: by byte offset, from the end, as they grow, by pattern.

A record is the decoded JSON of one line: {"t": seconds, "s": "out"|"err", "m": text}, with "c": 1
when its line goes on in the stream's next record; {"dropped": bytes, "why": text} stands for
output that is not there, damaged lines included; the first record is the claim, the second
{"spawned": ...}, the last {"exit": ...}. Between them stand samples of what the job used so far:
{"t": seconds, "cpu": seconds, "rss": bytes}, with "lines" while output is kept apart because the
log is large. A half-written last line is not there yet.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

Record = dict[str, Any]
Path = str | os.PathLike[str]

BLOCK = 1 << 20
PAUSE = 0.1
"""Seconds between two looks at a log that is followed."""
_LEVEL = re.compile(
    rb'"m":"[^\n]{0,200}?\b(CRITICAL|FATAL|ERROR|WARNING|WARN|INFO|DEBUG)\b[^\n]*', re.IGNORECASE
)
_ALIASES: dict[str, str] = {"fatal": "critical", "warn": "warning"}

# C0 without tab, DEL and C1 (a terminal may take U+009B for ESC [), line and paragraph separators,
# marks and overrides of the writing direction, halves of surrogate pairs (they cannot be printed).
_ACTIVE = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def sanitise(text: str) -> str:
    """The text with everything a terminal could act on made visible instead: ESC becomes ␛.

    Only tabs are left as they are; line ends become ␊. Use on whatever jobs or people wrote,
    before it reaches a terminal.
    """
    return _ACTIVE.sub(_visible, text)


def _visible(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def read(path: Path, offset: int, limit: int) -> tuple[bytes, int]:
    """Whole lines from a byte offset, about `limit` bytes: (bytes, next offset).

    Empty when no line is complete there yet, or the file does not exist.
    """
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            data = file.read(limit)
            if len(data) == limit and b"\n" not in data:
                data += file.readline()
    except FileNotFoundError:
        return b"", offset
    data = data[: data.rfind(b"\n") + 1]
    return data, offset + len(data)


@cache
def _decoder() -> Callable[[bytes], Record]:
    import msgspec  # not at import: `sanitise` is needed by commands that read no log

    decode = msgspec.json.Decoder(dict[str, Any]).decode

    def record(line: bytes) -> Record:
        try:
            return decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return {"dropped": len(line), "why": "damaged"}

    return record


def decoded(line: bytes) -> Record:
    """The record of a line without its end; that of a gap where the line is damaged."""
    return _decoder()(line)


def records(path: Path, offset: int = 0) -> Iterator[Record]:
    """Every record from the line that begins at `offset`. Nothing when there is no file."""
    decode = _decoder()
    while True:
        data, offset = read(path, offset, BLOCK)
        if not data:
            return
        yield from map(decode, data.split(b"\n")[:-1])


def follow(path: Path, stop: Callable[[], bool], offset: int = 0) -> Iterator[Record]:
    """Every record, the coming ones too, until the exit record, or until `stop()` says so.

    `stop` is asked whenever nothing new is there; what was written until then is still yielded.
    """
    decode = _decoder()
    stopping = False
    while True:
        data, offset = read(path, min(offset, size(path)), BLOCK)
        for line in data.split(b"\n")[:-1]:
            record = decode(line)
            yield record
            if "exit" in record:
                return
        if data:
            continue
        if stopping:
            return
        stopping = stop()
        if not stopping:
            time.sleep(PAUSE)


def size(path: Path) -> int:
    """Bytes now; output can be taken back once, when the disk is full and the end must fit."""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


def tail(path: Path, lines: int, most: int | None = None) -> list[Record]:
    """The records of the last `lines` lines of output and what stands after or between them,
    without the samples; about `most` bytes of them at most.

    Reads from the end: as fast on a million lines as on ten.
    """
    decode = _decoder()
    found: deque[Record] = deque()
    count = taken = 0
    for raw in _lines_backwards(path):
        taken += len(raw)
        if most is not None and taken > most:
            break
        record = decode(raw)
        if "cpu" in record:
            continue
        if "m" in record and not record.get("c"):
            count += 1
        if count > lines:
            break
        found.appendleft(record)
    return list(found)


def _lines_backwards(path: Path) -> Iterator[bytes]:
    """Complete lines, the last first."""
    rest = b""
    for block in _blocks_backwards(path):
        first, *others = (block + rest).split(b"\n")
        yield from reversed(others)
        rest = first
    if rest:
        yield rest


def _blocks_backwards(path: Path) -> Iterator[bytes]:
    """The file from its last newline to its beginning, in blocks; without that newline."""
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below
    except FileNotFoundError:
        return
    with file:
        position = _last_newline(file)
        while position > 0:
            start = max(0, position - (1 << 16))
            file.seek(start)
            yield file.read(position - start)
            position = start


def _last_newline(file: Any) -> int:
    position = file.seek(0, os.SEEK_END)
    while position > 0:
        start = max(0, position - (1 << 16))
        file.seek(start)
        found = file.read(position - start).rfind(b"\n")
        if found >= 0:
            return start + found
        position = start
    return 0


def search(path: Path, pattern: str, offset: int = 0) -> Iterator[tuple[int, Record]]:
    """(byte offset of its line, record) of every record of output the pattern is found in.

    Patterns are regular expressions on the text; re.error when it is none.
    """
    wanted, decode = re.compile(pattern), _decoder()
    while True:
        data, following = read(path, offset, BLOCK)
        if not data:
            return
        for line in data.split(b"\n")[:-1]:
            record = decode(line)
            if "m" in record and wanted.search(record["m"]):
                yield offset, record
            offset += len(line) + 1
        offset = following


def levels(path: Path) -> dict[str, int]:
    """How many records name a level near their beginning: critical, error, warning, info, debug."""
    counts: Counter[str] = Counter()
    offset = 0
    while True:
        data, offset = read(path, offset, BLOCK)
        if not data:
            return dict(counts)
        for name in _LEVEL.findall(data):
            level = str(name, "ascii").lower()
            counts[_ALIASES.get(level, level)] += 1
