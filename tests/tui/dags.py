"""Runs for tests of the DAG screen: small shapes, real graphs, and what earlier runs took."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from jobmon.jobs.definition import FlowDef, JobDef
from jobmon.runtime.forecasting.forecast import FlowHistory, JobHistory, Past
from jobmon.tui.screens.dag.view import DagView
from jobmon.tui.screens.view import Stage
from jobmon.tui.world import RowKey
from tests.core import job
from tests.tui.worlds import Folder, page

REAL = sorted((Path(__file__).parents[1] / "data" / "dags").glob("*.json"))


def flow_of(*jobs: JobDef, name: str = "morning") -> FlowDef:
    return FlowDef(name=name, jobs=jobs)


SEED = flow_of(job("A"), job("B", "A"), job("C", "B"), job("D", "B"), job("E", "C", "D"))
"""A->B->C, B->D, C,D->E."""


def real(path: Path) -> FlowDef:
    graph = json.loads(path.read_text(encoding="utf-8"))["jobs"]
    return FlowDef(name="trace", jobs=tuple(job(j["name"], *j["after"]) for j in graph))


def history(seconds: Mapping[str, float], runs: int = 12, fails: str = "") -> FlowHistory:
    """Runs in which each job took as long as this; `fails` names a job that failed in the first."""
    keys = [f"old#{n}" for n in range(runs)]

    def state(name: str, n: int) -> str:
        return "failed" if n == 0 and name == fails else "succeeded"

    jobs = {
        name: JobHistory([Past(k, state(name, n), 0.0, s) for n, k in enumerate(keys)])
        for name, s in seconds.items()
    }
    told = [Past(k, state(fails, n), 0.0, 100.0) for n, k in enumerate(keys)]
    return FlowHistory(jobs, told)


def begun(definition: FlowDef = SEED, slots: int = 1000, **seconds: float) -> Folder:
    """Run 1 of the flow with what needs nothing running, and a history of these durations."""
    folder = Folder(slots=slots)
    folder.run(definition, 1)
    folder.site.histories[definition.name] = history(seconds)
    start_all(folder)
    return folder


def start_all(folder: Folder, run: int = 1) -> None:
    """Whatever was launched is seen running."""
    board = folder.site.board
    for each in tuple(board.jobs_of(run)):
        if each.state == "starting":
            folder.start(run, board.name(each.key))


def ends(folder: Folder, run: int = 1, **codes: int) -> None:
    """Each job in turn ends with its code, and what follows is seen running."""
    for name, code in codes.items():
        folder.end(run, name, code)
        start_all(folder, run)


def at(view: DagView, on: Stage, name: str) -> RowKey:
    """The cursor on a job of the run that is shown."""
    page(view, on)
    course = view.course(on)
    assert course is not None
    view.show(course.key(course.shape.names[name]))
    page(view, on)
    (key,) = view.targets(on)
    return key


def tree_of(shown: str) -> str:
    """What stands over the critical path."""
    return shown.partition("critical path")[0]


def row_of(shown: str, name: str) -> str:
    """The line of the tree that draws a job, not one that refers to it."""
    found = [r for r in shown.split("\n") if name in r.split() and f"^{name}" not in r]
    return found[0]
