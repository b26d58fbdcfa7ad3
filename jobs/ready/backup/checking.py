"""Generations read again and compared, and given back."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from datetime import date
from typing import Any

from jobmon.jobs.kit import Data, External, atomic_write, output, progress
from jobmon.jobs.kit.files import sync
from jobmon.jobs.ready.backup import csvfiles, databases, generations, manifest, tables
from jobmon.jobs.ready.backup.making import Path, copied
from jobmon.jobs.ready.backup.manifest import Manifest, Source

BESIDE = ("-wal", "-journal", "-shm")
"""Files of a database that is in use."""


# --- verify ---------------------------------------------------------------------------------------


def verify(to: Path, day: str | date | None = None) -> dict[str, Any]:
    """Read a generation again, or all, and compare every value with the manifest, and with the
    sources that have not changed since; returns counts. Raises Data that names all that is wrong.
    """
    folder = _existing(to)
    wrong: list[str] = []
    told = {"generations": 0, "rows": 0, "sources": 0, "unchanged": 0}
    with generations.alone(folder):
        names = generations.names(folder) if day is None else [generations.existing(folder, day)]
        if not names:
            raise Data(f"{folder} has no backup: there is nothing to verify")
        for done, name in enumerate(names):
            progress(done, len(names))
            wrong += _check_generation(os.path.join(folder, name), told)
    if wrong:
        raise Data("\n".join([f"{len(wrong)} wrong in {folder}:", *wrong]))
    output(told)
    return told


def _existing(to: Path) -> str:
    folder = os.path.abspath(to)
    if not os.path.isdir(folder):
        raise Data(f"{folder} is no folder of backups")
    return folder


def _check_generation(folder: str, told: dict[str, int]) -> list[str]:
    try:
        found = manifest.read(folder)
    except Data as error:
        return [str(error)]
    wrong = _strangers(folder, found)
    for source in found.sources:
        try:
            check(folder, source)
            told["unchanged"] += _compare(source)
        except (Data, External) as error:
            wrong.append(str(error))
    told["generations"] += 1
    told["rows"] += found.rows
    told["sources"] += len(found.sources)
    return wrong


def _strangers(folder: str, found: Manifest) -> list[str]:
    """Files that the manifest does not know, and a day that is not that of the folder."""
    known = {manifest.NAME, *(part.file for part in found.parts)}
    there = {
        os.path.relpath(os.path.join(above, file), folder)
        for above, _, files in os.walk(folder)
        for file in files
    }
    wrong = [f"{os.path.join(folder, file)} does not belong to it" for file in there - known]
    if found.day != os.path.basename(folder):
        wrong.append(f"{folder} says that it is the backup of {found.day}")
    return sorted(wrong)


def check(folder: str, source: Source) -> None:
    """Read all that is stored of a source. Raises Data when it does not give the source again."""
    if source.csv is not None and _hash(csvfiles.content(folder, source.csv)) != source.sha256:
        raise Data(f"{folder}: {source.name} is not what {source.path} was")
    for table in source.tables if source.csv is None or source.csv.raw else ():
        found = tables.Digest()
        found.add(tables.read(folder, table))
        if found.hex() != table.digest:
            raise Data(f"{folder}: the values of {table.name} of {source.name} are not those saved")


def _hash(pieces: Iterator[bytes]) -> str:
    found = hashlib.sha256()
    for piece in pieces:
        found.update(piece)
    return found.hexdigest()


def _compare(source: Source) -> bool:
    """Whether the source is still there as it was; raises Data when its values are others then."""
    with contextlib.suppress(FileNotFoundError), tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "source")
        if manifest.stamp(source.path) != source.stamp:
            return False
        copied(source.path, copy)
        database = source.sqlite is not None
        now = databases.digest(copy) if database else manifest.sha256_of(copy)
        if now != source.sha256:
            raise Data(f"{source.path} has the time and size it had, and other values")
        return True
    return False


# --- restore --------------------------------------------------------------------------------------


def restore(to: Path, day: str | date, into: Path, *, force: bool = False) -> dict[str, Any]:
    """Write the sources of a generation into the folder `into`; returns counts.

    A CSV becomes the same bytes, a database the same tables and values. Raises Data before anything
    is written when a file is there already (unless `force`), or the generation is damaged.
    """
    folder, target = _existing(to), os.path.abspath(into)
    with generations.alone(folder):
        generation = os.path.join(folder, generations.existing(folder, day))
        found = manifest.read(generation)
        _check_target(found, target, force=force)
        for part in found.parts:
            tables.check(os.path.join(generation, part.file), part)
        for done, source in enumerate(found.sources):
            progress(done, len(found.sources))
            _give_back(generation, source, os.path.join(target, source.name))
    told = {"day": found.day, "rows": found.rows, "files": len(found.sources), "into": target}
    output(told)
    return told


def _check_target(found: Manifest, target: str, *, force: bool) -> None:
    paths = [os.path.join(target, source.name) for source in found.sources]
    for path in paths:
        used = [path + end for end in BESIDE if os.path.exists(path + end)]
        if used:
            raise Data(
                f"{used[0]} is there: {path} is in use. End what uses it, or restore elsewhere"
            )
    there = [path for path in paths if os.path.lexists(path)]
    if there and not force:
        raise Data(f"{there[0]} is there: nothing was restored. To replace it give --force")


def _give_back(generation: str, source: Source, path: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if source.sqlite is not None:
        _give_database(generation, source, path)
        return
    assert source.csv is not None
    with atomic_write(path, "wb") as file:
        written = hashlib.sha256()
        for piece in csvfiles.content(generation, source.csv):
            file.write(piece)
            written.update(piece)
        if written.hexdigest() != source.sha256:
            raise Data(f"{generation}: {source.name} is not what {source.path} was")


def _give_database(generation: str, source: Source, path: str) -> None:
    assert source.sqlite is not None
    with tempfile.TemporaryDirectory(prefix=".", dir=os.path.dirname(path)) as folder:
        made = os.path.join(folder, "made")
        databases.restore(generation, source.sqlite, made)
        sync(made)
        os.replace(made, path)
    sync(os.path.dirname(path))
