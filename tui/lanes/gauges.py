"""Meters of text cells, in eighths of a cell: what rises, what was highest, what was lately. Pure.

Lengths are honest at both ends: nothing but all fills the last eighth, anything shows the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from jobmon.tui.ink import Ink
from jobmon.tui.look import ASCII_GAUGES, UNICODE_GAUGES, Gauges
from jobmon.tui.text import Span


def signs(ink: Ink) -> Gauges:
    """The glyph set of the output."""
    return UNICODE_GAUGES if ink.unicode else ASCII_GAUGES


def steps(part: float, cells: int) -> int:
    """How many eighths of `cells` cells `part` (0 to 1) fills."""
    if part <= 0:
        return 0
    most = cells * 8
    return most if part >= 1 else max(1, min(most - 1, int(part * most)))


@lru_cache(maxsize=4096)
def rise(gauges: Gauges, filled: int, rows: int) -> tuple[str, ...]:
    """A column `rows` cells high with `filled` eighths from below: its signs, the top one first."""
    return tuple(gauges.rise[max(0, min(8, filled - 8 * row))] for row in range(rows - 1, -1, -1))


def binned(samples: Sequence[float], width: int) -> list[float]:
    """The newest samples last, in `width` values: the highest of those that share one."""
    n = len(samples)
    if n <= width:
        return [0.0] * (width - n) + list(samples)
    return [max(samples[i * n // width : (i + 1) * n // width]) for i in range(width)]


@lru_cache(maxsize=512)
def lately(
    gauges: Gauges, samples: tuple[float, ...], width: int, rows: int = 1
) -> tuple[str, ...]:
    """What was, oldest left: `rows` texts of `width` cells, the top one first."""
    columns = [rise(gauges, steps(v, rows), rows) for v in binned(samples, width)]
    return tuple("".join(column[row] for column in columns) for row in range(rows))


def peak(gauges: Gauges, part: float, rows: int) -> tuple[int, str]:
    """The row, from the top, and the sign of a line at the height `part`."""
    third = max(0, min(rows * 3 - 1, int(part * rows * 3)))
    return rows - 1 - third // 3, gauges.peaks[third % 3]


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same line in as few spans as it takes: neighbours of one style become one."""
    found: list[Span] = []
    last: str | None = None
    for span in spans:
        if span[1] == last:
            found[-1] = (found[-1][0] + span[0], span[1])
        else:
            found.append(span)
            last = span[1]
    return tuple(found)
