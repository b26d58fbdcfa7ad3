"""The runtime looks after what runs: stuck and late jobs, and deadlines that will be missed."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime import births, disk, documents
from jobmon.runtime.config import load
from jobmon.runtime.daemon import Daemon
from jobmon.runtime.forecasting import watchman
from jobmon.runtime.forecasting.alarms import Patience
from jobmon.runtime.keeping import housekeeping
from jobmon.runtime.model import Event
from jobmon.runtime.store import Batch

WAITS = "while [ ! -e {0} ]; do sleep 0.05; done"


class Served:
    """A runtime in this process, with every event it committed."""

    def __init__(self, home: Path) -> None:
        self.events: list[Event] = []
        self.home = home
        self.settings = load(home, {})
        self.daemon = Daemon(self.settings, self.events.extend)
        self.daemon.watchman.every = 0.05

    async def run(self, flow: str) -> int:
        """Start a run; its id."""
        return (await self.daemon.orders.run({"flow": flow}))["id"]

    async def event(self, kind: str, run: int = 0, count: int = 1) -> Event:
        """The event of that kind, once there are so many of it."""

        def found() -> list[Event]:
            return [e for e in self.events if e.kind == kind and run in (0, e.run)]

        async with asyncio.timeout(30):
            while len(found()) < count:
                await asyncio.sleep(0.01)
        return found()[count - 1]

    async def over(self, run: int) -> None:
        """Wait until the run is over."""
        async with asyncio.timeout(30):
            while self.daemon.engine.is_open(run):
                await asyncio.sleep(0.01)


def serve(home: Path, flow: str, story: Callable[[Served], Awaitable[Any]]) -> None:
    """Have `story` happen on a runtime that serves the folder."""

    async def told() -> None:
        served = Served(home)
        await served.daemon.start()
        engine = asyncio.create_task(served.daemon.engine.run())
        try:
            await story(served)
        finally:
            served.daemon.engine.leave()
            await engine
            await served.daemon.close()

    (home / "flows").mkdir()
    (home / "flows" / "flow.py").write_text("from jobmon.jobs import *\n" + flow, encoding="utf-8")
    disk.prepare_state(home / ".jobmon")
    asyncio.run(told())


def test_a_job_that_neither_writes_nor_computes_is_flagged_until_it_moves(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        served.daemon.watchman.patience = Patience(least=0.2, unknown=0.2)
        run = await served.run("夜間")
        flagged = await served.event("job.stuck", run)
        assert flagged.data["stuck"] is True
        assert flagged.why.startswith("neither output nor CPU for ")
        why = documents.document(served.settings, "explain", {"run": "夜間", "job": "静か"})
        assert f"stuck: {flagged.why}" in why["reasons"]
        served.daemon.watchman.patience = Patience(least=20.0, unknown=20.0)
        (tmp_path / "speak").touch()
        moved = await served.event("job.stuck", run, count=2)
        assert moved.data["stuck"] is False
        (tmp_path / "end").touch()
        await served.over(run)

    shell = f"{WAITS.format('speak')}; echo here; {WAITS.format('end')}"
    serve(tmp_path, f"f = Flow('夜間')\nf.shell('静か', {shell!r})\n", story)


def test_who_will_miss_the_deadline_is_told_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchman, "FRESH", 0.0)
    monkeypatch.setattr(watchman, "SELDOM", 0.05)

    async def story(served: Served) -> None:
        (tmp_path / "go").touch()
        for _ in range(3):
            await served.over(await served.run("report"))
        (tmp_path / "go").unlink()
        took_an_hour(tmp_path / ".jobmon" / "state.db", "load")
        monkeypatch.setattr(births, "deadline", lambda _text, when: when.timestamp() + 1800)
        run = await served.run("report")
        told = await served.event("run.late", run)
        assert told.at < told.data["deadline"] < told.data["expected"]
        assert (told.data["blame"], told.data["sure"]) == ("load", True)
        assert served.daemon.engine.board.runs[run].late
        shown = documents.document(served.settings, "show", {"run": "report"})
        assert shown["late"]
        assert shown["deadline"] < shown["eta"] == pytest.approx(told.data["expected"], abs=60)
        load, send = shown["jobs"]
        assert load["median"] == pytest.approx(3600)
        assert load["left"] == pytest.approx(3600, abs=60)
        assert (load["p90"], send["left"], shown["eta_late"]) == (None, None, None)
        assert documents.document(served.settings, "ls", {})["runs"][0]["eta"]
        why = documents.document(served.settings, "explain", {"run": "report"})["reasons"]
        assert f"late: {told.why}" in why
        (tmp_path / "go").touch()
        await served.over(run)
        assert sum(e.kind == "run.late" for e in served.events) == 1

    shell = WAITS.format("go")
    flow = f"f = Flow('report')\nf.shell('load', {shell!r}) >> f.shell('send', 'true')\n"
    serve(tmp_path, flow, story)


def took_an_hour(database: Path, job: str) -> None:
    """Have the past say that the job took an hour each time."""
    with sqlite3.connect(database) as db:
        db.execute(
            "UPDATE job_runs SET body = json_set(body, '$.ended',"
            " json_extract(body, '$.started') + 3600) WHERE name = ?",
            (job,),
        )
    db.close()


def test_once_a_day_what_is_old_goes_when_nothing_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected: list[float] = []

    async def collect(*_args: Any, **_named: Any) -> None:
        collected.append(1.0)

    async def story(served: Served) -> None:
        engine = served.daemon.engine
        monkeypatch.setattr(housekeeping, "collect", collect)
        keeper = housekeeping.Housekeeper(engine, served.daemon.configuration)
        due = keeper.due or 0.0
        assert due == pytest.approx(engine.clock() + housekeeping.SETTLED, abs=60)
        run = await served.run("busy")
        await served.event("job.started", run)
        batch = Batch()
        keeper.attend(due, batch)
        assert keeper.due == due + housekeeping.SETTLED
        assert batch.empty
        (tmp_path / "go").touch()
        await served.over(run)
        keeper.attend(due + housekeeping.SETTLED, batch)
        await asyncio.sleep(0)
        assert collected == [1.0]
        assert keeper.due == due + housekeeping.SETTLED + housekeeping.DAY
        engine.store.commit(batch)
        assert housekeeping.Housekeeper(engine, served.daemon.configuration).due == keeper.due

    serve(tmp_path, f"f = Flow('busy')\nf.shell('a', {WAITS.format('go')!r})\n", story)
