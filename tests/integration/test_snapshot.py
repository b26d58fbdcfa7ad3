"""The whole state at a moment: of now, of then, and as the beginning of a screen's own board."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jobmon.runtime import snapshot, views
from jobmon.runtime.board import Board
from jobmon.runtime.errors import NotFoundError, StateError
from jobmon.runtime.model import Event, Run
from jobmon.runtime.snapshot import Snapshot, take
from tests.batch import Batch
from tests.core import diamond, flow, job
from tests.recorded import Recorded

STORY = diamond(B={"pool": "p"}, D={"lock": "l"})


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Recorded]:
    recorded = Recorded(tmp_path / ".jobmon", STORY)
    yield recorded
    recorded.close()


def of(document: dict[str, Any]) -> Snapshot:
    return msgspec.convert(document, Snapshot)


def board_of(document: dict[str, Any]) -> Board:
    board = Board()
    snapshot.load(board, of(document))
    return board


def eventful(night: Recorded) -> Iterator[None]:
    """A night of all kinds of things; a step is a moment somebody may ask about."""
    yield
    night.ends(A=0, B=1)
    yield
    night.fold(Event(kind="flow.hold", at=night.now, who="anna", data={"flow": "f"}))
    night.begin(2)
    yield
    night.succeed(2)
    yield
    night.verb("rerun", "B").ends(B=0, C=0)
    yield
    night.verb("hold", "D", "E")
    yield
    changed = diamond(D={"shell": "run it otherwise"})
    digest = night.board.add_definition(changed)
    night.verb("release", "D", "E").ends(D=1)
    night.verb("rerun", "D", definition=digest)
    yield
    night.verb("cancel")
    yield
    night.stopped("D")
    night.fold(Event(kind="flow.release", at=night.now, data={"flow": "f"}))
    yield
    night.remove(2)
    night.begin(3)
    yield


def test_a_moment_of_the_past_is_made_again_as_it_was(night: Recorded) -> None:
    seen = [(night.now - 1, take(night.db)) for _ in eventful(night)]
    states = {run["state"] for _, told in seen for run in told["runs"]}
    assert states >= {"queued", "running", "stopping", "cancelled", "succeeded"}
    for at, then in seen[:-1]:
        assert take(night.db, at=at) == then | {"at": at}


def test_a_run_whose_rows_are_gone_is_there_in_the_past(night: Recorded) -> None:
    night.succeed(1)
    at, then = night.now - 1, take(night.db)
    night.remove(1)
    assert take(night.db)["runs"] == []
    assert take(night.db, at=at) == then | {"at": at}


def test_events_after_a_snapshot_make_the_next_of_it(night: Recorded) -> None:
    seen = [take(night.db) for _ in eventful(night)]
    last = board_of(seen[-1])
    for document in seen[:-1]:
        board = board_of(document)
        for row in views.events(night.db, since=document["seq"])["events"]:
            learn(night, board, row)
            board.apply(msgspec.convert(row, Event))
        assert {i: board.runs[i] for i in last.runs} == last.runs
        assert {key: replace_output(board, key) for key in last.jobs} == last.jobs
        assert board.held_flows == last.held_flows


def learn(night: Recorded, board: Board, row: dict[str, Any]) -> None:
    """What a screen does about a flow version it has not seen."""
    digest = row["data"].get("run", row["data"]).get("definition")
    if digest and digest not in board.definitions:
        found = views.definition(night.db, hash=digest)["definition"]
        board.add_definition(msgspec.convert(found, type(STORY)))


def replace_output(board: Board, key: tuple[int, int]) -> Any:
    return msgspec.structs.replace(board.jobs[key], output=None)


def test_outputs_are_left_out(night: Recorded) -> None:
    night.succeed(1)
    assert night["A"].output == {"n": 1}
    assert {job["output"] for job in take(night.db)["jobs"][0]} == {None}


def test_the_order_of_events_rules_where_the_clock_jumped_back(night: Recorded) -> None:
    night.settle()
    before, at = night.store.seq, night.now
    night.now -= 50.0
    night.start("A")
    night.now += 5000.0
    night.end("A")
    assert take(night.db, at=at)["seq"] > before, "later events with earlier times count"
    assert take(night.db, at=at)["jobs"][0][0]["state"] == "running"
    assert take(night.db, at=1.0)["runs"] == []
    assert take(night.db, at=night.now + 1e9)["seq"] == night.store.seq


def test_all_open_runs_are_in_it_and_the_newest_of_the_others(night: Recorded) -> None:
    for number in range(2, 8):
        night.begin(number)
    for number in (2, 3, 5, 6):
        night.succeed(number)
    assert [run["id"] for run in take(night.db, limit=2)["runs"]] == [1, 4, 5, 6, 7]
    assert [run["id"] for run in take(night.db, limit=0)["runs"]] == [1, 4, 7]
    at = night.now
    night.succeed(7)
    assert [run["id"] for run in take(night.db, limit=2, at=at)["runs"]] == [1, 4, 5, 6, 7]


def test_many_jobs_leave_older_runs_out(night: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(2, 8):
        night.begin(number)
        night.succeed(number)
    monkeypatch.setattr(snapshot, "ENOUGH_JOBS", 12)
    assert [run["id"] for run in take(night.db)["runs"]] == [1, 6, 7]


def test_a_version_that_is_not_there_is_told(night: Recorded) -> None:
    with pytest.raises(NotFoundError, match="no run is of that version"):
        views.definition(night.db, hash="0" * 20)


def test_events_that_do_not_follow_are_damage(night: Recorded) -> None:
    night.start("A")
    at = night.now
    night.end("A")
    night.store.db.execute("DELETE FROM events WHERE kind = 'job.launch'")
    with pytest.raises(StateError, match="does not follow from those before it"):
        take(night.db, at=at)


# Events, for a replay


def test_a_replay_asks_for_events_between_a_number_and_a_moment(night: Recorded) -> None:
    night.ends(A=0, B=0)
    at = night.now - 1
    last = night.store.seq
    night.ends(C=0, D=0)
    first = views.events(night.db, since=3, limit=2, until=at)["events"]
    rest = views.events(night.db, since=5, until=at)["events"]
    assert [event["seq"] for event in first] == [4, 5]
    assert [event["seq"] for event in rest] == list(range(6, last + 1))
    assert views.events(night.db, limit=1, until=at)["events"][0]["seq"] == last


def test_names_are_those_of_the_runs_that_are_spoken_of(night: Recorded) -> None:
    night.begin(2)
    night.succeed(2)
    last = night.store.seq
    assert set(views.events(night.db, since=last - 1)["names"]) == {"2"}
    assert set(views.events(night.db, limit=1)["names"]) == {"1", "2"}
    assert set(views.events(night.db, run="f#1", since=last)["names"]) == {"1"}


# Quick


def test_many_jobs_are_quick(tmp_path: Path) -> None:
    """5,000 job runs now, and one run of 416 jobs made again from its events."""
    wide = flow(*(job(f"j{i}") for i in range(416)))
    night = Recorded(tmp_path / ".jobmon", wide)
    night.settle()
    for index in range(416):
        night.now -= 1.0
        night.start(f"j{index}")
    at = night.now
    night.fold(Event(kind="run.hold", at=night.now + 5, run=1))
    copies = "WITH RECURSIVE c(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM c WHERE n < 12)"
    run = msgspec.json.encode(msgspec.structs.replace(night.run, state="succeeded")).decode()
    night.store.db.execute(
        f"{copies} INSERT INTO runs SELECT n, 'f#' || n, 'f', 'succeeded', 1, 2,"
        " json_set(?, '$.id', n) FROM c", (run,),
    )  # fmt: skip
    night.store.db.execute(
        f"{copies} INSERT INTO job_runs SELECT n, job, flow, name, state,"
        " json_set(body, '$.run', n) FROM c, job_runs"
    )
    assert sum(map(len, take(night.db)["jobs"])) == 12 * 416
    assert quickest(lambda: take(night.db)) < 0.15
    assert quickest(lambda: take(night.db, at=at, limit=0)) < 0.5
    night.close()


def quickest(action: Any) -> float:
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        action()
        took.append(time.perf_counter() - begun)
    return min(took)


# Over the socket


FLOW = """
flow = Flow("f", params={"day": "today"})
for i in range(12):
    flow.shell(f"j{i}", "true")
"""


def test_subscribing_from_a_snapshot_loses_and_doubles_nothing(batch: Batch) -> None:
    batch.flow(FLOW)
    batch.run("f")
    with batch.client() as asking, batch.client() as listening:
        document = asking.call("view", name="snapshot")
        board = board_of(document)
        seq = document["seq"]
        asking.call("run", flow="f")
        for event in listening.subscribe(document["seq"]):
            seq += 1
            assert event["seq"] == seq
            board.apply(msgspec.convert(event, Event))
            if len(board.runs) == 2 and all(run.ended for run in board.runs.values()):
                break
        now = asking.call("view", name="snapshot")
    assert board.runs == {run.id: run for run in msgspec.convert(now["runs"], list[Run])}


def test_it_says_the_same_without_a_runtime(batch: Batch) -> None:
    batch.flow(FLOW)
    batch.wait(batch.run("f"))
    asked = {name: batch.call("view", name=name, args=args) for name, args in DOCUMENTS.items()}
    digest = asked["snapshot"]["runs"][0]["definition"]
    version = batch.call("view", name="definition", args={"hash": digest})
    seq = asked["snapshot"]["seq"]
    batch.close()
    for name, args in DOCUMENTS.items():
        found = from_disk(batch, name, **args)
        assert found | {"seq": seq} == asked[name] | {"seq": seq}
    assert from_disk(batch, "definition", hash=digest) == version


DOCUMENTS: dict[str, dict[str, Any]] = {
    "snapshot": {"limit": 3},
    "history": {"flow": "f"},
    "events": {"since": 2, "limit": 5},
}


def from_disk(batch: Batch, name: str, **args: Any) -> dict[str, Any]:
    from jobmon.runtime import client, config

    found = client.view(config.load(batch.home, {}), name, **args)
    return msgspec.json.decode(msgspec.json.encode(found))
