"""Dated files and folders of which only the newest are kept."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil

DAYS = "[0-9]" * 8
"""Names such as 20261123."""
_GONE = re.compile(r"\..+\.gone")


def keep_generations(
    folder: str | os.PathLike[str], keep: int = 30, *, pattern: str = DAYS
) -> list[str]:
    """Remove the oldest files or folders of `folder` so that `keep` are left; returns their names.

    Only names that fit `pattern` count (`report-*.xlsx`; usually YYYYMMDD), and the order of the
    names is their age. Hidden ones and links never count. A folder takes a hidden name before it
    is emptied, so that one that is half removed looks like none; what a kill left of it goes next
    time. Raises ValueError when nothing would be left, OSError when one cannot be removed.
    """
    if keep < 1:
        raise ValueError(f"keep_generations keeps at least 1, not {keep}: it would remove them all")
    found = generations(folder, pattern)
    if found:
        _clear(folder, pattern)
    for name in found[:-keep]:
        aside = os.path.join(folder, f".{name}.gone")
        os.rename(os.path.join(folder, name), aside)
        _remove(aside)
    return found[:-keep]


def generations(folder: str | os.PathLike[str], pattern: str = DAYS) -> list[str]:
    """The names in `folder` that count, the oldest first; [] when there is no such folder."""
    try:
        with os.scandir(folder) as entries:
            found = [e.name for e in entries if not e.is_symlink()]
    except FileNotFoundError:
        return []
    return sorted(n for n in found if n[0] != "." and fnmatch.fnmatchcase(n, pattern))


def _clear(folder: str | os.PathLike[str], pattern: str) -> None:
    for name in os.listdir(folder):
        if _GONE.fullmatch(name) and fnmatch.fnmatchcase(name[1 : -len(".gone")], pattern):
            _remove(os.path.join(folder, name))


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)
