"""Figures to be read from across the room, three or five rows high. Pure."""

from __future__ import annotations

from functools import lru_cache

from jobmon.tui.ink import Ink

_PIXELS = {
    "0": "###|# #|# #|# #|###",
    "1": " # |## | # | # |###",
    "2": "###|  #|###|#  |###",
    "3": "###|  #|###|  #|###",
    "4": "# #|# #|###|  #|  #",
    "5": "###|#  |###|  #|###",
    "6": "###|#  |###|# #|###",
    "7": "###|  #|  #|  #|  #",
    "8": "###|# #|###|# #|###",
    "9": "###|# #|###|  #|###",
    ":": " |#| |#| ",
    "/": "  #|  #| # |#  |#  ",
}
_STROKES = {
    "0": " _ |# #|#_#",
    "1": "   |  #|  #",
    "2": " _ | _#|#_ ",
    "3": " _ | _#| _#",
    "4": "   |#_#|  #",
    "5": " _ |#_ | _#",
    "6": " _ |#_ |#_#",
    "7": " _ |  #|  #",
    "8": " _ |#_#|#_#",
    "9": " _ |#_#| _#",
    ":": " |.|.",
    "/": "   | / |/  ",
}
"""Three rows where there are no half blocks; # stands for an upright stroke."""
_HALVES = {"  ": " ", "# ": "▀", " #": "▄", "##": "█"}


@lru_cache(maxsize=256)
def big(ink: Ink, text: str, rows: int) -> tuple[str, ...]:
    """`text` (digits, `:` and `/`) in `rows` rows, 3 or 5, of equal width."""
    shapes = [_shape(ink, sign, rows) for sign in text]
    gap = "  " if rows == 5 else " "
    return tuple(gap.join(shape[row] for shape in shapes) for row in range(rows))


def _shape(ink: Ink, sign: str, rows: int) -> list[str]:
    pixels = _PIXELS[sign].split("|")
    if rows == 5:
        block = "█" if ink.unicode else "#"
        return ["".join(block * 2 if p == "#" else "  " for p in row) for row in pixels]
    if not ink.unicode:
        return [row.replace("#", "|") for row in _STROKES[sign].split("|")]
    pairs = [*pixels, " " * len(pixels[0])]
    return [
        "".join(_HALVES[a + b] for a, b in zip(pairs[at], pairs[at + 1], strict=True))
        for at in (0, 2, 4)
    ]
