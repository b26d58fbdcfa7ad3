"""What is concluded from an exit record, from evidence, and about a lost attempt."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from jobmon.jobs.definition import RetryDef
from jobmon.runtime import settle
from jobmon.runtime.executors.contract import Evidence
from jobmon.runtime.model import Event, ExitRecord, Identity, JobRun
from jobmon.runtime.settle import (
    Adopt,
    AdoptUnsupervised,
    Finish,
    Lost,
    Void,
    after_lost,
    conclude,
    on_lost,
    retry_wait,
)
from jobmon.runtime.states import TABLE, Input, State
from tests.core import Driver, flow, job

NOW = 500.0
WHO = Identity("boot", 10, 20)
EXIT = ExitRecord(reason="exit", code=0, ended=400.0)
RETRY = RetryDef(2, delay=10.0, backoff=3.0, max_delay=25.0)


def running(**fields: Any) -> JobRun:
    base: dict[str, Any] = {"state": State.RUNNING, "attempt": 1, "tries": 1, "started": 300.0}
    return JobRun(run=1, index=0, **base | fields)


EVIDENCE = [
    Evidence(
        claim=claim,
        locked=locked,
        initiator=initiator,
        initiator_alive=initiator_alive,
        leader_alive=leader_alive,
        same_boot=same_boot,
        exit=ended,
    )
    for claim, locked, initiator, initiator_alive, leader_alive, same_boot, ended in product(
        ("none", "void", "claimed"),
        (False, True),
        (None, WHO),
        (False, True),
        (False, True),
        (False, True),
        (None, EXIT),
    )
]


@pytest.mark.parametrize("started", [None, 300.0], ids=["not seen running", "seen running"])
@pytest.mark.parametrize("evidence", EVIDENCE, ids=range(len(EVIDENCE)))
def test_every_combination_of_evidence(evidence: Evidence, started: float | None) -> None:
    found = settle.settle(running(started=started), evidence)
    assert found == expected(evidence, started)


def expected(e: Evidence, started: float | None) -> settle.Conclusion:
    """semantics.md, "What survives what", 3, read as a table from the top."""
    rows: list[tuple[bool, settle.Conclusion]] = [
        (e.exit is not None, Finish(EXIT)),
        (e.claim != "claimed" and e.leader_alive, AdoptUnsupervised()),
        (e.claim != "claimed" and started is None, Void()),
        (e.claim != "claimed", Lost("file")),
        (not e.same_boot, Lost("reboot")),
        (e.locked or e.initiator_alive, Adopt()),
        (e.leader_alive, AdoptUnsupervised()),
        (e.initiator is None, Lost("identity")),
    ]
    return next((conclusion for holds, conclusion in rows if holds), Lost("initiator"))


def test_further_exit_codes_tell_a_class() -> None:
    record = ExitRecord(reason="exit", code=2, ended=400.0)
    retried = job("A", retry=RETRY)
    known = {**settle.CLASSES, 2: "data"}
    assert conclude(retried, running(), record, NOW).kind == "job.retry"
    event = conclude(retried, running(), record, NOW, known)
    assert (event.kind, event.data["cause"]) == ("job.fail", "data")


def test_an_attempt_seen_running_is_never_started_again_because_its_file_is_gone() -> None:
    assert settle.settle(running(), Evidence(claim="none")) == Lost("file")


STOPPED_BY_A_PERSON = {"state": State.STOPPING, "by_operator": True, "reason": "cancelled by anna"}
OVERRAN = {"state": State.STOPPING, "reason": "timeout"}


@pytest.mark.parametrize(
    ("job_run", "record", "options", "kind", "data"),
    [
        ({}, {"code": 0}, {}, "succeed", {"code": 0, "output": None}),
        ({}, {"code": 0, "output": {"n": 1}}, {}, "succeed", {"output": {"n": 1}}),
        ({}, {"code": 3}, {"ok_codes": (0, 3)}, "succeed", {"code": 3}),
        ({}, {"code": 4}, {"warn_codes": (4,)}, "succeed", {"code": 4, "warn": True}),
        ({}, {"code": 1}, {}, "fail", {"code": 1, "reason": "exit", "cause": "unknown"}),
        ({}, {"code": 1, "output": {"n": 1}}, {}, "fail", {"output": None}),
        ({}, {"code": 75}, {}, "fail", {"cause": "external"}),
        ({}, {"code": 65}, {}, "fail", {"cause": "data"}),
        ({}, {"code": 78}, {}, "fail", {"cause": "rule"}),
        ({}, {"reason": "signal", "signal": 9}, {}, "fail", {"signal": 9, "reason": "signal"}),
        ({}, {"reason": "timeout", "code": 0}, {}, "fail", {"reason": "timeout"}),
        ({}, {"reason": "spawn"}, {}, "fail", {"reason": "spawn", "cause": "unknown"}),
        ({}, {"reason": "output", "code": 0}, {}, "fail", {"reason": "output"}),
        ({}, {"code": 1}, {"retry": RETRY}, "retry", {"due": NOW + 10, "reason": "exit"}),
        ({"tries": 2}, {"code": 1}, {"retry": RETRY}, "retry", {"due": NOW + 25}),
        ({"tries": 3}, {"code": 1}, {"retry": RETRY}, "fail", {"due": None}),
        ({}, {"code": 75}, {"retry": RETRY}, "retry", {"cause": "external"}),
        ({}, {"code": 65}, {"retry": RETRY}, "fail", {"cause": "data"}),
        ({}, {"code": 65}, {"retry": RetryDef(1, on=("data",))}, "retry", {"cause": "data"}),
        ({}, {"code": 75}, {"retry": RetryDef(1, on=("data",))}, "fail", {}),
        ({}, {"reason": "signal", "signal": 9}, {"retry": RETRY}, "retry", {"signal": 9}),
        ({}, {"reason": "timeout", "signal": 15}, {"retry": RETRY}, "retry", {"reason": "timeout"}),
        ({}, {"code": 1}, {"retry": RETRY, "effects": "once"}, "fail", {}),
        ({}, {"code": 1}, {"retry": RETRY, "effects": "idempotent"}, "retry", {}),
        ({}, {"reason": "stop", "signal": 15}, {}, "fail", {"reason": "stop"}),
        (STOPPED_BY_A_PERSON, {"reason": "stop", "signal": 15}, {"retry": RETRY}, "stopped", {}),
        (STOPPED_BY_A_PERSON, {"code": 0}, {}, "stopped", {"reason": "cancelled by anna"}),
        (STOPPED_BY_A_PERSON, {"reason": "timeout"}, {"retry": RETRY}, "stopped", {}),
        (OVERRAN, {"reason": "timeout", "signal": 15}, {}, "fail", {"reason": "timeout"}),
        (OVERRAN, {"code": 0}, {}, "fail", {"reason": "timeout"}),
        (OVERRAN, {"reason": "timeout"}, {"retry": RETRY}, "retry", {"reason": "timeout"}),
    ],
)
def test_what_an_exit_record_makes_of_an_attempt(
    job_run: dict[str, Any],
    record: dict[str, Any],
    options: dict[str, Any],
    kind: str,
    data: dict[str, Any],
) -> None:
    run = running(**job_run)
    told = ExitRecord(**{"reason": "exit", "ended": 450.0} | record)
    event = conclude(job("A", **options), run, told, NOW)
    assert (event.kind, event.attempt, event.at) == (f"job.{kind}", 1, NOW)
    assert {name: event.data.get(name) for name in data} == data
    assert event.data["ended"] == 450.0
    assert (run.state, Input(kind)) in TABLE


def test_waits_before_retries_grow_to_the_maximum_and_stay_finite() -> None:
    assert [retry_wait(RETRY, tries) for tries in (1, 2, 3)] == [10.0, 25.0, 25.0]
    assert retry_wait(RetryDef(9999, delay=1.0, backoff=1000.0), 9999) < float("inf")


LOST = JobRun(run=1, index=0, state=State.LOST, reason="initiator", attempt=1, tries=1)


@pytest.mark.parametrize(
    ("options", "cancelled", "tries", "step"),
    [
        ({}, False, 1, "ask"),
        ({"on_lost": "ask", "effects": "idempotent"}, False, 1, "ask"),
        ({"on_lost": "rerun", "effects": "idempotent"}, False, 1, "job.reset"),
        ({"on_lost": "rerun", "effects": "idempotent"}, True, 1, "ask"),
        ({"on_lost": "rerun", "effects": "idempotent"}, False, 3, "ask"),
        ({"on_lost": "rerun", "effects": "once"}, False, 1, "ask"),
        ({"on_lost": "rerun", "effects": "keyed"}, False, 1, "ask"),
        ({"on_lost": "rerun"}, False, 1, "ask"),
        ({"on_lost": "fail"}, False, 1, "job.mark_failed"),
        ({"on_lost": "fail"}, True, 1, "job.mark_failed"),
    ],
)
def test_what_follows_a_loss(
    options: dict[str, Any], cancelled: bool, tries: int, step: str
) -> None:
    lost = JobRun(run=1, index=0, state=State.LOST, reason="initiator", attempt=1, tries=tries)
    found = on_lost(job("A", **options), lost, NOW, cancelled=cancelled)
    assert (found.kind if isinstance(found, Event) else found) == step
    if isinstance(found, Event):
        assert found.who == "policy"


def test_a_job_lost_while_a_person_stopped_it_is_not_started_again() -> None:
    eager = job("A", on_lost="rerun", effects="idempotent")
    night = Driver(flow(eager)).start("A").verb("cancel", "A")
    night.news("lose", "A", reason="initiator")
    assert after_lost(eager, night["A"], NOW) == "ask"


def test_a_probe_is_asked_first_and_the_declaration_when_it_does_not_know() -> None:
    probed = job("A", verify=("check",), on_lost="fail")
    assert on_lost(probed, LOST, NOW) == "verify"
    assert isinstance(after_lost(probed, LOST, NOW), Event)
