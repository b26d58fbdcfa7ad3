"""The dead man's switch: whether a runtime is there and well, in one line and an exit code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from jobmon.runtime.client import LOOK_LIMIT
from jobmon.runtime.errors import EXIT_NO_RUNTIME, EXIT_OK, EXIT_RUN_FAILED
from jobmon.runtime.words import span
from jobmon.tui.text import local

PATIENCE = LOOK_LIMIT
SILENT = 120.0
"""Seconds without a sign of life after which a runtime that answers does not work all the same."""


class Verdict(NamedTuple):
    """What `status --check` exits with, and the line that says why."""

    code: int
    words: str = ""


def verdict(body: Mapping[str, Any], max_age: float, now: float) -> Verdict:
    """What the document `status` means for whoever watches over the runtime."""
    seen = body.get("seen")
    age = None if seen is None else max(0.0, now - seen)
    mistakes = [str(told).partition("\n")[0] for told in body.get("mistakes") or ()]  # one line
    troubles = [*(body.get("troubles") or ()), *mistakes]
    if not body["running"]:
        if age is not None and age <= max_age:
            return Verdict(EXIT_OK)
        words = "; ".join(["no runtime answers, " + _seen(seen, age), *troubles])
        return Verdict(EXIT_NO_RUNTIME, words)
    if age is not None and age > max(SILENT, max_age):
        return Verdict(EXIT_NO_RUNTIME, "the runtime does nothing, " + _seen(seen, age))
    return Verdict(EXIT_RUN_FAILED, "; ".join(troubles)) if troubles else Verdict(EXIT_OK)


def _seen(seen: float | None, age: float | None) -> str:
    if seen is None or age is None:
        return "none was ever seen here"
    return f"last seen {local(seen, full=True)}, {span(age)} ago"
