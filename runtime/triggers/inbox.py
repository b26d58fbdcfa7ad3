"""The files a pattern finds, and which of them have come to rest and are new. Pure, but `listing`.

A file is known by its path, the time it was last changed, and its size.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Mapping
from typing import NamedTuple

Stamp = tuple[int, int]
"""(mtime in nanoseconds, size)."""
UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", "~")
"""What names of files end in that somebody is still writing."""
MOST_FILES = 10_000


class TooManyError(Exception):
    """A pattern that finds more than MOST_FILES: probably another one was meant."""


class Rested(NamedTuple):
    """A file that is new, or changed, and has not changed again for long enough."""

    path: str
    stamp: Stamp


class Settling(NamedTuple):
    """What a file was like when it was first seen so, and when that was."""

    stamp: Stamp
    since: float


def listing(home: str, pattern: str) -> dict[str, Stamp]:
    """Stamps of the files by path, as the pattern writes it. Blocks as long as the disk does.

    Hidden ones, unfinished ones and what is no plain file are left out. Raises TooManyError.
    """
    found: dict[str, Stamp] = {}
    for path in glob.iglob(pattern, root_dir=home, recursive=True):
        stamp = _stamp(home, path)
        if stamp is not None:
            found[path] = stamp
        if len(found) > MOST_FILES:
            raise TooManyError
    return found


def settle(
    files: Mapping[str, Stamp],
    seen: Mapping[str, Stamp],
    settling: Mapping[str, Settling],
    now: float,
    rest: float,
) -> tuple[list[Rested], dict[str, Settling]]:
    """(those to act on, the oldest first; what is known of all that are new) at the time `now`.

    `seen` are those acted on before, `settling` is what the last look returned, `rest` the seconds
    a file must not have changed.
    """
    news: dict[str, Settling] = {}
    for path, stamp in files.items():
        if seen.get(path) != stamp:
            before = settling.get(path)
            same = before is not None and before.stamp == stamp
            news[path] = before if before and same else Settling(stamp, now)
    ready = [Rested(path, s.stamp) for path, s in news.items() if now - s.since >= rest]
    return sorted(ready, key=lambda file: (file.stamp[0], file.path)), news


def _stamp(home: str, path: str) -> Stamp | None:
    name = os.path.basename(path)
    if name.startswith(".") or name.endswith(UNFINISHED):
        return None
    try:
        about = os.stat(os.path.join(home, path))
    except OSError:  # it went meanwhile
        return None
    return (about.st_mtime_ns, about.st_size) if stat.S_ISREG(about.st_mode) else None
