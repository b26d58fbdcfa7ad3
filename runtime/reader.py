"""Reading the state beside its one writer; standard library only, for light commands."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from jobmon.runtime import schema
from jobmon.runtime.errors import StateError

DB_NAME = "state.db"
REBUILD = "keep the file and make it anew from the event stream: jobmon doctor --rebuild"
_T = TypeVar("_T")


def open_reader(state_dir: Path) -> sqlite3.Connection:
    """A read-only connection to the state. Raises StateError when there is none to read."""
    path = state_dir / DB_NAME
    return guarded(f"read {path}", lambda: connect(path))


def connect(path: Path) -> sqlite3.Connection:
    """A read-only connection to a database file; it sees what is committed."""
    from urllib.parse import quote

    db = sqlite3.connect(
        f"file:{quote(str(path))}?mode=ro", uri=True, timeout=10, check_same_thread=False
    )
    db.execute("SELECT 1 FROM events LIMIT 1")
    return db


@contextlib.contextmanager
def one_moment(db: sqlite3.Connection) -> Iterator[None]:
    """Whatever is read within is of the same commit; it may lie in another."""
    if db.in_transaction:
        yield
        return
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.rollback()


def guarded(what: str, action: Callable[[], _T]) -> _T:
    """The outcome of `action`; what goes wrong with the database becomes a StateError."""
    try:
        return action()
    except schema.NewerSchemaError as error:
        raise StateError(what, str(error), "run the newer jobmon on this folder") from error
    except (sqlite3.OperationalError, OSError) as error:
        hint = "make room or mend the permissions, then try again: jobmon doctor"
        raise StateError(what, str(error), hint) from error
    except (sqlite3.DatabaseError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise StateError(what, str(error), REBUILD) from error
