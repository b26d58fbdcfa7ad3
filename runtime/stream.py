"""The event stream as JSON lines: a copy of the events table for people, `jq` and rebuilding."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path

import msgspec

from jobmon.runtime import disk
from jobmon.runtime.model import Event
from jobmon.runtime.store import Store

_encode = msgspec.json.Encoder().encode


class EventStream:
    """Appends what was committed, a file for each day. A copy: its trouble never stops a commit.

    What could not be written, or was committed in the instant before a kill, is made up for from
    the table before anything newer is added, so the stream has no gap.
    """

    def __init__(self, log_dir: Path, store: Store) -> None:
        self._dir, self._store = log_dir, store
        self._seq = _last_seq(log_dir)

    def append(self, events: Sequence[Event]) -> None:
        """Add committed events. Raises StateError when there is no room; the next call goes on."""
        if not events:
            return
        missing = events[0].seq > self._seq + 1
        for event_day, lines, last in _by_day(
            list(self._store.events_after(self._seq)) if missing else events
        ):
            disk.append_lines(self._dir / f"events-{event_day:%Y%m%d}.jsonl", lines)
            self._seq = last


def _by_day(events: Sequence[Event]) -> list[tuple[dt.date, bytes, int]]:
    days: dict[dt.date, tuple[bytearray, int]] = {}
    for event in events:
        day = dt.datetime.fromtimestamp(event.at).astimezone().date()
        lines, _last = days.get(day, (bytearray(), 0))
        lines += _encode(event) + b"\n"
        days[day] = (lines, event.seq)
    return [(day, bytes(lines), last) for day, (lines, last) in days.items()]


def files(log_dir: Path) -> list[Path]:
    """The stream's files, oldest first."""
    return sorted(log_dir.glob("events-*.jsonl"))


def _last_seq(log_dir: Path) -> int:
    """The number on the last whole line; the files before are looked at while a newest is empty."""
    for path in reversed(files(log_dir)):
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - (1 << 20)))
            for line in reversed(file.read().splitlines()):
                try:
                    return json.loads(line)["seq"]
                except (ValueError, KeyError, TypeError):
                    continue
    return 0
