"""The report by schedule: each slot once, a missed one later and once, across restarts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from jobmon.runtime import config
from jobmon.runtime.board import Board
from jobmon.runtime.configuration import Configuration
from jobmon.runtime.library import Library
from jobmon.runtime.notify.notifier import Notifier
from jobmon.runtime.notify.reporting import Reporter
from jobmon.runtime.store import Batch, Store

HOUR = 3600.0
MIDNIGHT = 1_795_651_200.0  # 2026-11-26T00:00Z
TOML = """
[[notify]]
urls = ["json://127.0.0.1:1/x"]
on = ["report"]

[report]
cron = "0 7 * * *"
tz = "UTC"
"""


class Desk:
    """A reporter over a real store; everything it puts into a batch is committed."""

    def __init__(self, home: Path) -> None:
        (home / "jobmon.toml").write_text(TOML)
        (home / ".jobmon").mkdir(exist_ok=True)
        settings = Configuration(config.load(home, {}))
        self.store, self.woken = Store(home / ".jobmon"), asyncio.Event()
        self.notifier = Notifier(settings, self.store, Board(), {}, lambda: None)
        self.reporter = Reporter(
            settings, self.store, Library(home, 10.0), self.notifier, self.woken.set
        )

    async def at(self, now: float) -> list[str]:
        """What is in the outbox once the reporter did what is due then."""
        while self.reporter.due is not None and self.reporter.due <= now:
            self.woken.clear()
            batch = Batch()
            self.reporter.attend(now, batch)
            self.store.commit(batch)
            if self.reporter.due is None:
                await asyncio.wait_for(self.woken.wait(), 20)
        return sorted(message.subject for message in self.notifier.outbox)


async def test_each_slot_is_one_report_and_missed_ones_are_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert await desk.at(MIDNIGHT) == []
    assert desk.reporter.due == MIDNIGHT + 60  # whatever becomes of the clock, it looks again
    assert await desk.at(MIDNIGHT + 7 * HOUR - 9) == []
    assert desk.reporter.due == MIDNIGHT + 7 * HOUR
    (first,) = await desk.at(MIDNIGHT + 7 * HOUR)
    assert "report since 2026-11-26" in first
    assert await desk.at(MIDNIGHT + 8 * HOUR) == [first]
    desk.store.close()
    again = Desk(tmp_path)
    assert await again.at(MIDNIGHT + 9 * HOUR) == [first]
    assert len(await again.at(MIDNIGHT + 80 * HOUR)) == 2  # of three slots only the newest
    assert again.reporter.due == MIDNIGHT + 80 * HOUR + 60
    assert len(await again.at(MIDNIGHT + 60 * HOUR)) == 2  # the clock was set back
    again.store.close()


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
