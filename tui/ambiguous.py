"""Terminals set up for Japanese draw ambiguous signs (①, ※, →, α, я) in two cells: so they count.

rich and textual take them for one cell wide and have no setting for it. Here their measure is made
to agree with such a terminal, before anything is drawn.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from rich import cells, segment
from rich._unicode_data import load
from rich.cells import CellTable

from jobmon.tui.text import NARROW

ASCII = frozenset(map(chr, range(0x20, 0x7F)))
PLANES = (range(0xA0, 0xD800), range(0xF900, 0xFFFE), range(0x1F100, 0x1F1AD))
"""Where there are such signs that are shown at all."""


def widen() -> None:
    """Count ambiguous signs as two cells from now on."""
    wider = _wider(load("auto"))
    NARROW.intersection_update(ASCII)
    setattr(cells, "load_cell_table", lambda _version="auto": wider)  # noqa: B010 - theirs
    for module in (cells, segment):
        setattr(module, "_is_single_cell_widths", ASCII.issuperset)  # noqa: B010
    cells.get_character_cell_size.cache_clear()
    cells.cached_cell_len.cache_clear()


def _wider(table: CellTable) -> CellTable:
    """The table with ambiguous signs in it; it names what is not one cell wide."""
    return table._replace(widths=tuple(sorted([*table.widths, *_ranges()])))


def _ranges() -> Iterator[tuple[int, int, int]]:
    for plane in PLANES:
        for code in plane:
            sign = chr(code)
            if unicodedata.east_asian_width(sign) == "A" and cells.cell_len(sign) == 1:
                yield code, code, 2
