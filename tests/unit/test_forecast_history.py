"""Forecasts begin with the history that a runtime tells."""

from __future__ import annotations

from jobmon.runtime.forecasting.forecast import FlowHistory, Past, history_of

RUNS = [
    {"run": "f#1", "id": 7, "state": "succeeded", "created": 0.0, "started": 1.0, "ended": 9.0,
     "params": {}, "warn": False},
    {"run": "f#2", "id": 9, "state": "cancelled", "created": 10.0, "started": None, "ended": 11.0,
     "params": {}, "warn": False},
]  # fmt: skip
JOBS = {
    "A": [[7, "succeeded", 1.0, 4.0, 0], [9, "cancelled", None, 11.0, None]],
    "B": [[7, "failed", 4.0, 9.0, 3]],
}


def test_jobs_are_told_by_the_keys_of_their_runs() -> None:
    found = history_of({"schema": "jobmon.history/1", "flow": "f", "runs": RUNS, "jobs": JOBS})
    assert found.of("B").past == (Past("f#1", "failed", 4.0, 9.0, 3),)
    assert [past.run for past in found.of("A").past] == ["f#1", "f#2"]
    assert found.of("A").seconds == [3.0]
    assert found.of("C").past == ()
    assert found.runs == [
        Past("f#1", "succeeded", 1.0, 9.0),
        Past("f#2", "cancelled", None, 11.0),
    ]


def test_a_flow_without_runs_has_an_empty_history() -> None:
    empty = history_of({"schema": "jobmon.history/1", "flow": "f", "runs": [], "jobs": {}})
    assert empty == FlowHistory({}, [])
