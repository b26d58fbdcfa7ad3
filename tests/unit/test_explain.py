"""Every state says why it is so and which command would change it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jobmon.jobs.definition import RetryDef
from jobmon.runtime.errors import NotFoundError
from jobmon.runtime.explain import Explanation, explain_job, explain_run
from jobmon.runtime.model import Limits, Pace
from jobmon.runtime.states import State
from jobmon.runtime.words import span
from tests.core import Driver, diamond, flow, job


def why(night: Driver, name: str) -> Explanation:
    return explain_job(night.board, (1, night.names[name]), night.now, night.limits)


def lost() -> Driver:
    return Driver(diamond()).start("A").news("lose", "A", reason="initiator").settle()


def busy() -> Driver:
    return Driver(flow(job("A"), job("B")), Limits(slots=1)).start("A")


def full() -> Driver:
    jobs = (job("A", pool="db"), job("B", pool="db"))
    return Driver(flow(*jobs), Limits(slots=9, pools={"db": 1})).settle()


def locked() -> Driver:
    return Driver(flow(job("A", lock="x"), job("B", lock="x"))).settle()


def outside() -> Driver:
    return Driver(
        flow(job("A", lock="x")), Limits(slots=1, locked={"x": "book.py (pid 7)"})
    ).settle()


def paced(**pace: Any) -> Driver:
    """Its rate lets nobody go."""
    stands = {"site": Pace(count=30, seconds=60.0, used=30, next=3600.0, **pace)}
    jobs = (job("A", rate="site"), job("B", rate="site"))
    return Driver(flow(*jobs), Limits(slots=9, rates={"site": 0}, paces=stands)).settle()


def late() -> Driver:
    night = Driver(diamond(A={"timeout": 60.0})).start("A")
    night.now += 45
    return night


RETRY = RetryDef(2, delay=30.0)
CASES: list[tuple[Callable[[], Driver], str, str, str]] = [
    (lambda: Driver(diamond()).start("A"), "B", "all_success waits: A is running", "explain f#1 A"),
    (lost, "B", "waits: A is lost", "mark f#1 A success"),
    (lambda: Driver(diamond()).verb("hold", "A"), "A", "held since 1970-01-01 09:01", "release"),
    (lambda: Driver(diamond()).verb("hold"), "A", "its run is held", "release f#1"),
    (busy, "B", "all 1 slots are taken", ""),
    (full, "B", "the pool db is full: 1 of 1", ""),
    (locked, "B", "the lock x is held by f#1 A", ""),
    (outside, "A", "the lock x is held by book.py (pid 7)", ""),
    (paced, "A", "the rate site is used up: 30/min, the next goes at 10:00:00", ""),
    (paced, "B", "1 more urgent or earlier job is before it", ""),
    (
        lambda: paced(frozen=7200.0, by="朝#3/集計"),
        "A",
        "the rate site is frozen until 11:00:00 by 朝#3/集計",
        "limits --thaw site",
    ),
    (lambda: Driver(diamond(), Limits(slots=0)).settle(), "A", "starting jobs is paused", ""),
    (lambda: Driver(diamond()).settle(), "A", "attempt 1 starting since", "logs f#1 A -f"),
    (late, "A", "its time limit of 1m ends in 15s", "cancel f#1 A"),
    (lambda: late().news("unsupervised", "A"), "A", "its exit code will not be known", "cancel"),
    (lambda: late().verb("cancel", "A"), "A", "none of its processes is alive", "cancel"),
    (
        lambda: Driver(flow(job("M", kind="manual", text="Look"))).settle(),
        "M",
        "a person is asked since 1970-01-01 09:01 +0900: Look",
        "done f#1 M",
    ),
    (lambda: Driver(diamond(A={"retry": RETRY})).ends(A=1), "A", "retry 1 of 2 in 30s", "cancel"),
    (lambda: Driver(diamond()).ends(A=0), "A", "it succeeded: exit code 0", ""),
    (lambda: Driver(diamond()).ends(A=1), "A", "it failed: exit code 1", "rerun f#1 A"),
    (lambda: Driver(diamond()).ends(A=1), "A", "no retry is declared", "logs f#1 A"),
    (
        lambda: Driver(diamond(A={"retry": RETRY})).ends(A=65),
        "A",
        "class is data: retried is external",
        "",
    ),
    (
        lambda: Driver(diamond(A={"retry": RETRY, "effects": "once"})).ends(A=1),
        "A",
        "only a person may start it again",
        "",
    ),
    (
        lambda: Driver(diamond(A={"retry": RetryDef(1)})).ends(A=1).ends(A=1),
        "A",
        "all 1 retries are used up",
        "",
    ),
    (lambda: Driver(diamond(A={"tolerate": True})).ends(A=1), "A", "tolerate=True", ""),
    (
        lambda: Driver(flow(job("A", on_failure="H"), job("H", trigger="one_failed"))).ends(A=1),
        "A",
        "its handler H is starting",
        "",
    ),
    (lambda: Driver(diamond()).verb("cancel", "A"), "A", "by anna: because", "rerun f#1 A"),
    (lambda: Driver(diamond()).verb("skip", "A"), "A", "skipped by anna: because", "rerun f#1 A"),
    (lambda: Driver(diamond()).ends(A=0, B=1), "E", "where it began: B failed", "rerun f#1 B"),
    (lost, "A", "the process that supervised it was killed", "mark f#1 A failed"),
    (lambda: Driver(diamond()).news("expire", "A"), "A", "it expired", "rerun f#1 A"),
    (
        lambda: Driver(diamond()).ends(A=0, B=0).verb("hold", "C").verb("rerun", "A", only=True),
        "B",
        "stale: an upstream was run again",
        "rerun f#1 B",
    ),
    (lambda: Driver(diamond(A={"warn_codes": (4,)})).ends(A=4), "A", "with a warning", ""),
]


@pytest.mark.parametrize(("make", "name", "reason", "command"), CASES, ids=[c[2] for c in CASES])
def test_a_job(make: Callable[[], Driver], name: str, reason: str, command: str) -> None:
    found = why(make(), name)
    assert any(reason in line for line in found.reasons), found.reasons
    assert not command or any(command in line for line in found.next), found.next


def test_every_state_is_explained() -> None:
    seen = {make()[name].state for make, name, *_ in CASES}
    assert seen == set(State)


def test_many_upstreams_are_counted_not_listed() -> None:
    ups = [f"j{i}" for i in range(9)]
    night = Driver(flow(*map(job, ups), job("J", *ups))).settle()
    assert "j4 is starting and 4 more" in why(night, "J").reasons[0]


def test_the_ones_before_it_in_the_line_are_counted() -> None:
    night = Driver(flow(job("A"), job("B"), job("C")), Limits(slots=1)).settle()
    assert "1 more urgent or earlier job is before it" in why(night, "C").reasons


@pytest.mark.parametrize(
    ("night", "state", "reason", "command"),
    [
        (Driver(diamond()).start("A"), "running", "has a process: A", "explain f#1 A"),
        (Driver(diamond()).verb("hold"), "blocked", "held since", "release f#1"),
        (lost(), "blocked", "only a person can say how it ended: A", "mark f#1 A"),
        (Driver(flow(job("M", kind="manual"))).settle(), "blocked", "person: M", "done f#1 M"),
        (Driver(diamond()).ends(A=1), "failed", "failed: A", "rerun f#1 --failed"),
        (Driver(diamond()).verb("cancel"), "cancelled", "was cancelled (soft)", "--failed"),
    ],
)
def test_a_run(night: Driver, state: str, reason: str, command: str) -> None:
    found = explain_run(night.board, 1, night.now, night.limits)
    assert found.reasons[0].startswith(f"the run is {state}: ")
    assert any(reason in line for line in found.reasons), found.reasons
    assert any(command in line for line in found.next), found.next


def test_what_a_person_did_is_said_once() -> None:
    night = Driver(diamond()).verb("cancel", "E").verb("skip", "B")
    assert why(night, "B").reasons == ("it was skipped by anna: because",)
    assert why(night, "E").reasons == ("it was cancelled by anna: because",)


def test_an_excused_failure_is_called_excused() -> None:
    night = Driver(flow(job("risky", tolerate=True), job("ok"))).ends(risky=1, ok=0)
    found = explain_run(night.board, 1, night.now, night.limits)
    assert found.reasons[1:] == ("failed, but excused: risky",)


def test_what_is_not_there_is_said_to_be_not_there() -> None:
    with pytest.raises(NotFoundError):
        explain_job(Driver(diamond()).board, (7, 0), 0.0, Limits(slots=1))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0s"), (0, "0s"), (0.44, "0.4s"), (9.96, "10s"), (12.3, "12s"), (59.6, "1m"),
        (200, "3m 20s"), (3600, "1h"), (7500, "2h 5m"), (86400, "1d"), (277200, "3d 5h"),
    ],
)  # fmt: skip
def test_durations_in_words(seconds: float, text: str) -> None:
    assert span(seconds) == text
