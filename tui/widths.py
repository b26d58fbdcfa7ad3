"""Signs whose width depends on the terminal: rich and textual are made to count as this one draws.

Terminals set up for Japanese draw ambiguous signs (①, ※, →, α, я) in two cells. Many give the
vowel signs of Indian scripts a cell of their own, others none. rich knows one table for all of
them; it is replaced before anything is drawn.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator

from rich import cells, segment
from rich._unicode_data import load

from jobmon.tui.text import NARROW

Range = tuple[int, int, int]
"""The first and the last of some signs, and how many cells each of them takes."""
ASCII = frozenset(map(chr, range(0x20, 0x7F)))
PLANES = (
    range(0xA0, 0xD800),
    range(0xF900, 0xFFFE),
    range(0x11000, 0x12000),
    range(0x1F100, 0x1F1AD),
)
"""Where such signs are."""
HANGUL_TONES = "\u302e\u302f"


def agree(*, wide: bool, marked: bool) -> None:
    """Count ambiguous signs as two cells, spacing marks as one, from now on."""
    ambiguous = [(code, code, 2) for code in _signs(_is_ambiguous)] if wide else []
    marks = frozenset(_signs(_is_mark)) if marked else frozenset[int]()
    known = load("auto")
    table = known._replace(widths=sorted([*_without(known.widths, marks), *ambiguous]))
    NARROW.intersection_update(ASCII)
    setattr(cells, "load_cell_table", lambda _version="auto": table)  # noqa: B010 - theirs
    for module in (cells, segment):
        setattr(module, "_is_single_cell_widths", ASCII.issuperset)  # noqa: B010
    cells.get_character_cell_size.cache_clear()
    cells.cached_cell_len.cache_clear()


def _signs(chosen: Callable[[str], bool]) -> Iterator[int]:
    return (code for plane in PLANES for code in plane if chosen(chr(code)))


def _is_ambiguous(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) == "A" and cells.cell_len(sign) == 1


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign) == "Mc" and sign not in HANGUL_TONES


def _without(ranges: Iterable[Range], ones: frozenset[int]) -> Iterator[Range]:
    """The ranges without these signs: what the table does not name takes one cell."""
    for first, last, width in ranges:
        if ones.isdisjoint(range(first, last + 1)):
            yield first, last, width
        else:
            yield from ((code, code, width) for code in range(first, last + 1) if code not in ones)
