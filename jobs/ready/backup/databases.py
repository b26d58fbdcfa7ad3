"""SQLite databases: a snapshot by the backup API, its tables as rows, and the way back.

Kept are all rows with the type of every value, rowids, tables, indexes, views, triggers, virtual
tables with what they store, counters of AUTOINCREMENT, and the settings in `PRAGMAS`. Generated
columns are computed anew, and statistics of ANALYZE are not kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from jobmon.jobs.kit import Data, External
from jobmon.jobs.ready.backup import tables
from jobmon.jobs.ready.backup.manifest import Column, Sqlite, Table
from jobmon.jobs.ready.backup.tables import KINDS, RawText, Row

MAGIC = b"SQLite format 3\0"
PRAGMAS = ("encoding", "page_size", "auto_vacuum", "application_id", "user_version")
ROWID = ("_rowid_", "rowid", "oid")
PATIENCE = 30.0
"""Seconds to wait for one that writes."""
_PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL}
_VIRTUAL = re.compile(r"\s*CREATE\s+VIRTUAL\s", re.IGNORECASE)
_LONGEST = 180


def is_database(path: str) -> bool:
    """By its first bytes."""
    with open(path, "rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def snapshot(path: str, copy: str) -> None:
    """Copy the database as it is at one moment. Raises External while it is locked, else Data."""
    try:
        with _opened(path, "ro") as source, _opened(copy, "rwc") as target:
            source.backup(target, progress=_patience())
            found = target.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_BUSY) & 0xFF in _PASSING:
            raise External(f"{path} cannot be read just now: {error}") from None
        raise Data(f"{path} cannot be read: {error}") from None
    if found != "ok":
        raise Data(f"{path} is damaged: {found}")


def _patience() -> Callable[[int, int, int], None]:
    """`backup` alone would wait for ever for one that holds the lock."""
    end = time.monotonic() + PATIENCE

    def look(status: int, _remaining: int, _total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > end:
            raise sqlite3.OperationalError(f"it is locked for {PATIENCE:g} s")

    return look


@contextlib.contextmanager
def _opened(path: str, mode: str) -> Iterator[sqlite3.Connection]:
    from urllib.parse import quote

    uri = f"file:{quote(os.path.abspath(path))}?mode={mode}"
    db = sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None)
    db.text_factory = _text
    try:
        yield db
    finally:
        db.close()


def _text(body: bytes) -> str | RawText:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return RawText(body)


# --- from the database ----------------------------------------------------------------------------


def store(copy: str, folder: str, stem: str) -> Sqlite:
    """Write every table of the snapshot as Parquet under `stem`/."""
    with _opened(copy, "rw") as db:
        pragmas = {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
        pragmas["journal_mode"] = db.execute("PRAGMA journal_mode").fetchone()[0]
        found = Sqlite(pragmas, _schema(db), [])
        for name in _tables(found.schema):
            table, rows = Table(name, _kinds(db, name)), db.execute(_select(db, name))
            tables.write(folder, f"{stem}/{file_name(name)}", table, rows)
            found.tables.append(table)
    return found


def digest(copy: str) -> str:
    """Over all values of a snapshot: equal to `Source.sha256` when they are those."""
    with _opened(copy, "rw") as db:
        return combined(_digest(db, name) for name in _tables(_schema(db)))


def _digest(db: sqlite3.Connection, name: str) -> str:
    found = tables.Digest()
    found.add(db.execute(_select(db, name)))
    return found.hex()


def combined(digests: Iterable[str]) -> str:
    """Of the digests of all tables, in their order."""
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _schema(db: sqlite3.Connection) -> list[tuple[str, str, str]]:
    select = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY _rowid_"
    return [(kind, name, sql) for kind, name, sql in db.execute(select)]


def _tables(schema: list[tuple[str, str, str]]) -> list[str]:
    """Those with rows of their own. What a virtual one stores lies in others."""
    own = [(n, sql) for kind, n, sql in schema if kind == "table" and not _VIRTUAL.match(sql)]
    counted = any("AUTOINCREMENT" in sql.upper() for _, sql in own)
    inner = {"sqlite_sequence"} if counted else set()
    return [name for name, _ in own if not name.startswith("sqlite_") or name in inner]


def _select(db: sqlite3.Connection, name: str) -> str:
    columns = _columns(db, name)
    order = f" ORDER BY {_quoted(columns[0])}" if _rowid(db, name) else ""
    return f"SELECT {', '.join(map(_quoted, columns))} FROM {_quoted(name)}{order}"


def _columns(db: sqlite3.Connection, name: str) -> list[str]:
    """Without the generated ones; the rowid first, where no column is it."""
    rowid = _rowid(db, name)
    return [*([rowid] if rowid else []), *_column_names(db, name)]


def _column_names(db: sqlite3.Connection, name: str) -> list[str]:
    """Without the generated ones."""
    return [row[1] for row in db.execute(f"PRAGMA table_xinfo({_quoted(name)})") if row[6] == 0]


def _rowid(db: sqlite3.Connection, name: str) -> str | None:
    """What to call the rowid where no column is it; None: there is no need or no rowid."""
    info = db.execute(f"PRAGMA table_info({_quoted(name)})").fetchall()
    keys = [row[2].upper() for row in info if row[5]]
    indexes = db.execute(f"PRAGMA index_list({_quoted(name)})").fetchall()
    if keys == ["INTEGER"] and not any(row[3] == "pk" for row in indexes):
        return None
    taken = {row[1].lower() for row in info}
    rowid = next((each for each in ROWID if each not in taken), None)
    try:
        db.execute(f"SELECT {rowid} FROM {_quoted(name)} LIMIT 0") if rowid else None
    except sqlite3.OperationalError:  # WITHOUT ROWID
        return None
    return rowid


def _kinds(db: sqlite3.Connection, name: str) -> list[Column]:
    columns = _columns(db, name)
    types: list[set[type]] = [set() for _ in columns]
    for row in db.execute(_select(db, name)):
        for found, value in zip(types, row, strict=True):
            found.add(type(value))
    return [Column(column, _kind(each)) for column, each in zip(columns, types, strict=True)]


def _kind(types: set[type]) -> str:
    kinds = {KINDS[found] for found in types - {type(None)}}
    if len(kinds) > 1 or kinds == {"raw"}:
        return "mixed"
    return kinds.pop() if kinds else "text"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def file_name(table: str) -> str:
    """What the file of a table is called: its name, with %XX for what no file should have."""
    name = re.sub(r"[^\w.-]", lambda found: f"%{ord(found[0]):02X}", table)
    if len(name.encode()) <= _LONGEST:
        return name
    return f"{name[:40]}.{hashlib.sha256(table.encode()).hexdigest()[:16]}"


# --- and back -------------------------------------------------------------------------------------


def restore(folder: str, found: Sqlite, path: str) -> None:
    """Make the database anew at `path`, where there is none. Raises Data when it did not become
    the same."""
    try:
        with _opened(path, "rwc") as db:
            _make(db, folder, found)
            wrong = [t.name for t in found.tables if _digest(db, t.name) != t.digest]
    except sqlite3.Error as error:
        raise Data(f"{path} cannot be made from {folder}: {error}") from None
    if wrong:
        raise Data(f"{path} did not become what {folder} holds: table {', '.join(wrong)}")


def _make(db: sqlite3.Connection, folder: str, found: Sqlite) -> None:
    for name in PRAGMAS:
        value = found.pragmas[name]
        db.execute(f"PRAGMA {name} = {value!r}")
    db.execute("PRAGMA synchronous = OFF")  # the caller syncs the file
    db.execute("BEGIN")
    _create(db, found.schema, "table")
    for table in found.tables:
        _fill(db, table, tables.read(folder, table))
    _create_virtual(db, found.schema)
    for kind in ("index", "view", "trigger"):
        _create(db, found.schema, kind)
    db.execute("COMMIT")
    db.execute(f"PRAGMA journal_mode = {found.pragmas['journal_mode']}")


def _create(db: sqlite3.Connection, schema: list[tuple[str, str, str]], wanted: str) -> None:
    for kind, name, sql in schema:
        if kind == wanted and not name.startswith("sqlite_") and not _VIRTUAL.match(sql):
            db.execute(sql)


def _create_virtual(db: sqlite3.Connection, schema: list[tuple[str, str, str]]) -> None:
    """Into the schema as it is: their own tables, which CREATE would make, are filled already."""
    rows = [(name, name, sql) for _, name, sql in schema if _VIRTUAL.match(sql)]
    if rows:
        db.execute("PRAGMA writable_schema = ON")
        db.executemany("INSERT INTO sqlite_master VALUES ('table', ?, ?, 0, ?)", rows)
        db.execute("PRAGMA writable_schema = RESET")


def _fill(db: sqlite3.Connection, table: Table, rows: Iterable[Row]) -> None:
    if table.name == "sqlite_sequence":
        db.execute("DELETE FROM sqlite_sequence")
    names = ", ".join(_quoted(column.name) for column in table.columns)
    into = f"INSERT INTO {_quoted(table.name)} ({names}) VALUES"
    plain = f"{into} ({', '.join('?' * len(table.columns))})"
    for row in rows:
        odd = any(isinstance(value, RawText) for value in row)
        db.execute(f"{into} ({', '.join(map(_mark, row))})" if odd else plain, row)


def _mark(value: Any) -> str:
    return "CAST(? AS TEXT)" if isinstance(value, RawText) else "?"
