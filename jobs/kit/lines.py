"""One line of JSON for what happened."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

LEVELS = ("debug", "info", "warning", "error", "critical")
_FROM_JOB = {"run": "JOBMON_RUN", "job": "JOBMON_JOB", "attempt": "JOBMON_ATTEMPT_ID"}


def log(event: str, /, *, level: str = "info", **fields: Any) -> None:
    """Write one JSON line to stdout: `log("loaded", rows=123)`.

    `level` is debug, info, warning, error or critical. Behind the fields stand the time, and in a
    job its run, name and attempt. A value that is no JSON is written as its text: no value makes
    it fail. Raises ValueError for another level.
    """
    if level not in LEVELS:
        raise ValueError(f"level {level!r} is none of {', '.join(LEVELS)}")
    # The level comes first: there readers look for it, and the text may name another.
    line = {"level": level, "event": str(event), **fields}
    line.setdefault("time", time.strftime("%Y-%m-%dT%H:%M:%S%z"))
    for name, variable in _FROM_JOB.items():
        if variable in os.environ:
            line.setdefault(name, os.environ[variable])
    _write(line)


def _write(line: dict[str, Any]) -> None:
    text = _text(line, plain=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeError:  # a stdout of another encoding, or half of a surrogate pair
        text = _text(line, plain=True)
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _text(line: dict[str, Any], *, plain: bool) -> str:
    kept = {name: _value(value) for name, value in line.items()}
    return json.dumps(kept, ensure_ascii=plain, allow_nan=False, default=str)


def _value(value: Any) -> Any:
    try:
        json.dumps(value, allow_nan=False, default=str)
    except (TypeError, ValueError, RecursionError):  # NaN, a circle, a key that is no text
        return str(value)
    return value
