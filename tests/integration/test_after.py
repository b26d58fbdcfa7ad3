"""Runs that wait for runs of other flows, on a real runtime."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.batch import Batch, until

LOAD = """
load = Flow("読込")
load.shell("go", 'test "$(cat outcome)" = ok')
"""


def report(**options: Any) -> str:
    given = "".join(f", {name}={value!r}" for name, value in options.items())
    return f"""
report = Flow("report", after=after("読込"{given}))
a = report.shell("a", "echo a >> done")
b = report.shell("b", "echo b >> done")
alarm = report.shell("alarm", "echo alarm >> done", trigger="one_failed")
clean = report.shell("clean", "echo clean >> done")
a >> b
a >> alarm
report.finally_ = clean
"""


@pytest.fixture
def batch(tmp_path: Path) -> Iterator[Batch]:
    batch = Batch(tmp_path)
    batch.flow(LOAD, "load")
    yield batch
    batch.close()


def load(batch: Batch, outcome: str) -> str:
    (batch.home / "outcome").write_text(outcome)
    key = batch.run("読込")
    batch.wait(key)
    return key


def events(batch: Batch, kind: str) -> list[str]:
    with sqlite3.connect(f"file:{batch.state / 'state.db'}?mode=ro", uri=True) as db:
        query = "SELECT json_extract(body, '$.why') FROM events WHERE kind = ?"
        return [why for (why,) in db.execute(query, (kind,))]


def done(batch: Batch) -> list[str]:
    path = batch.home / "done"
    return path.read_text().split() if path.exists() else []


def explained(batch: Batch, run: str, job: str | None = None) -> str:
    args = {"run": run} | ({"job": job} if job else {})
    return "\n".join(batch.call("view", name="explain", args=args)["reasons"])


def test_a_run_waits_for_the_other_flow_and_starts_when_a_rerun_made_it_succeed(
    batch: Batch,
) -> None:
    batch.flow(report(timeout="2h", if_missing="fail"), "report")
    key = batch.run("report")
    other = load(batch, "bad")
    assert batch.show(key)["state"] == "queued"
    assert f"{other} failed" in explained(batch, key)
    assert "読込 of 20" in explained(batch, key, "a")
    batch.kill()  # what it waits for ends under another runtime
    (batch.home / "outcome").write_text("ok")
    batch.verb("rerun", other, failed=True)
    assert batch.wait(key)["state"] == "succeeded"
    assert events(batch, "run.ready") == [f"{other} succeeded"]
    assert done(batch) == ["a", "b", "clean"]


def test_a_run_does_not_wait_for_what_is_done_nor_when_told_not_to(batch: Batch) -> None:
    batch.flow(report(), "report")
    (note,) = batch.call("run", flow="report", preview=True)["notes"]
    assert note.startswith("it waits for 読込 of 20")
    at_once = batch.call("run", flow="report", now=True)["run"]
    assert batch.wait(at_once)["state"] == "succeeded"
    load(batch, "ok")
    assert batch.wait(batch.run("report"))["state"] == "succeeded"


@pytest.mark.parametrize(
    ("if_missing", "state", "ran"),
    [
        ("start", "succeeded", ["a", "b", "clean"]),
        ("fail", "failed", ["alarm", "clean"]),
    ],
)
def test_at_the_timeout_it_starts_or_fails(
    batch: Batch, if_missing: str, state: str, ran: list[str]
) -> None:
    batch.flow(report(timeout="50ms", if_missing=if_missing), "report")
    other = load(batch, "bad")
    key = batch.run("report")
    assert batch.wait(key)["state"] == state
    assert sorted(done(batch)) == ran
    assert f"did not succeed in time: {other} failed" in explained(batch, key)
    assert "it waits" not in explained(batch, key)
    if state == "failed":
        ways = batch.call("view", name="explain", args={"run": key})["next"]
        assert f"jobmon release {key}" not in ways  # it would be refused
        assert batch.states(key) == {
            "a": "failed",
            "b": "failed",
            "alarm": "succeeded",
            "clean": "succeeded",
        }
        batch.verb("rerun", key, failed=True)  # a person has decided: nothing is waited for again
        assert batch.wait(key, "succeeded")["state"] == "succeeded"


def test_at_the_timeout_it_may_go_on_waiting(batch: Batch) -> None:
    batch.flow(report(timeout="50ms"), "report")
    batch.flow(report(timeout="60ms", if_missing="start").replace("report", "other"), "other")
    key = batch.run("report")
    until(lambda: batch.wait(batch.run("other")), "time has passed")
    assert batch.show(key)["state"] == "queued"
    load(batch, "ok")
    assert batch.wait(key)["state"] == "succeeded"


def test_a_person_lets_a_waiting_run_start(batch: Batch) -> None:
    batch.flow(report(timeout="1h", if_missing="fail"), "report")
    key = batch.run("report")
    batch.verb("hold", key)
    batch.verb("release", key)
    assert batch.show(key)["state"] == "queued"  # that lifted the hold
    preview = batch.call("verb", verb="release", run=key, preview=True)
    assert "it waits for 読込" in preview["touched"][0]["note"]
    batch.verb("release", key)
    assert batch.wait(key)["state"] == "succeeded"


def test_a_waiting_run_can_be_cancelled(batch: Batch) -> None:
    batch.flow(report(timeout="1h", if_missing="fail"), "report")
    key = batch.run("report")
    batch.verb("cancel", key, hard=True)
    assert batch.wait(key)["state"] == "cancelled"
    assert done(batch) == []
