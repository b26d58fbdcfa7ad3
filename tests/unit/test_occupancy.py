"""Who holds pools and locks, and how many wait for them."""

from __future__ import annotations

from typing import Any

from jobmon.runtime.limits.occupancy import locks, pools, rates
from jobmon.runtime.limits.shared import Holding
from jobmon.runtime.model import JobKey, Limits, Pace
from tests.core import Driver, flow, job

LIMITS = Limits(slots=10, pools={"db": 2, "idle": 1})
JOBS = (
    *(job(f"p{i}", pool="db") for i in range(4)),
    *(job(f"l{i}", lock="ledger") for i in range(3)),
    job("both", pool="db", lock="ledger"),
    job("free", pool="unbound"),
    job("plain"),
)


def held(night: Driver, attempts: list[JobKey]) -> dict[str, dict[str, Any]]:
    """Holders and how many wait, without what files tell."""
    found = locks(night.board, attempts, {})
    assert all(row.pop("since") is None for row in found.values())
    return found


def test_pools_tell_their_slots_who_is_in_and_who_waits() -> None:
    night = Driver(flow(*JOBS), LIMITS).settle()
    assert pools(night.board, LIMITS) == {
        "db": {"total": 2, "busy": 2, "waiting": 3},
        "idle": {"total": 1, "busy": 0, "waiting": 0},
        "unbound": {"total": None, "busy": 1, "waiting": 0},
    }


def test_a_lock_tells_its_holder_and_who_waits() -> None:
    night = Driver(flow(*JOBS), LIMITS).settle()
    active = [key for key, each in night.board.jobs.items() if each.attempt]
    assert held(night, active) == {"ledger": {"holder": "f#1/l0", "waiting": 3}}
    night.ends(l0=0)
    active = [key for key, each in night.board.jobs.items() if each.state == "starting"]
    assert held(night, active) == {"ledger": {"holder": "f#1/l1", "waiting": 2}}


def test_a_lock_that_is_free_has_no_holder_while_jobs_wait_for_slots() -> None:
    night = Driver(flow(*JOBS), Limits(slots=0, pools=LIMITS.pools)).settle()
    assert held(night, []) == {"ledger": {"holder": "", "waiting": 4}}
    assert pools(night.board, LIMITS)["db"] == {"total": 2, "busy": 0, "waiting": 5}


def test_a_job_on_hold_waits_for_nothing() -> None:
    night = Driver(flow(*JOBS), Limits(slots=0)).settle().verb("hold")
    assert pools(night.board, Limits(slots=0)) == {}
    assert held(night, []) == {}


def test_a_lock_somebody_outside_holds_is_told_with_his_name_and_since_when() -> None:
    night = Driver(flow(job("A", lock="帳簿")), Limits(slots=1, locked={"帳簿": "x"})).settle()
    outside = {"帳簿": Holding("book.py (pid 7)", 12.0), "other": Holding("else", None)}
    assert locks(night.board, [], outside) == {
        "other": {"holder": "else", "since": None, "waiting": 0},
        "帳簿": {"holder": "book.py (pid 7)", "since": 12.0, "waiting": 1},
    }


def test_a_rate_tells_its_limit_who_waits_and_who_froze_it() -> None:
    jobs = [job(f"r{i}", rate="site") for i in range(3)] + [job("unknown", rate="other")]
    night = Driver(flow(*jobs), Limits(slots=9, rates={"site": 0, "other": 0})).settle()
    pace = Pace(count=30, seconds=60.0, used=1, waiting=2, next=9.0, frozen=8.0, by="m#1/x")
    assert rates(night.board, {"site": pace}) == {
        "other": {
            "limit": None, "total": None, "used": 0, "turns": 0, "next": None,
            "frozen_until": None, "frozen_by": "", "waiting": 1,
        },
        "site": {
            "limit": "30/min", "total": 30, "used": 1, "turns": 2, "next": 9.0,
            "frozen_until": 8.0, "frozen_by": "m#1/x", "waiting": 3,
        },
    }  # fmt: skip
