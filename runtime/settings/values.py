"""What the value of a setting has to be: each check returns it as it is kept, or raises ValueError.

The error's text ends the sentence "KEY must be".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MIB = 1 << 20
CLASSES = ("external", "data", "rule")
"""Failure classes that exit codes may tell."""


def positive(value: Any) -> int:
    """A whole number from 1 on."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("a whole number of at least 1")
    return value


def not_negative(value: Any) -> int:
    """A whole number from 0 on."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("a whole number of at least 0")
    return value


def seconds(value: Any) -> float:
    """A length of time."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise ValueError("seconds, a number above 0")
    return float(value)


def size(value: Any) -> int:
    """MiB, kept as bytes."""
    return positive(value) * MIB


def size_or_none(value: Any) -> int:
    """MiB, kept as bytes; 0 is allowed."""
    return not_negative(value) * MIB


def names(value: Any) -> tuple[str, ...]:
    """A list of names."""
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        raise ValueError('a list of names, such as ["LANG", "DATABASE_URL"]')
    return tuple(value)


def counts(value: Any) -> Mapping[str, int]:
    """Numbers of slots by name."""
    if not isinstance(value, dict):
        raise ValueError("a table of names and numbers of slots")
    return {name: positive(count) for name, count in value.items()}


class PrivateError(ValueError):
    """A wrong value that may be a secret: `name` is told, what stands there never is."""

    def __init__(self, wanted: str, name: str = "") -> None:
        super().__init__(f"{wanted}; {name} is wrong" if name else wanted)
        self.name = name or "NAME"


def texts(value: Any) -> Mapping[str, str]:
    """Texts by name, which may be secrets."""
    if not isinstance(value, dict):
        raise PrivateError("a table of names and texts")
    for name, text in value.items():
        if not isinstance(text, str):
            raise PrivateError("a table of names and texts", name)
    return dict(value)


def secrets(value: Any) -> Mapping[str, Mapping[str, str]]:
    """Where to read each secret."""
    if not isinstance(value, dict):
        raise PrivateError("a table of names and where to read each")
    for name, source in value.items():
        named = isinstance(source, dict) and len(source) == 1 and {"file", "env"} & set(source)
        if not named or not all(isinstance(place, str) for place in source.values()):
            raise PrivateError("a table of names and where to read each", name)
    return value


def classes(value: Any) -> Mapping[int, str]:
    """Exit code -> class, from lists of codes by class."""
    if not isinstance(value, dict) or value.keys() - set(CLASSES):
        raise ValueError(f"a table of lists of exit codes, named {', '.join(CLASSES)}")
    found: dict[int, str] = {}
    for name, codes in value.items():
        for code in codes if isinstance(codes, list) else [None]:
            if isinstance(code, bool) or not isinstance(code, int) or not 1 <= code <= 255:
                raise ValueError(f"lists of exit codes from 1 to 255, as in {name} = [111]")
            if code in found:
                raise ValueError(f"clear: {code} is of one class, not of two")
            found[code] = name
    return found


def text(value: Any) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError("a text")
    return value


def glyphs(value: Any) -> str:
    """A set of signs, or that it is found out."""
    if value not in ("auto", "unicode", "ascii"):
        raise ValueError('"auto", "unicode" or "ascii"')
    return value


def pictures(value: Any) -> float:
    """How often the screen is painted."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 30:
        raise ValueError("pictures a second, a number from 1 to 30")
    return float(value)


def flag(value: Any) -> bool:
    """Yes or no."""
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def keys(value: Any, prefix: str = "") -> Mapping[str, tuple[str, ...]]:
    """Action id -> its keys. TOML takes the dot of an id that has no quotes for a table."""
    if not isinstance(value, dict):
        raise ValueError("a table of actions and keys")
    found: dict[str, tuple[str, ...]] = {}
    for name, given in value.items():
        if isinstance(given, dict):
            found |= keys(given, f"{prefix}{name}.")
            continue
        listed = [given] if isinstance(given, str) else given
        if not isinstance(listed, list) or not all(isinstance(k, str) and k for k in listed):
            raise ValueError(f'a table of keys, as in {prefix}{name} = "r" or ["r", "f9"]')
        found[prefix + name] = tuple(listed)
    return found
