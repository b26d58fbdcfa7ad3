"""`simulate`: a whole flow in virtual time, by the very core the runtime uses."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from jobmon.jobs import Flow, Retry
from jobmon.jobs.definition import OutputRef, RetryDef
from jobmon.runtime.errors import NotFoundError, RefusedError, UsageError
from jobmon.runtime.executors.contract import AttemptSpec, Ended, Report, Started
from jobmon.runtime.model import ExitRecord
from jobmon.runtime.testing import FakeClock, FakeExecutor, Simulation, simulate
from tests.core import diamond, flow, job

BACKOFF = {"retry": RetryDef(3, delay=2.0, backoff=2.0, max_delay=8.0)}


def test_the_seed_story_in_its_order() -> None:
    sim = simulate(diamond(), durations={"C": 5.0})
    assert sim.outcome == "succeeded"
    assert sim.order == ["A", "B", "C", "D", "E"]
    assert sim.starts == {"A": [0.0], "B": [1.0], "C": [2.0], "D": [2.0], "E": [7.0]}
    assert list(sim.ended) == ["A", "B", "D", "C", "E"]
    assert sim.ended["E"] == 8.0


def test_a_flow_as_people_write_it() -> None:
    written = Flow("story", params={"day": "today"})
    a = written.shell("A", "true", retry=Retry(3, delay="2s", backoff=2))
    b = written.shell("B", "true")
    _ = a >> b
    sim = simulate(written, fail={"A": 2}, at="2026-11-01 01:30")
    assert sim.starts == {"A": [0.0, 3.0, 8.0], "B": [9.0]}
    assert sim.board.runs[1].params["day"] == "2026-11-01"


def test_failing_attempts_are_retried_with_their_waits() -> None:
    sim = simulate(diamond(B=BACKOFF), fail={"B": 2})
    assert sim.attempts == {"A": 1, "B": 3, "C": 1, "D": 1, "E": 1}
    assert sim.starts["B"] == [1.0, 4.0, 9.0]


def test_retries_used_up_fail_the_run() -> None:
    sim = simulate(diamond(B=BACKOFF), fail={"B": 9})
    assert (sim.outcome, sim.attempts["B"]) == ("failed", 4)
    assert sim.states == {
        "A": "succeeded", "B": "failed", "C": "upstream_failed", "D": "upstream_failed",
        "E": "upstream_failed",
    }  # fmt: skip


def test_each_attempt_can_be_told_how_it_ends() -> None:
    killed = ExitRecord(reason="signal", signal=9)
    sim = simulate(diamond(B=BACKOFF), fail={"B": [75, killed, 0]})
    assert (sim.outcome, sim.attempts["B"]) == ("succeeded", 3)
    assert simulate(diamond(B=BACKOFF), fail={"B": [65]}).attempts["B"] == 1


def test_time_limits_hold_in_virtual_time() -> None:
    sim = simulate(diamond(B={"timeout": 30.0}), durations={"B": 3600.0})
    assert (sim.states["B"], sim.jobs["B"].reason) == ("failed", "timeout")
    assert sim.ended["B"] == 31.0


def test_slots_pools_and_outputs() -> None:
    wide = flow(job("A"), job("B"), job("C", "A", when='output["A"]["n"] > 1'))
    sim = simulate(wide, slots=1, outputs={"A": {"n": 1}})
    assert sim.starts == {"A": [0.0], "B": [1.0]}
    assert sim.states["C"] == "skipped"
    pooled = flow(job("A", pool="db"), job("B", pool="db"))
    assert simulate(pooled, pools={"db": 1}).starts["B"] == [1.0]


def test_manual_steps_are_answered_or_left_waiting() -> None:
    asks = flow(job("A"), job("M", "A", kind="manual"), job("B", "M"))
    assert simulate(asks).states == {"A": "succeeded", "M": "succeeded", "B": "succeeded"}
    waits = simulate(asks, manual="wait")
    assert (waits.outcome, waits.states["M"]) == ("blocked", "waiting_human")
    waits.verb("done", "M")
    assert waits.run().outcome == "succeeded"


@pytest.mark.parametrize(
    ("options", "outcome", "state"),
    [
        ({}, "blocked", "lost"),
        ({"on_lost": "fail"}, "failed", "failed"),
        ({"on_lost": "rerun", "effects": "idempotent"}, "succeeded", "succeeded"),
        ({"on_lost": "rerun", "effects": "once"}, "blocked", "lost"),
    ],
)
def test_a_lost_attempt_follows_its_declaration(
    options: dict[str, str], outcome: str, state: str
) -> None:
    sim = simulate(diamond(B=options), lost=("B",))
    assert (sim.outcome, sim.states["B"]) == (outcome, state)


def test_a_person_in_the_middle() -> None:
    sim = Simulation(diamond(), durations={"A": 10.0, "B": 60.0})
    sim.until("B", "running").verb("cancel", "B")
    assert sim.states["B"] == "stopping"
    sim.run()
    assert (sim.outcome, sim.states["B"], sim.states["C"]) == (
        "failed", "cancelled", "upstream_failed",
    )  # fmt: skip
    sim.verb("rerun", "B")
    assert sim.run().outcome == "succeeded"
    assert sim.attempts == {"A": 1, "B": 2, "C": 1, "D": 1, "E": 1}
    with pytest.raises(RefusedError):
        sim.verb("skip", "B")


def test_a_hold_waits_for_its_release() -> None:
    sim = Simulation(diamond()).start()
    sim.verb("hold", "C")
    assert (sim.run().outcome, sim.states["E"]) == ("blocked", "waiting")
    sim.clock.advance(100.0)
    sim.verb("release", "C")
    assert sim.run().outcome == "succeeded"
    assert sim.starts["C"][0] >= 100.0


def test_a_state_that_never_comes_is_an_assertion() -> None:
    with pytest.raises(AssertionError, match="B is succeeded, never became failed"):
        Simulation(diamond()).until("B", "failed")


@pytest.mark.parametrize(
    "options",
    [{"fail": {"BB": 2}}, {"lost": ["BB"]}, {"durations": {"BB": 3}}, {"outputs": {"BB": 1}}],
)
def test_a_job_that_is_not_there_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(NotFoundError, match=r"no job 'BB' in it\n  did you mean 'B'"):
        simulate(diamond(), **options)


def test_slips_in_the_middle_are_refused() -> None:
    sim = Simulation(flow(job("load"))).start()
    for slip in (lambda: sim.until("laod", "failed"), lambda: sim.verb("hold", "laod")):
        with pytest.raises(NotFoundError, match="did you mean 'load'"):
            slip()
    with pytest.raises(UsageError, match="manual='nonsense'"):
        simulate(diamond(), manual="nonsense")


def test_a_missing_output_fails_the_job_that_reads_it_as_in_the_runtime() -> None:
    reads = flow(job("A"), job("B", "A", env={"ROWS": OutputRef("A", "rows")}))
    sim = simulate(reads)
    assert (sim.states["B"], sim.attempts["B"]) == ("failed", 0)
    assert "the output of A has no 'rows'" in sim.jobs["B"].reason
    assert simulate(reads, outputs={"A": {"rows": 3}}).outcome == "succeeded"


def test_the_same_simulation_gives_the_same_events() -> None:
    first, second = (simulate(diamond(B=BACKOFF), fail={"B": 1}) for _ in range(2))
    assert first.events == second.events


def test_a_night_of_tens_of_jobs_takes_milliseconds() -> None:
    chain = flow(job("j0"), *(job(f"j{i}", f"j{i - 1}") for i in range(1, 50)))
    begun = time.process_time()
    sim = simulate(chain, durations={f"j{i}": 600.0 for i in range(50)})
    assert time.process_time() - begun < 0.5
    assert (sim.outcome, sim.ended["j49"]) == ("succeeded", 30000.0)


def test_the_fake_executor_starts_an_attempt_once_and_never_a_void_one() -> None:
    clock, news = FakeClock(5.0), list[Report]()
    executor = FakeExecutor(clock)
    asyncio.run(executor.start(news.append))
    spec = AttemptSpec(attempt="1.0.1", argv=("true",), env={}, cwd="", first={"job": "A"})
    executor.submit(spec)
    executor.submit(spec)
    assert not executor.void("1.0.1")
    assert executor.void("1.0.2")
    executor.submit(AttemptSpec(attempt="1.0.2", argv=("true",), env={}, cwd=""))
    clock.advance(10.0)
    executor.advance()
    assert [type(report) for report in news] == [Started, Ended]
    evidence = executor.probe(["1.0.1", "1.0.2", "1.0.3"])
    assert [each.claim for each in evidence.values()] == ["claimed", "void", "none"]
    assert evidence["1.0.1"].exit is not None
    assert executor.read_log("1.0.1", 0, 10) == (b"", 0, True, 0)
