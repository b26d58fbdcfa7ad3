"""What once brought a runtime down, or would have lost something, and must not again."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from jobmon.runtime import client
from tests.batch import Batch, alive, until


def test_a_word_that_can_be_no_path_starts_like_any_other(batch: Batch) -> None:
    """Scripts are looked for among the words of a command; a word may be anything."""
    word = "日本語" * 100
    batch.flow(f'flow = Flow("w")\nflow.shell("a", "echo {word}")')
    assert batch.wait(batch.run("w"))["state"] == "succeeded"


def test_a_parameter_the_run_never_had_fails_its_job_and_nothing_else(batch: Batch) -> None:
    """A rerun uses the current code, which may want what the run was not given."""
    batch.flow('flow = Flow("p")\na = flow.exec("a", ["false"])\nb = flow.shell("b", "true")')
    run = batch.run("p")
    batch.wait(run)
    pid = batch.pid()
    batch.flow("""
more = Param(str, default="x")
flow = Flow("p", params={"more": more})
flow.exec("a", ["true", more])
flow.shell("b", "true")
""")
    batch.verb("rerun", run, "a")
    shown = batch.wait(run)
    assert shown["jobs"][0]["state"] == "failed"
    assert "more" in shown["jobs"][0]["reason"]
    assert batch.pid() == pid


def test_gc_removes_old_runs_with_their_logs_and_folders_nobody_owns(batch: Batch) -> None:
    """The newest runs stay, whatever their age."""
    (batch.home / "jobmon.toml").write_text("[runtime]\nkeep_days = 1\nkeep_runs = 1\n")
    batch.flow('flow = Flow("g")\nflow.shell("a", "true")')
    old, new = batch.run("g"), batch.run("g")
    for run in (old, new):
        batch.wait(run)
    pid = batch.pid()
    batch.call("down", drain=True)
    until(lambda: not alive(pid), "the runtime has left")
    _age(batch.state / "state.db")
    orphan = batch.state / "attempts" / "99999"
    orphan.mkdir()
    assert batch.call("gc", preview=True)["runs"] == [old]
    assert batch.call("gc")["runs"] == [old]
    assert [row["run"] for row in batch.call("view", name="ls")["runs"]] == [new]
    assert sorted(p.name for p in (batch.state / "attempts").iterdir()) == ["2"]


def _age(path: Path) -> None:
    """Have every run of the database end long ago."""
    db = sqlite3.connect(path)
    with db:
        db.execute("UPDATE runs SET ended = ended - 1e6")
    db.close()


def test_a_runtime_of_another_protocol_is_told_at_once(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is there, so none is started beside it and nobody waits for one."""
    batch.pid()
    monkeypatch.setattr(client, "PROTO", (99, 99))
    with pytest.raises(client.OtherProtocolError, match="another protocol"):
        client.connect(batch.state, start=True)
    monkeypatch.undo()


def test_a_runtime_whose_folder_is_gone_goes_too(batch: Batch) -> None:
    """With nothing running and nothing left to serve it does not linger for ever."""
    pid = batch.pid()
    shutil.rmtree(batch.state)
    until(lambda: not alive(pid), "the runtime has ended")
