"""Stack traces in a job's output: what was raised, and the innermost place in the user's own code.

Pure. Each reader takes the lines of one stream and gives the traces it knows, in order of their
last line; `last_trace` takes the one that came last, whatever the language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import NamedTuple


class Trace(NamedTuple):
    """One trace: the line that says what went wrong, the user's own frame, and where it stood."""

    line: str
    file: str | None
    lineno: int | None
    at: int  # index of the line that says what went wrong


class Frame(NamedTuple):
    """A place in a source file."""

    file: str
    lineno: int


def last_trace(lines: Sequence[str]) -> Trace | None:
    """The trace that ends last in these lines, or None."""
    readers = (_python, _at_blocks, _ruby, _go, _rust)
    found = [trace for reader in readers for trace in reader(lines)]
    return max(found, key=lambda trace: trace.at, default=None)


# --- Python ---------------------------------------------------------------------------------------

_HEADER = re.compile(r"^(?P<prefix>.*?)(?:Exception Group )?Traceback \(most recent call last\):")
_FRAME = re.compile(r'^\s+File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in .+)?$')
_RAISED = re.compile(r"^[^\W\d][\w.]*(?::| \(|$)")
_IGNORED = "Exception ignored in"
_ROOM = PurePath(__file__).parent.parent.parent
_MACHINERY = tuple(f"{_ROOM / room}/" for room in ("jobs/call.py", "jobs/kit", "runtime"))
_OTHERS = re.compile(
    r"^<|/(?:site|dist)-packages/|/lib(?:64)?/(?:python|ruby)[\d/.]|/gems/|/node_modules/|^node:"
    r"|/usr/local/go/|/usr/lib/go|/go/pkg/mod/|^/rustc/|/\.cargo/registry/"
)


def users_own(file: str) -> bool:
    """Whether a source file is the user's: no library, no standard library, not jobmon itself."""
    return not _OTHERS.search(file) and not f"{file}/".startswith(_MACHINERY)


def _place(frames: Sequence[Frame]) -> tuple[str | None, int | None]:
    """The first of `frames` (innermost first) that is the user's own."""
    own = next((frame for frame in frames if users_own(frame.file)), None)
    return (own.file, own.lineno) if own else (None, None)


def _python(lines: Sequence[str]) -> Iterator[Trace]:
    index = 0
    while index < len(lines):
        header = _HEADER.match(lines[index])
        if header is None and not _FRAME.match(lines[index]):
            index += 1
            continue
        prefix = header["prefix"].replace("+", "|") if header else ""
        start = index + 1 if header else index
        ignored = index > 0 and lines[index - 1].startswith(_IGNORED)
        trace, index = _python_block(lines, start, prefix)
        if trace and not ignored:
            yield trace


def _python_block(lines: Sequence[str], start: int, prefix: str) -> tuple[Trace | None, int]:
    """Read frames from `start` to the line naming the exception; also the index to go on from."""
    frames: list[Frame] = []
    for index in range(start, len(lines)):
        text = lines[index].removeprefix(prefix)
        frame = _FRAME.match(text)
        if frame:
            frames.append(Frame(frame["file"], int(frame["line"])))
        elif _HEADER.match(lines[index]):
            return None, index
        elif _RAISED.match(text):
            line = _with_message(text, lines[index + 1 : index + 3], prefix)
            return Trace(line, *_place(frames[::-1]), index), index + 1
    return None, len(lines)


def _with_message(raised: str, following: Sequence[str], prefix: str) -> str:
    """The exception's line; a message that only begins on the next line is drawn up to it."""
    if not raised.rstrip().endswith(":"):
        return raised.strip()
    message = next((t.removeprefix(prefix).strip() for t in following if t.strip()), "")
    return f"{raised.strip()} {message}".strip()


# --- JavaScript, Java and its kin, .NET: runs of lines that begin with "at" -----------------------

_AT = re.compile(r"^\s+at ")
_AT_PLACES = (
    re.compile(r"\((?P<file>[\w$-]+\.(?:java|kt|scala|groovy|clj)):(?P<line>\d+)\)$"),
    re.compile(r"\(?(?:file://)?(?P<file>(?:node:)?[^\s():]+):(?P<line>\d+):\d+\)?$"),
    re.compile(r" in (?P<file>.+):line (?P<line>\d+)$"),
)
_PLATFORM = re.compile(r"^\s+at (?:java|javax|jdk|sun|com\.sun|kotlin|scala|System)[./]")
_WRAPPING = re.compile(
    r"^\s*(?:Caused by: |\[cause\]: |Uncaught |Unhandled exception\. "
    r'|Exception in thread "[^"]*" )+'
)
_NAMES_ERROR = re.compile(r"^\s*\S*\s?\S*(?:Error|Exception|Throwable)\b")


def _at_blocks(lines: Sequence[str]) -> Iterator[Trace]:
    outer: tuple[str | None, int | None] = (None, None)
    index = 0
    while index < len(lines):
        if not _AT.match(lines[index]):
            index += 1
            continue
        start = index
        while index < len(lines) and _AT.match(lines[index]):
            index += 1
        said = _what_was_said(lines, start)
        place = _place(list(_at_frames(lines[start:index])))
        outer = place if place[0] else outer
        if said is not None:
            yield Trace(_WRAPPING.sub("", lines[said]).strip(" {"), *outer, said)


def _at_frames(block: Sequence[str]) -> Iterator[Frame]:
    for line in block:
        if _PLATFORM.match(line):
            continue
        found = next((m for m in (p.search(line.rstrip(" {")) for p in _AT_PLACES) if m), None)
        if found:
            yield Frame(found["file"], int(found["line"]))


def _what_was_said(lines: Sequence[str], start: int) -> int | None:
    """Index of the line above a block that names the error; messages may take several lines."""
    above = [i for i in range(start - 1, max(start - 20, -1), -1) if lines[i].strip()]
    return next((i for i in above if _NAMES_ERROR.match(_WRAPPING.sub("", lines[i]))), None)


# --- Ruby, Go, Rust -------------------------------------------------------------------------------

_RUBY = re.compile(
    r"^(?P<file>[^\s:]+):(?P<line>\d+):in [`'].+?': (?P<said>.+ \([A-Z][\w:]*\))\s*$"
)
_RUBY_FROM = re.compile(r"^\s+(?:\d+: )?from (?P<file>[^\s:]+):(?P<line>\d+):in ")
_GO = re.compile(r"^(?:panic|fatal error): ")
_GO_FRAME = re.compile(r"^\t(?P<file>\S+\.go):(?P<line>\d+)")
_RUST = re.compile(
    r"^thread '.*' (?:\(\d+\) )?panicked at "
    r"(?:'(?P<said>.*)', )?(?P<file>[^\s':]+):(?P<line>\d+):\d+"
)


def _ruby(lines: Sequence[str]) -> Iterator[Trace]:
    for index, line in enumerate(lines):
        first = _RUBY.match(line)
        if first:
            frames = [first, *_run_of(_RUBY_FROM, lines[index + 1 : index + 60])]
            places = [Frame(m["file"], int(m["line"])) for m in frames]
            yield Trace(first["said"], *_place(places), index)


def _go(lines: Sequence[str]) -> Iterator[Trace]:
    for index, line in enumerate(lines):
        if _GO.match(line) and any(t.startswith("goroutine ") for t in lines[index : index + 6]):
            frames = _run_of(_GO_FRAME, lines[index + 1 : index + 60])
            yield Trace(line, *_place([Frame(m["file"], int(m["line"])) for m in frames]), index)


def _run_of(pattern: re.Pattern[str], lines: Sequence[str]) -> list[re.Match[str]]:
    return [found for found in map(pattern.match, lines) if found]


def _rust(lines: Sequence[str]) -> Iterator[Trace]:
    for index, line in enumerate(lines):
        panic = _RUST.match(line)
        if panic:
            below = lines[index + 1].strip() if index + 1 < len(lines) else ""
            said = panic["said"] or below or line
            yield Trace(said, panic["file"], int(panic["line"]), index)
