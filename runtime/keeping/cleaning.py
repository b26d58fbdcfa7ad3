"""What is left when runs are gone: their events, the flow versions, old parts of the event stream.

Reading only, in a thread; what is found is removed by `housekeeping`. Events are kept for as many
days as runs are. Before a part of the stream goes, a copy of the whole state is laid beside it:
from there on `jobmon doctor --rebuild` folds what the stream still has.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import sqlite3
from pathlib import Path

from jobmon.runtime import disk, stream, versions
from jobmon.runtime.errors import StateError
from jobmon.runtime.keeping.retention import DAY
from jobmon.runtime.reader import DB_NAME, guarded, open_reader
from jobmon.runtime.store import Rubbish
from jobmon.runtime.words import size

BASE = "base.db"
"""The copy, in the folder of the event stream."""
TIMES = 2
"""As many times its size must be free for a copy: jobs write meanwhile."""
SPARE = 7
"""Days the stream may be older than what is kept: the copy is not made every day."""


def base_of(log_dir: Path) -> int:
    """The number of the last event in the copy; 0 when there is none that can be read."""
    path = log_dir / BASE
    if not path.is_file():
        return 0
    with contextlib.suppress(sqlite3.Error):
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        with contextlib.closing(db):
            return db.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0]
    return 0


def shorten_stream(state_dir: Path, days: int, now: float) -> list[Path]:
    """Remove the parts of the stream that are older than `days`; which ones went. OSError."""
    log_dir = state_dir / "log"
    old = _older(log_dir, days, now)
    if not old or not _older(log_dir, days + SPARE, now):
        return []
    _copy(state_dir, log_dir)
    until = base_of(log_dir)
    newest = stream.newest(log_dir)  # what has it stays: by it the stream goes on
    gone = [path for path in old if stream.last(path) <= until and stream.last(path) < newest]
    for path in gone:
        path.unlink()
    return gone


def _older(log_dir: Path, days: int, now: float) -> list[Path]:
    if not days:
        return []
    first = dt.datetime.fromtimestamp(now - days * DAY).astimezone()
    name = f"events-{first:%Y%m%d}.jsonl"
    return [path for path in stream.files(log_dir) if path.name < name]


def _copy(state_dir: Path, log_dir: Path) -> None:
    """Lay a copy of the database, whole and synced, in the place of an older one."""
    path, what = log_dir / f".{BASE}{disk.NEW}", f"copy {state_dir / DB_NAME}"
    path.unlink(missing_ok=True)
    free, wanted = shutil.disk_usage(log_dir).free, TIMES * (state_dir / DB_NAME).stat().st_size
    if free < wanted:
        why = f"{size(free)} are free on its disk, it takes {size(wanted)} to be safe"
        raise StateError(what, why, "free some room; until then the event stream grows")
    try:
        guarded(what, lambda: _back_up(state_dir, path))
    except BaseException:
        path.unlink(missing_ok=True)  # a disk that is full needs its room
        raise
    path.rename(log_dir / BASE)
    with disk.folder(log_dir) as fd:
        os.fsync(fd)


def _back_up(state_dir: Path, path: Path) -> None:
    with contextlib.closing(open_reader(state_dir)) as db:
        copy = sqlite3.connect(path)
        with contextlib.closing(copy):
            db.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
    path.chmod(disk.PRIVATE_FILE)
    with path.open("rb") as file:
        os.fsync(file.fileno())


# The newest event and the newest run's stay: the numbers of those to come follow on them.
_ALONE = """
    SELECT coalesce(max(seq), 0) FROM events
    WHERE run = 0 AND at < ? AND seq <= ? AND seq < (SELECT max(seq) FROM events)"""
_GONE = """
    SELECT run FROM events WHERE run > 0 AND NOT EXISTS (SELECT 1 FROM runs WHERE id = run)
    GROUP BY run HAVING max(at) < ? AND max(seq) <= ?
    AND max(seq) < (SELECT max(seq) FROM events) AND run < (SELECT max(run) FROM events)"""
_USED = """
    SELECT json_extract(body, '$.definition') FROM runs
    UNION SELECT json_extract(body, '$.definition') FROM job_runs
    UNION SELECT json_extract(body, '$.definition') FROM attempts
    UNION SELECT json_extract(body, '$.data.run.definition') FROM events WHERE kind = 'run.created'
    UNION SELECT json_extract(body, '$.data.definition') FROM events"""


def old_events(state_dir: Path, days: int, now: float) -> Rubbish:
    """The events no run needs any more; only what the copy has, should the database be lost."""
    until = base_of(state_dir / "log")
    if not days or not until:
        return Rubbish()
    old = (now - days * DAY, until)
    with contextlib.closing(open_reader(state_dir)) as db:
        runs = [i for (i,) in db.execute(_GONE, old)]
        return Rubbish(runs=runs, alone=db.execute(_ALONE, old).fetchone()[0])


def unused_versions(state_dir: Path) -> list[str]:
    """The flow versions that neither a run nor an event speaks of, by their hashes."""
    if not base_of(state_dir / "log"):  # the stream, from which all is made anew, may still do
        return []
    with contextlib.closing(open_reader(state_dir)) as db:
        used = {digest for (digest,) in db.execute(_USED)}
        known = {digest for (digest,) in db.execute("SELECT hash FROM definitions")}
    known |= set(versions.hashes(state_dir))
    return sorted(known - used)


def remove_orphans(state_dir: Path) -> None:
    """Remove the folders of runs that have no row (any more). The folders are listed first: a new
    run has its row before it has a folder."""
    folders = [p for p in (state_dir / "attempts").iterdir() if p.name.isdecimal()]
    with contextlib.closing(open_reader(state_dir)) as db:
        known = {i for (i,) in db.execute("SELECT id FROM runs")}
    for folder in folders:
        if int(folder.name) not in known:
            shutil.rmtree(folder, ignore_errors=True)


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder; 0 when it is not there."""
    try:
        with os.scandir(folder) as entries:
            return sum(entry.stat(follow_symlinks=False).st_size for entry in entries)
    except OSError:
        return 0
