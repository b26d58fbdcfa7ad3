"""From the sources to a new generation."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Sequence
from datetime import date
from typing import Any

from jobmon.jobs.kit import Data, External, keep_generations, output, progress
from jobmon.jobs.kit.retries import passing
from jobmon.jobs.ready.backup import csvfiles, databases, generations, manifest
from jobmon.jobs.ready.backup.manifest import Manifest, Source

KEEP = 30
COPY = ".copy"
Path = str | os.PathLike[str]


def backup(
    sources: Sequence[Path],
    to: Path,
    *,
    day: str | date | None = None,
    keep: int = KEEP,
    allow_empty: bool = False,
    typed: bool = False,
) -> dict[str, Any]:
    """Save CSV files and SQLite databases as Parquet under `to`/YYYYMMDD; returns what was saved.

    `day` is that of $JOBMON_TIME, else today; the same day again replaces it as a whole. Afterwards
    the newest `keep` generations are left. Columns of a CSV are text; `typed`: numbers, where each
    value of a column is one that would be written so again.

    Raises Data for a source that is missing, cannot be read, or is empty and was not the last time
    (unless `allow_empty`), External when it is locked or changes meanwhile, or another backup is at
    work. Nothing has changed then.
    """
    folder, name = os.path.abspath(to), generations.name_of(day)
    named = _named([os.path.abspath(source) for source in sources])
    os.makedirs(folder, exist_ok=True)
    with generations.alone(folder):
        _check_age(folder, name, keep)
        last = None if allow_empty else _last(folder)
        made = _make(folder, name, named, last, typed=typed)
        generations.publish(folder, name)
        removed = keep_generations(folder, keep)
    return _told(made, os.path.join(folder, name), removed)


def _named(paths: Sequence[str]) -> dict[str, str]:
    """The sources by their names: their paths from the folder that all of them are in."""
    if not paths:
        raise Data("nothing to save: name CSV files and SQLite databases")
    for path in paths:
        if not os.path.exists(path):
            raise Data(f"{path} is missing: nothing was saved, nothing removed")
        if not os.path.isfile(path):
            raise Data(f"{path} is no file: name the CSV files and databases in it")
        if any("\ud800" <= letter <= "\udfff" for letter in path):
            raise Data(f"{path!r} is no name in UTF-8: rename it")
    above = os.path.commonpath([os.path.dirname(path) for path in paths])
    return {os.path.relpath(path, above): path for path in sorted(paths)}


def _check_age(folder: str, name: str, keep: int) -> None:
    if keep < 1:
        raise Data(f"--keep {keep} would keep nothing: give at least 1")
    newer = [each for each in generations.names(folder) if each > name]
    if len(newer) >= keep:
        raise Data(f"{name} is older than the {keep} generations to keep: give a larger --keep")


def _last(folder: str) -> Manifest | None:
    """What the newest generation says that can be read."""
    for name in reversed(generations.names(folder)):
        try:
            return manifest.read(os.path.join(folder, name))
        except Data:
            continue
    return None


def _make(
    folder: str, name: str, named: dict[str, str], last: Manifest | None, *, typed: bool
) -> Manifest:
    partial = generations.begin(folder, name)
    try:
        made = Manifest(manifest.FORMAT, name, [])
        for done, (each, path) in enumerate(named.items()):
            progress(done, len(named))
            made.sources.append(_saved(each, path, partial, typed=typed))
            _check_rows(made.sources[-1], last)
        progress(len(named), len(named))
        manifest.write(partial, made)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return made


def _saved(name: str, path: str, partial: str, *, typed: bool) -> Source:
    """Written into the generation, from a copy of one moment."""
    copies = os.path.join(partial, COPY)
    os.mkdir(copies)
    copy = os.path.join(copies, "source")
    try:
        stamp = copied(path, copy)
        source = Source(name, path, os.path.getsize(copy), stamp, "", "")
        return _stored(source, copy, partial, typed=typed)
    except OSError as error:
        kind = External if passing(error) else Data
        raise kind(f"{path} could not be saved: {error.strerror or error}") from error
    except sqlite3.Error as error:
        raise Data(f"{path} could not be saved: {error}") from error
    finally:
        shutil.rmtree(copies)


def copied(path: str, copy: str) -> list[int]:
    """Copy a source; returns its stamp. Raises External when it changed meanwhile."""
    before = manifest.stamp(path)
    if databases.is_database(path):
        databases.snapshot(path, copy)
        return before
    shutil.copyfile(path, copy)
    if manifest.stamp(path) != before:
        raise External(f"{path} changed while it was copied: try again when it is written")
    return before


def _stored(source: Source, copy: str, partial: str, *, typed: bool) -> Source:
    if databases.is_database(copy):
        found = databases.store(copy, partial, source.name)
        source.sqlite, source.encoding = found, str(found.pragmas["encoding"])
        source.sha256 = databases.combined(table.digest for table in found.tables)
    else:
        source.csv = csvfiles.store(copy, source.path, partial, source.name, typed=typed)
        source.sha256, source.encoding = manifest.sha256_of(copy), source.csv.dialect.encoding
    return source


def _check_rows(now: Source, last: Manifest | None) -> None:
    before = {source.path: source.rows for source in last.sources} if last else {}
    if before.get(now.path) and not now.rows:
        raise Data(
            f"{now.path} is empty, and had {before[now.path]:,} rows in the last backup: nothing "
            "was saved, nothing removed. If that is right, give --allow-empty"
        )


def _told(made: Manifest, path: str, removed: list[str]) -> dict[str, Any]:
    told = {
        "day": made.day,
        "path": path,
        "rows": made.rows,
        "sources": len(made.sources),
        "files": len(made.parts),
        "bytes": sum(part.size for part in made.parts),
        "removed": removed,
    }
    output(told)
    return told
