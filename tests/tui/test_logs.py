"""The log that is shown is read whatever becomes of the reading of another one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from jobmon.tui.logs import Logs
from tests.tui import nights
from tests.tui.fakehands import Session
from tests.tui.logfakes import HEAD, Remote, out


class Asker:
    """It does the first thing never, and all others at once."""

    def __init__(self) -> None:
        self.asked: list[int | None] = []

    def work(self, action: Any, then: Any, *, site: int | None = None) -> None:
        self.asked.append(site)
        if len(self.asked) > 1:
            then(action())


def test_a_log_that_does_not_come_holds_up_no_other() -> None:
    session = Session(nights.folder(0, "east"), nights.folder(1, "west"))
    source = Remote(HEAD + out("売上 120"))
    reach: Any = SimpleNamespace(log=lambda attempt: source)
    asker, outer = Asker(), SimpleNamespace(reaches=[reach, reach])
    logs = Logs(outer, session.monitor, asker)  # type: ignore[arg-type]
    session.monitor.show("log")
    for site in (0, 1):
        logs.open(nights.key_of(session, "morning#7 B", site), 1)
    assert asker.asked[:2] == [0, 1]
    assert "line 1/1" in session.text(), "what is known of it is shown"
