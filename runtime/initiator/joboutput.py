"""The small JSON a job may leave at $JOBMON_OUTPUT, read so that nothing in it can do harm later.

Loaded by initiators: standard library alone.
"""

from __future__ import annotations

import contextlib
import json
import math
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MOST = 64 << 10
DEPTH = 64


def load(path: str, mask: Callable[[str], str]) -> tuple[Any, str]:
    """(value, complaint): the file's JSON, secrets masked; (None, "") when there is no file."""
    if not path or not os.path.lexists(path):
        return None, ""
    try:
        return _clean(json.loads(_read(path).decode()), mask, DEPTH), ""
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        hint = f"It must be valid JSON of at most {MOST >> 10} KiB in a plain file."
        return None, f"$JOBMON_OUTPUT is unusable: {why}. {hint}"


def remove(path: str) -> None:
    """Take the file away; it is in the exit record now, or not wanted."""
    if path:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _read(path: str) -> bytes:
    # A job may have left a pipe or a link in its place: neither is followed nor waited for.
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        data = os.read(fd, MOST + 1)
    finally:
        os.close(fd)
    if len(data) > MOST:
        raise ValueError(f"it has more than {MOST} bytes")
    return data


def _clean(value: Any, mask: Callable[[str], str], depth: int) -> Any:
    """The value as every reader of the record will take it. ValueError: one of them would not."""
    if depth == 0:
        raise ValueError(f"it is nested more than {DEPTH} deep")
    if isinstance(value, dict):
        return {_text(k, mask): _clean(v, mask, depth - 1) for k, v in value.items()}
    if isinstance(value, list):
        return [_clean(item, mask, depth - 1) for item in value]
    if isinstance(value, str):
        return _text(value, mask)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("NaN and infinite numbers are not JSON")
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        raise ValueError("a whole number in it has more than 64 bits; write it as text")
    return value


def _text(text: str, mask: Callable[[str], str]) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("it holds half a surrogate pair") from None
    return mask(text)
