"""`jobmon doctor --rebuild`: the event stream and the flow versions make the same state again."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.batch import Batch
from tests.faults import COUNTED, effects, jobmon, rows, serving

NIGHT = """
flow = Flow("night", params={"day": "today"})
a = flow.shell("a", "echo '{\\"rows\\": 3}' > $JOBMON_OUTPUT", effects="idempotent")
b = flow.shell("b", "test -e mended", retry=Retry(2, delay="0.05s"), effects="idempotent")
c = flow.shell("c", "echo $day", when='output["a"]["rows"] > 5')
d = flow.shell("d", "true")
check = flow.manual("check", "look")
a >> [b, c]
b >> d
a >> check
"""
OTHER = """
flow = Flow("other")
a = flow.shell("a", "exit 4", tolerate=True)
b = flow.shell("b", "true", trigger="all_done")
a >> b
"""
LONG = f"""
flow = Flow("long")
a = flow.shell("a", '{COUNTED}while ! test -e go; do sleep 0.02; done')
b = flow.shell("b", '{COUNTED}true')
a >> b
"""


def a_night(batch: Batch) -> None:
    """Failures, retries, reruns with new code, marks, skips, holds, a cancel, and a removed run."""
    batch.flow(NIGHT)
    batch.flow(OTHER, "other")
    for _ in range(2):
        batch.wait(batch.run("other"), "succeeded")
    first, second = batch.run("night", day="2026-11-22"), batch.run("night")
    for run in (first, second):
        batch.wait_job(run, "d", "upstream_failed")
        batch.wait_job(run, "check", "waiting_human")
    batch.verb("hold", first, why="wait a moment")
    batch.verb("mark", second, "b", outcome="success", why="by hand")
    (batch.home / "mended").touch()
    batch.flow(NIGHT.replace("echo $day", "echo again $day"))
    batch.verb("rerun", first, failed=True)
    batch.wait_job(first, "b", "queued")
    batch.verb("release", first)
    batch.verb("done", first, "check", why="looked")
    batch.wait(first, "succeeded")
    batch.verb("rerun", first, "a", only=True)
    batch.wait_job(first, "a", "succeeded")
    batch.verb("cancel", second)
    batch.wait(second, "cancelled", "succeeded")
    batch.call("verb", verb="hold", flow="other", why="not tonight")


def rebuilt(batch: Batch, *, code: int = 0) -> str:
    ran = jobmon(batch.home, "doctor", "--rebuild")
    assert ran.returncode == code, ran.stderr
    assert "Traceback" not in ran.stderr
    return ran.stdout + ran.stderr


def test_the_rebuilt_rows_are_the_rows_there_were(batch: Batch) -> None:
    a_night(batch)
    batch.close()
    path = batch.state / "state.db"
    before = rows(path)
    assert len(before["runs"]) == 4
    assert before["flow_holds"]
    bad = os.urandom(path.stat().st_size)
    path.write_bytes(bad)
    said = rebuilt(batch)
    assert f"4 runs, {len(before['events'])} events" in said
    assert rows(path) == before
    (aside,) = batch.state.glob("state.db.bad-*[0-9]")
    assert str(aside) in said
    assert aside.read_bytes() == bad
    assert jobmon(batch.home, "doctor", "--json").stdout.count('"database"') == 1
    assert batch.run("night") == "night#3"
    assert batch.call("view", name="ls", args={"all": True})["runs"][0]["run"] == "night#3"


def test_an_interrupted_run_goes_on_after_the_rebuild(batch: Batch) -> None:
    batch.flow(LONG)
    run = batch.run("long")
    batch.wait_job(run, "a", "running")
    batch.kill()
    for part in ("", "-wal", "-shm"):
        (batch.state / f"state.db{part}").unlink(missing_ok=True)
    assert jobmon(batch.home, "up").returncode == 6
    rebuilt(batch)
    assert batch.states(run) == {"a": "running", "b": "waiting"}
    (batch.home / "go").touch()
    batch.call("status")
    assert batch.wait(run)["state"] == "succeeded"
    assert effects(batch) == ["1.0.1", "1.1.1"]


def test_it_is_done_only_while_no_runtime_serves(batch: Batch) -> None:
    batch.flow(OTHER, "other")
    with serving(batch):
        batch.wait(batch.run("other"))
        assert "serves it" in rebuilt(batch, code=3)
        assert batch.show("other#1")["state"] == "succeeded"


@pytest.fixture
def ended(batch: Batch) -> Batch:
    """A folder with two runs in its stream, and without its database."""
    batch.flow(OTHER, "other")
    for _ in range(2):
        batch.wait(batch.run("other"))
    batch.close()
    (batch.state / "state.db").unlink()
    return batch


def stream(batch: Batch) -> Path:
    (found,) = (batch.state / "log").glob("events-*.jsonl")
    return found


def test_torn_and_repeated_lines_and_files_out_of_order_are_put_right(ended: Batch) -> None:
    path = stream(ended)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:9]) + b'{"kind":"torn\n' + b"".join(lines[4:12]))
    later = path.with_name("events-20010101.jsonl")  # a clock that jumped back
    later.write_bytes(b"".join(lines[12:]) + lines[3][:20])
    assert f"2 runs, {len(lines)} events" in rebuilt(ended)


def test_a_gap_is_refused_and_named_and_all_stays_as_it_was(ended: Batch) -> None:
    path = stream(ended)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:5] + lines[7:]))
    said = rebuilt(ended, code=6)
    assert "events 6 to 7 are missing" in said
    assert "backup" in said
    assert not (ended.state / "state.db").exists()
    assert not list(ended.state.glob("rebuilt*"))
    path.write_bytes(b"".join(lines))
    rebuilt(ended)
    assert len(ended.call("view", name="ls")["runs"]) == 2


def test_a_missing_flow_version_is_named(ended: Batch) -> None:
    for file in (ended.state / "flows").iterdir():
        file.rename(ended.home / file.name)
    said = rebuilt(ended, code=6)
    assert "flow version" in said
    for file in ended.home.glob("*.json"):
        shutil.move(file, ended.state / "flows" / file.name)
    rebuilt(ended)


def test_without_a_stream_it_says_how_to_begin_anew(ended: Batch) -> None:
    stream(ended).unlink()
    assert f"mv {ended.state}" in rebuilt(ended, code=6)


def test_what_the_stream_lacks_is_taken_from_the_old_file(ended: Batch, tmp_path: Path) -> None:
    """Killed between a commit and its copy: the event is only in the table."""
    rebuilt(ended)
    whole = rows(ended.state / "state.db")
    path = stream(ended)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-2]))
    rebuilt(ended)
    assert rows(ended.state / "state.db") == whole
    assert json.loads(lines[-1])["seq"] == len(whole["events"])


def test_removed_runs_stay_removed(ended: Batch) -> None:
    path = stream(ended)
    last = json.loads(path.read_bytes().splitlines()[-1])
    removal = {"kind": "runtime.gc", "seq": last["seq"] + 1, "at": last["at"], "who": "runtime"}
    with path.open("a") as file:
        file.write(json.dumps({**removal, "data": {"runs": ["other#1"]}}) + "\n")
    rebuilt(ended)
    found = rows(ended.state / "state.db")
    assert {row[0] for row in found["runs"]} == {row[0] for row in found["attempts"]} == {2}
    assert ended.run("other") == "other#3"
