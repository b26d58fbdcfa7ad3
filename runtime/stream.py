"""The event stream as JSON lines: a copy of the events table for people, `jq` and rebuilding."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from jobmon.runtime import disk
from jobmon.runtime.errors import StateError
from jobmon.runtime.model import Event
from jobmon.runtime.store import Store

log = logging.getLogger("jobmon")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Event).decode
_BLOCK = 1 << 20
CHUNK = 1000
"""Events made up for at a time."""


class EventStream:
    """Appends what was committed, a file for each day. A copy: its trouble never stops a commit.

    What could not be written, or was committed in the instant before a kill, is made up for from
    the table before anything newer is added, so the stream has no gap. `trouble` says why it is
    behind, for people.
    """

    def __init__(self, log_dir: Path, store: Store) -> None:
        self._dir, self._store = log_dir, store
        self._seq = newest(log_dir)
        self.trouble = ""

    def catch_up(self) -> None:
        """Make up for all that is missing, a part at a time; for a thread, before others append."""
        try:
            while missing := self._store.events_after(self._seq, CHUNK):
                self._write(missing)
        except (OSError, StateError) as error:
            log.warning("cannot catch up with the event stream: %s", error)

    def append(self, events: Sequence[Event]) -> None:
        """Add committed events. When there is no room the next call makes up for it."""
        if not events:
            return
        try:
            self._add(events)
        except (OSError, StateError) as error:
            if not self.trouble:
                log.warning("cannot write the event stream: %s", error)
            self.trouble = f"cannot write the event stream (it will catch up): {error}"
        else:
            self.trouble = ""

    def _add(self, events: Sequence[Event]) -> None:
        while events[0].seq > self._seq + 1:
            missing = self._store.events_after(self._seq, CHUNK)
            if not missing:
                break
            self._write(missing)
        self._write([event for event in events if event.seq > self._seq])

    def _write(self, events: Sequence[Event]) -> None:
        for event_day, lines, last in _by_day(events):
            disk.append_lines(self._dir / f"events-{event_day:%Y%m%d}.jsonl", lines)
            self._seq = last


def _by_day(events: Sequence[Event]) -> list[tuple[dt.date, bytes, int]]:
    """Consecutive events of one day, in the order of their numbers, also when the clock jumps."""
    found: list[tuple[dt.date, bytearray, int]] = []
    for event in events:
        day = _day(int(event.at // 60))
        line = _encode(event) + b"\n"
        if not found or found[-1][0] != day:
            found.append((day, bytearray(), 0))
        lines = found[-1][1]
        lines += line
        found[-1] = (day, lines, event.seq)
    return [(day, bytes(lines), last) for day, lines, last in found]


@lru_cache(maxsize=8)
def _day(minute: int) -> dt.date:
    """The local day of a minute since the epoch: many events share it, asking is slow."""
    return dt.datetime.fromtimestamp(minute * 60).astimezone().date()


def files(log_dir: Path) -> list[Path]:
    """The stream's files, oldest first."""
    return sorted(path for path in log_dir.glob("events-*.jsonl") if path.is_file())


def events(path: Path) -> Iterator[Event]:
    """The events of one file in the order they lie there; lines that are none are left out."""
    with path.open("rb") as file:
        for line in file:
            event = _event(line)
            if event is not None:
                yield event


def newest(log_dir: Path) -> int:
    """The number of the last event in the stream, 0 when there is none.

    A clock that jumped may have put it into a file that is not the last by its name.
    """
    by_name = files(log_dir)
    by_time = sorted(by_name, key=lambda path: path.stat().st_mtime)
    found = {last(path) for path in (*by_name[-2:], *by_time[-2:])} - {0}
    return max(found) if found else max(map(last, by_name), default=0)


def last(path: Path) -> int:
    """The number on the last sound line of a file; 0 when it has none near its end."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _BLOCK))
        lines = file.read().splitlines()
    sound = next(filter(None, map(_event, reversed(lines))), None)
    return sound.seq if sound else 0


def _event(line: bytes) -> Event | None:
    """The event of a line; None for what is torn or garbage."""
    try:
        found = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if found.seq > 0 else None
