"""Since when a running job neither writes nor computes: read from the end of its log.

Only what was added since the last look is read, and never more than MOST bytes of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from jobmon.runtime import logs

MOST = 256 << 10
"""Bytes read at a look: samples of more than an hour."""
BUSY = 0.05
"""A job that uses less of one processor between two samples is at rest: it only polls."""


class Trace(NamedTuple):
    """How far a log was read, and its newest sample: when, CPU seconds so far, lines so far."""

    offset: int = 0
    at: float | None = None
    cpu: float | None = None
    lines: int | None = None


class Glimpse(NamedTuple):
    """What a look found: `still` seconds since it moved, None when nothing moved since the last."""

    trace: Trace
    still: float | None


def look(path: str | os.PathLike[str], trace: Trace) -> Glimpse:
    """Read on from the last look. Raises OSError."""
    size = logs.size(path)
    start = max(min(trace.offset, size), size - MOST)
    data, end = logs.read(path, start, MOST)
    lines = data.split(b"\n")[:-1]
    if start > trace.offset:  # in the middle of a line
        del lines[:1]
    return glimpse(map(logs.decoded, lines), trace._replace(offset=end))


def glimpse(records: Iterable[logs.Record], trace: Trace) -> Glimpse:
    """What these records, which follow on those before, tell of the job."""
    newest = moved = None
    for record in records:
        at = record.get("t")
        if "spawned" in record:
            at = record["spawned"].get("t")
        if not isinstance(at, int | float):
            continue
        newest = at
        if "cpu" not in record or _moved(record, trace):
            moved = at
        if "cpu" in record:
            trace = Trace(trace.offset, at, record["cpu"], record.get("lines", trace.lines))
    still = None if moved is None or newest is None else max(0.0, newest - moved)
    return Glimpse(trace, still)


def _moved(sample: logs.Record, before: Trace) -> bool:
    """Whether it wrote or computed between two samples; the first one ever may be any time."""
    if before.cpu is None or before.at is None:
        return True
    if sample.get("lines", before.lines) != before.lines:
        return True
    return sample["cpu"] - before.cpu > BUSY * max(0.0, sample["t"] - before.at)
