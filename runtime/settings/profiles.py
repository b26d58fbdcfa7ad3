"""The files of the settings: jobmon.toml, and over it the one of a profile. Light to import."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jobmon.runtime.errors import UsageError

CONFIG_NAME = "jobmon.toml"
VARIABLE = "JOBMON_PROFILE"
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_PLACE = re.compile(r"at line (?P<line>\d+), column (?P<column>\d+)")
_KEY = re.compile(r"""[^\s.\[\]{}=,"'#]+""")
_WHOLE = "secrets"
"""Whose rows say where one thing is kept: half of one row and half of another mean nothing."""

Table = Mapping[str, Any]


def files(home: Path, profile: str) -> list[Path]:
    """The files that hold the settings, the later lying over the earlier; the first may be missing.

    Raises UsageError when no file could be that of the profile.
    """
    if not profile:
        return [home / CONFIG_NAME]
    if not _NAME.fullmatch(profile):
        why = f"{profile!r} is no name of a profile"
        raise UsageError("read the settings", why, f"letters, digits, - and _: {VARIABLE}=prod")
    return [home / CONFIG_NAME, home / f"jobmon.{profile}.toml"]


def read(home: Path, profile: str) -> dict[Path, dict[str, Any]]:
    """What each file says. Raises UsageError naming the file."""
    found = {path: _document(path) for path in files(home, profile)}
    if profile and found[path := list(found)[-1]] is None:
        raise _missing(path, profile)
    return {path: document for path, document in found.items() if document is not None}


def merged(documents: Iterable[Table]) -> Table:
    """One document of several: tables key by key, any other value as the last one says."""
    return functools.reduce(_document_over, documents, {})


def _document_over(under: Table, over: Table) -> Table:
    return {**under, **{k: _over(under.get(k), v, deep=k != _WHOLE) for k, v in over.items()}}


def _over(under: Any, over: Any, *, deep: bool = True) -> Any:
    if not (isinstance(under, dict) and isinstance(over, dict)):
        return over
    return {**under, **{k: _over(under.get(k), v) if deep else v for k, v in over.items()}}


def _document(path: Path) -> dict[str, Any] | None:
    """What the file says; None when it is not there."""
    import tomllib

    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        hint = _bare(text, str(error)) or "mend the file and try again"
        raise UsageError(f"read {path}", str(error), hint) from error


def _bare(text: str, error: str) -> str:
    """How to write what TOML takes only in quotes, when that is the mistake; else ""."""
    place = _PLACE.search(error)
    if place is None:
        return ""
    line, column = int(place["line"]), int(place["column"])
    told = "".join(text.split("\n")[line - 1 : line])
    found = next((m for m in _KEY.finditer(told) if m.start() <= column - 1 <= m.end()), None)
    if found is None or found[0].isascii():
        return ""
    return f'what is not plain ASCII needs quotes: "{found[0]}"'


def _missing(path: Path, profile: str) -> UsageError:
    there = sorted(p.name.split(".")[1] for p in path.parent.glob("jobmon.*.toml"))
    here = f"the profiles here: {', '.join(there)}" if there else "write it"
    hint = f"{here}; or name none: {VARIABLE}="
    return UsageError(f"read {path}", f"there is no file for the profile {profile}", hint)
