"""The earlier runs of a flow, as they are asked of the recorded rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobmon.runtime import history as module
from jobmon.runtime.forecasting.forecast import history_of
from jobmon.runtime.history import history
from tests.core import diamond
from tests.recorded import Recorded


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Recorded]:
    """Run 1 goes on; 2 to 5 have ended, each job of run n after n seconds."""
    recorded = Recorded(tmp_path / ".jobmon", diamond(), params={"day": "2026-11-23"})
    for number in range(2, 6):
        recorded.begin(number, params={"n": number})
        recorded.succeed(number, seconds=float(number))
    yield recorded
    recorded.close()


def test_runs_that_are_over_are_told_oldest_first(nights: Recorded) -> None:
    found = history(nights.db, flow="f")
    assert [run["run"] for run in found["runs"]] == ["f#2", "f#3", "f#4", "f#5"]
    newest, stored = found["runs"][-1], nights.board.runs[5]
    assert (newest["created"], newest["started"]) == (stored.created, stored.started)
    assert (newest["state"], newest["warn"], newest["params"]) == ("succeeded", False, {"n": 5})
    assert set(found["jobs"]) == set("ABCDE")
    one = nights.board.jobs[5, 2]
    assert found["jobs"]["C"][-1] == [5, "succeeded", one.started, one.ended, 0]
    assert [row[0] for row in found["jobs"]["C"]] == [2, 3, 4, 5]


def test_a_flow_that_never_ended_has_no_history(nights: Recorded) -> None:
    assert history(nights.db, flow="g")["runs"] == []


def test_it_is_bounded_by_runs_by_jobs_and_by_time(
    nights: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [run["id"] for run in history(nights.db, flow="f", limit=2)["runs"]]
    assert ids == [4, 5]
    until = nights.board.runs[3].ended
    found = history(nights.db, flow="f", until=until)
    assert [run["id"] for run in found["runs"]] == [2, 3]
    assert {row[0] for rows in found["jobs"].values() for row in rows} == {2, 3}
    monkeypatch.setattr(module, "MOST_JOBS", 14)
    assert [run["id"] for run in history(nights.db, flow="f")["runs"]] == [4, 5]
    monkeypatch.setattr(module, "MOST_JOBS", 1)
    assert [run["id"] for run in history(nights.db, flow="f")["runs"]] == [5]


def test_what_was_marked_after_a_moment_is_not_of_its_history(nights: Recorded) -> None:
    until = nights.board.runs[2].ended
    nights.now += 100.0
    changed = nights.board.jobs[2, 0]
    nights.store.db.execute(
        "UPDATE job_runs SET body = json_set(body, '$.ended', ?) WHERE run = 2 AND job = ?",
        (nights.now, changed.index),
    )
    found = history(nights.db, flow="f", until=until)
    assert "A" not in found["jobs"]
    assert [row[0] for row in found["jobs"]["B"]] == [2]


def test_forecasts_are_made_of_it(nights: Recorded) -> None:
    past = history_of(history(nights.db, flow="f"))
    assert [run.run for run in past.runs] == ["f#2", "f#3", "f#4", "f#5"]
    assert past.of("A").median == pytest.approx(4.5)  # a second passes with each commit
