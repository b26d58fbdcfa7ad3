"""Reading what attempts left in their files. Standard library alone."""

from __future__ import annotations

import json
import os
from typing import Any

TAIL = 64 << 10
LAST_LINES = 10


def last_lines(folder: str) -> list[str]:
    """The last lines of output of the newest attempt in a record's folder."""
    numbers = [int(n) for n, _, rest in (f.partition(".") for f in os.listdir(folder))
               if rest == "jsonl" and n.isdecimal()]  # fmt: skip
    if not numbers:
        return []
    found = records(os.path.join(folder, f"{max(numbers)}.jsonl"))
    return [one["m"] for one in found if isinstance(one.get("m"), str)][-LAST_LINES:]


def records(path: str) -> list[dict[str, Any]]:
    """The newest records of an attempt's file, in order."""
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL))
        lines = file.read().split(b"\n")
    return [one for one in map(_record, lines) if one]


def _record(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def head(path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The claim of an attempt's file and the record after it."""
    with open(path, "rb") as file:
        return _record(file.readline(TAIL)), _record(file.readline(TAIL))
