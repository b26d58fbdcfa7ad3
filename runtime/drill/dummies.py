"""A batch folder with a flow's graph, whose jobs only wait and write down their attempt.

Kept of the flow: its jobs, edges, trigger rules, handlers, pools, locks and priorities. Every dummy
succeeds, so that it is known beforehand what has to come of each.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from jobmon.jobs.definition import FlowDef, JobDef
from jobmon.jobs.loader import load_folder
from jobmon.runtime.board.shape import Shape
from jobmon.runtime.errors import StateError
from jobmon.runtime.testing.simulation import Simulation

EFFECTS = "effects"
SHORT, LONG = (0.02, 0.3), (0.5, 1.5)
"""Seconds of most dummies, and of those that live through a restart of the runtime."""
LONG_ONES = 0.2
_JOB = """\
#!/bin/sh
# What this job did: a line when it begins and one when it ends, whoever watches or not.
trap '' PIPE
echo "start $JOBMON_ATTEMPT_ID" >>"$JOBMON_HOME/effects"
sleep "$1"
echo "end $JOBMON_ATTEMPT_ID" >>"$JOBMON_HOME/effects"
"""
_FLOW = """\
import json
from pathlib import Path

from jobmon.jobs import Flow

told = json.loads(Path(__file__).with_name("_graph.json").read_text(encoding="utf-8"))
flow = Flow(told["name"], fail_fast=told["fail_fast"])
jobs = {
    name: flow.exec(name, ["sh", "job.sh", seconds], **options)
    for name, seconds, options in told["jobs"]
}
for before, after in told["edges"]:
    jobs[before] >> jobs[after]
flow.finally_ = [jobs[name] for name in told["finally"]]
"""
_OPTIONS = ("pool", "lock", "priority", "tolerate", "on_failure")


class Expected(NamedTuple):
    """What has to come of a run, and of each job by its index: its state, who ends before it."""

    outcome: str
    names: tuple[str, ...]
    states: tuple[str, ...]
    parents: tuple[tuple[int, ...], ...]


def lay(home: Path, flow: FlowDef, pools: Mapping[str, int], slots: int, seed: int) -> Expected:
    """Write the batch folder, and tell what its flow has to do. Raises StateError."""
    (home / "flows").mkdir(parents=True)
    (home / EFFECTS).touch()
    (home / "job.sh").write_text(_JOB, encoding="utf-8")
    limits = "".join(
        f"{json.dumps(name, ensure_ascii=False)} = {count}\n" for name, count in pools.items()
    )
    settings = f"[runtime]\nslots = {slots}\nmin_free = 0\n\n[pools]\n{limits}"
    (home / "jobmon.toml").write_text(settings, encoding="utf-8")
    graph = json.dumps(_graph(flow, seed), ensure_ascii=False)
    (home / "flows" / "_graph.json").write_text(graph, encoding="utf-8")
    (home / "flows" / "drill.py").write_text(_FLOW, encoding="utf-8")
    return _expected(home, flow.name, pools)


def _graph(flow: FlowDef, seed: int) -> dict[str, Any]:
    rng = random.Random(seed)
    return {
        "name": flow.name,
        "fail_fast": flow.fail_fast,
        "jobs": [[job.name, _seconds(rng), _options(job)] for job in flow.jobs],
        "edges": [[before, job.name] for job in flow.jobs for before in job.after],
        "finally": [job.name for job in flow.jobs if job.finally_],
    }


def _seconds(rng: random.Random) -> str:
    return f"{rng.uniform(*(LONG if rng.random() < LONG_ONES else SHORT)):.2f}"


def _options(job: JobDef) -> dict[str, Any]:
    given = {name: getattr(job, name) for name in _OPTIONS if getattr(job, name)}
    return given | ({"trigger": job.trigger} if job.trigger != "all_success" else {})


def _expected(home: Path, name: str, pools: Mapping[str, int]) -> Expected:
    loaded = load_folder(home)
    if name not in loaded.flows:
        why = "; ".join(map(str, loaded.mistakes)) or "it does not load"
        raise StateError(f"lay the graph of {name} with dummy jobs", why, "jobmon check")
    flow = loaded.flows[name]
    simulated = Simulation(flow, pools=pools).run()
    names = tuple(job.name for job in flow.jobs)
    parents = tuple(map(tuple, Shape(flow).parents))
    states = tuple(simulated.states[name] for name in names)
    return Expected(simulated.outcome, names, states, parents)
