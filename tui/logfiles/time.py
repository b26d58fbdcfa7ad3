"""Finding a time in a log without reading it: its records stand in the order of their times."""

from __future__ import annotations

from jobmon.tui.logfiles import raw as lograw
from jobmon.tui.logfiles.source import Source

PROBE = 1 << 16
"""Bytes read to see the time of a place; twice as many while no whole line is among them."""
_LONGEST = 1 << 20
BLOCK = 1 << 20


def place_of(source: Source, low: int, high: int, time: float) -> int:
    """An offset with nothing of `time` or later before it, less than 64 KiB too early.

    Looked for between two offsets. It may lie inside a line.
    """
    while high - low > PROBE:
        middle = (low + high) // 2
        found = time_at(source, middle)
        if found is not None and found < time:
            low = middle
        else:
            high = middle
    return low


def time_at(source: Source, offset: int) -> float | None:
    """The time of the first record that begins behind the offset and has one."""
    wanted = PROBE
    while wanted <= _LONGEST:
        data = source.read(offset, wanted).data
        times = map(_time, data.split(b"\n")[1:-1])
        found = next((time for time in times if time is not None), None)
        if found is not None or len(data) < wanted:
            return found
        wanted *= 2
    return None


def last_time(source: Source, size: int) -> float | None:
    """The time of the last record that has one, as far as it is found near the end."""
    start = max(0, size - _LONGEST // 2)
    data = source.read(start, _LONGEST).data
    times = map(_time, reversed(data.split(b"\n")[:-1]))
    return next((time for time in times if time is not None), None)


def _time(line: bytes) -> float | None:
    """Damaged lines have none, nor have claims: theirs may be long before the first output."""
    record = {} if b'"jobmon"' in line[:20] else lograw.decode(line) or {}
    time = record.get("t")
    return float(time) if isinstance(time, int | float) else None


def slice_of(source: Source, since: float, until: float, most: int = 16 << 20) -> bytes:
    """The whole lines of a time, a little more at both ends; at most about `most` bytes.

    OSError or JobmonError when the log cannot be read.
    """
    size = source.read(0, 1).size
    start = place_of(source, 0, size, since)
    end = min(place_of(source, start, size, until) + PROBE, start + most)
    data = b""
    while start + len(data) < end:
        more = source.read(start + len(data), min(BLOCK, end - start - len(data))).data
        if not more:
            break
        data += more
    first = data.find(b"\n") + 1 if start else 0
    return data[first : data.rfind(b"\n") + 1]
