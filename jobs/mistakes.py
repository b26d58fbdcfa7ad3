"""What is wrong with a flow file, and where: the user's own file and line."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import NamedTuple

import msgspec

_LANGUAGE = frozenset(
    f"jobmon.jobs.{name}"
    for name in ("flow", "job", "mistakes", "options", "refs", "triggers", "fanout")
)

_INSTALLED = ("/site-packages/", "/dist-packages/")
_STANDARD = f"{sys.base_prefix}/lib/python{sys.version_info[0]}.{sys.version_info[1]}/"
_COMPARED = 2000  # comparing names costs: enough to find a slip of the pen

flow_files: set[str] = set()
"""The flow files of the folder being loaded, as absolute paths; empty outside the loader."""


class Mistake(msgspec.Struct, frozen=True):
    """One thing to correct. `line` is 0 when the file as a whole is meant.

    A `warning` does not keep the flow from being used.
    """

    file: str
    line: int
    text: str
    hint: str = ""
    warning: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.text}\n  {self.hint}" if self.hint else f"{place}: {self.text}"


class FlowError(Exception):
    """A flow that cannot be used as written; `mistakes` says every reason found."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(m) for m in self.mistakes))


class WrongError(ValueError):
    """A value that cannot be used, found while reading one option: becomes a Mistake."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.text, self.hint = text, hint


class Place(NamedTuple):
    """A line of a file."""

    file: str
    line: int


def written_at() -> Place:
    """The innermost line that is not this language's own: what the user wrote."""
    return _place(next(_user_frames()))


def declared_at() -> Place:
    """The line of the flow file that led here; outside the loader the same as written_at."""
    frames = list(_user_frames()) if flow_files else []
    own = (frame for frame in frames if frame.f_code.co_filename in flow_files)
    frame = next(own, None)
    return _place(frame) if frame else written_at()


def nearest(word: object, words: Iterable[str]) -> str:
    """The one of `words` that `word` was probably meant to be, or ""."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(str(word), list(words)[:_COMPARED], 1, 0.6)), "")


def own_file(path: str, home: str) -> bool:
    """Whether the user wrote the file: it lies in the batch folder and is no installed package."""
    installed = path.startswith(_STANDARD) or any(part in path for part in _INSTALLED)
    return path.startswith(home + "/") and not installed


def _user_frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__") not in _LANGUAGE:
            yield frame
        frame = frame.f_back


def _place(frame: FrameType) -> Place:
    return Place(frame.f_code.co_filename, frame.f_lineno)
