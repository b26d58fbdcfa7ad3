"""What differs between what was known and what is there now. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

Values = dict[str, Any]
"""{field: JSON value} of one item."""


class Item(msgspec.Struct):
    """An item as it was seen last. `gone`: it is not there any more."""

    values: Values
    gone: bool = False


def changes(before: Mapping[str, Item], now: Mapping[str, Values]) -> Iterator[dict[str, Any]]:
    """A line for each change: `key`, `what` (new, changed, gone, back), and `values`, or `field`,
    `old` and `new`. A field that was not watched before is no change.
    """
    for key, values in now.items():
        known = before.get(key)
        if known is None:
            yield {"key": key, "what": "new", "values": values}
            continue
        if known.gone:
            yield {"key": key, "what": "back", "values": values}
        yield from _differing(key, known.values, values)
    for key, known in before.items():
        if key not in now and not known.gone:
            yield {"key": key, "what": "gone", "values": known.values}


def after(before: Mapping[str, Item], now: Mapping[str, Values]) -> dict[str, Item]:
    """What is known from now on: what is there, and what once was."""
    gone = {key: Item(known.values, True) for key, known in before.items()}
    return gone | {key: Item(values) for key, values in now.items()}


def _differing(key: str, old: Values, new: Values) -> Iterator[dict[str, Any]]:
    for field in new:
        if field in old and old[field] != new[field]:
            yield {
                "key": key,
                "what": "changed",
                "field": field,
                "old": old[field],
                "new": new[field],
            }


def sentence(line: Mapping[str, Any]) -> str:
    """A change in words: `A-1: price 100 -> 98`."""
    if line["what"] == "changed":
        return f"{line['key']}: {line['field']} {_word(line['old'])} -> {_word(line['new'])}"
    said = ", ".join(f"{field} {_word(value)}" for field, value in line["values"].items())
    return f"{line['key']}: {line['what']} ({said})"


def _word(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
