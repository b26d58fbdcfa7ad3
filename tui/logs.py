"""What the screens read of logs: meters of what runs, and the attempt the log screen shows."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from jobmon.runtime.states import ACTIVE, State
from jobmon.tui.asking import Asker
from jobmon.tui.logfiles.file import LogFile
from jobmon.tui.logfiles.tails import Tails
from jobmon.tui.meters.meter import Meter
from jobmon.tui.monitor import Monitor
from jobmon.tui.screens.log.facts import About
from jobmon.tui.session import Session
from jobmon.tui.world import Row, RowKey

FROZEN = frozenset({State.FAILED, State.LOST})
"""Their lanes stand still at how far they came."""
LANES_FROZEN = 32
"""Of so many of them the log is read for it."""
TURN = 0.1
"""Seconds of reading between two pictures of how far it is."""
BUDGET = 0.02
"""Seconds of taking in what logs said between two looks at the keys."""
LOOK = 0.25
"""Seconds between two looks whether the shown log grew."""


class Logs:
    """`update` is called for every picture; the reading is done in threads."""

    def __init__(self, session: Session, monitor: Monitor, asker: Asker) -> None:
        self._session, self._monitor, self._asker = session, monitor, asker
        self._tails: Tails[tuple[RowKey, str]] | None = None
        self._version = -1
        self._meters: dict[tuple[RowKey, str], Meter] = {}
        self._file: LogFile | None = None
        self._site = 0  # whose it is
        self._reading: set[LogFile] = set()
        self._looked = 0.0

    def listen(self, wake: Callable[[], None]) -> None:
        """Begin to read."""
        self._tails = Tails(wake)
        self._tails.start()

    def close(self) -> None:
        """Read no more."""
        if self._tails is not None:
            self._tails.close()

    def update(self) -> bool:
        """Watch the logs of what runs now, and take in what they said; whether there is more."""
        world = self._session.world
        if world.version != self._version:
            self._version = world.version
            self._watch()
        more = self._drain(time.monotonic() + BUDGET)
        if time.monotonic() - self._looked >= LOOK:
            self._looked = time.monotonic()
            self._grow()
        return more

    def _watch(self) -> None:
        assert self._tails is not None
        rows = {(row.key, row.attempt): row for row in self._rows()}
        for key in self._meters.keys() - rows.keys():
            del self._meters[key]
        for key, row in rows.items():
            meter = self._meters.setdefault(key, Meter())
            row.site.meters[row.job.key] = meter
        for site in self._session.sites:
            kept = {key.run: 0 for key, _ in rows if key.site == site.number}
            for job in [job for job in site.meters if job[0] not in kept]:
                del site.meters[job]
        reaches = self._session.reaches
        whole = {key for key, row in rows.items() if row.job.state not in ACTIVE}
        self._tails.watch({k: reaches[k[0].site].log(k[1]) for k in rows}, whole)

    def _rows(self) -> list[Row]:
        """What has a process, and the newest of what failed."""
        world = self._session.world
        failed = [row for row in world.rows() if row.job.state in FROZEN and row.attempt]
        failed.sort(key=lambda row: row.job.ended or 0.0)
        return [row for row in (*world.active(), *failed[-LANES_FROZEN:]) if row.attempt]

    def _drain(self, end: float) -> bool:
        assert self._tails is not None
        news = self._tails.news
        while not news.empty() and time.monotonic() < end:
            key, data = news.get()
            meter = self._meters.get(key)
            if meter is not None:
                meter.add_lines(data)
        return not news.empty()

    # The log screen

    def open(self, key: RowKey, attempt: int) -> None:
        """Show an attempt's log."""
        row = self._monitor.world.row(key)
        if row is None:
            self._monitor.say("log: that run is not kept here any more; `history` lists it", "note")
            return
        name = f"{row.job.run}.{row.job.index}.{attempt}"
        self._file, self._site = LogFile(self._session.reaches[key.site].log(name)), key.site
        about = About(key, row.run.key, row.name, attempt, row.job.attempt)
        self._monitor.screens.log.open(self._file, about)
        self._grow()

    def _grow(self) -> None:
        """Read on, while the log screen is shown."""
        file, log = self._file, self._monitor.screens.log
        if file is None or file in self._reading or self._monitor.view is not log:
            return
        self._reading.add(file)

        def read() -> bool:
            end = time.monotonic() + TURN
            while file.extend():
                if time.monotonic() > end:
                    return True
            return False

        def hear(more: Any) -> None:
            self._reading.discard(file)
            if file is self._file:
                log.extended()
                if more is True:
                    self._grow()

        self._asker.work(read, hear, site=None if file.local else self._site)
