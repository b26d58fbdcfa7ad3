"""What the monitor knows again when it is opened: the last screen, filters, what was seen.

A file for each batch folder below $XDG_STATE_HOME/jobmon. It is convenience, not state: what
cannot be read or written is as if it were not there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def place(home: str, environ: Mapping[str, str] = os.environ) -> Path:
    """The file of a batch folder, or of the sockets that are shown together."""
    name = hashlib.sha256(home.encode(errors="surrogateescape")).hexdigest()[:16]
    return folder(environ) / f"{name}.json"


def folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the monitor keeps what is its own."""
    given = Path(environ.get("XDG_STATE_HOME") or "")
    if given.is_absolute():
        return given / "jobmon"
    try:
        return Path.home() / ".local/state/jobmon"
    except RuntimeError:  # this user has no home: nothing can be kept
        return Path(os.devnull) / "jobmon"


def read(path: Path) -> dict[str, Any]:
    """What was kept; nothing when that is damaged or absent."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return kept if isinstance(kept, dict) else {}


def write(path: Path, kept: Mapping[str, Any]) -> None:
    """Keep it, whole or not at all; of two monitors that close, what the last one knew."""
    partial = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial.write_text(json.dumps(kept), encoding="utf-8")
        partial.replace(path)
    except (OSError, ValueError, TypeError, RecursionError):  # no room, or nothing JSON can say
        with contextlib.suppress(OSError):
            partial.unlink()
