"""Schedules on a real runtime, whose clock on the wall is set by hand."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobmon.runtime import client
from jobmon.runtime.errors import JobmonError, NotFoundError, RefusedError, UsageError
from tests.batch import Batch, until

ROOT = Path(__file__).parents[2]
JOBMON = str(Path(sys.executable).with_name("jobmon"))
HOUR = 3600
FLOW = """
flow = Flow("朝", schedule=Cron("0 * * * *", tz="Asia/Tokyo"), params={"day": date.today()})
flow.shell("a", 'echo "$JOBMON_TIME $day" >> done')
"""


class Clocked(Batch):
    """A batch folder whose runtime goes by a clock that is so many seconds ahead."""

    def up(self) -> None:
        command = [sys.executable, "-m", "tests.clocked", str(self.home)]
        env = os.environ | {"PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
        until(self.answers, "the runtime answers")

    def answers(self) -> bool:
        try:
            assert self.process.poll() is None, "it ended"
            client.connect(self.state).close()
            return True
        except JobmonError:
            return False

    def ahead(self, seconds: float) -> None:
        """Set the clock."""
        (self.home / "ahead.new").write_text(str(seconds))
        (self.home / "ahead.new").rename(self.home / "ahead")

    def later(self, seconds: float) -> None:
        """Set it forward."""
        self.ahead(float((self.home / "ahead").read_text()) + seconds)

    def wall(self) -> float:
        """What the clock shows: at the beginning half past, so that no slot comes by itself."""
        return time.time() + float((self.home / "ahead").read_text())

    def keyed(self) -> dict[str, str]:
        """{key: state} of all runs."""
        with sqlite3.connect(f"file:{self.state / 'state.db'}?mode=ro", uri=True) as db:
            return dict(db.execute("SELECT key, state FROM runs ORDER BY id"))

    def done(self) -> list[str]:
        """What the jobs wrote."""
        path = self.home / "done"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def batch(tmp_path: Path) -> Iterator[Clocked]:
    found = Clocked(tmp_path / "batch")
    found.flow("from datetime import date\n" + FLOW)
    found.ahead(HOUR / 2 - time.time() % HOUR)
    yield found
    found.close()
    found.process.wait(10)


def noted(batch: Clocked) -> bool:
    with sqlite3.connect(f"file:{batch.state / 'state.db'}?mode=ro", uri=True) as db:
        return bool(db.execute("SELECT 1 FROM notes WHERE room = 'ticket'").fetchall())


def tokyo(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:00:00+09:00", time.gmtime(at + 9 * HOUR))


def test_a_slot_runs_knows_its_time_and_what_was_missed_is_kept(batch: Clocked) -> None:
    batch.up()
    until(lambda: noted(batch), "the plan is known")
    batch.call("down")
    batch.process.wait(10)
    batch.later(3 * HOUR)
    batch.up()
    until(batch.done, "the latest slot ran")
    last = batch.wall() // HOUR * HOUR
    keys = [f"朝@{tokyo(last - n * HOUR)[:16]}+0900" for n in (2, 1, 0)]
    assert list(batch.keyed()) == keys
    batch.wait(keys[2], "succeeded")
    assert batch.done() == [f"{tokyo(last)} {tokyo(last)[:10]}"]
    assert [batch.show(key)["state"] for key in keys[:2]] == ["expired", "expired"]
    assert "missed by" in batch.show(keys[0])["reason"]
    explained = batch.call("view", name="explain", args={"run": keys[0]})
    assert any("missed by" in reason for reason in explained["reasons"])
    assert explained["next"] == [f"jobmon rerun {keys[0]} --failed"]
    batch.verb("rerun", keys[0], failed=True)
    batch.wait(keys[0], "succeeded")
    assert batch.done()[1].startswith(tokyo(last - 2 * HOUR)), "one line starts it, at its time"


def test_backfill_runs_each_slot_once_however_often_it_is_said(batch: Clocked) -> None:
    batch.up()
    day = tokyo(batch.wall() - 24 * HOUR)[:10]
    asked = {"name": "朝", "since": f"{day}T03:00", "until": f"{day}T06:00"}
    seen = batch.call("backfill", preview=True, **asked)
    assert [row["run"] for row in seen["touched"]] == [
        f"朝@{day}T0{h}:00+0900" for h in (3, 4, 5, 6)
    ]
    assert batch.keyed() == {}
    batch.call("backfill", max=2, reverse=True, **asked)
    assert list(batch.keyed()) == [f"朝@{day}T0{h}:00+0900" for h in (6, 5)]
    batch.call("backfill", **asked)
    batch.call("backfill", **asked)
    assert len(batch.keyed()) == 4
    for key in batch.keyed():
        shown = batch.wait(key, "succeeded")
        assert (shown["priority"], shown["origin"]) == (-10, "backfill")
    assert len(batch.done()) == 4
    assert batch.call("backfill", **asked)["touched"] == []
    assert batch.call("backfill", only="failed", **asked)["touched"] == []
    batch.call("backfill", only="all", **asked)
    until(lambda: len(batch.done()) == 8, "all ran again")
    line = ["--home", str(batch.home), "backfill", "朝", "--from", day, "--to", day, "--preview"]
    told = subprocess.run([JOBMON, *line], capture_output=True, text=True, check=True).stdout
    assert f"backfill 朝 {day}..{day}: would touch" in told
    assert f"朝@{day}T00:00+0900" in told
    assert "slots left as they are: " in told
    with pytest.raises(NotFoundError, match="朝"):
        batch.call("backfill", **asked | {"name": "昼"})
    with pytest.raises(UsageError, match="no day"):
        batch.call("backfill", **asked | {"since": "gestern"})
    with pytest.raises(UsageError, match="more than"):
        batch.call("backfill", **asked | {"since": "2001-01-01"})


def test_release_tells_what_was_missed_and_starts_it(batch: Clocked) -> None:
    batch.up()
    until(lambda: noted(batch), "the plan is known")
    batch.call("verb", verb="hold", flow="朝", options={}, why="棚卸し")
    batch.call("down")
    batch.process.wait(10)
    batch.later(2 * HOUR)
    batch.up()
    until(lambda: len(batch.keyed()) == 2, "the slots are kept")
    assert set(batch.keyed().values()) == {"expired"}
    first, second = batch.keyed()
    assert "棚卸し" in batch.show(first)["reason"]
    with pytest.raises(UsageError):
        batch.call("verb", verb="release", flow="朝", options={"catch_up": "some"})
    shown = batch.call("verb", verb="release", flow="朝", options={}, preview=True)
    assert "--catch-up all starts them, --catch-up latest the newest" in shown["notes"][-1]
    answer = batch.call("verb", verb="release", flow="朝", options={"catch_up": "latest"})
    assert "missed while it was held: 2" in answer["notes"]
    assert any(first in note and "rerun" in note for note in answer["notes"])
    batch.wait(second, "succeeded")
    assert batch.keyed()[first] == "expired"
    with pytest.raises(RefusedError):
        batch.call("verb", verb="release", flow="朝", options={})
