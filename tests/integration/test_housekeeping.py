"""What is old goes, by age and by room, and what is kept can still be made anew."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jobmon.runtime import disk
from jobmon.runtime.config import load
from jobmon.runtime.daemon import Daemon
from jobmon.runtime.errors import StateError
from jobmon.runtime.keeping import cleaning
from jobmon.runtime.model import Event
from jobmon.runtime.rebuild import rebuild
from jobmon.runtime.store import Batch as Commit
from jobmon.runtime.store import Store
from tests.batch import Batch, alive, until

LONG = 200 * 86400


def configure(batch: Batch, **runtime: Any) -> None:
    lines = [f"{name} = {value}" for name, value in runtime.items()]
    text = "\n".join(["[runtime]", *lines])
    (batch.home / "jobmon.toml").write_text(text, encoding="utf-8")


def test_logs_beyond_the_room_of_their_flow_go_the_oldest_first(batch: Batch) -> None:
    configure(batch, keep_bytes=1, keep_runs=1)
    batch.flow("""
big = Flow("大")
big.shell("a", "head -c 600000 /dev/zero | tr '\\\\0' x")
small = Flow("small")
small.shell("a", "true")
""")
    first, second, third = (batch.wait(batch.run("大"))["run"] for _ in range(3))
    batch.wait(batch.run("small"))
    told = batch.call("gc", preview=True)
    assert (told["runs"], told["applied"]) == ([first, second], False)
    assert [(row["run"], row["why"]) for row in told["going"]] == [
        (first, "bytes"), (second, "bytes"),
    ]  # fmt: skip
    (row,) = told["flows"]
    assert (row["flow"], row["runs"], row["old"], row["over"]) == ("大", 2, 0, 2)
    assert row["bytes"] == told["bytes"] > 1_200_000
    assert batch.call("gc")["runs"] == [first, second]
    assert batch.call("gc")["runs"] == []
    batch.verb("rerun", third, "a")
    assert batch.wait(third)["state"] == "succeeded"


def test_old_events_and_versions_go_and_the_rest_can_be_rebuilt(batch: Batch) -> None:
    configure(batch, keep_days=30, keep_runs=1)
    batch.flow('f = Flow("夜")\nf.shell("a", "true")')
    gone = batch.wait(batch.run("夜"))
    batch.flow('f = Flow("夜")\nf.shell("a", "true", description="new")')
    kept = batch.wait(batch.run("夜"))
    leave(batch)
    age(batch.state)
    told = batch.call("gc")
    assert (told["runs"], told["files"], told["versions"]) == ([gone["run"]], 1, 1)
    names = {path.stem for path in (batch.state / "flows").iterdir()}
    assert names == {kept["definition"]}
    assert {e["run"] for e in batch.call("view", name="events")["events"]} == {0, kept["id"]}
    new = batch.wait(batch.run("夜"))
    leave(batch)
    before = [batch.show(run["run"]) for run in (kept, new)]
    (batch.state / "state.db").write_bytes(b"garbage" * 1000)
    made = rebuild(load(batch.home, {}))
    assert made.runs == 2
    assert [batch.show(run["run"]) for run in (kept, new)] == before
    assert batch.wait(batch.run("夜"))["run"] == "夜#4"


def leave(batch: Batch) -> None:
    """End the runtime, and wait until it let go of the folder."""
    pid = batch.pid()
    batch.call("down")
    until(lambda: not alive(pid), "the runtime has ended")


def age(state: Path) -> None:
    """Have all that happened so far happen long ago."""
    db = sqlite3.connect(state / "state.db")
    with db:
        db.execute("UPDATE runs SET ended = ended - ?", (LONG,))
        db.execute(
            "UPDATE events SET at = at - ?, body = json_set(body, '$.at', at - ?)", (LONG, LONG)
        )
    db.close()
    (stream,) = (state / "log").glob("events-*.jsonl")
    stream.rename(stream.with_name("events-20200101.jsonl"))


def stored(home: Path, commit: Commit) -> Path:
    """A state with that, and its copy beside the event stream; the state's folder."""
    state = home / ".jobmon"
    disk.prepare_state(state)
    store = Store(state)
    store.commit(commit)
    store.close()
    shutil.copyfile(state / "state.db", state / "log" / cleaning.BASE)
    return state


def test_numbers_are_not_given_again_when_all_events_are_old(tmp_path: Path) -> None:
    kinds = ("runtime.started", "runtime.stopped", "runtime.started")
    events = [Event(kind=kind, at=1.0, seq=n) for n, kind in enumerate(kinds, 1)]
    events.append(Event(kind="run.created", at=1.0, seq=4, run=7))
    state = stored(tmp_path, Commit(events=events))
    store = Store(state)
    store.commit(Commit(rubbish=cleaning.old_events(state, 30, LONG)))
    assert [event.seq for event in store.events_after(0, 9)] == [4]
    store.close()
    again = Store(state)
    assert (again.seq, again.last_run) == (4, 7)
    again.close()


def test_a_copy_that_cannot_be_made_takes_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = stored(tmp_path, Commit(events=[Event(kind="runtime.started", at=1.0, seq=1)]))
    (state / "log" / "events-20200101.jsonl").touch()

    def full(_fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    before = set((state / "log").iterdir())
    with pytest.raises(StateError, match="No space left"):
        cleaning.shorten_stream(state, 30, 1e9 * 2)
    assert set((state / "log").iterdir()) == before
    monkeypatch.setattr(cleaning, "TIMES", 1 << 50)
    with pytest.raises(StateError, match="are free on its disk"):
        cleaning.shorten_stream(state, 30, 1e9 * 2)


def test_what_a_copy_remembers_of_files_and_outcomes_starts_nothing_again(tmp_path: Path) -> None:
    noted = {("file-triggers", "a"): 1.0, ("outcome-triggers", "b"): 1.0, ("ticket", "c"): 1.0}
    up = Event(kind="runtime.started", at=1.0, seq=1)
    state = stored(tmp_path, Commit(events=[up], notes=dict(noted)))
    (state / "log" / "events-20260101.jsonl").write_bytes(msgspec.json.encode(up) + b"\n")
    rebuild(load(tmp_path, {}))
    store = Store(state)
    left = [room for room, key in noted if store.notes(room)]
    store.close()
    assert left == ["ticket"]


def test_without_room_nothing_new_is_launched_until_there_is(tmp_path: Path) -> None:
    asyncio.run(_little_room(tmp_path))


async def _little_room(home: Path) -> None:
    (home / "flows").mkdir()
    text = 'from jobmon.jobs import *\nf = Flow("f")\nf.shell("a", "true") >> f.shell("b", "true")'
    (home / "flows" / "f.py").write_text(text, encoding="utf-8")
    disk.prepare_state(home / ".jobmon")
    daemon = Daemon(load(home, {"JOBMON_MIN_FREE": "100"}))
    room = {"free": 80 << 20}
    daemon.guard.free = lambda _folder: room["free"]
    await daemon.start()
    engine = asyncio.create_task(daemon.engine.run())
    try:
        run = (await daemon.orders.run({"flow": "f"}))["id"]
        (trouble,) = daemon.engine.troubles()
        assert "80 MiB are free" in trouble
        assert "runtime.min_free wants 100 MiB" in trouble
        why = await daemon.server.desk.answer(
            {"op": "view", "name": "explain", "args": {"run": "f#1", "job": "a"}}
        )
        assert why["reasons"] == [trouble]
        states = [job.state.value for job in daemon.engine.board.jobs_of(run)]
        assert states == ["queued", "waiting"]
        room["free"] = 200 << 20
        async with asyncio.timeout(30):
            while daemon.engine.is_open(run):
                daemon.guard.due = 0.0  # its look is due
                daemon.engine.nudge()
                await asyncio.sleep(0.01)
        assert daemon.engine.troubles() == []
        assert daemon.guard.due is None
    finally:
        daemon.engine.leave()
        await engine
        await daemon.close()
