"""Pieces of Python as people write them. Pure."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Container


def literal(value: str) -> str:
    """A literal of Python, in double quotes where that reads well."""
    plain = repr(value)
    return f'"{value}"' if plain == f"'{value}'" and '"' not in value else plain


def identifier(name: str, taken: Container[str]) -> str:
    """A variable for something of that name that is not taken."""
    found = re.sub(r"\W", "_", unicodedata.normalize("NFKC", name)).strip("_") or "flow"
    found = f"at_{found}" if found[0].isdigit() else found
    found = f"{found}_" if keyword.iskeyword(found) or not found.isidentifier() else found
    number, free = 1, found
    while free in taken or not free.isidentifier():
        number += 1
        free = f"{found}_{number}" if found.isidentifier() else f"flow_{number}"
    return free
