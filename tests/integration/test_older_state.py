"""What an earlier jobmon left is taken up by this one."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from pathlib import Path

import msgspec

from jobmon.runtime import schema, snapshot
from jobmon.runtime.board import Board
from jobmon.runtime.reader import open_reader
from tests.batch import Batch, until
from tests.faults import jobmon

OTHER = "0" * 20
FIRST = Path(__file__).parents[1] / "data" / "states" / "first"
"""The event stream and the flow versions of a jobmon that hashed what is left to defaults too."""


def test_a_run_goes_on_by_the_version_whose_hash_was_made_in_another_way(batch: Batch) -> None:
    batch.flow(
        'flow = Flow("f")\na = flow.manual("a", "look")\nb = flow.shell("b", "true")\na >> b'
    )
    run = batch.run("f")
    until(lambda: batch.states(run)["a"] == "waiting_human", "it waits for a person")
    digest = batch.show(run)["definition"]
    batch.kill()
    with sqlite3.connect(batch.state / "state.db") as db:
        db.execute("UPDATE definitions SET hash = ?", (OTHER,))
        db.execute("UPDATE runs SET body = replace(body, ?, ?)", (digest, OTHER))
    db.close()
    batch.verb("done", run, "a")
    assert batch.wait(run)["state"] == "succeeded"
    assert batch.show(run)["definition"] == OTHER


def test_a_lost_database_of_the_first_jobmon_is_made_anew_and_shown_by_the_monitor(
    batch: Batch,
) -> None:
    shutil.copytree(FIRST, batch.state)
    ran = jobmon(batch.home, "doctor", "--rebuild")
    assert ran.returncode == 0, ran.stderr
    with contextlib.closing(open_reader(batch.state)) as db:
        document = json.loads(json.dumps(snapshot.take(db)))
    board = Board()
    snapshot.load(board, msgspec.convert(document, snapshot.Snapshot))
    states = {run.key: [job.state for job in board.jobs_of(run.id)] for run in board.runs.values()}
    done = ["succeeded", "failed", "upstream_failed"]
    assert states == {"load#1": [*done, "running"], "load#2": [*done, "cancelled"]}


def test_a_flow_version_that_is_another_one_is_refused(batch: Batch) -> None:
    shutil.copytree(FIRST, batch.state)
    (file,) = (batch.state / "flows").iterdir()
    file.write_text(file.read_text().replace("echo c", "echo d"))
    ran = jobmon(batch.home, "doctor", "--rebuild")
    assert ran.returncode
    assert "it is another version" in ran.stderr


def test_who_is_told_can_be_asked_of_a_state_no_runtime_of_now_has_opened(batch: Batch) -> None:
    batch.state.mkdir()
    (batch.home / "jobmon.toml").touch()
    with sqlite3.connect(batch.state / "state.db") as db:
        db.executescript(f"{schema._TABLES}PRAGMA user_version=1;")
    db.close()
    ran = jobmon(batch.home, "notify", "--json")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["pending"] == []
