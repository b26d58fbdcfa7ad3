"""The clock of the lively demo starts what is due, and leaves to a person what waits for one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobmon.jobs.samples import lay
from jobmon.runtime.errors import NoRuntimeError
from jobmon.tui.clockwork import HELD, PLAN, Clock


class Runtime:
    """Keeps the runs it was asked for; each ends when `finish` says so."""

    def __init__(self) -> None:
        self.runs: list[dict[str, Any]] = []
        self.verbs: list[tuple[str, str, list[str]]] = []

    def __call__(self, op: str, **args: Any) -> dict[str, Any]:
        if op == "run":
            key = f"{args['flow']}#{len(self.of(args['flow'])) + 1}"
            row = {"run": key, "flow": args["flow"], "state": "running", "ended": None}
            self.runs.append(row | {"params": args["params"]})
            return row
        if op == "verb":
            self.verbs.append((args["verb"], args["run"], args["jobs"]))
            return {}
        given = args["args"]
        return {"runs": self.of(given["flow"])[::-1][: given["limit"]]}

    def of(self, flow: str) -> list[dict[str, Any]]:
        return [row for row in self.runs if row["flow"] == flow]

    def finish(self, flow: str, state: str = "succeeded") -> None:
        for row in self.of(flow):
            row.update(state=state, ended=1.0)

    def counts(self) -> dict[str, int]:
        return {turn.flow: len(self.of(turn.flow)) for turn in PLAN}


@pytest.fixture
def runtime() -> Runtime:
    return Runtime()


def test_a_new_folder_is_given_a_past_at_once(runtime: Runtime) -> None:
    Clock(runtime, 1).begin()
    assert runtime.counts() == {turn.flow: turn.first for turn in PLAN}
    assert [row["flow"] for row in runtime.runs[: len(PLAN)]] == [turn.flow for turn in PLAN]


def test_a_folder_with_a_past_only_goes_on(runtime: Runtime) -> None:
    Clock(runtime, 1).begin()
    before = runtime.counts()
    Clock(runtime, 1).begin()
    assert runtime.counts() == before


def test_a_runtime_that_is_away_in_the_first_moments_is_waited_for(
    runtime: Runtime, tmp_path: Path
) -> None:
    lay(tmp_path, lively=True)
    left = iter([*[True] * 10, False])

    def shaky(op: str, **args: Any) -> dict[str, Any]:
        if not next(left, True):
            raise NoRuntimeError("reach the runtime", "it restarts", "")
        return runtime(op, **args)

    clock = Clock(shaky, 1)
    with pytest.raises(NoRuntimeError):
        clock.turn(0, tmp_path)
    clock.turn(1, tmp_path)
    assert runtime.counts() == {turn.flow: turn.first for turn in PLAN}


def test_a_folder_whose_mornings_were_removed_has_no_morning_to_mend(
    runtime: Runtime, tmp_path: Path
) -> None:
    Clock(runtime, 1).overnight(tmp_path)
    assert not runtime.verbs


def test_a_flow_starts_again_when_its_time_has_come_and_it_is_over(runtime: Runtime) -> None:
    clock = Clock(runtime, 2)
    assert clock.tick(0)
    assert not clock.tick(100), "all of them still run"
    runtime.finish("画像変換")
    assert clock.tick(100)
    runtime.finish("画像変換")
    assert not clock.tick(103)
    assert clock.tick(103.5), "7 seconds at double speed"
    assert len(runtime.of("画像変換")) == 3
    assert runtime.of("画像変換")[-1]["params"] == {"speed": 2}


def test_a_failed_morning_is_left_until_somebody_mended_it(runtime: Runtime) -> None:
    clock = Clock(runtime, 1)
    clock.tick(0)
    for flow in ("morning", "parcels"):
        runtime.finish(flow, "failed")
    clock.tick(1000)
    assert (len(runtime.of("morning")), len(runtime.of("parcels"))) == (1, 2)
    runtime.finish("morning")
    clock.tick(2000)
    assert len(runtime.of("morning")) == 2


def test_one_job_is_held_in_every_run_of_its_flow(runtime: Runtime) -> None:
    Clock(runtime, 1).tick(0)
    assert runtime.verbs == [("hold", f"{HELD[0]}#1", [HELD[1]])]


def test_after_the_first_good_morning_a_shop_changes_its_page(
    runtime: Runtime, tmp_path: Path
) -> None:
    lay(tmp_path, lively=True)
    page = tmp_path / "sites/sakura.html"
    sound = page.read_bytes()
    clock = Clock(runtime, 1)
    clock.begin()
    clock.overnight(tmp_path)
    assert page.read_bytes() == sound
    runtime.of("morning")[0]["state"] = "blocked"
    clock.overnight(tmp_path)
    assert ("done", "morning#1", ["adjust statuses"]) in runtime.verbs
    assert page.read_bytes() != sound


def test_a_folder_at_which_somebody_works_is_left_alone(runtime: Runtime, tmp_path: Path) -> None:
    lay(tmp_path, lively=True)
    (tmp_path / "scripts/collect.py").write_text("# mine now\n")
    sound = (tmp_path / "sites/sakura.html").read_bytes()
    clock = Clock(runtime, 1)
    clock.begin()
    runtime.of("morning")[0]["state"] = "blocked"
    clock.overnight(tmp_path)
    assert (tmp_path / "sites/sakura.html").read_bytes() == sound
