"""Who holds pools and locks, and how many wait for them."""

from __future__ import annotations

from jobmon.runtime.model import Limits
from jobmon.runtime.occupancy import locks, pools
from tests.core import Driver, flow, job

LIMITS = Limits(slots=10, pools={"db": 2, "idle": 1})
JOBS = (
    *(job(f"p{i}", pool="db") for i in range(4)),
    *(job(f"l{i}", lock="ledger") for i in range(3)),
    job("both", pool="db", lock="ledger"),
    job("free", pool="unbound"),
    job("plain"),
)


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
    assert locks(night.board, active) == {"ledger": {"holder": "f#1/l0", "waiting": 3}}
    night.ends(l0=0)
    active = [key for key, each in night.board.jobs.items() if each.state == "starting"]
    assert locks(night.board, active) == {"ledger": {"holder": "f#1/l1", "waiting": 2}}


def test_a_lock_that_is_free_has_no_holder_while_jobs_wait_for_slots() -> None:
    night = Driver(flow(*JOBS), Limits(slots=0, pools=LIMITS.pools)).settle()
    assert locks(night.board, []) == {"ledger": {"holder": "", "waiting": 4}}
    assert pools(night.board, LIMITS)["db"] == {"total": 2, "busy": 0, "waiting": 5}


def test_a_job_on_hold_waits_for_nothing() -> None:
    night = Driver(flow(*JOBS), Limits(slots=0)).settle().verb("hold")
    assert pools(night.board, Limits(slots=0)) == {}
    assert locks(night.board, []) == {}
