"""Boxes over a screen: a text to read, a list to choose from. Pure; keys come as textual names.

A box that needs text typed gives an `Entry`; the text comes back through its functions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from jobmon.tui.ink import Ink
from jobmon.tui.picture import Line, Size, ends, fit, on
from jobmon.tui.text import Span, cells, cut, plain, wrap

KEYS_DOWN = frozenset({"down", "j"})
KEYS_UP = frozenset({"up", "k"})


class Entry(NamedTuple):
    """Text that is asked for at a place of the picture: cells from the left, lines from the top.

    `changed` hears every change of it; `suggest` completes it.
    """

    x: int
    y: int
    width: int
    text: str
    changed: Callable[[str], None]
    suggest: Callable[[str], Sequence[str]] = lambda _text: ()


class Box:
    """Something that stands over the screen until it is answered or left."""

    title = ""
    keys: Sequence[tuple[str, str]] = (("esc", "close"),)

    def body(self, ink: Ink, size: Size) -> list[Line]:
        """Its lines, at most `size.height`, each at most `size.width` cells."""
        raise NotImplementedError

    def press(self, key: str) -> bool:
        """Take a key; False when the box is to be closed."""
        return key not in {"escape", "q", "f3"}

    def entry(self, x: int, y: int, width: int) -> Entry | None:
        """The text it asks for, given where its body begins in the picture."""
        return None


def over(lines: Sequence[Line], box: Box, ink: Ink, size: Size) -> tuple[list[Line], Entry | None]:
    """The picture with the box in its middle, and the text the box asks for."""
    inner = Size(min(size.width - 4, 100), size.height - 5)
    body = box.body(ink, inner)
    width = max([cells(plain(line)) for line in body] + [cells(box.title) + 4, _keys_width(box)])
    width = min(inner.width, max(width, 40))
    left, top = (size.width - width - 4) // 2, max(1, (size.height - len(body) - 3) // 2)
    framed = _framed(box, body, width, ink)
    shown = list(lines)
    for at, row in enumerate(framed):
        if top + at < len(shown):
            shown[top + at] = _laid(shown[top + at], row, left, width + 4, size.width)
    return shown, box.entry(left + 2, top + 1, width)


def _keys_width(box: Box) -> int:
    return sum(len(key) + cells(label) + 4 for key, label in box.keys)


def _framed(box: Box, body: Sequence[Line], width: int, ink: Ink) -> list[Line]:
    corner = ("╭", "╮", "╰", "╯", "─", "│") if ink.unicode else ("+", "+", "+", "+", "-", "|")
    name = cut(f" {ink.safe(box.title)} ", width, ink.lines.cut)
    head = f"{corner[0]}{corner[4]}{name}{corner[4] * (width + 1 - cells(name))}{corner[1]}"
    side = corner[5]
    left, right = (f"{side} ", "edge"), (f" {side}", "edge")
    inner = [(left, *on(fit(line, width), "box"), right) for line in (*body, key_line(box.keys))]
    foot = corner[2] + corner[4] * (width + 2) + corner[3]
    return [((head, "edge"),), *inner, ((foot, "edge"),)]


def key_line(keys: Sequence[tuple[str, str]]) -> Line:
    """Keys and what they do."""
    return tuple(
        part for key, label in keys for part in ((key, "key"), (f" {label}   ", ""))
    )  # fmt: skip


def _laid(under: Line, row: Line, left: int, width: int, whole: int) -> Line:
    """A row of a box on a line of the picture; what is under it stays beside it."""
    before = fit(under, left, "")
    after = _after(under, left + width, whole)
    return (*before, *row, *after)


def _after(line: Line, start: int, whole: int) -> Line:
    """The part of a line from cell `start` on."""
    at = 0
    kept: list[Span] = []
    for text, style in fit(line, whole, ""):
        kept.append((_rest(text, start - at), style))
        at += cells(text)
    return tuple(span for span in kept if span[0])


def _rest(text: str, skip: int) -> str:
    """What is left of a text after `skip` cells; half of a wide sign becomes a space."""
    while text and skip > 0:
        skip -= cells(text[0])
        text = text[1:]
    return " " * -skip + text if skip < 0 and text else text if skip <= 0 else ""


class TextBox(Box):
    """A text to read, longer than the screen if need be."""

    keys = (("esc", "close"), ("up/down", "scroll"))

    def __init__(self, title: str, lines: Sequence[Line]) -> None:
        self.title, self._lines, self._top = title, list(lines), 0
        self._height = 1

    def body(self, ink: Ink, size: Size) -> list[Line]:
        """The lines around where it is scrolled to."""
        folded = [part for line in self._lines for part in fold(line, size.width)]
        self._height = size.height
        self._top = max(0, min(self._top, len(folded) - size.height))
        return folded[self._top : self._top + size.height]

    def press(self, key: str) -> bool:
        """Scroll or close."""
        steps = {"down": 1, "j": 1, "up": -1, "k": -1, "pagedown": self._height}
        steps |= {"pageup": -self._height, "space": self._height, "home": -1_000_000}
        steps |= {"end": 1_000_000, "g": -1_000_000, "G": 1_000_000}
        self._top = max(0, self._top + steps.get(key, 0))
        return key not in {"escape", "q", "f3", "enter", "w"}


def fold(line: Line, width: int) -> list[Line]:
    """A line in as many as it takes; one of a single style is broken between words."""
    if cells(plain(line)) <= width:
        return [line]
    if len(line) != 1:
        return [fit(line, width)]
    ((text, style),) = line
    indent = " " * min(len(text) - len(text.lstrip(" ")), width // 2)
    parts = wrap(text.strip(" "), max(8, width - len(indent)))
    return [((indent + part, style),) for part in parts]


class Choice(NamedTuple):
    """One of several things to choose: what stands left and right, and what choosing it does."""

    text: str
    note: str
    chosen: Callable[[], None]


class ChoiceBox(Box):
    """A list to choose from; with `find`, what is typed narrows it."""

    keys = (("enter", "choose"), ("esc", "leave"))

    def __init__(
        self, title: str, choices: Sequence[Choice],
        find: Callable[[str], Sequence[Choice]] | None = None, at: int = 0,
    ) -> None:  # fmt: skip
        self.title, self._choices, self._find = title, list(choices), find
        self._at = at
        self._text = ""
        self._chosen = False

    def body(self, ink: Ink, size: Size) -> list[Line]:
        """What is typed, and the choices around the cursor."""
        head: list[Line] = [(("> ", "accent"),)] if self._find else []
        room = max(1, size.height - len(head))
        top = max(0, min(self._at - room // 2, len(self._choices) - room))
        rows = [self._row(i, size.width) for i in range(top, min(len(self._choices), top + room))]
        return [*head, *(rows or [(("nothing of that name", "dim"),)])]

    def _row(self, index: int, width: int) -> Line:
        choice = self._choices[index]
        note = (f"  {choice.note}", "dim")
        wide = max(width - 1, 30)
        here = index == self._at
        sign = ("> ", "accent") if here else ("  ", "")
        line = ends((sign, (choice.text, "")), (note,), min(wide, 76))
        return on(line, "cursor") if here else line

    def press(self, key: str) -> bool:
        """Move, choose or leave."""
        if key in {"down", "tab"} or (key == "j" and not self._find):
            self._at = (self._at + 1) % max(1, len(self._choices))
        elif key in {"up", "shift+tab"} or (key == "k" and not self._find):
            self._at = (self._at - 1) % max(1, len(self._choices))
        elif key == "enter":
            self._choose()
            return False
        elif key in {"escape", "f3"} or (key == "q" and not self._find):
            return False
        return True

    def _choose(self) -> None:
        if 0 <= self._at < len(self._choices):
            self._choices[self._at].chosen()

    def entry(self, x: int, y: int, width: int) -> Entry | None:
        """What narrows the list."""
        if self._find is None:
            return None
        return Entry(x + 2, y, width - 2, self._text, self._narrow)

    def _narrow(self, text: str) -> None:
        assert self._find is not None
        self._text, self._at = text, 0
        self._choices = list(self._find(text))
