"""The app around the monitor, without a terminal: defects are survived, told and written down."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from jobmon.tui import memory
from jobmon.tui.app import MonitorApp
from jobmon.tui.farewell import Farewell
from jobmon.tui.picture import Size
from jobmon.tui.session import Opening, Session
from jobmon.tui.settings import ScreenSettings
from jobmon.tui.text import plain
from tests.tui.worlds import UNICODE


class _NoTerminal(Farewell):
    """There are no signals to hear, and no terminal to give back."""

    def __init__(self) -> None:
        pass

    def await_end(self, leave: Any) -> None:
        pass


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MonitorApp:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "own"))
    opening = Opening(home=tmp_path / "nothing", readonly=True)
    return MonitorApp(Session(opening, UNICODE, ScreenSettings(theme="night")), _NoTerminal())


@asynccontextmanager
async def opened(app: MonitorApp) -> AsyncIterator[Pilot[str]]:
    async with app.run_test(size=(100, 30)) as pilot:
        await soon(pilot, lambda: app.session.ready)
        yield pilot


async def soon(pilot: Pilot[str], condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        await pilot.pause(0.01)


def picture(app: MonitorApp) -> str:
    return "\n".join(plain(line) for line in app._lines(Size(100, 30)))


def fail(*_: Any, **__: Any) -> Any:
    raise KeyError("朝の集計")


async def test_a_screen_that_cannot_be_drawn_does_not_end_the_others(app: MonitorApp) -> None:
    async with opened(app) as pilot:
        app.monitor.screens["limits"].lines = fail
        await pilot.press("7")
        shown = picture(app)
        assert "the screen limits cannot be drawn" in shown
        assert "KeyError: '朝の集計'" in shown
        written = memory.folder() / "monitor.log"
        assert str(written) in shown.replace(" ", "").replace("\n", "")
        assert "in fail" in written.read_text(encoding="utf-8")
        size = written.stat().st_size
        for _ in range(50):
            picture(app)
        assert written.stat().st_size == size, "each is written once"
        await pilot.press("1")
        assert "QUEUE" in picture(app)


async def test_a_key_or_a_tick_that_fails_is_told_and_the_clock_goes_on(app: MonitorApp) -> None:
    async with opened(app) as pilot:
        app.monitor.screens["queue"].act = fail
        await pilot.press("down")
        assert "KeyError: '朝の集計' - a defect of the monitor" in picture(app)
        app.logs.update = fail
        app.monitor.screens["queue"].pace = lambda stage: 10.0
        app.conductor.arm(0.0)
        before = app.monitor.present
        await soon(pilot, lambda: app.monitor.present > before + 0.5)


async def test_what_a_thread_brings_may_fail(app: MonitorApp) -> None:
    async with opened(app) as pilot:
        heard: list[object] = []
        app.asker.work(fail, heard.append)
        app.asker.work(dict, fail)
        await soon(pilot, lambda: bool(heard) and "KeyError" in picture(app))
        assert "朝の集計" in str(heard[0])
