"""What a request must look like, for each operation: checked before anything is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobmon.runtime.errors import UsageError

Kinds = Mapping[str, tuple[type, ...]]
TEXT, NUMBER, YES, TABLE, ROWS = (str,), (int, float), (bool,), (dict,), (list,)
WHOLE = (int,)
COMMON: Kinds = {"who": TEXT, "why": TEXT, "idem": TEXT}
FIELDS: Mapping[str, Kinds] = {
    "run": {
        "flow": TEXT, "params": TABLE, "priority": WHOLE, "now": YES, "last_good": YES,
        "preview": YES,
    },
    "verb": {
        "verb": TEXT, "run": TEXT, "jobs": ROWS, "flow": TEXT, "options": TABLE, "preview": YES,
    },
    "backfill": {
        "name": TEXT, "since": TEXT, "until": TEXT, "only": TEXT, "max": WHOLE, "reverse": YES,
        "parallel": WHOLE, "params": TABLE, "preview": YES,
    },
    "subflow": {"attempt": TEXT, "flow": TEXT, "params": TABLE},
    "follow": {"run": WHOLE, "seen": WHOLE},
    "view": {"name": TEXT, "args": TABLE},
    "log": {"attempt": TEXT, "offset": WHOLE, "limit": WHOLE},
    "gc": {"preview": YES},
    "notify": {"test": YES, "retry": YES, "report": TABLE},
    "down": {"drain": YES},
}  # fmt: skip
OPTIONS: Kinds = {
    "only": YES, "failed": YES, "hard": YES, "grace": NUMBER, "until": NUMBER, "outcome": TEXT,
    "catch_up": TEXT, "stop": YES,
}  # fmt: skip
ARGS: Kinds = {
    "run": TEXT, "job": TEXT, "flow": TEXT, "limit": WHOLE, "attempts": YES, "all": YES,
    "since": WHOLE, "until": NUMBER, "at": NUMBER, "hash": TEXT,
    "count": WHOLE, "start": TEXT, "days": WHOLE, "explain": YES,
}  # fmt: skip
NEEDED = {
    "run": ("flow",), "verb": ("verb",), "backfill": ("name", "since", "until"),
    "view": ("name",), "log": ("attempt",), "subflow": ("attempt", "flow"), "follow": ("run",),
}  # fmt: skip
_WORDS = {TEXT: "a text", NUMBER: "a number", YES: "true or false", TABLE: "an object",
          ROWS: "a list", WHOLE: "a whole number"}  # fmt: skip
LARGEST = 1 << 53
"""Numbers beyond are not the same for every reader of JSON."""


def check(request: Mapping[str, Any]) -> None:
    """Raises UsageError naming the field and what it must be. Absent and null are the same."""
    op = str(request.get("op"))
    for name in NEEDED.get(op, ()):
        if request.get(name) is None:
            raise UsageError(f"understand the request {op}", f"it has no {name}")
    _fields(op, "", request, {**COMMON, **FIELDS.get(op, {})})
    _fields(op, "options.", request.get("options") or {}, OPTIONS)
    _fields(op, "args.", request.get("args") or {}, ARGS)
    jobs = request.get("jobs") or ()
    if not all(isinstance(name, str) for name in jobs):
        raise UsageError(f"understand the request {op}", "jobs must be a list of names")


def _fields(op: str, prefix: str, given: Mapping[str, Any], kinds: Kinds) -> None:
    for name, kind in kinds.items():
        value = given.get(name)
        if value is not None and not _fits(value, kind):
            why = f"{prefix}{name} must be {_WORDS[kind]}, not {value!r:.60}"
            raise UsageError(f"understand the request {op}", why)


def _fits(value: Any, kind: tuple[type, ...]) -> bool:
    if kind is YES:
        return isinstance(value, bool)
    if isinstance(value, bool) or not isinstance(value, kind):
        return False
    return not isinstance(value, int | float) or -LARGEST <= value <= LARGEST
