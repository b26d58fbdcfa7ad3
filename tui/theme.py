"""Themes: what the style words of lines look like. A table each; the words are the same in all.

Colour repeats what sign and word say already. `terminal` sets no colour of its own and leaves the
palette to the terminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich.style import Style

from jobmon.tui.look import GLOW

Theme = Mapping[str, str]
"""Style word -> rich style. `ground` is under everything; words not named mean themselves."""


def _glow(word: str, foot: int, tip: int) -> Theme:
    """The shades of a word from one colour (0xRRGGBB) to another."""
    parts = [(foot >> bits & 255, tip >> bits & 255) for bits in (16, 8, 0)]
    steps = [[low + (high - low) * n // (GLOW - 1) for low, high in parts] for n in range(GLOW)]
    return {f"{word}.{n}": "#{:02x}{:02x}{:02x}".format(*step) for n, step in enumerate(steps, 1)}


NIGHT: Theme = {
    "ground": "#c3ccd5 on #0f1419",
    "dim": "#68747f",
    "head": "#68747f",
    "title": "bold #e8eef3",
    "accent": "#53c0cf",
    "rule": "#2b353f",
    "cursor": "on #22313f",
    "marked": "on #2f2a1a",
    "key": "bold #53c0cf",
    "bar": "#4f8fdb",
    "bar.back": "#222b34",
    "pulse": "#53c0cf",
    "peak": "#8fdce6",
    "late": "bold #e8bf57",
    "fail": "bold #ff6b61",
    "ok": "#7ac083",
    "run": "bold #6cb0ff",
    "wait": "#8794a0",
    "held": "#cf96ee",
    "note": "#e8bf57",
    "banner": "bold #14181c on #e8bf57",
    "box": "on #18212a",
    "edge": "#53c0cf on #18212a",
    "hit": "#14181c on #e8bf57",
    "blue": "#6cb0ff",
    "green": "#7ac083",
    "yellow": "#e8bf57",
    "red": "#ff6b61",
    "magenta": "#cf96ee",
    "cyan": "#53c0cf",
    **_glow("run", 0x28507F, 0x6CB0FF),
    **_glow("late", 0x8A7033, 0xE8BF57),
}
DAY: Theme = NIGHT | {
    "ground": "#24313c on #f7f5f0",
    "dim": "#7b858e",
    "head": "#7b858e",
    "title": "bold #10202c",
    "accent": "#0b7285",
    "rule": "#d5d2ca",
    "cursor": "on #dbe7ee",
    "marked": "on #f3e7c4",
    "key": "bold #0b7285",
    "bar": "#2f6fb4",
    "bar.back": "#e2dfd7",
    "pulse": "#0b7285",
    "peak": "#064b57",
    "late": "bold #9a6700",
    "fail": "bold #c4271b",
    "ok": "#2f7d3b",
    "run": "bold #1f5fae",
    "wait": "#66727c",
    "held": "#8a3fb0",
    "note": "#9a6700",
    "banner": "bold #f7f5f0 on #9a6700",
    "box": "on #eceae3",
    "edge": "#0b7285 on #eceae3",
    "hit": "#24313c on #f6d77a",
    "blue": "#1f5fae",
    "green": "#2f7d3b",
    "yellow": "#9a6700",
    "red": "#c4271b",
    "magenta": "#8a3fb0",
    "cyan": "#0b7285",
    **_glow("run", 0x9DBFE0, 0x1F5FAE),
    **_glow("late", 0xE0C890, 0x9A6700),
}
HOST: Theme = NIGHT | {
    "ground": "#35d07f on #050805",
    "dim": "#1f8a55",
    "head": "#7fd7ff",
    "title": "bold #f2f2f2",
    "accent": "#7fd7ff",
    "rule": "#12442c",
    "cursor": "on #0d3321",
    "marked": "on #3a3410",
    "key": "bold #f2f2f2",
    "bar": "#35d07f",
    "bar.back": "#0c2416",
    "pulse": "#7fd7ff",
    "peak": "#f2f2f2",
    "wait": "#1f8a55",
    "box": "on #0a1a10",
    "edge": "#7fd7ff on #0a1a10",
    "cyan": "#7fd7ff",
    "blue": "#7fd7ff",
    "green": "#35d07f",
    **_glow("run", 0x155C38, 0x35D07F),
}
TERMINAL: Theme = {
    "ground": "",
    "head": "underline",
    "title": "bold",
    "accent": "cyan",
    "rule": "dim",
    "cursor": "reverse",
    "marked": "bold underline",
    "key": "bold",
    "bar": "blue",
    "bar.back": "dim",
    "pulse": "cyan",
    "peak": "bold cyan",
    "late": "bold yellow",
    "fail": "bold red",
    "ok": "green",
    "run": "bold blue",
    "wait": "",
    "held": "magenta",
    "note": "yellow",
    "banner": "bold reverse yellow",
    "box": "",
    "edge": "cyan",
    "hit": "reverse yellow",
    **{f"run.{n}": "blue" for n in range(1, GLOW)},
    f"run.{GLOW}": "bold blue",
    **{f"late.{n}": "yellow" for n in range(1, GLOW)},
    f"late.{GLOW}": "bold yellow",
}
THEMES: Mapping[str, Theme] = {"night": NIGHT, "day": DAY, "host": HOST, "terminal": TERMINAL}
"""`host` is green on black, as the terminals of a mainframe were."""


class Paint:
    """Turns style words into rich styles, each combination once. Raises KeyError: no such theme."""

    def __init__(self, name: str) -> None:
        self.name, self.theme = name, THEMES[name]
        self.ground = Style.parse(self.theme["ground"] or "none")
        self.style = lru_cache(maxsize=4096)(self._style)

    def _style(self, words: str) -> Style:
        found = self.ground
        for word in words.split():
            found += Style.parse(self.theme.get(word, word) or "none")
        return found
