"""CSV files: recognised, read as text, and written again byte for byte."""

from __future__ import annotations

import codecs
import csv
import itertools
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from jobmon.jobs.kit import Data
from jobmon.jobs.ready.backup import tables
from jobmon.jobs.ready.backup.manifest import BLOCK, Column, Csv, Dialect, Table

_QUOTED = re.compile(r'"[^"]*"')
_NO_LETTER = re.compile("[\x80\xa0\uf8f0-\uf8f3]")
"""What Python reads for bytes that CP932 does not have."""
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+")
_MAKE: dict[str, Callable[[str], Any]] = {"text": str, "int": int, "real": float}
_RAW_ROWS = 64
"""Of one MiB, in one file."""


def store(copy: str, path: str, folder: str, stem: str, *, typed: bool = False) -> Csv:
    """Write the CSV that was copied from `path` as Parquet. Raises Data when it is no text.

    Columns are text; `typed`: numbers, where every value is one that would be written so again.
    Where the table alone would not give the same bytes, these are stored too.
    """
    dialect = recognise(copy, path)
    width, header = _measure(copy, dialect)
    found = Csv(dialect, header, None)
    if header is not None and width:
        names = header + [f"column_{n}" for n in range(len(header) + 1, width + 1)]
        kinds = _kinds(_below(copy, dialect), width) if typed else ["text"] * width
        columns = [Column(name, kind) for name, kind in zip(names, kinds, strict=True)]
        found.table = Table(stem, columns)
        tables.write(folder, stem, found.table, _values(_below(copy, dialect), kinds))
    if not _same(copy, content(folder, found)):
        found.raw = Table("raw", [Column("bytes", "blob")])
        tables.write(folder, f"{stem}.raw", found.raw, _blocks(copy), most=_RAW_ROWS)
    return found


def _below(copy: str, dialect: Dialect) -> Iterator[list[str]]:
    """The rows below the header."""
    return itertools.islice(_rows(copy, dialect), 1, None)


def _kinds(rows: Iterable[list[str]], width: int) -> list[str]:
    """Of each column: that of all its values, else text."""
    found = [""] * width
    for row in rows:
        for n, value in enumerate(row):
            if found[n] != "text" and (kind := _kind(value)) != found[n]:
                found[n] = "text" if found[n] else kind
    return [kind or "text" for kind in found]


def _kind(value: str) -> str:
    if _WHOLE.fullmatch(value):
        return "int"
    return "real" if _DECIMAL.fullmatch(value) and repr(float(value)) == value else "text"


def _values(rows: Iterable[list[str]], kinds: list[str]) -> Iterator[list[Any]]:
    """As they are stored; fields that a short row does not have are None."""
    make = [_MAKE[kind] for kind in kinds]
    plain = set(kinds) == {"text"}
    for row in rows:
        values = row if plain else [of(value) for of, value in zip(make, row, strict=False)]
        yield values if len(row) == len(kinds) else values + [None] * (len(kinds) - len(row))


def content(folder: str, found: Csv) -> Iterator[bytes]:
    """The bytes of the CSV, from what is stored."""
    if found.raw is not None:
        return (row[0] for row in tables.read(folder, found.raw))
    return _written(folder, found)


def recognise(copy: str, path: str) -> Dialect:
    """How it is written, by its first line and its last byte. Raises Data, naming `path`."""
    encoding = _encoding(copy, path)
    with open(copy, encoding=encoding, newline="") as file:
        first = file.readline()
    newline = next((end for end in ("\r\n", "\n", "\r") if first.endswith(end)), "\n")
    bare = _QUOTED.sub("", first)
    delimiter = max(",\t;|", key=bare.count)
    quoting = "all" if first.startswith('"') else "minimal"
    return Dialect(encoding, delimiter, quoting, newline, _last_byte(copy) in b"\r\n")


def _encoding(copy: str, path: str) -> str:
    with open(copy, "rb") as file:
        marked = file.read(3) == codecs.BOM_UTF8
    if (first := _undecodable(copy, "utf-8")) is None:
        return "utf-8-sig" if marked else "utf-8"
    if (second := _undecodable(copy, "cp932")) is None:
        return "cp932"
    utf_8, cp932 = _line_at(copy, first), _line_at(copy, second)
    lines = f"neither UTF-8 (line {utf_8}) nor CP932 (line {cp932})"
    raise Data(f"{path} is {lines}: nothing was saved. Write it in one of them")


def _undecodable(copy: str, encoding: str) -> int | None:
    """About the byte at which decoding fails; None: it does not."""
    decoder, read = codecs.getincrementaldecoder(encoding)("strict"), 0
    with open(copy, "rb") as file:
        for block in itertools.chain(iter(lambda: file.read(BLOCK), b""), [b""]):
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return read + error.start
            if encoding == "cp932" and (odd := _NO_LETTER.search(text)):
                return read + len(text[: odd.start()].encode(encoding))
            read += len(block)
    return None


def _line_at(copy: str, offset: int) -> int:
    with open(copy, "rb") as file:
        return file.read(offset).count(b"\n") + 1


def _last_byte(copy: str) -> bytes:
    with open(copy, "rb") as file:
        file.seek(max(0, os.path.getsize(copy) - 1))
        return file.read(1) or b"?"


def _measure(copy: str, dialect: Dialect) -> tuple[int, list[str] | None]:
    """The most fields of a row, and the first row; None: there is none."""
    rows = _rows(copy, dialect)
    header = next(rows, None)
    return max(itertools.chain([len(header or ())], map(len, rows))), header


def _rows(copy: str, dialect: Dialect) -> Iterator[list[str]]:
    csv.field_size_limit(sys.maxsize)  # a text of any length is a value
    with open(copy, encoding=dialect.encoding, newline="") as file:
        yield from csv.reader(file, delimiter=dialect.delimiter)


def _written(folder: str, found: Csv) -> Iterator[bytes]:
    dialect = found.dialect
    encoding = "utf-8" if dialect.encoding == "utf-8-sig" else dialect.encoding
    if dialect.encoding == "utf-8-sig":
        yield codecs.BOM_UTF8
    before = ""
    for row in _stored_rows(folder, found):
        yield (before + _line(row, dialect)).encode(encoding)
        before = dialect.newline
    yield before.encode() if dialect.ends else b""


def _stored_rows(folder: str, found: Csv) -> Iterator[list[str]]:
    if found.header is not None:
        yield found.header
    for row in tables.read(folder, found.table) if found.table else ():
        # Shorter rows miss their last fields. A number is written as Python does.
        yield [str(value) for value in row if value is not None]


def _line(row: list[str], dialect: Dialect) -> str:
    line = dialect.delimiter.join(row)
    if dialect.quoting == "all" or row == [""]:
        return dialect.delimiter.join(map(_quoted, row))
    odd = '"' in line or "\n" in line or "\r" in line
    if not odd and line.count(dialect.delimiter) == max(0, len(row) - 1):
        return line
    special = (dialect.delimiter, '"', "\n", "\r")
    return dialect.delimiter.join(_quoted(f) if any(s in f for s in special) else f for f in row)


def _quoted(field: str) -> str:
    return '"' + field.replace('"', '""') + '"'


def _same(copy: str, content: Iterable[bytes]) -> bool:
    with open(copy, "rb") as file:
        try:
            return all(file.read(len(piece)) == piece for piece in content) and not file.read(1)
        except UnicodeEncodeError:
            return False


def _blocks(copy: str) -> Iterator[tuple[bytes]]:
    with open(copy, "rb") as file:
        while block := file.read(BLOCK):
            yield (block,)
