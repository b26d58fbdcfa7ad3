"""The duty that looks at files, driven by hand: disks that hang, kinds of trouble."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jobmon.jobs.definition import FileTriggerDef
from jobmon.runtime import disk
from jobmon.runtime.board import Board
from jobmon.runtime.store import Batch, Store
from jobmon.runtime.triggers import files, inbox, look
from jobmon.runtime.triggers.files import Files
from tests.core import flow, job


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "EVERY", 0.02)
    monkeypatch.setattr(files, "RESTS", 1.0)
    monkeypatch.setattr(files, "SHORTEST", 0.01)


class Driven:
    """The duty on a board and a store of its own; each turn is committed."""

    def __init__(self, home: Path, *patterns: str) -> None:
        disk.prepare_state(home / ".jobmon")
        self.store, self.board = Store(home / ".jobmon"), Board()
        self.flow = flow(job("A"), triggers=tuple(FileTriggerDef(p, 0.0) for p in patterns))
        self.library: Any = SimpleNamespace(known=object(), good={"f": self.flow})
        self.duty = Files(self.store, self.board, self.library, str(home), lambda: None)

    async def until(self, condition: Callable[[], Any]) -> None:
        end = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < end
            if self.duty.due is not None and self.duty.due <= time.time():
                self.turn()
            await asyncio.sleep(0.005)

    def turn(self) -> None:
        batch = Batch()
        for event in self.duty.attend(time.time(), batch):
            self.board.apply(event)
        self.store.commit(Batch(notes=batch.notes, counters=batch.counters))

    @property
    def made(self) -> list[str]:
        return [run.why for run in self.board.runs.values()]


async def test_a_disk_that_hangs_holds_up_neither_the_turn_nor_other_patterns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()

    def listing(home: str, pattern: str) -> Any:
        if pattern.startswith("nfs"):
            gate.wait(30)
        return inbox.listing(home, pattern)

    monkeypatch.setattr(look, "listing", listing)
    monkeypatch.setattr(files, "PATIENCE", 0.05)
    (tmp_path / "inbox").mkdir()
    driven = Driven(tmp_path, "nfs/*", "inbox/*")
    await driven.until(lambda: driven.store.notes(files.FIRST))
    (tmp_path / "inbox" / "a").touch()
    await driven.until(lambda: driven.made == ["file inbox/a"])
    assert ["nfs/*" in text for text in driven.duty.troubles] == [True]
    gate.set()
    await driven.until(lambda: not driven.duty.troubles)
    await driven.until(lambda: len(driven.store.notes(files.FIRST)) == 2)
    driven.store.close()


async def test_too_many_files_are_told_and_start_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_FILES", 2)
    driven = Driven(tmp_path, "*.csv")
    await driven.until(lambda: driven.store.notes(files.FIRST))
    for name in "abc":
        (tmp_path / f"{name}.csv").touch()
    await driven.until(lambda: driven.duty.troubles)
    assert driven.made == []
    (tmp_path / "a.csv").unlink()
    await driven.until(lambda: len(driven.made) == 2)
    assert driven.duty.troubles == []
    driven.store.close()


async def test_a_trigger_that_was_taken_out_is_new_when_it_comes_back(tmp_path: Path) -> None:
    driven = Driven(tmp_path, "*.csv")
    await driven.until(lambda: driven.store.notes(files.FIRST))
    driven.library.known, driven.library.good = object(), {}
    driven.duty.heard(())
    await driven.until(lambda: not driven.store.notes(files.FIRST))
    (tmp_path / "meanwhile.csv").touch()
    driven.library.known, driven.library.good = object(), {"f": driven.flow}
    driven.duty.heard(())
    await driven.until(lambda: driven.store.notes(files.FIRST))
    (tmp_path / "later.csv").touch()
    await driven.until(lambda: driven.made)
    assert driven.made == ["file later.csv"]
    driven.store.close()
