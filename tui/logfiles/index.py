"""Where the lines of a log begin, and what their bytes alone tell: levels, times, silences. Pure.

Nothing here decodes a line. The work is done by a few calls into C for a whole block, so that a
million lines are known in well under a second and in 8 bytes each.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, count
from operator import add
from typing import Any

import msgspec

QUIET_LEAST = 10.0
QUIET_MEDIANS = 20
"""A silence is long from so many seconds, and from so many times the usual one, on."""
EVERY = 32
"""The time of one line in so many is kept."""
SEAM = 32
"""Last bytes that are kept, to notice when a log was cut and written on."""
_SAMPLED = 32
_LOOK_BACK = 32
_HEAD = 200

_TIMED = b'{"t":'
_ASIDE = (b'{"jobmon":', b'{"spawned":', b'{"exit":')
_OUTPUT = re.compile(rb'\{"t":[\d.]+,"s":"(out|err)","m":"')
GOES_ON = b',"c":1}'
"""How a record ends whose line goes on in its stream's next one; no text can look so."""
_APART = re.compile(rb',"lines":(\d+)')

_WORDS = (b"error", b"warn", b"fatal", b"critical", b"exception", b"traceback")
_JAPANESE = ("エラー".encode(), "致命的".encode(), "警告".encode())
_MARKED = "(?=[]):]|】|：|」)"
_LEVEL = re.compile(
    rb"\b(?P<E>(?:critical|fatal|error)\b|traceback(?= \()|[\w.]*(?:error|exception)(?=:| in ))"
    rb"|\b(?P<W>warn(?:ing)?\b|[\w.]*warning(?=:))|\b(?P<I>info|notice)\b|\b(?P<D>debug)\b"
    rb"|(?P<E2>" + f"(?:エラー|致命的){_MARKED})|(?P<W2>警告{_MARKED})".encode()
)
_COLOUR = re.compile(rb"\\u001b\[[0-9;:]*m")
_ESCAPE = re.compile(rb"\\(?:u[0-9a-f]{4}|.)")


def level_of(record: bytes) -> str:
    """The first level that a record names near its beginning: E, W, I or D; "" when none."""
    begin = record.find(b'"m":"', 0, 64) + 5
    if begin < 5:
        return ""
    head = record[begin : begin + _HEAD].lower()
    if b"\\" in head:
        head = _ESCAPE.sub(b" ", _COLOUR.sub(b"", head))
    found = _LEVEL.search(head)
    return (found.lastgroup or "")[:1] if found else ""


class LogIndex:
    """The lines of a log from byte `begin` to byte `end`.

    It grows by `feed`, only at its ends, so that another thread may read it meanwhile. `starts`
    are the offsets of lines that are shown; `errors`, `warnings` and `notable` (both) are numbers
    of lines. `begun` is when the process started or wrote first, `latest` the time of the last
    line, `exit` the exit record. `apart` counts the lines written when the job's newest output was
    last told to be kept elsewhere until its end. `seam` are the last bytes before `end`.
    """

    def __init__(self, begin: int = 0) -> None:
        self.begin = self.end = begin
        self.starts = array("Q")
        self.errors, self.warnings, self.notable = array("I"), array("I"), array("I")
        self.begun: float | None = None
        self.latest: float | None = None
        self.exit: dict[str, Any] | None = None
        self.apart = 0
        self.seam = b""
        self.quiet = QUIET_LEAST
        self._times = array("d")
        self._silent, self._silences = array("I"), array("d")
        self._steps: Counter[int] = Counter()  # silences in tenths of a second, of some lines
        self._open: set[bytes] = set()  # streams whose line goes on in their next record

    def __len__(self) -> int:
        return len(self.starts)

    def feed(self, data: bytes) -> int:
        """Take in what follows `end`; how many bytes of it are whole records."""
        cut = data.rfind(b"\n") + 1
        if not cut:
            return 0
        block, base = data[:cut], self.end
        records = block.split(b"\n")
        records.pop()
        begins = list(map(add, accumulate(map(len, records), initial=base), count()))
        begins.pop()
        if self._open or block.count(b'"}\n') != len(records):
            begins, records = self._pick(begins, records)
        first = len(self.starts)
        self.seam = (self.seam + block[-SEAM:])[-SEAM:]
        self.end += cut
        self.starts.extend(begins)
        if records:
            self._mark_levels(block, base, begins, first)
            self._mark_times(records, first)
        return cut

    # Records that are no lines

    def _pick(
        self, begins: Sequence[int], records: Sequence[bytes]
    ) -> tuple[list[int], list[bytes]]:
        """Those that begin a line which is shown."""
        shown = [i for i, record in enumerate(records) if self._begins_line(record)]
        return [begins[i] for i in shown], [records[i] for i in shown]

    def _begins_line(self, record: bytes) -> bool:
        output = _OUTPUT.match(record)
        if output is None:
            return self._begins_note(record)
        stream = output[1]
        goes_on = stream in self._open
        if record.endswith(GOES_ON):
            self._open.add(stream)
        else:
            self._open.discard(stream)
        return not goes_on

    def _begins_note(self, record: bytes) -> bool:
        """Whether a record that is no output is shown: what is left out, and what is damaged."""
        if record.startswith(_TIMED) and b',"cpu":' in record:
            apart = _APART.search(record)
            self.apart = int(apart[1]) if apart else self.apart
            return False
        if not record.startswith(_ASIDE):
            return True
        fields = _fields(record)
        if isinstance(fields.get("exit"), dict):
            self.exit = fields["exit"]
        spawned = fields.get("spawned")
        if isinstance(spawned, dict) and isinstance(spawned.get("t"), int | float):
            self.begun = spawned["t"]
        return not fields

    # Levels

    def _mark_levels(self, block: bytes, base: int, begins: Sequence[int], first: int) -> None:
        low = block.lower()
        words = _WORDS if low.isascii() else _WORDS + _JAPANESE
        named: set[int] = set()
        for word in words:
            at = low.find(word)
            while at >= 0:
                line = bisect_right(begins, base + at) - 1
                named.add(line)
                following = begins[line + 1] - base if line + 1 < len(begins) else len(low)
                at = low.find(word, following)
        named.discard(-1)
        for line in sorted(named):
            begin = begins[line] - base
            record = low[begin : min(begin + _HEAD + 64, low.find(b"\n", begin))]
            self._mark(first + line, level_of(record))

    def _mark(self, line: int, level: str) -> None:
        lines = {"E": self.errors, "W": self.warnings}.get(level)
        if lines is not None:
            lines.append(line)
            self.notable.append(line)

    def of_level(self, level: str) -> Sequence[int]:
        """The lines shown at a level: "" all, "W" warnings and errors, "E" errors."""
        if level:
            return self.errors if level == "E" else self.notable
        return range(len(self.starts))

    # Times

    def _mark_times(self, records: Sequence[bytes], first: int) -> None:
        times = _Times(records, self.latest)
        self.begun = times[0] if self.begun is None else self.begun
        for line in range(-first % EVERY, len(records), EVERY):
            self._times.append(max(times[line], self._times[-1] if self._times else 0.0))
        self._mark_silences(times, len(records), first)
        step = max(1, len(records) // _SAMPLED)
        for line in range(step if first == 0 else 0, len(records), step):
            self._steps[round(10 * max(0.0, times[line] - times[line - 1]))] += 1
        self.quiet = max(QUIET_LEAST, QUIET_MEDIANS * self._median())
        self.latest = times[len(records) - 1]

    def _mark_silences(self, times: _Times, size: int, first: int) -> None:
        """Halve every stretch that takes long enough to hold a silence, the earlier part first."""
        stretches = [(-1, size - 1)]
        while stretches:
            a, b = stretches.pop()
            seconds = times[b] - times[a]
            if 0 <= seconds < QUIET_LEAST:
                continue
            if b - a > 1:  # also where the clock was set back: that may hide a silence
                middle = (a + b) // 2
                stretches += [(middle, b), (a, middle)]
            elif seconds > 0:
                self._silences.append(seconds)
                self._silent.append(first + b)

    def _median(self) -> float:
        left = self._steps.total() // 2
        for step in sorted(self._steps):
            left -= self._steps[step]
            if left < 0:
                return step / 10
        return 0.0

    def silence(self, line: int) -> float:
        """Seconds without output before the line where that is long, else 0."""
        at = bisect_left(self._silent, line)
        if at == len(self._silent) or self._silent[at] != line:
            return 0.0
        return self._silences[at] if self._silences[at] >= self.quiet else 0.0

    def next_silence(self, line: int, step: int) -> int | None:
        """The nearest line after (step 1) or before (-1) `line` that follows a long silence."""
        at = bisect_right(self._silent, line) if step > 0 else bisect_left(self._silent, line) - 1
        while 0 <= at < len(self._silent):
            if self._silences[at] >= self.quiet:
                return self._silent[at]
            at += step
        return None

    def around(self, when: float) -> range:
        """The few lines of which the last is surely not before `when`, and the first is."""
        at = bisect_left(self._times, when)
        return range(max(0, (at - 1) * EVERY), min(len(self.starts), at * EVERY + 1))

    def line_at(self, offset: int) -> int:
        """The number of the line that holds the byte at `offset`, or the nearest one."""
        return max(0, bisect_right(self.starts, offset) - 1)

    def behind(self, offset: int) -> int:
        """Where the line after the one that begins at `offset` begins."""
        at = bisect_right(self.starts, offset)
        return self.starts[at] if at < len(self.starts) else self.end


class _Times:
    """The time of each record of a block; of one that has none, that of the one before."""

    def __init__(self, records: Sequence[bytes], before: float | None) -> None:
        self._records, self._known = records, {}
        self._known[-1] = self[0] if before is None else before

    def __getitem__(self, line: int) -> float:
        known = self._known.get(line)
        if known is None:
            known = self._known[line] = self._look(line)
        return known

    def _look(self, line: int) -> float:
        for at in range(line, max(-1, line - _LOOK_BACK), -1):
            found = _second(self._records[at])
            if found is not None:
                return found
        return self._known.get(-1, 0.0)


def _second(record: bytes) -> float | None:
    if not record.startswith(_TIMED):
        return None
    try:
        found = float(record[5 : record.index(b",", 5, 40)])
    except ValueError:
        return None
    return found if 0 <= found < 1e11 else None


def _fields(record: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(record, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
