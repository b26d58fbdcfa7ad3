"""The TOML file of a job, as a record whose every mistake is named."""

from __future__ import annotations

import tomllib
from typing import Any, TypeVar

import msgspec

from jobmon.jobs.durations import seconds_of
from jobmon.jobs.kit.outcomes import Rule

T = TypeVar("T")


def load(path: str) -> dict[str, Any]:
    """The tables of a TOML file. Raises Rule naming the file, and the line of a mistake."""
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise Rule(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Rule(f"{path}: {error}") from None


def record(table: dict[str, Any], kind: type[T], where: str) -> T:
    """The table as a record of `kind`. Raises Rule naming the key that is wrong."""
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        said = str(error).replace("Object missing required field", "it lacks")
        said = said.replace("Object contains unknown field", "there is no key")
        raise Rule(f"{where}: {said.replace('`$.', '`').replace('[...]', '')}") from None


def seconds(value: float | str, name: str) -> float:
    """Seconds of `30`, `"30s"`, `"2h"`. Raises Rule naming the setting."""
    found = seconds_of(value)
    if found is None or not 0 <= found < float("inf"):
        raise Rule(f"{name} = {value!r} is no length of time: write 30, '30s' or '2h'")
    return found
