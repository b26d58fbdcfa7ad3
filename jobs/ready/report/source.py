"""A CSV file in pieces of text that end with a record, whatever it is encoded in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from jobmon.jobs.kit import Data

PIECE = 16 << 20
"""Bytes read at a time."""
LONGEST = 1000
"""Lines looked at, from the end of a piece, for the end of a record."""
_BOM = b"\xef\xbb\xbf"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_JAPANESE = re.compile("[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff9f]")
_CALLED = {"utf-8": "UTF-8", "cp932": "CP932 (Shift_JIS)"}


class Piece(NamedTuple):
    """Some whole records."""

    text: str
    line: int
    """The number of its first line in the file, from 1."""
    read: int
    """Bytes of the file up to its end."""


def pieces(path: str, size: int = PIECE) -> Iterator[Piece]:
    """The file, piece by piece. Raises Data when it is empty or no text, OSError."""
    with open(path, "rb") as file:
        encoding = _Encoding(path)
        line, read = 1, 0
        for body in _bodies(file, size):
            read += len(body)
            text = encoding.text(_sound(path, body, line), line)
            yield Piece(text, line, read)
            line += body.count(b"\n")
    if not read:
        raise Data(f"{path} is empty: not even a header is in it")


def _bodies(file: BinaryIO, size: int) -> Iterator[bytes]:
    rest = b""
    while more := file.read(size):
        rest += more
        end = _end(rest)
        if end:
            yield rest[:end]
            rest = rest[end:]
    if rest:
        yield rest


def _end(body: bytes) -> int:
    """Behind the last line end that is in no quotes; 0 when none is seen.

    The bytes of a line end and of a quote are never a part of another letter, in CP932 neither.
    """
    quotes, end = body.count(b'"'), len(body)
    for _ in range(LONGEST):
        before = body.rfind(b"\n", 0, end) + 1
        quotes -= body.count(b'"', before, end)
        if quotes % 2 == 0 or not before:
            return before
        end = before - 1
    return 0


def _sound(path: str, body: bytes, line: int) -> bytes:
    """The bytes without the mark of UTF-8 before them. Raises Data when they are no text."""
    if line == 1 and body[:2] in _WIDE:
        raise Data(f"{path} is encoded in UTF-16: save it as CSV UTF-8")
    at = body.find(b"\0")
    if at >= 0:
        line += body.count(b"\n", 0, at)
        raise Data(f"{path}, line {line}: a NUL byte; the file is damaged, or no CSV in text")
    return body.removeprefix(_BOM) if line == 1 else body


class _Encoding:
    """What a file turned out to be encoded in so far; plain ASCII tells nothing."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.seen: dict[str, int] = {}  # encoding: the first line that can only be read with it

    def text(self, body: bytes, line: int) -> str:
        """The text of a piece that begins at `line`. Raises Data when it cannot be told."""
        if body.isascii():
            return body.decode("ascii")
        if "cp932" not in self.seen:
            try:
                text = body.decode("utf-8")
            except UnicodeDecodeError:
                pass
            else:
                self.seen.setdefault("utf-8", line + _lines_before_other(body))
                return text
        return self._other(body, line)

    def _other(self, body: bytes, line: int) -> str:
        for number, part in enumerate(body.split(b"\n"), line):
            kind = _kind(part)
            if kind == "":
                raise Data(
                    f"{self.path}, line {number}, byte {_bad(part)}: neither UTF-8 nor CP932 "
                    "(Shift_JIS) has these bytes; save the file again in one of them"
                )
            if kind:
                self.seen.setdefault(kind, number)
            if len(self.seen) == 2:
                raise Data(self._mixed())
        return body.decode(next(iter(self.seen), "cp932"))

    def _mixed(self) -> str:
        (first, at), (second, from_line) = self.seen.items()
        return (
            f"{self.path}, line {from_line}: this line is {_CALLED[second]}, but line {at} is "
            f"{_CALLED[first]}; save the whole file in one encoding"
        )


def _lines_before_other(body: bytes) -> int:
    other = re.search(rb"[\x80-\xff]", body)
    return body.count(b"\n", 0, other.start()) if other else 0


def _kind(part: bytes) -> str | None:
    """What a line can only be: an encoding; "" none at all; None when it does not tell."""
    if part.isascii():
        return None
    text, other = _decoded(part, "utf-8"), _decoded(part, "cp932")
    if text is None:
        return "" if other is None else "cp932"
    # Half-width katakana in CP932 may look like UTF-8, never like Japanese in UTF-8.
    return "utf-8" if other is None or _JAPANESE.search(text) else None


def _decoded(part: bytes, encoding: str) -> str | None:
    try:
        return part.decode(encoding)
    except UnicodeDecodeError:
        return None


def _bad(part: bytes) -> int:
    """The first byte of a line that is not UTF-8, from 1."""
    try:
        part.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start + 1
    return 1
