"""The one line of a job's output that says why it failed.

Pure. In this order: the last stack trace, the first record of level ERROR or worse, the last line
with a known pattern, the last line of stderr, the last line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from jobmon.runtime.failure.traces import last_trace, users_own
from jobmon.runtime.failure.troubles import hint_of

CLIP = 500  # characters of one line that a card shows
OUTCOMES = "jobmon.jobs.kit.outcomes."  # where External, Data and Rule live: noise to a reader
LONGEST = 4000  # characters of one line that are searched for known words


class Line(NamedTuple):
    """A whole line of output: its stream (out, err), its text, and the JSON object it may be."""

    stream: str
    text: str
    fields: Mapping[str, Any] | None = None


class Cause(NamedTuple):
    """Why it failed. `origin` is traceback, record, pattern or last line; `hint` may be empty."""

    line: str
    file: str | None
    lineno: int | None
    origin: str
    hint: str = ""


def find_cause(lines: Sequence[Line]) -> Cause | None:
    """The cause of a failure as far as the output tells; None when it tells nothing."""
    return _trace(lines) or _record(lines) or _pattern(lines) or _last(lines)


# --- lines from log records -----------------------------------------------------------------------

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[@-Z\\-_])"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def lines_of(records: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Whole lines from log records: pieces joined, colours and redrawn progress bars removed."""
    lines: list[Line] = []
    pieces: dict[str, str] = {}
    for record in records:
        if not isinstance(record.get("m"), str):
            continue
        stream = record.get("s", "out")
        text = pieces.pop(stream, "") + record["m"]
        if record.get("c"):
            pieces[stream] = text
        else:
            lines.append(_line(stream, text))
    return lines + [_line(stream, text) for stream, text in pieces.items()]


def _line(stream: str, text: str) -> Line:
    text = plain(text)
    return Line(stream, text[:LONGEST], _object(text))


def plain(text: str) -> str:
    """`text` without terminal escapes and control characters, as it stood after its last redraw."""
    shown = _ESCAPES.sub("", text).rstrip("\r\n").rsplit("\r", 1)[-1]
    return _CONTROLS.sub("", shown).rstrip()


def _object(text: str) -> Mapping[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def clip(text: str) -> str:
    """At most CLIP characters."""
    return text if len(text) <= CLIP else text[: CLIP - 1] + "…"


# --- a stack trace --------------------------------------------------------------------------------


def _trace(lines: Sequence[Line]) -> Cause | None:
    found = []
    for stream in ("out", "err"):
        shown = [(i, text) for i, line in enumerate(lines) for text in _texts(line, stream)]
        trace = last_trace([text for _, text in shown])
        if trace:
            found.append((shown[trace.at][0], trace))
    if not found:
        return None
    _, trace = max(found, key=lambda pair: pair[0])
    said = trace.line.removeprefix(OUTCOMES)
    return Cause(clip(said), trace.file, trace.lineno, "traceback", hint_of(said))


def _texts(line: Line, stream: str) -> Iterator[str]:
    """The line, and the lines of a stack that a JSON record carries inside."""
    if line.stream != stream:
        return
    yield line.text
    for value in _strings(line.fields or {}):
        if "\n" in value:
            yield from value.splitlines()


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)


# --- a record of level ERROR ----------------------------------------------------------------------

_LEVEL_WORD = re.compile(
    r"(?<!\b0 )(?:^|(?<=[\s\[|:(<\]]))(?:ERROR|FATAL|CRITICAL|SEVERE|PANIC|EMERG)(?=[\s\]|:>),]|$)"
)
_SAYS_ERROR = re.compile(
    r"^(?:[^\s:]+:(?:\d+:)* |PHP )?"
    r"(?:fatal(?: error)?|parse error|error|致命的なエラー|エラー) ?[:：]",
    re.IGNORECASE,
)
_LOGFMT = re.compile(r"\blevel=\"?(?:error|fatal|critical|panic)\b", re.IGNORECASE)
_LEVEL_KEYS = ("level", "severity", "levelname", "lvl", "log.level", "@level")
_MESSAGE_KEYS = ("message", "msg", "event", "@message", "text", "error", "err")
_BAD_LEVELS = {"error", "fatal", "critical", "severe", "panic", "emergency", "alert", "err"}


def _record(lines: Sequence[Line]) -> Cause | None:
    for line in lines:
        if line.fields is None and _is_error(line.text):
            return _cause(line.text.strip(), "record")
        if line.fields is not None and _bad_level(line.fields):
            return _cause(_message(line.fields) or line.text, "record")
    return None


def _is_error(text: str) -> bool:
    return any(p.search(text) for p in (_LEVEL_WORD, _SAYS_ERROR, _LOGFMT))


def _bad_level(fields: Mapping[str, Any]) -> bool:
    level = next((fields[key] for key in _LEVEL_KEYS if key in fields), None)
    if isinstance(level, int):
        return level >= 50  # pino's error; Python's numbers reach CRITICAL there
    return isinstance(level, str) and level.lower() in _BAD_LEVELS


def _message(fields: Mapping[str, Any]) -> str:
    said = (fields[key] for key in _MESSAGE_KEYS if isinstance(fields.get(key), str))
    return next((text.strip().splitlines()[0] for text in said if text.strip()), "")


# --- known patterns -------------------------------------------------------------------------------

_PLACES = (
    re.compile(r"^psql:(?P<file>[^:]+):(?P<line>\d+): "),
    re.compile(r"^(?P<file>[^\s:]+): (?:line )?(?P<line>\d+): "),
    re.compile(r"^(?P<file>[^\s:]+\.\w+):(?P<line>\d+):"),
    re.compile(r" at (?P<file>\S+) line (?P<line>\d+)\.?$"),
    re.compile(r" in (?P<file>\S+?)(?::| on line )(?P<line>\d+)$"),
)
_SHELLS = ("sh", "bash", "dash", "zsh", "ksh", "ash", "main")


def _pattern(lines: Sequence[Line]) -> Cause | None:
    for stream in ("err", "out"):
        for line in reversed(lines):
            if line.stream == stream and hint_of(line.text):
                return _cause(line.text.strip(), "pattern")
    return None


def _last(lines: Sequence[Line]) -> Cause | None:
    said = [line for line in lines if line.text.strip()]
    errors = [line for line in said if line.stream == "err"]
    return _cause((errors or said)[-1].text.strip(), "last line") if said else None


def _cause(text: str, origin: str) -> Cause:
    file, lineno = _place(text)
    return Cause(clip(text), file, lineno, origin, hint_of(text))


def _place(text: str) -> tuple[str | None, int | None]:
    """The file and line that a message names itself: `x.sh: line 3: ...`, `... at x.pl line 5.`"""
    found = next((m for m in (p.search(text) for p in _PLACES) if m), None)
    if found is None or found["file"].rsplit("/", 1)[-1] in _SHELLS or not users_own(found["file"]):
        return None, None
    return found["file"], int(found["line"])
