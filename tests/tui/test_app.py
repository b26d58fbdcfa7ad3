"""The app around the monitor, without a terminal: defects are survived, told and written down."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from jobmon.tui import memory, tools
from jobmon.tui.app import DAY, LARGEST, QUIET, MonitorApp
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


async def test_the_mouse_may_meet_a_defect(app: MonitorApp) -> None:
    async with opened(app) as pilot:
        app.monitor.click = app.monitor.wheel = fail
        for act in (lambda: app.on_mouse_scroll_up(None), lambda: app.on_mouse_scroll_down(None)):  # type: ignore[arg-type]
            app.monitor.say("")
            act()
            assert "KeyError" in picture(app)
        app.monitor.say("")
        await pilot.click(offset=(10, 8))
        await soon(pilot, lambda: "KeyError" in picture(app))


async def test_completing_and_taking_text_may_meet_a_defect(app: MonitorApp) -> None:
    async with opened(app) as pilot:
        await pilot.press("colon")
        assert app.monitor.prompt is not None
        vars(app.monitor.prompt).update(suggest=fail, changed=fail)
        app.redraw()
        told: list[Exception] = []
        app.typing._completions._failed = told.append
        await pilot.press("x")
        await soon(pilot, lambda: bool(told))
        app.post_message(events.Paste("y"))
        await pilot.press("escape")
        assert "KeyError" in picture(app)


async def test_another_size_may_meet_a_defect(
    app: MonitorApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(app):
        monkeypatch.setattr(type(app.monitor.view), "ticks", property(fail, lambda *_: None))
        app.canvas.on_resize()
        assert "KeyError" in picture(app)


async def test_what_is_pasted_and_entered_in_one_burst_is_taken_in_order(app: MonitorApp) -> None:
    async with opened(app) as pilot:
        app.post_message(events.Paste("limits"))  # nothing asks for text
        for event in (events.Key("colon", ":"), events.Paste("lim\x1bits\nq"),
                      events.Key("enter", None)):  # fmt: skip
            app.post_message(event)
        await soon(pilot, lambda: app.monitor.view.name == "limits")


async def test_a_monitor_that_grew_large_starts_anew_only_behind_nobodys_back(
    app: MonitorApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(app) as pilot:
        left: list[str] = []
        monkeypatch.setattr(app, "exit", left.append)
        monkeypatch.setattr(tools, "memory", lambda: LARGEST + 1)
        app._touched -= QUIET + 1
        app._tick()
        assert not left, "it began today"
        app._begun -= DAY + 1
        await pilot.press("colon")
        app._touched -= QUIET + 1
        app._look_at_self()
        assert not left, "a command is being typed"
        await pilot.press("escape")
        app._look_at_self()
        assert not left, "a key was pressed"
        app._touched -= QUIET + 1
        done = threading.Event()
        app.asker.change(done.wait, lambda _: None)
        app._look_at_self()
        assert not left, "a verb is under way"
        done.set()
        await soon(pilot, lambda: app.asker.idle)
        app._look_at_self()
        assert set(left) == {"again"}
