"""Themes: what the style words of lines look like. A table each; the words are the same in all.

Colour repeats what sign and word say already. `terminal` sets no colour of its own and leaves the
palette to the terminal. Where there are only 256 colours, as mostly over SSH, each colour becomes
the nearest one; grounds are so near to grey that they become greys then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from rich.color import Color, blend_rgb
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
    "dim": "#7b8792",
    "head": "#7b8792",
    "title": "bold #e8eef3",
    "accent": "#53c0cf",
    "rule": "#333a41",
    "cursor": "on #272d33",
    "marked": "on #3d3a33",
    "key": "bold #53c0cf",
    "bar": "#4f8fdb",
    "bar.back": "#363e46",
    "solid": "",
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
    "field": "#e8eef3 on #0f1419",
    "button": "bold #14181c on #53c0cf",
    "box": "on #1c2125",
    "edge": "#53c0cf on #1c2125",
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
    "dim": "#6f7a83",
    "head": "#6f7a83",
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
    "field": "#10202c on #f7f5f0",
    "button": "bold #f7f5f0 on #0b7285",
    "box": "on #ebeae6",
    "edge": "#0b7285 on #ebeae6",
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
    "dim": "#2a9a62",
    "head": "#7fd7ff",
    "title": "bold #f2f2f2",
    "accent": "#7fd7ff",
    "rule": "#2c3a32",
    "cursor": "on #26322b",
    "marked": "on #403d33",
    "key": "bold #f2f2f2",
    "bar": "#35d07f",
    "bar.back": "#242e28",
    "pulse": "#7fd7ff",
    "peak": "#f2f2f2",
    "wait": "#2a9a62",
    "field": "#f2f2f2 on #050805",
    "button": "bold #050805 on #35d07f",
    "box": "on #141a16",
    "edge": "#7fd7ff on #141a16",
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
    "solid": "",
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
    "field": "underline",
    "button": "bold reverse",
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


SHADES = (f"{word}.{n}" for word in ("run", "late") for n in range(1, GLOW + 1))
BARS = frozenset({"solid", "bar.back", *SHADES})
"""What bars are drawn in."""


BEHIND = 0.55
"""Of the way to the ground that colours go when a box stands over them."""


def _mixed(color: Color | None, ground: Color) -> Color | None:
    if color is None:
        return None
    mixed = blend_rgb(color.get_truecolor(), ground.get_truecolor(), BEHIND)
    return Color.from_triplet(mixed)


class Paint:
    """Turns style words into rich styles, each combination once. Raises KeyError: no such theme."""

    def __init__(self, name: str) -> None:
        self.name, self.theme = name, THEMES[name]
        self.ground = Style.parse(self.theme["ground"] or "none")
        self.style = lru_cache(maxsize=4096)(self._style)

    def _style(self, words: str) -> Style:
        """What several words come to; a box is a ground, under whatever stands in it."""
        parts = sorted(words.split(), key="box".__ne__)
        if "behind" in parts:
            return self._faded(self._added(part for part in parts if part != "behind"))
        if "cursor" in parts and self.theme["cursor"] == "reverse":
            return self._turned(self._added(part for part in parts if part != "cursor"), parts)
        return self._added(parts)

    def _added(self, words: Iterable[str]) -> Style:
        found = self.ground
        for word in words:
            found += Style.parse(self.theme.get(word, word) or "none")
        return found

    def _faded(self, style: Style) -> Style:
        """What stands behind a box: nearer to the ground."""
        ground = self.ground.bgcolor
        if ground is None:
            return Style(dim=True)
        colors = (_mixed(style.color, ground), _mixed(style.bgcolor, ground))
        return style + Style(color=colors[0], bgcolor=colors[1])

    def _turned(self, style: Style, words: Sequence[str]) -> Style:
        """Under a cursor that is drawn by turning ground and sign around.

        Colours would be blocks: it takes none. What is turned already is turned back, so that it is
        still told apart, and bars stay as they are: a full one would look empty.
        """
        if not BARS.isdisjoint(words):
            return style
        if style.reverse:
            return style + Style(reverse=False, bold=True)
        return Style(reverse=True, bold=style.bold, underline=style.underline)
