"""The NP column: action characters typed on several rows, and what one ENTER makes of them. Pure.

`r` on a row is that action on it; `//r` on one row and `//` on another one is it on both and all
between; `=` repeats the last action before it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from jobmon.tui.actions import NP, Action
from jobmon.tui.commandline.criteria import fold

BLOCK = "//"
AGAIN = "="


class Request(NamedTuple):
    """An action on a row."""

    key: Hashable
    action: Action


class Complaint(NamedTuple):
    """What is wrong with what was typed on a row; the text says on which, counted from 1."""

    key: Hashable
    text: str


class Review(NamedTuple):
    """Requests in the order of rows; none of them while there is a complaint."""

    requests: tuple[Request, ...] = ()
    complaints: tuple[Complaint, ...] = ()


class _Span(NamedTuple):
    """Rows from `first` to `last` with one action, as it was typed on the row `place`."""

    first: int
    last: int
    place: int
    text: str


class _WrongError(Exception):
    """What was typed on the row `place` cannot be used."""

    def __init__(self, place: int, text: str) -> None:
        super().__init__(text)
        self.place, self.text = place, text


def review(
    rows: Sequence[Hashable], typed: Mapping[Any, str], previous: Action | None = None
) -> Review:
    """What is asked for by the texts typed on rows; `previous` is the last action asked for before.

    All of it has to be clear, or nothing is asked for.
    """
    places = {key: place for place, key in enumerate(rows)}
    texts = {key: text for key in typed if (text := fold(typed[key]).strip())}
    gone = [Complaint(key, f"{texts[key]}: its row went") for key in texts if key not in places]
    written = sorted((places[key], text) for key, text in texts.items() if key in places)
    spans, wrong = _spans(written)
    actions, unknown = _actions(spans, previous)
    found = sorted((*wrong, *unknown), key=lambda error: error.place)
    told = [Complaint(rows[e.place], f"row {e.place + 1}: {e.text}") for e in found]
    if told or gone:
        return Review(complaints=(*told, *gone))
    each = zip(spans, actions, strict=True)
    return Review(tuple(Request(rows[at], a) for s, a in each for at in range(s.first, s.last + 1)))


def _spans(written: Iterable[tuple[int, str]]) -> tuple[list[_Span], list[_WrongError]]:
    """Single rows and blocks, and what stands in the way of them."""
    spans: list[_Span] = []
    wrong: list[_WrongError] = []
    opened: tuple[int, str] | None = None
    for place, text in written:
        if text.startswith(BLOCK) and opened is None:
            opened = place, text
        elif text.startswith(BLOCK) and opened is not None:
            try:
                spans.append(_block(*opened, place, text))
            except _WrongError as error:
                wrong.append(error)
            opened = None
        elif opened is not None:
            wrong.append(_WrongError(place, f"{text} stands inside a block; clear it"))
        else:
            spans.append(_Span(place, place, place, text))
    if opened is not None:
        wrong.append(_WrongError(opened[0], "the block has no other end; type // on its last row"))
    return spans, wrong


def _block(first: int, begin: str, last: int, end: str) -> _Span:
    """The rows between two signs; either of them, or both alike, say what is done."""
    start, stop = begin.removeprefix(BLOCK).strip(), end.removeprefix(BLOCK).strip()
    if start and stop and start != stop:
        raise _WrongError(last, f"the block begins with {begin} and ends with {end}; clear one")
    if not start and not stop:
        raise _WrongError(last, "the block names no action; type it behind //, such as //r")
    return _Span(first, last, first if start else last, start or stop)


def _actions(
    spans: Sequence[_Span], previous: Action | None
) -> tuple[list[Action], list[_WrongError]]:
    """The action of each span, and what is none."""
    actions: list[Action] = []
    wrong: list[_WrongError] = []
    for span in spans:
        action = previous if span.text == AGAIN else NP.get(span.text)
        if action is not None:
            actions.append(action)
            previous = action
        elif span.text == AGAIN:
            wrong.append(_WrongError(span.place, "there is no action before = to repeat"))
        else:
            wrong.append(_WrongError(span.place, f"{span.text} is no action; {_KNOWN}"))
    return actions, wrong


_KNOWN = "there are " + ", ".join(f"{np} {action.label}" for np, action in NP.items())
