"""Boxes over a screen: a text to read, a list to choose from. Pure; keys come as textual names.

A box that needs text typed gives an `Entry`; the text comes back through its functions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from jobmon.tui.ink import Ink
from jobmon.tui.picture import Line, Size, ends, fill, fit, on
from jobmon.tui.text import Span, cells, cut, cut_cell, plain, wrap

WIDEST = 100
"""Cells of a box's body at most: longer lines are hard to read."""


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
    """Something that stands over the screen until it is answered or left.

    `title` says what it is, `about` behind it what it is about.
    """

    title = ""
    about = ""
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
    """The picture with the box in its middle, and the text the box asks for.

    The head and the keys of the screen stay in sight; all that is not the box steps back.
    """
    inner = Size(min(size.width - 4, WIDEST), size.height - 4)
    body = box.body(ink, inner)[: inner.height]
    title, keys = _title(box, ink), _keys(box.keys, ink.lines.rule * 2)
    needed = [*(cells(plain(line)) for line in body), *(cells(plain(e)) + 2 for e in (title, keys))]
    width = min(inner.width, max(needed))
    left, top = (size.width - width - 4) // 2, max(1, (size.height - len(body) - 2) // 2)
    shown = [on(line, "behind") for line in lines]
    for at, row in enumerate(_framed(title, body, keys, width, ink), top):
        shown[at] = _laid(shown[at], row, left, width + 4, size.width)
    return shown, box.entry(left + 2, top + 1, width)


def _title(box: Box, ink: Ink) -> Line:
    about = f"  {ink.safe(box.about)}" if box.about else ""
    return ((ink.safe(box.title), "title"), (about, "dim"))


def _framed(title: Line, body: Sequence[Line], keys: Line, width: int, ink: Ink) -> list[Line]:
    """The body in a frame that has the title in its upper edge and the keys in its lower one."""
    corners, side = ("╭╮╰╯", "│") if ink.unicode else ("++++", "|")
    mark = ink.lines.cut
    inner = [((f"{side} ", "edge"), *fit(line, width, mark), (f" {side}", "edge")) for line in body]
    head, foot = (
        _edge(cut_cell(words, width - 2, mark), width, ends, ink.lines.rule)
        for words, ends in ((title, corners[:2]), (keys, corners[2:]))
    )
    return [on(row, "box") for row in (head, *inner, foot)]


def _edge(words: Line, width: int, ends: str, rule: str) -> Line:
    """`╭─ words ───╮` around a body of that width."""
    inside = ((" ", ""), *words, (" ", "")) if words else ()
    rest = width + 1 - cells(plain(inside))
    return ((f"{ends[0]}{rule}", "edge"), *inside, (f"{rule * rest}{ends[1]}", "edge"))


def _keys(keys: Sequence[tuple[str, str]], between: str) -> Line:
    """Keys and what they do."""
    spans: list[Span] = []
    for key, label in keys:
        spans += [(f" {between} ", "edge")] if spans else []
        spans += [(key, "key"), (f" {label}", "")]
    return tuple(spans)


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
        kept.append((_rest(text, max(0, start - at)), style))
        at += cells(text)
    return tuple(span for span in kept if span[0])


def _rest(text: str, skip: int) -> str:
    """What is left of a text after `skip` cells; half of a wide sign becomes a space."""
    while text and skip > 0:
        skip -= cells(text[0])
        text = text[1:]
    return " " * -skip + text if skip < 0 and text else text if skip <= 0 else ""


_FAR = 1_000_000
_ROWS = {
    "down": 1, "j": 1, "up": -1, "k": -1, "home": -_FAR, "g": -_FAR, "end": _FAR, "G": _FAR,
}  # fmt: skip
_PAGES = {"pagedown": 1, "space": 1, "pageup": -1}


def scrolled(key: str, height: int) -> int:
    """Rows by which a key moves what is seen of a box with so many; 0 for any other key."""
    return _ROWS.get(key, 0) + _PAGES.get(key, 0) * height


class TextBox(Box):
    """A text to read, longer than the screen if need be."""

    def __init__(self, title: str, lines: Sequence[Line]) -> None:
        self.title, self._lines, self._top = title, list(lines), 0
        self._height, self._total = 1, 0

    @property
    def keys(self) -> Sequence[tuple[str, str]]:  # type: ignore[override]  # here it depends
        """Scrolling is offered where there is more than is seen."""
        last = min(self._total, self._top + self._height)
        more = (("up/down", f"{self._top + 1}-{last} of {self._total}"),)
        return (("esc", "close"), *(more if self._total > self._height else ()))

    def body(self, ink: Ink, size: Size) -> list[Line]:
        """The lines around where it is scrolled to."""
        folded = [part for line in self._lines for part in fold(line, size.width)]
        self._height, self._total = max(1, size.height), len(folded)
        self._top = max(0, min(self._top, self._total - self._height))
        return folded[self._top : self._top + self._height]

    def press(self, key: str) -> bool:
        """Scroll or close."""
        self._top = max(0, self._top + scrolled(key, self._height))
        return key not in {"escape", "q", "f3", "enter", "w"}


def fold(line: Line, width: int) -> list[Line]:
    """A line in as many as it takes: its last text is broken between words, under its beginning."""
    if cells(plain(line)) <= width:
        return [line]
    before, (text, style) = line[:-1], line[-1]
    bare = text.lstrip(" ")
    indent = min(cells(plain(before)) + len(text) - len(bare), width // 2)
    first, *rest = wrap(bare.rstrip(" "), max(8, width - indent))
    head = fit((*before, (" " * width, "")), indent, "")
    return [(*head, (first, style)), *(((" " * indent, ""), (part, style)) for part in rest)]


CHOICES = 76
"""Cells of a list of choices at most: what stands left and right still belongs together."""
FOUND = 16
"""Rows of a list that is narrowed by typing, also while little is found: it does not jump."""


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
        if self._find is None:
            return self._rows(ink, size) or [(("there is none", "dim"),)]
        found = self._rows(ink, size._replace(height=min(FOUND, size.height - 1)))
        typed: Line = (("> ", "accent"),)
        return [typed, *fill(found or [(("  nothing of that name", "dim"),)], FOUND)]

    def _rows(self, ink: Ink, size: Size) -> list[Line]:
        room, last = max(1, size.height), len(self._choices)
        top = max(0, min(self._at - room // 2, last - room))
        return [self._row(ink, i, size.width) for i in range(top, min(last, top + room))]

    def _row(self, ink: Ink, index: int, width: int) -> Line:
        choice = self._choices[index]
        here = index == self._at
        sign = ("> ", "accent") if here else ("  ", "")
        room = min(width, CHOICES)
        note = cut(choice.note, room * 2 // 3, ink.lines.cut)
        line = ends((sign, (choice.text, "")), ((f"  {note} ", "dim"),), room, ink.lines.cut)
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
