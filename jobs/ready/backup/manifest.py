"""What a generation says of itself: its sources, their tables, and a hash of every file."""

from __future__ import annotations

import hashlib
import os

import msgspec

from jobmon.jobs.kit import Data

NAME = "manifest.json"
FORMAT = 1
BLOCK = 1 << 20


class Part(msgspec.Struct):
    """One Parquet file; `file` is relative to the generation."""

    file: str
    rows: int
    size: int
    sha256: str


class Column(msgspec.Struct):
    """`kind`: text, int, real, blob or mixed; `name` is that of the source."""

    name: str
    kind: str


class Table(msgspec.Struct):
    """The rows of one table in one or more files. `digest` is over its values, in their order."""

    name: str
    columns: list[Column]
    parts: list[Part] = []
    digest: str = ""

    @property
    def rows(self) -> int:
        """Of all its files."""
        return sum(part.rows for part in self.parts)


class Dialect(msgspec.Struct):
    """How a CSV is written. `quoting`: minimal or all; `ends`: the last row has a line end too."""

    encoding: str
    delimiter: str
    quoting: str
    newline: str
    ends: bool


class Csv(msgspec.Struct):
    """A CSV. `raw`: its bytes, kept beside the table where that alone would not give them."""

    dialect: Dialect
    header: list[str] | None
    table: Table | None
    raw: Table | None = None


class Sqlite(msgspec.Struct):
    """A database. `schema`: type, name and SQL of what there is, in the order of its making."""

    pragmas: dict[str, str | int]
    schema: list[tuple[str, str, str]]
    tables: list[Table]


class Source(msgspec.Struct):
    """One source. `stamp`: by which one can tell that it has not changed since; see `stamp`.

    `sha256` is that of the bytes of a CSV, or over the digests of the tables of a database.
    """

    name: str
    path: str
    size: int
    stamp: list[int]
    sha256: str
    encoding: str
    csv: Csv | None = None
    sqlite: Sqlite | None = None

    @property
    def tables(self) -> list[Table]:
        """With rows that people count."""
        if self.sqlite is not None:
            return self.sqlite.tables
        return [self.csv.table] if self.csv is not None and self.csv.table else []

    @property
    def parts(self) -> list[Part]:
        """All its files."""
        raw = self.csv.raw if self.csv is not None else None
        return [part for table in [*self.tables, *([raw] if raw else [])] for part in table.parts]

    @property
    def rows(self) -> int:
        """Of all its tables; the header of a CSV is none."""
        return sum(table.rows for table in self.tables)


class Manifest(msgspec.Struct):
    """All of a generation."""

    format: int
    day: str
    sources: list[Source]

    @property
    def rows(self) -> int:
        """Of all sources."""
        return sum(source.rows for source in self.sources)

    @property
    def parts(self) -> list[Part]:
        """All files but the manifest."""
        return [part for source in self.sources for part in source.parts]


def write(folder: str, manifest: Manifest) -> None:
    """Put it into the folder; the same manifest is the same bytes."""
    body = msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=1)
    with open(os.path.join(folder, NAME), "wb") as file:
        file.write(body + b"\n")


def read(folder: str) -> Manifest:
    """That of a generation. Raises Data when it is missing or damaged."""
    path = os.path.join(folder, NAME)
    try:
        with open(path, "rb") as file:
            found = msgspec.json.decode(file.read(), type=Manifest)
    except FileNotFoundError:
        raise Data(f"{folder} is no backup: it has no {NAME}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Data(f"{path} is damaged: {error}") from None
    if found.format != FORMAT:
        raise Data(f"{path} is of format {found.format}; this jobmon reads {FORMAT}")
    _check_names(path, found)
    return found


def _check_names(path: str, manifest: Manifest) -> None:
    """Nothing may be read or written outside the folders meant."""
    names = [s.name for s in manifest.sources] + [part.file for part in manifest.parts]
    for name in names:
        if os.path.isabs(name) or ".." in name.split("/") or "\0" in name:
            raise Data(f"{path} is damaged: it names a file {name!r}")


def sha256_of(path: str) -> str:
    """Of the bytes of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def stamp(path: str) -> list[int]:
    """Time and size of a source, and of the log of a database beside it: equal when unchanged."""
    found, wal = os.stat(path), f"{path}-wal"
    more = os.path.getsize(wal) if os.path.exists(wal) else 0
    return [found.st_mtime_ns, found.st_size, *([os.stat(wal).st_mtime_ns, more] if more else [])]
