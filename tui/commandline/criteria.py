"""Which rows are shown: pure conditions on what stands in a row's fields, and how they read.

A row's fields are by column name; `job`, `owner` and `state` are those that prefix, owner and state
look at, `late` and `held` the flags of which something true makes a fault.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from jobmon.jobs.mistakes import WrongError
from jobmon.jobs.options import duration
from jobmon.runtime.states import State

Fields = Mapping[str, str | float]
FAULTS = frozenset({State.FAILED, State.LOST, State.WAITING_HUMAN})
"""States that somebody has to look at; what is late or held counts too."""


def fold(text: str) -> str:
    """Text as it is compared: without case, and the same however wide it was typed."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> Callable[[str], object]:
    head, *rest = (_literal(part) for part in re.split(r"\*+", fold(pattern)))
    if not rest:
        return re.compile(head, re.DOTALL).fullmatch
    *middle, tail = rest
    # Each part is taken where it first occurs and never again, so many stars cost no more.
    inner = "".join(f"(?>.*?{part})" for part in middle)
    return re.compile(f"{head}{inner}.*{tail}", re.DOTALL).fullmatch


def _literal(part: str) -> str:
    return "".join("." if sign == "%" else re.escape(sign) for sign in part)


def matches(pattern: str, text: str) -> bool:
    """Whether all of `text` is what the pattern says: `*` any signs, `%` exactly one."""
    return _pattern(pattern)(fold(text)) is not None


_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?%?")


@lru_cache(maxsize=256)
def number(text: str) -> float | None:
    """A number as people write it: 90, 55%, 5m, 1h30m; None when it is none."""
    if _NUMBER.fullmatch(text):
        return float(text.removesuffix("%"))
    try:
        return duration(text)
    except WrongError:
        return None


class Condition(NamedTuple):
    """What one column has to be. `op` is one of OPS."""

    column: str
    op: str
    value: str

    def admits(self, fields: Fields) -> bool:
        """Whether the row's field is so; of two numbers their size counts, else the text."""
        found = fields.get(self.column, "")
        text = found if isinstance(found, str) else f"{found:g}"
        if self.op == "~":
            return fold(self.value) in fold(text)
        mine, wanted = number(text), number(self.value)
        if mine is not None and wanted is not None:
            return _ORDER[self.op](mine, wanted)
        if self.op in ("=", "!="):
            return matches(self.value, text) is (self.op == "=")
        return bool(text) and _ORDER[self.op](fold(text), fold(self.value))

    def __str__(self) -> str:
        return f"{self.column}{self.op}{_quoted(self.value)}"


_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
OPS = (*_ORDER, "~")
"""How a column is compared; `~` is: contains."""


class Criteria(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that a row has to be. Empty parts ask for nothing; `text` occurs in some field."""

    prefix: str = ""
    owner: str = ""
    states: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    text: str = ""
    faults: bool = False

    def __bool__(self) -> bool:
        return self != Criteria()

    def admits(self, fields: Fields) -> bool:
        """Whether a row with these fields is shown."""
        return (
            (not self.states or fields.get("state") in self.states)
            and (not self.faults or _faulty(fields))
            and (not self.prefix or matches(self.prefix, str(fields.get("job", ""))))
            and (not self.owner or _owned(self.owner, str(fields.get("owner", ""))))
            and all(condition.admits(fields) for condition in self.conditions)
            and (not self.text or _occurs(self.text, fields))
        )

    def words(self) -> str:
        """How they stand in the state line: `prefix=ext*  state=failed,running`."""
        parts = [
            f"prefix={_quoted(self.prefix)}" if self.prefix else "",
            f"owner={_quoted(self.owner)}" if self.owner else "",
            f"state={','.join(self.states)}" if self.states else "",
            *(str(condition) for condition in self.conditions),
            f"find={_quoted(self.text)}" if self.text else "",
            "faults" if self.faults else "",
        ]
        return "  ".join(part for part in parts if part)

    def where(self, condition: Condition) -> Criteria:
        """With one more condition; it takes the place of one on the same column and sign."""
        others = [c for c in self.conditions if c[:2] != condition[:2]]
        return msgspec.structs.replace(self, conditions=(*others, condition))

    def remember(self) -> dict[str, Any]:
        """What `recalled` makes them from again; JSON."""
        return msgspec.to_builtins(self)


def recalled(kept: Any) -> Criteria:
    """What was remembered; none when it makes no sense."""
    try:
        found = msgspec.convert(kept, Criteria)
    except msgspec.ValidationError:
        return Criteria()
    return found if all(c.op in OPS for c in found.conditions) else Criteria()


def _faulty(fields: Fields) -> bool:
    return fields.get("state") in FAULTS or bool(fields.get("late") or fields.get("held"))


def _owned(pattern: str, owner: str) -> bool:
    """An owner is known as user@terminal, and as the user."""
    return matches(pattern, owner) or matches(pattern, owner.partition("@")[0])


def _occurs(text: str, fields: Fields) -> bool:
    wanted = fold(text)
    return any(wanted in fold(field) for field in fields.values() if isinstance(field, str))


def _quoted(text: str) -> str:
    return f'"{text}"' if not text or " " in text or "\u3000" in text else text
