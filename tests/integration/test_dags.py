"""Real workflow graphs run to their end with every dependency respected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.batch import Batch

DAGS = Path(__file__).parents[1] / "data" / "dags"

CLOCK = 0.002
"""Seconds: times are recorded to the millisecond, at both ends."""

FLOW = """
import json
from pathlib import Path
graph = json.loads(Path({path!r}).read_text(encoding="utf-8"))
flow = Flow("trace")
jobs = {{
    job["name"]: flow.exec(job["name"], ["sleep", format(job["seconds"] / 1000, ".4f")])
    for job in graph["jobs"]
}}
for job in graph["jobs"]:
    for parent in job["after"]:
        jobs[parent] >> jobs[job["name"]]
"""


@pytest.mark.parametrize("path", sorted(DAGS.glob("*.json")), ids=lambda p: p.stem)
def test_a_real_graph_runs_in_order(batch: Batch, path: Path) -> None:
    """Each job starts once, after the recorded end of all its parents, for as long as it should."""
    graph = {job["name"]: job for job in json.loads(path.read_text(encoding="utf-8"))["jobs"]}
    (batch.home / "jobmon.toml").write_text("[runtime]\nslots = 40\n")
    batch.flow(FLOW.format(path=str(path)))
    shown = batch.wait(batch.run("trace"), limit=60)
    assert shown["state"] == "succeeded"
    attempts = {row["job"]: row for row in shown["attempts"]}
    assert len(shown["attempts"]) == len(attempts) == len(graph)
    for name, job in graph.items():
        own = attempts[name]
        assert own["ended"] - own["started"] >= job["seconds"] / 1000 - CLOCK
        late = [p for p in job["after"] if attempts[p]["ended"] > own["started"]]
        assert not late, f"{name} started before the end of {late}"
