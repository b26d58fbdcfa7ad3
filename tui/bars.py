"""Bars of text cells, with eighths of a cell where the terminal can show them. Pure."""

from __future__ import annotations

from jobmon.tui.ink import Ink
from jobmon.tui.text import Cell

EIGHTHS = " ▏▎▍▌▋▊▉█"


def level(ink: Ink, part: float, width: int, style: str, back: str = "bar.back") -> Cell:
    """A horizontal bar: `part` (0 to 1) of `width` cells filled.

    Filled cells are `solid`: a cursor that turns ground and sign around leaves them as they are.
    """
    style = f"{style} solid"
    part = max(0.0, min(1.0, part))
    if not ink.unicode:
        full = int(part * width)
        return (("#" * full, style), ("." * (width - full), back))
    eighths = int(part * width * 8)
    full, rest = divmod(eighths, 8)
    edge = EIGHTHS[rest] if rest else ""
    ground = "─" * (width - full - len(edge))
    return (("█" * full + edge, style), (ground, back))
