"""A job's output on its way into the attempt's file: masked, decoded, cut into JSON lines, capped.

Loaded by initiators: standard library alone. A record is {"t": seconds, "s": "out"|"err",
"m": text} with "c": 1 when its line goes on in the next record of that stream.
"""

from __future__ import annotations

import re
import time
from codecs import utf_8_decode
from json.encoder import encode_basestring

from jobmon.runtime.initiator.logfile import LogFile

LINE_MOST = 16 << 10
"""Characters of one record; a longer line is split."""
QUIET = 1.0
"""Seconds after which a line without its end is written down as far as it came."""
MASK = b"***"

# Characters a terminal may act on although JSON leaves them as they are: C1 controls, DEL,
# bidirectional overrides. Escaped, so that a plain `cat` of the log is harmless too.
_ACTIVE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Mask:
    """Replaces secrets in a stream of bytes, also when one arrives in pieces."""

    def __init__(self, secrets: tuple[bytes, ...]) -> None:
        self._secrets = sorted((s for s in secrets if s), key=len, reverse=True)
        self._any = re.compile(b"|".join(map(re.escape, self._secrets)))
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What may be shown of it; the beginning of a possible secret is held back."""
        data = self._held + data
        starts = self._open_starts(data)
        shown, position = [], 0
        while True:
            stop = next((start for start in starts if start >= position), len(data))
            found = self._any.search(data, position)
            if found is None or found.start() >= stop:
                break
            shown += (data[position : found.start()], MASK)
            position = found.end()
        self._held = data[stop:]
        shown.append(data[position:stop])
        return b"".join(shown)

    def _open_starts(self, data: bytes) -> list[int]:
        """Where the end of `data` could be the beginning of a longer secret, in order."""
        first = max(0, len(data) - len(self._secrets[0]) + 1)
        return [at for at in range(first, len(data)) if self._may_become(data[at:])]

    def _may_become(self, rest: bytes) -> bool:
        return any(len(rest) < len(s) and s.startswith(rest) for s in self._secrets)

    def end(self) -> bytes:
        """The rest: no more is coming that could make it a secret."""
        rest, self._held = self._held, b""
        return self._any.sub(MASK, rest)

    def whole(self, text: str) -> str:
        """A text that is complete, masked."""
        raw = text.encode("utf-8", "surrogateescape")
        return self._any.sub(MASK, raw).decode("utf-8", "backslashreplace")


class Stream:
    """One of the job's two outputs (`name` is out or err), from bytes read to records written."""

    def __init__(self, name: str, mask: Mask | None, log: LogFile) -> None:
        self._log, self._mask, self._name = log, mask, name
        self._bytes = b""  # the beginning of a character
        self._text = ""  # the beginning of a line
        self._in_line = False
        self.flush_at: float | None = None
        """When the unfinished line is to be written, on the monotonic clock."""

    def feed(self, data: bytes) -> None:
        """Bytes as they were read."""
        self._log.bytes += len(data)
        self._log.lines += data.count(b"\n")
        self._in_line = not data.endswith(b"\n")
        self._take(self._mask.feed(data) if self._mask else data, last=False)

    def end(self) -> None:
        """No more is coming."""
        self._take(self._mask.end() if self._mask else b"", last=True)
        if self._text:
            self._put(self._record(self._text, ""), _bytes(self._text))
        self._log.lines += self._in_line
        self._text, self._in_line, self.flush_at = "", False, None

    def flush(self) -> None:
        """Write the unfinished line as far as it came."""
        if self._text:
            self._put(self._record(self._text, ',"c":1'), _bytes(self._text))
        self._text, self.flush_at = "", None

    def _take(self, data: bytes, *, last: bool) -> None:
        if self._bytes:
            data = self._bytes + data
        text, used = utf_8_decode(data, "backslashreplace", last)
        self._bytes = data[used:]
        whole, newline, rest = (self._text + text).rpartition("\n")
        if newline:
            self._put(self._records(whole), _bytes(whole) + 1)
        if len(rest) > LINE_MOST:
            *pieces, rest = _split(rest)
            continued = "".join(self._record(piece, ',"c":1') for piece in pieces)
            self._put(continued, sum(map(_bytes, pieces)))
        self._text = rest
        self.flush_at = time.monotonic() + QUIET if rest else None

    def _records(self, whole: str) -> str:
        """Complete lines; two roads for the usual ones, both a few calls into C for all of them."""
        prefix = self._prefix()
        if not _short_lines(whole):
            return "".join(map(self._long_line, whole.split("\n")))
        if "\\" in whole:
            body = f"}}\n{prefix}".join(map(encode_basestring, whole.split("\n")))
        else:  # the only escape that reads \n is a line's end
            body = encode_basestring(whole).replace("\\n", f'"}}\n{prefix}"')
        return f"{prefix}{body}}}\n"

    def _long_line(self, line: str) -> str:
        *pieces, last = _split(line)
        return "".join(self._record(p, ',"c":1') for p in pieces) + self._record(last, "")

    def _record(self, text: str, flag: str) -> str:
        return f"{self._prefix()}{encode_basestring(text)}{flag}}}\n"

    def _prefix(self) -> str:
        return f'{{"t":{time.time():.3f},"s":"{self._name}","m":'

    def _put(self, records: str, amount: int) -> None:
        self._log.put(_inert(records).encode(), amount)


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _split(line: str) -> list[str]:
    """Pieces of at most LINE_MOST characters; one, if only an empty one, for a short line."""
    return [line[at : at + LINE_MOST] for at in range(0, max(len(line), 1), LINE_MOST)]


def _short_lines(text: str) -> bool:
    """Whether every line has at most LINE_MOST characters, looking at few of them."""
    position = 0
    while len(text) - position > LINE_MOST:
        found = text.rfind("\n", position, position + LINE_MOST + 1)
        if found < 0:
            return False
        position = found + 1
    return True


def _inert(text: str) -> str:
    if text.isascii() and "\x7f" not in text:
        return text
    return _ACTIVE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
