"""The small JSON a job leaves for the jobs after it."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LARGEST = 64 * 1024


def output(value: Any) -> None:
    """Leave `value` (JSON, at most 64 KiB) as this job's output; a second call replaces it.

    It counts only when the job succeeds. Outside a job it does nothing. Raises TypeError for a
    value that is no JSON and ValueError for one that is too large.
    """
    path = os.environ.get("JOBMON_OUTPUT")
    if path:
        import json

        write(path, json.dumps(value, ensure_ascii=False, allow_nan=False).encode())


def write(path: str, body: bytes) -> None:
    """Put `body` at `path` whole or not at all. Raises ValueError above 64 KiB."""
    if len(body) > LARGEST:
        raise ValueError(
            f"the output is {len(body):,} bytes, at most {LARGEST:,}: "
            "write a file and return its path"
        )
    partial = f"{path}.{os.getpid()}"
    with open(partial, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)
