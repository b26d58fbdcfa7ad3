"""Texts of jobs, files and people in signs whose width no terminal disputes. Pure.

Columns stay straight only where the terminal moves as far as `cells` counts. About joined emoji,
flags, variation selectors, shades of skin and invisible signs terminals are of several minds, so
what is left of them is what all agree on.
"""

from __future__ import annotations

import re
import unicodedata

from rich.cells import get_character_cell_size

_REGIONS = range(0x1F1E6, 0x1F200)
"""Two of these are a flag: shown as the letters they stand for."""
_JOINERS = frozenset({0x034F, 0x200C, 0x200D})
_SELECTORS = frozenset({*range(0x180B, 0x180E), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)})
_SHADES = frozenset(range(0x1F3FB, 0x1F400))
_LEFT_OUT = _JOINERS | _SELECTORS | _SHADES
"""They change how the sign before them looks, and the width it takes."""
_INVISIBLE = frozenset([0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0])
"""Letters without a shape."""
_MARK = (
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f]"
)
_STACK = re.compile(f"({_MARK}{{3}}){_MARK}+")
"""More marks on one sign than any language has: they would cover the lines above."""


def undisputed(text: str) -> str:
    """The text in composed signs of known width; what has none is spelled out as \\u200b."""
    shown = _STACK.sub(r"\1", unicodedata.normalize("NFC", text).translate(_SIGNS))
    if unicodedata.category(shown[:1] or " ")[0] == "M":  # it would sit on what stands before it
        shown = _spelled(shown[0]) + shown[1:]
    return shown


class _Signs(dict[int, str]):
    """How each sign is shown, found out once."""

    def __missing__(self, code: int) -> str:
        shown = self[code] = _shown(code)
        return shown


_SIGNS = _Signs()


def _shown(code: int) -> str:
    sign, kind = chr(code), unicodedata.category(chr(code))
    if kind == "Zs":
        return " " * (1 + (sign == "\u3000"))
    if code in _REGIONS:
        return chr(ord("A") + code - _REGIONS.start)
    if code in _LEFT_OUT:
        return ""
    if code in _INVISIBLE or kind in {"Cf", "Cn", "Co", "Cs"} or _disputed(sign, kind):
        return _spelled(sign)
    return sign


def _disputed(sign: str, kind: str) -> bool:
    """Whether versions of Unicode give it different widths."""
    width = unicodedata.east_asian_width(sign)
    if kind[0] == "M" or width == "A" or 0x1160 <= ord(sign) < 0x1200:
        return False
    return get_character_cell_size(sign) != 1 + (width in {"W", "F"})


def _spelled(sign: str) -> str:
    return sign.encode("ascii", "backslashreplace").decode()
