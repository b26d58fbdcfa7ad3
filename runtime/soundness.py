"""Whether the database of a state folder is the one that the rest of the folder tells of.

SQLite takes an emptied file, or one whose write-ahead log was removed, for a sound one. Served
as they are, runs would be forgotten in silence, so such a folder is refused.
"""

from __future__ import annotations

import os
from pathlib import Path

from jobmon.runtime import stream
from jobmon.runtime.errors import StateError
from jobmon.runtime.reader import DB_NAME, REBUILD
from jobmon.runtime.store import Store


def before_opening(state_dir: Path) -> None:
    """Raises StateError when state.db is gone or empty although there were runs."""
    path = state_dir / DB_NAME
    what = f"open {path}"
    if path.is_dir() and not path.is_symlink():
        raise StateError(what, "it is a folder", f"move it away: mv {path} {path}.old")
    if path.exists() and path.stat().st_size:
        if _cut_short(path):
            raise StateError(what, "its end is missing", REBUILD)
        return
    how = "it is empty" if path.exists() else "it is gone"
    newest = stream.newest(state_dir / "log")
    if newest:
        raise StateError(what, f"{how}, but {newest} events are in the event stream", REBUILD)
    if _ran_before(state_dir):
        hint = f"put it back from a backup, or begin anew: mv {state_dir} {state_dir}.old"
        raise StateError(what, f"{how}, but {state_dir / 'attempts'} holds logs of runs", hint)


def after_opening(store: Store, state_dir: Path) -> None:
    """Raises StateError when events that were committed are not in the database."""
    newest = stream.newest(state_dir / "log")
    if newest > store.seq:
        why = f"it ends at event {store.seq}, the event stream at {newest}: its newest part is gone"
        raise StateError(f"open {store.path}", why, REBUILD)


def _cut_short(path: Path) -> bool:
    """Whether the file is shorter than its own first page says (SQLite file format, 1.3).

    While there is a write-ahead log the missing pages may lie in there.
    """
    wal = path.with_name(f"{path.name}-wal")
    if wal.exists() and wal.stat().st_size:
        return False
    with path.open("rb") as file:
        head = file.read(100)
    if len(head) < 100 or not head.startswith(b"SQLite format 3\0"):
        return False  # opening it says what it is
    page = int.from_bytes(head[16:18], "big")
    pages = int.from_bytes(head[28:32], "big")
    counted = head[24:28] == head[92:96]  # else the number is not kept up to date
    return counted and path.stat().st_size < pages * (65536 if page == 1 else page)


def _ran_before(state_dir: Path) -> bool:
    try:
        return any(name.isdecimal() for name in os.listdir(state_dir / "attempts"))
    except OSError:
        return False
