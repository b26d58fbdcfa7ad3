"""What logs say reaches the meters, a little at a time, and no longer than anything is written."""

from __future__ import annotations

import queue
import time
from collections.abc import Mapping, Set
from types import SimpleNamespace
from typing import Any

import pytest

from jobmon.runtime.states import ACTIVE
from jobmon.tui.logs import Logs
from jobmon.tui.world import RowKey
from tests.tui import nights
from tests.tui.fakehands import Session


class Handed:
    """Tails that hand over what they are told to."""

    def __init__(self) -> None:
        self.news: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.watched: Mapping[Any, Any] = {}
        self.whole: Set[Any] = frozenset()

    def watch(self, wanted: Mapping[Any, Any], whole: Set[Any]) -> None:
        self.watched, self.whole = wanted, whole


class Slow:
    """A meter that takes its time."""

    def __init__(self) -> None:
        self.taken = 0

    def add_lines(self, _data: bytes) -> None:
        time.sleep(0.002)
        self.taken += 1


@pytest.fixture
def session() -> Session:
    return Session(nights.folder(0, "east"))


@pytest.fixture
def logs(session: Session) -> Logs:
    reach: Any = SimpleNamespace(log=lambda attempt: attempt)
    outer: Any = SimpleNamespace(reaches=[reach], world=session.world, sites=session.world.sites)
    logs = Logs(outer, session.monitor, SimpleNamespace())  # type: ignore[arg-type]
    logs._tails = Handed()  # type: ignore[assignment]
    return logs


def test_much_output_at_once_keeps_no_key_waiting(logs: Logs) -> None:
    tails: Any = logs._tails
    logs.update()
    key, slow = next(iter(tails.watched)), Slow()
    logs._meters[key] = slow  # type: ignore[assignment]
    for _ in range(100):
        tails.news.put((key, b"{}\n"))
    assert logs.update(), "there is more"
    assert 0 < slow.taken < 100
    while logs.update():
        pass
    assert slow.taken == 100


def test_logs_of_attempts_that_are_over_are_read_once(logs: Logs, session: Session) -> None:
    tails: Any = logs._tails
    logs.update()
    states = {key: session.world.row(key[0]).job.state for key in tails.watched}  # type: ignore[union-attr]
    assert {key for key, state in states.items() if state not in ACTIVE} == tails.whole
    assert 0 < len(tails.whole) < len(tails.watched)


def test_a_log_whose_run_is_gone_is_told_to_be(logs: Logs, session: Session) -> None:
    logs.open(RowKey(0, 999, 0), 1)
    assert "not kept here any more" in session.text()
