"""What was told before is not told again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from jobmon.jobs.kit.files import atomic_write
from jobmon.jobs.kit.locks import lock
from jobmon.jobs.kit.outcomes import Data

V = TypeVar("V")


@contextlib.contextmanager
def changed_only(
    memory: str | os.PathLike[str], records: Mapping[str, V]
) -> Iterator[dict[str, V]]:
    """`with changed_only("told.json", prices) as fresh:` those that are new or changed since.

    `records` are JSON values by key. The file `memory` remembers them when the block has succeeded,
    and only then: what could not be told is fresh again next time. One at a time uses a memory;
    keys that are missing now stay remembered. Raises Data when the file is no memory, TypeError
    for a value that is no JSON.
    """
    path = os.path.realpath(memory)
    with lock(f"changed_only {path}"):
        before = _read(path)
        marks = {str(key): _mark(value) for key, value in records.items()}
        yield {k: v for k, v in records.items() if before.get(str(k)) != marks[str(k)]}
        if before | marks != before:
            with atomic_write(path) as file:
                json.dump(before | marks, file, ensure_ascii=False, indent=0, sort_keys=True)


def _read(path: str) -> dict[str, str]:
    try:
        with open(path, encoding="utf-8") as file:
            found: Any = json.load(file)
    except FileNotFoundError:
        return {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Data(f"{path} does not remember what was told: delete it to have everything told")
    return found


def _mark(value: Any) -> str:
    body = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()[:24]
