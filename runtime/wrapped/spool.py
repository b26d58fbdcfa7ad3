"""Records of wrapped commands on disk, until a runtime takes them in. Standard library alone.

`.jobmon/spool/<id>/` holds what one start left: `begun.json` (what it is; its flock is held as long
as the wrapper lives), `<n>.jsonl` (one file for each attempt, of the format of attempts) and
`ended.json` (how it went, put in place as a whole). Without `ended.json` and without the lock the
wrapper was killed. Ids are made by the clock, so their order is that of the starts.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from jobmon.runtime import disk

SPOOL, BEGUN, ENDED, LINES = "spool", "begun.json", "ended.json", "lines"
ASIDE = "unreadable-"
"""Before the id of a record that makes no sense: kept for people, and not looked at again."""
KEPT = 90 * 86400.0
"""Seconds for which records are kept that no runtime takes in."""
MAKING = 60.0
"""Seconds after which a record without a beginning is left over from a kill."""
_ID = re.compile(r"\d{20}-\d+-[0-9a-f]{4}", re.ASCII)
_ATTEMPT = re.compile(r"([1-9]\d*)\.jsonl", re.ASCII)


class Found(NamedTuple):
    """One record. `ended` is empty for one whose wrapper was killed; `attempts` by number."""

    id: str
    path: str
    begun: dict[str, Any]
    ended: dict[str, Any]
    attempts: dict[int, str]


def new_id(now: float) -> str:
    """An id that no other start has, in the order of time."""
    return f"{int(now * 1e6):020d}-{os.getpid()}-{os.urandom(2).hex()}"


def begun_at(number: str) -> float:
    """When the start of that id was."""
    return int(number[:20]) / 1e6


def begin(spool: int, number: str, about: dict[str, Any]) -> tuple[int, int]:
    """(folder, lock): descriptors of the new record, and of what says that it is alive. OSError."""
    folder = disk.open_folder(number, spool)
    try:
        lock = disk.link_claim(folder, BEGUN, _line(about), spool)
    except OSError:
        os.rmdir(number, dir_fd=spool)
        raise
    assert lock is not None, "no other start has this id"
    return folder, lock


def end(path: str, how: dict[str, Any]) -> None:
    """Say how it went. OSError."""
    disk.atomic_write(os.path.join(path, ENDED), _line(how))


def _line(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def ids(spool: str) -> list[str]:
    """The ids of all records, the oldest first."""
    try:
        return sorted(name for name in os.listdir(spool) if _ID.fullmatch(name))
    except OSError:
        return []


def aside(spool: str) -> list[str]:
    """The paths of records that make no sense."""
    with contextlib.suppress(OSError):
        names = sorted(name for name in os.listdir(spool) if name.startswith(ASIDE))
        return [os.path.join(spool, name) for name in names]
    return []


def over(spool: str, now: float) -> Iterator[Found]:
    """The records of what is over, the oldest first; what a kill left half-made is removed."""
    for number in ids(spool):
        found = read(spool, number)
        if found is not None:
            yield found
        elif not alive(spool, number) and now - begun_at(number) > MAKING:
            remove(os.path.join(spool, number))


def alive(spool: str, number: str) -> bool:
    """Whether its wrapper lives."""
    return disk.locked(os.path.join(spool, number, BEGUN))


def read(spool: str, number: str) -> Found | None:
    """The record, if its wrapper is gone: at its end, or because it was killed."""
    path = os.path.join(spool, number)
    if alive(spool, number) or not (begun := content(os.path.join(path, BEGUN))):
        return None
    return Found(number, path, begun, content(os.path.join(path, ENDED)), attempts(path))


def content(path: str) -> dict[str, Any]:
    """The JSON object in a file; {} when there is none that can be read."""
    try:
        with open(path, "rb") as file:
            found = json.load(file)
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def attempts(path: str) -> dict[int, str]:
    """The files of a record's attempts, by number."""
    with contextlib.suppress(OSError):
        names = (_ATTEMPT.fullmatch(name) for name in os.listdir(path))
        found = sorted(int(name[1]) for name in names if name)
        return {n: os.path.join(path, f"{n}.jsonl") for n in found}
    return {}


def remove(path: str) -> None:
    """Remove a record: its beginning goes last, so that what is left of it is known for one."""
    for name in (ENDED, *(os.path.basename(file) for file in attempts(path).values()), BEGUN):
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(path, name))
    shutil.rmtree(path, ignore_errors=True)


def prune(spool: str, now: float | None = None) -> None:
    """Remove what nobody took in for long."""
    now = time.time() if now is None else now
    for number in ids(spool):
        if now - begun_at(number) < KEPT:
            return
        if not alive(spool, number):
            remove(os.path.join(spool, number))
