"""The records in an answer: of JSON by JMESPath, of a web page by CSS selectors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from jobmon.jobs.kit.outcomes import Data, Rule
from jobmon.jobs.ready.watch.changes import Values
from jobmon.jobs.ready.watch.source import Source
from jobmon.jobs.ready.web import answers, paths

Raw = tuple[Any, Values]
"""Key and values of an item, as they stand there."""
_PLACE = re.compile(r"(.*?)(?:@([\w:.-]+))?", re.DOTALL)


def extract(response: httpx.Response, source: Source, url: str) -> tuple[dict[str, Values], Any]:
    """({key: values}, what the path `next` gives) of one answer. Raises Data for what is wrong."""
    found, following = (
        _of_page(response, source, url) if source.html else _of_json(response, source, url)
    )
    return _records(found, source, url), following


def _of_json(response: httpx.Response, source: Source, url: str) -> tuple[list[Raw], Any]:
    document = answers.document(response, url)
    items = paths.search(source.items or "@", document)
    if not isinstance(items, list):
        where = f"at {source.items!r}" if source.items else "in the answer"
        raise Data(f"{url}: no list of items {where}; it is {_kind(document)}: see --items")
    found = [
        (paths.search(source.key, item), {f: paths.search(p, item) for f, p in _columns(source)})
        for item in items
    ]
    named = source.next and source.next != "link"
    return found, paths.search(source.next, document) if named else None


def _of_page(response: httpx.Response, source: Source, url: str) -> tuple[list[Raw], Any]:
    tree = LexborHTMLParser(answers.text(response))
    root = tree.root
    if root is None:
        raise Data(f"{url}: the page is empty")
    found = [
        (_place(node, source.key), {f: _place(node, p) for f, p in _columns(source)})
        for node in _css(root, source.items)
    ]
    named = source.next and source.next != "link"
    return found, _place(root, source.next) if named else None


def _columns(source: Source) -> Iterable[tuple[str, str]]:
    return source.columns.items()


def _place(node: LexborNode, path: str) -> str | None:
    """The text or attribute at `CSS@attribute`, its white space made single; None: not there."""
    selector, attribute = _PLACE.fullmatch(path).groups()  # type: ignore[union-attr]
    at = next(iter(_css(node, selector)), None) if selector.strip() else node
    if at is None:
        return None
    said = at.attributes.get(attribute) if attribute else at.text()
    return None if said is None else " ".join(said.split())


def _css(node: LexborNode, selector: str) -> list[LexborNode]:
    try:
        return node.css(selector)
    except SelectolaxError:
        raise Rule(f"{selector!r} is no CSS selector") from None


def _records(found: list[Raw], source: Source, url: str) -> dict[str, Values]:
    records: dict[str, Values] = {}
    for number, (raw, values) in enumerate(found, 1):
        key = _key(raw, number, source, url)
        if records.get(key, values) != values:
            raise Data(
                f"{url}: two items have the key {key!r}, the second is item {number}: "
                "choose a --key that no two items share"
            )
        records[key] = values
    for field in _missing(records.values(), source):
        raise Data(f"{url}: no item has {field!r}: has the other side changed? see --fields")
    try:
        msgspec.json.encode(records)
    except (ValueError, OverflowError) as error:  # half a surrogate pair, a number without end
        raise Data(f"{url}: a value that cannot be kept: {error}") from None
    return records


def _key(raw: Any, number: int, source: Source, url: str) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float) or raw == "":
        raise Data(f"{url}: item {number} has no key at {source.key!r}: see --key")
    return str(raw)


def _missing(records: Iterable[Values], source: Source) -> Iterator[str]:
    rows = list(records)
    for field in source.columns if rows else ():
        if all(row[field] is None for row in rows):
            yield field


def _kind(document: Any) -> str:
    if isinstance(document, dict):
        return f"an object with {', '.join(list(document)[:8]) or 'nothing in it'}"
    return "a list" if isinstance(document, list) else f"{document!r:.40}"
