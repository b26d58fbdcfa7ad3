"""Damaged files in `.jobmon/`: said clearly, kept, never served as if nothing had been there."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from jobmon.runtime import soundness
from jobmon.runtime.errors import StateError
from jobmon.runtime.store import Store
from tests.batch import Batch, until
from tests.faults import foreground, jobmon

STEP = 64
"""Bytes between two places where a file is cut."""
FLOW = """
flow = Flow("work")
a = flow.shell("a", "echo hello")
b = flow.shell("b", "exit 3")
a >> b
"""


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which runs have been."""
    batch = Batch(tmp_path_factory.mktemp("earlier") / "batch")
    batch.flow(FLOW)
    for _ in range(4):
        batch.wait(batch.run("work"))
    batch.close()
    return batch.home


@pytest.fixture
def served(batch: Batch, earlier: Path) -> Batch:
    """A copy of that folder, with no runtime on it."""
    shutil.copytree(earlier, batch.home, dirs_exist_ok=True)
    return batch


def truncated(path: Path) -> None:
    path.write_bytes(b"")


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 100])


def garbage(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


def zeroed(path: Path) -> None:
    """Every page but the first: which ones are read first is SQLite's affair."""
    path.write_bytes(path.read_bytes()[:4096] + bytes(path.stat().st_size - 4096))


def gone(path: Path) -> None:
    path.unlink()


def older(path: Path) -> None:
    """As after a restore of an old copy, or the loss of the write-ahead log."""
    db = sqlite3.connect(path)
    db.execute("DELETE FROM events WHERE seq > 20")
    db.commit()
    db.close()


@pytest.mark.parametrize("damage", [truncated, half, garbage, zeroed, gone, older])
def test_a_damaged_database_is_refused_named_and_kept(
    served: Batch, damage: Callable[[Path], None]
) -> None:
    path = served.state / "state.db"
    damage(path)
    before = path.read_bytes() if path.exists() else None
    ran = jobmon(served.home, "up")
    assert ran.returncode == 6, ran.stderr
    assert str(path) in ran.stderr
    assert "jobmon doctor --rebuild" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert (path.read_bytes() if path.exists() else None) == before
    found = doctor(served)["database"]
    assert found["verdict"] == "bad"
    assert "--rebuild" in found["todo"]


def doctor(batch: Batch) -> dict[str, dict[str, str]]:
    ran = jobmon(batch.home, "doctor", "--json")
    assert ran.returncode == 1
    return {row["check"]: row for row in json.loads(ran.stdout)["checks"]}


def test_a_page_damaged_in_the_middle_is_found_by_doctor_and_stops_no_command(
    served: Batch,
) -> None:
    """Old runs are read only when asked for: the runtime serves what is sound."""
    path = served.state / "state.db"
    db = sqlite3.connect(path)
    (root,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'job_runs'").fetchone()
    db.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(bytes(4096))
    assert doctor(served)["database"]["verdict"] == "bad"
    assert jobmon(served.home, "up").returncode == 0
    for words in (("show", "work#1"), ("rerun", "work#1", "--failed"), ("explain", "work#1")):
        ran = jobmon(served.home, *words)
        assert ran.returncode == 6, (words, ran.stdout, ran.stderr)
        assert "malformed" in ran.stderr
        assert "--rebuild" in ran.stderr
    assert jobmon(served.home, "status").returncode == 0
    assert jobmon(served.home, "down").returncode == 0


def test_a_lost_write_ahead_log_is_noticed(batch: Batch) -> None:
    batch.flow(FLOW)
    batch.wait(batch.run("work"))
    batch.kill()
    for part in ("-wal", "-shm"):
        (batch.state / f"state.db{part}").unlink()
    ran = jobmon(batch.home, "up")
    assert ran.returncode == 6
    assert re.search("its newest part is gone|is empty", ran.stderr)
    assert "--rebuild" in ran.stderr


def test_a_database_of_a_later_jobmon_is_left_alone(served: Batch) -> None:
    path = served.state / "state.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    ran = jobmon(served.home, "up")
    assert ran.returncode == 6
    assert "its schema is 99" in ran.stderr
    assert "newer jobmon" in ran.stderr


def test_garbage_in_the_event_stream_and_beside_it_harms_nothing(served: Batch) -> None:
    (stream,) = (served.state / "log").glob("events-*.jsonl")
    with stream.open("ab") as file:
        file.write(b'{"kind": "half a line\x00\xff\n[1]\n{"seq": "x"}\n' + os.urandom(500))
    (served.state / "log" / "events-99991231.jsonl").write_bytes(b"\xff\x00 nothing of ours\n")
    (served.state / "runtime.lock").write_bytes(os.urandom(64))
    (served.state / "runtime.lock.json").mkdir()
    (served.state / "attempts" / "stray.txt").write_text("what is this?")
    (served.state / "attempts" / "not-a-run").mkdir()
    assert jobmon(served.home, "up").returncode == 0
    assert served.wait(served.run("work"))["run"] == "work#5"
    assert "another process holds its lock" in foreground(served.home).stderr
    seqs = [json.loads(line)["seq"] for line in whole_lines(stream)]
    assert seqs == list(range(1, len(seqs) + 1))


def whole_lines(stream: Path) -> list[bytes]:
    found = []
    for line in stream.read_bytes().split(b"\n"):
        try:
            known = isinstance(json.loads(line).get("seq"), int)
        except (ValueError, AttributeError):
            continue
        found += [line] if known else []
    return found


@pytest.mark.parametrize("name", ["state.db", "runtime.lock", "runtime.sock"])
def test_a_folder_where_a_file_should_be_is_named(batch: Batch, name: str) -> None:
    (batch.state / name / "inside").mkdir(parents=True)
    ran = jobmon(batch.home, "up")
    assert ran.returncode == 6, ran.stderr
    assert name in ran.stderr
    assert "Traceback" not in ran.stderr
    assert (batch.state / name / "inside").is_dir()


@pytest.mark.parametrize("name", ["attempts", "log", "flows"])
def test_a_file_where_a_folder_should_be_is_named(batch: Batch, name: str) -> None:
    batch.state.mkdir(mode=0o700)
    (batch.state / name).write_text("in the way")
    ran = jobmon(batch.home, "up")
    assert ran.returncode == 6
    assert f"{batch.state / name}: it is not a folder" in ran.stderr
    assert (batch.state / name).read_text() == "in the way"


def test_a_log_that_cannot_be_written_stops_nothing(batch: Batch) -> None:
    """Folders lie in the place of the runtime's own log and of the event stream."""
    batch.flow(FLOW)
    (batch.state / "log" / "runtime.log").mkdir(parents=True)
    batch.state.chmod(0o700)
    today = subprocess.run(["date", "+%Y%m%d"], capture_output=True, text=True, check=True)
    stream = batch.state / "log" / f"events-{today.stdout.strip()}.jsonl"
    stream.mkdir()
    first = batch.wait(batch.run("work"))
    assert [row["state"] for row in first["jobs"]] == ["succeeded", "failed"]
    said = "; ".join(batch.call("status")["troubles"])
    assert "cannot write the runtime's own log" in said
    assert "cannot write the event stream (it will catch up)" in said
    stream.rmdir()
    batch.wait(batch.run("work"))
    assert "event stream" not in "; ".join(batch.call("status")["troubles"])
    seqs = [json.loads(line)["seq"] for line in stream.read_text().splitlines()]
    assert seqs == list(range(1, len(seqs) + 1))


def test_a_run_folder_taken_by_a_file_is_told_and_waited_for(batch: Batch) -> None:
    batch.flow(FLOW)
    batch.call("status")
    (batch.state / "attempts" / "1").write_text("in the way")
    run = batch.run("work")

    until(lambda: "cannot start attempt" in str(batch.call("status")["troubles"]), "it is told")
    assert batch.states(run)["a"] == "starting"
    (batch.state / "attempts" / "1").unlink()
    assert batch.wait(run)["jobs"][0]["state"] == "succeeded"


def test_a_database_cut_anywhere_is_never_taken_for_a_sound_one(
    served: Batch, tmp_path: Path
) -> None:
    whole = (served.state / "state.db").read_bytes()
    place = tmp_path / "cut"
    shutil.copytree(served.state / "log", place / "log")
    for size in range(0, len(whole), STEP):
        for part in ("state.db", "state.db-wal", "state.db-shm"):
            (place / part).unlink(missing_ok=True)
        (place / "state.db").write_bytes(whole[:size])
        with pytest.raises(StateError) as refused:
            opened(place)
        assert "rebuild" in refused.value.hint, size


def opened(state: Path) -> None:
    """As a runtime does it at its start."""
    soundness.before_opening(state)
    store = Store(state)
    try:
        soundness.after_opening(store, state)
        list(store.open_runs())
        store.open_attempts()
    finally:
        store.close()
