"""The settings of a batch folder for tests: no start by the clock, no message, no port."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

LOUD = ("notify", "report", "hook")


def quieten(path: Path, scheduled: Iterable[str]) -> None:
    """Write the jobmon.toml at `path` anew: without what is loud, every plan inactive.

    `scheduled`: the flows with a schedule of their own. ValueError, TypeError: it is none.
    """
    settings = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    rows = {name: {} for name in scheduled} | dict(settings.get("deployments", {}))
    settings["deployments"] = {name: {**row, "active": False} for name, row in rows.items()}
    kept = {key: value for key, value in settings.items() if key not in LOUD}
    lines = [f"{_toml(key)} = {_toml(value)}\n" for key, value in kept.items()]
    path.write_text("".join(lines), encoding="utf-8")


def _toml(value: Any) -> str:
    """A value as TOML has it on one line. What JSON says of texts and numbers holds there too."""
    match value:
        case dict():
            pairs = (f"{_toml(key)} = {_toml(inner)}" for key, inner in value.items())
            return "{" + ", ".join(pairs) + "}"
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case date() | datetime() | time():
            return value.isoformat()
        case float():
            return repr(value)
        case _:
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
