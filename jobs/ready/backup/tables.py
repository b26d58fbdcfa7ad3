"""Rows of values as Parquet files, and back.

A column of one kind is stored as that type. A column in which SQLite has values of several kinds
becomes a struct with a field for each kind, of which one is filled. A file holds so many rows at
most, so that the memory needed does not grow with the table.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from jobmon.jobs.kit import Data
from jobmon.jobs.ready.backup.manifest import Column, Part, Table, sha256_of

ROWS = 100_000
"""In one file."""
Row = Sequence[Any]


class RawText(bytes):
    """Text of SQLite that is no UTF-8."""


KINDS: dict[type, str] = {str: "text", int: "int", float: "real", bytes: "blob", RawText: "raw"}


def write(folder: str, stem: str, table: Table, rows: Iterable[Row], most: int = 0) -> None:
    """Write the rows to `stem`.parquet, or `stem`.0001.parquet ...; fills in parts and digest."""
    digest, left, most = Digest(), iter(rows), most or ROWS
    batch, following = list(itertools.islice(left, most)), list(itertools.islice(left, most))
    form = "{}.{:04}.parquet" if following else "{}.parquet"
    for number in itertools.count(1):
        file = form.format(stem, number)
        body = _parquet(table.columns, batch)
        _write(os.path.join(folder, file), body)
        sha256 = hashlib.sha256(body).hexdigest()
        table.parts.append(Part(file, len(batch), len(body), sha256))
        digest.add(batch)
        batch, following = following, list(itertools.islice(left, most))
        if not batch:
            break
    table.digest = digest.hex()


def _parquet(columns: list[Column], batch: list[Row]) -> memoryview:
    import polars as pl

    types, body = _types(), io.BytesIO()
    values = zip(*batch, strict=True) if batch else [[] for _ in columns]
    names = unique([column.name for column in columns])
    series = [
        pl.Series(name, _stored(column.kind, each), dtype=types[column.kind])
        for name, column, each in zip(names, columns, values, strict=True)
    ]
    pl.DataFrame(series).write_parquet(body, compression="zstd")
    return body.getbuffer()


def _write(path: str, body: memoryview) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "xb") as file:
        file.write(body)


def read(folder: str, table: Table) -> Iterator[Row]:
    """The rows as they were given. Raises Data for a file that is not as it was written."""
    for part in table.parts:
        yield from _read(os.path.join(folder, part.file), table.columns, part)


def _read(path: str, columns: list[Column], part: Part) -> Iterator[Row]:
    import polars as pl

    check(path, part)
    with open(path, "rb") as file:
        try:
            frame = pl.read_parquet(file)
        except pl.exceptions.PolarsError as error:
            raise Data(f"{path} cannot be read: {error}") from None
    if frame.width != len(columns):
        raise Data(f"{path} has {frame.width} columns, not {len(columns)}")
    values = [
        _given(column.kind, series.to_list())
        for column, series in zip(columns, frame.get_columns(), strict=True)
    ]
    return zip(*values, strict=True)


def check(path: str, part: Part) -> None:
    """Raises Data unless the file is there, byte for byte."""
    try:
        found = sha256_of(path)
    except FileNotFoundError:
        raise Data(f"{path} is missing") from None
    if found != part.sha256:
        raise Data(f"{path} is damaged: its SHA-256 is {found}, written was {part.sha256}")


def _types() -> dict[str, Any]:
    import polars as pl

    plain = {"text": pl.String, "int": pl.Int64, "real": pl.Float64, "blob": pl.Binary}
    return {**plain, "mixed": pl.Struct({**plain, "raw": pl.Binary})}


def _stored(kind: str, values: Iterable[Any]) -> list[Any]:
    if kind != "mixed":
        return list(values)
    return [None if v is None else {KINDS[type(v)]: _plain(v)} for v in values]


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, RawText) else value


def _given(kind: str, values: list[Any]) -> list[Any]:
    return [_one(value) for value in values] if kind == "mixed" else values


def _one(fields: dict[str, Any] | None) -> Any:
    for kind, value in (fields or {}).items():
        if value is not None:
            return RawText(value) if kind == "raw" else value
    return None


def unique(names: Sequence[str]) -> list[str]:
    """The names with `_2`, `_3` ... behind those that were there before."""
    found: dict[str, None] = {}
    for name in names:
        numbered = (f"{name}_{n}" for n in itertools.count(2))
        found[next(n for n in itertools.chain([name], numbered) if n not in found)] = None
    return list(found)


class Digest:
    """A hash over values and their types, the same whatever they are stored in."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._encode = msgspec.msgpack.Encoder(enc_hook=_marked).encode

    def add(self, rows: Iterable[Row]) -> None:
        """The next rows."""
        for row in rows:
            self._hash.update(self._encode(row))

    def hex(self) -> str:
        """So far."""
        return self._hash.hexdigest()


def _marked(value: RawText) -> msgspec.msgpack.Ext:
    """So that it is neither text nor a BLOB."""
    return msgspec.msgpack.Ext(1, bytes(value))
