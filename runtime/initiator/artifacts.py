"""The files a job declares as its results, recorded as they lie there when it succeeded.

Loaded by initiators: standard library alone.
"""

from __future__ import annotations

import glob
import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

MOST = 1000
"""Files recorded for one attempt."""
ROOM = 128 << 10
"""Bytes the list may take in the exit record, each character of a path counted as escaped."""
HASHED = 1 << 30
"""Bytes of a file above which only its size is recorded."""
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")


def record(
    patterns: Sequence[str], cwd: str, env: Mapping[str, str], mask: Callable[[str], str]
) -> list[dict[str, Any]]:
    """[{"path", "size", "sha256"}] of the files that match, in order; `$NAME` is the job's own.

    A pattern nothing matches is recorded too, with size None: a result that was promised and is
    not there should be seen. sha256 is None for what cannot or need not be read.
    """
    found: list[dict[str, Any]] = []
    for pattern in patterns:
        wanted = _VARIABLE.sub(lambda name: env.get(name[1] or name[2], name[0]), pattern)
        paths = sorted(glob.glob(os.path.join(glob.escape(cwd), wanted), recursive=True))
        files = [path for path in paths if os.path.isfile(path)]
        found += [_described(path, cwd) for path in files]
        if not files:
            found.append({"path": wanted, "size": None, "sha256": None})
    return _bounded([{**row, "path": mask(row["path"])} for row in found])


def _bounded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many as a record can hold, and a last one that says how many were left out."""
    room, kept = ROOM, 0
    for row in rows[:MOST]:
        room -= 6 * len(row["path"].encode(errors="replace")) + 128
        if room < 0:
            break
        kept += 1
    left = len(rows) - kept
    more = [{"path": f"... and {left} more", "size": None, "sha256": None}] if left else []
    return rows[:kept] + more


def _described(path: str, cwd: str) -> dict[str, Any]:
    shown = os.path.relpath(path, cwd)
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            return {"path": shown, "size": size, "sha256": _hash(file) if size <= HASHED else None}
    except OSError:
        return {"path": shown, "size": None, "sha256": None}


def _hash(file: Any) -> str:
    import hashlib  # loaded by the few jobs that declare artifacts

    return hashlib.file_digest(file, "sha256").hexdigest()
