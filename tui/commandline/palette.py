"""Finding an action by some of its letters. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from jobmon.tui.commandline.criteria import fold


class Named(Protocol):
    """Something to choose, such as an action: its id, how it is called, what it does."""

    @property
    def id(self) -> str:
        """What it is known by."""
        ...

    @property
    def label(self) -> str:
        """How it is called."""
        ...

    @property
    def help(self) -> str:
        """A sentence on what it does."""
        ...


_T = TypeVar("_T", bound=Named)


def find(text: str, actions: Iterable[_T]) -> list[_T]:
    """What the text may mean, the best match first; all of it, in its order, when it is empty.

    Each word of the text has to be found in the label, the id or the help; its letters may lie
    apart in label and id. Case, width and the two kana make no difference.
    """
    words = _alike(text).split()
    ranked = [(_rank(words, known), known) for known in actions]
    found = [(rank, known) for rank, known in ranked if rank is not None]
    return [known for _, known in sorted(found, key=lambda pair: pair[0])]


def _rank(words: Sequence[str], known: Named) -> int | None:
    """How far it is from what was typed, 0 the nearest; None when a word is nowhere."""
    label, name, told = _alike(known.label), _alike(known.id), _alike(known.help)
    if words and " ".join(words) == label:
        return 0
    total = 1
    for word in words:
        rank = _distance(word, label, name, told)
        if rank is None:
            return None
        total += rank
    return total


def _distance(word: str, label: str, name: str, told: str) -> int | None:
    tests = (
        label.startswith(word),
        _begins(word, label),
        word in label,
        _begins(word, name.replace(".", " ").replace("_", " ")),
        word in name,
        _scattered(word, label),
        _begins(word, told),
        _scattered(word, name),
    )
    return next((rank for rank, found in enumerate(tests) if found), None)


def _begins(word: str, text: str) -> bool:
    return any(part.startswith(word) for part in text.split())


def _scattered(word: str, text: str) -> bool:
    """Whether its letters occur in this order, the first one at the beginning of a word."""
    begins = (at for at in range(len(text)) if text[at] == word[0] and not text[:at][-1:].isalnum())
    return any(_in_order(word, text[at:]) for at in begins)


def _in_order(word: str, text: str) -> bool:
    left = iter(text)
    return all(sign in left for sign in word)


_KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}


def _alike(text: str) -> str:
    return fold(text).translate(_KATAKANA)
