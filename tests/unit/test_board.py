"""The board: the fold of events, and the states of runs that follow from their jobs."""

from __future__ import annotations

import pytest

from jobmon.jobs.definition import FlowDef, RetryDef
from jobmon.runtime.board import Board
from jobmon.runtime.errors import NotFoundError, RefusedError
from jobmon.runtime.model import Event, Limits, Run
from jobmon.runtime.states import TABLE, Effect, Input, State
from tests.core import Driver, diamond, flow, job, new_run


def test_a_new_run_has_all_its_jobs_waiting_and_is_queued() -> None:
    night = Driver(diamond())
    assert set(night.states.values()) == {"waiting"}
    assert (night.run.state, night.run.started, night.run.ended) == ("queued", None, None)


def test_a_run_starts_with_its_first_launch_and_ends_with_its_last_job() -> None:
    night = Driver(flow(job("A"), job("B", "A")))
    night.now = 110.0
    night.start("A")
    assert (night.run.state, night.run.started) == ("running", 110.0)
    night.end("A")
    night.now = 130.0
    night.ends(B=0)
    assert (night.run.state, night.run.ended) == ("succeeded", 130.0)


@pytest.mark.parametrize("kind", ["started", "succeed", "fail", "lose", "voided"])
def test_news_of_an_earlier_attempt_is_refused_and_changes_nothing(kind: str) -> None:
    night = Driver(flow(job("A"))).ends(A=1).verb("rerun", "A").start("A")
    before = night["A"]
    old = Event(kind=f"job.{kind}", at=1.0, run=1, job=0, attempt=1)
    with pytest.raises(RefusedError):
        night.fold(old)
    assert night["A"] is before


@pytest.mark.parametrize("attempt", [0, 1, 3])
def test_attempt_numbers_grow_by_one(attempt: int) -> None:
    night = Driver(flow(job("A"))).ends(A=1)
    night.limits = Limits(slots=0)
    night.verb("rerun", "A")
    with pytest.raises(RefusedError, match="cannot follow attempt 1"):
        night.fold(Event(kind="job.launch", at=1.0, run=1, job=0, attempt=attempt))


def test_an_illegal_input_is_refused_naming_run_job_and_state() -> None:
    night = Driver(flow(job("A"))).ends(A=0)
    with pytest.raises(RefusedError, match=r"skip f#1 A: the job is succeeded"):
        night.news("skip", "A")


def test_events_about_what_is_not_there_are_refused() -> None:
    board = Board()
    for event in (
        Event(kind="job.ready", at=1.0, run=9, job=0),
        Event(kind="run.hold", at=1.0, run=9),
        new_run(1, "no such version"),
    ):
        with pytest.raises(NotFoundError):
            board.apply(event)
    with pytest.raises(RefusedError, match="no such kind"):
        board.apply(Event(kind="job.fly", at=1.0))


def test_a_run_is_created_once() -> None:
    night = Driver(diamond())
    with pytest.raises(RefusedError, match="already"):
        night.fold(new_run(1, night.run.definition))


def test_what_happened_to_the_runtime_itself_is_for_the_record() -> None:
    board = Board()
    assert board.apply(Event(kind="runtime.started", at=1.0)) == []
    assert not board.changed


def test_launch_and_stop_are_what_the_executor_is_asked() -> None:
    night = Driver(flow(job("A"))).start("A").verb("cancel", "A").stopped("A")
    assert [(effect, name) for effect, name, _ in night.effects] == [
        (Effect.LAUNCH, "A"),
        (Effect.STOP, "A"),
    ]


def test_drain_names_exactly_the_rows_that_changed() -> None:
    night = Driver(diamond()).settle()
    night.board.drain()
    night.start("A")
    changed = night.board.drain()
    assert (changed.jobs, changed.runs, changed.flows) == ({(1, 0)}, set(), set())
    night.end("A")
    assert night.board.drain().jobs == {(1, 0), (1, 1)}
    assert not night.board.drain()


def test_the_fields_of_a_job_follow_its_attempts() -> None:
    night = Driver(flow(job("A", retry=RetryDef(1, delay=5.0)))).start("A")
    night.now = 107.0
    night.end("A", 3)
    a = night["A"]
    assert (a.state, a.code, a.cause, a.started, a.ended, a.due) == (
        State.RETRY_WAIT, 3, "unknown", 100.0, 107.0, 112.0,
    )  # fmt: skip
    night.now = 112.0
    night.settle()
    a = night["A"]
    assert (a.state, a.attempt, a.tries, a.code, a.ended, a.due) == (
        State.STARTING, 2, 2, None, None, None,
    )  # fmt: skip
    night.start("A").end("A", output={"n": 1})
    assert (night["A"].output, night["A"].cause) == ({"n": 1}, "")


def test_a_reset_forgets_the_result_but_not_the_attempts() -> None:
    night = Driver(flow(job("A"))).start("A").end("A", output=1).verb("rerun", "A")
    a = night["A"]
    assert (a.output, a.code, a.ended, a.attempt, a.tries) == (None, None, None, 2, 1)


def test_a_void_attempt_is_no_try() -> None:
    night = Driver(flow(job("A"))).settle().news("voided", "A")
    assert (night["A"].state, night["A"].attempt, night["A"].tries) == (State.QUEUED, 1, 0)
    assert night.settle()["A"].attempt == 2


def test_a_cancel_overtaking_the_start_stays_a_cancel() -> None:
    night = Driver(flow(job("A"))).settle().verb("cancel", "A")
    assert night["A"].state is State.STOPPING
    assert night.news("started", "A")["A"].state is State.STOPPING
    assert night.stopped("A")["A"].state is State.CANCELLED
    never = Driver(flow(job("A"))).settle().verb("cancel", "A").news("voided", "A")
    assert never["A"].state is State.CANCELLED


HELD = {"held": True, "held_at": 100.0, "held_by": "anna: because"}
FREE = {"held": False, "held_at": None, "held_by": ""}


def test_a_hold_says_since_when_and_by_whom() -> None:
    night = Driver(diamond()).verb("hold", "B").verb("hold")
    for record in (night["B"], night.run):
        assert {name: getattr(record, name) for name in HELD} == HELD
    night.verb("release", "B").verb("release")
    for record in (night["B"], night.run):
        assert {name: getattr(record, name) for name in FREE} == FREE


# Run states: what makes a run what it is.


def outcome(definition: FlowDef, **codes: int) -> tuple[str, bool]:
    night = Driver(definition).ends(**codes)
    return night.run.state, night.run.warn


def test_a_failure_anywhere_fails_the_run_not_only_at_the_leaves() -> None:
    late = flow(job("A"), job("B", "A", trigger="all_done"))
    assert outcome(late, A=1, B=0) == ("failed", False)


def test_a_tolerated_failure_leaves_a_warning() -> None:
    assert outcome(flow(job("A", tolerate=True), job("B")), A=1, B=0) == ("succeeded", True)


def test_what_only_a_tolerated_failure_doomed_is_excused_too() -> None:
    chain = flow(job("A", tolerate=True), job("B", "A"), job("C", "B"))
    assert outcome(chain, A=1) == ("succeeded", True)
    mixed = flow(job("A", tolerate=True), job("X"), job("B", "A", "X"))
    assert outcome(mixed, A=1, X=1) == ("failed", False)


HANDLED = flow(job("A", on_failure="H"), job("H", trigger="one_failed"), job("B", "A"))


def test_a_failure_its_handler_dealt_with_is_consumed() -> None:
    assert outcome(HANDLED, A=1, H=0) == ("succeeded", True)
    assert outcome(HANDLED, A=1, H=1) == ("failed", False)


def test_a_handler_without_a_failure_is_skipped_and_the_run_succeeds() -> None:
    assert outcome(HANDLED, A=0, B=0) == ("succeeded", False)


def test_a_warning_code_warns() -> None:
    assert outcome(flow(job("A", warn_codes=(4,))), A=4) == ("succeeded", True)


def test_a_cancelled_job_makes_the_run_cancelled() -> None:
    night = Driver(flow(job("A"), job("B"))).start("A", "B").verb("cancel", "A").stopped("A")
    assert night.end("B").run.state == "cancelled"


def test_a_failure_before_the_cancel_still_counts() -> None:
    night = Driver(flow(job("A"), job("B"))).ends(A=1).start("B").verb("cancel").stopped("B")
    assert night.run.state == "failed"


def test_a_run_whose_jobs_all_expired_is_expired() -> None:
    night = Driver(flow(job("A"), job("B"))).news("expire", "A").news("expire", "B")
    assert night.run.state == "expired"
    assert Driver(flow(job("A"), job("B"))).news("expire", "A").ends(B=0).run.state == "failed"


def test_a_lost_job_fails_the_run_when_nothing_waits_for_it() -> None:
    night = Driver(flow(job("A"))).start("A").news("lose", "A", reason="reboot")
    assert night.run.state == "failed"
    assert night.verb("mark", "A", outcome="success").run.state == "succeeded"


def blocked(definition: FlowDef, *verbs: tuple[str, ...]) -> Driver:
    night = Driver(definition)
    for verb in verbs:
        night.verb(*verb)
    return night.settle()


@pytest.mark.parametrize(
    "night",
    [
        blocked(diamond(), ("hold",)),
        blocked(diamond(), ("hold", "A")),
        blocked(flow(job("M", kind="manual"))),
        Driver(diamond()).start("A").news("lose", "A", reason="reboot").settle(),
    ],
    ids=["run held", "job held", "waits for a person", "lost with successors"],
)
def test_blocked_is_nothing_active_and_nothing_that_goes_on_by_itself(night: Driver) -> None:
    assert night.run.state == "blocked"


def test_what_goes_on_by_itself_is_not_blocked() -> None:
    waits = Driver(diamond(A={"retry": RetryDef(1, delay=60.0)})).ends(A=1)
    assert (waits.states["A"], waits.run.state) == ("retry_wait", "running")
    full = Driver(diamond(), Limits(slots=0)).settle()
    assert (full.states["A"], full.run.state) == ("queued", "queued")


def test_the_states_of_a_cancelled_run() -> None:
    night = Driver(flow(job("A"), job("Z", finally_=True))).start("A").verb("cancel")
    assert night.run.state == "stopping"
    assert night.stopped("A").run.state == "stopping"
    assert night.ends(Z=0).run.state == "cancelled"


def test_a_run_that_goes_on_after_its_end_has_no_end() -> None:
    night = Driver(diamond()).ends(A=1)
    assert night.run.ended is not None
    assert night.verb("rerun", "A").run.ended is None


# Memory and restart.


def test_a_loaded_board_goes_on_where_the_other_was() -> None:
    night = Driver(diamond()).ends(A=0, B=0).start("C").verb("hold", "D")
    other = Board()
    other.add_definition(diamond())
    other.load(night.run, list(night.board.jobs_of(1)))
    night.board = other
    assert night.end("C").verb("release", "D").ends(D=0, E=0).run.state == "succeeded"


def test_a_finished_run_can_be_forgotten_and_brought_back() -> None:
    night = Driver(diamond()).ends(A=1)
    run, jobs = night.run, list(night.board.jobs_of(1))
    assert night.board.forget_if_over(1)
    assert not night.board.forget_if_over(1)
    assert (night.board.jobs, night.board.runs, night.board.books) == ({}, {}, {})
    night.board.load(run, jobs)
    assert night.verb("rerun", "A").states["A"] == "starting"


def test_a_run_that_goes_on_is_not_forgotten() -> None:
    night = Driver(diamond()).settle()
    assert not night.board.forget_if_over(1)
    assert night.run.state == "running"


def test_runs_of_one_version_share_its_graph() -> None:
    night = Driver(diamond())
    night.fold(new_run(2, night.run.definition))
    assert night.board.shape_of(1) is night.board.shape_of(2)


def test_a_rerun_by_another_version_changes_pool_and_lock_of_the_next_attempt() -> None:
    night = Driver(flow(job("A", pool="old"))).ends(A=1)
    newer = night.board.add_definition(flow(job("A", pool="new", lock="x")))
    night.verb("rerun", "A", definition=newer)
    line = night.board.launch_line
    assert (line.busy, line.taken) == ({"new": 1}, {"x": 1})
    night.start("A").end("A")
    assert (line.busy, line.taken, line.active) == ({}, {}, 0)


def test_an_unsupervised_attempt_is_flagged_until_it_ends() -> None:
    night = Driver(flow(job("A"))).start("A").news("unsupervised", "A")
    assert night["A"].unsupervised
    assert not night.news("lose", "A", reason="initiator")["A"].unsupervised


@pytest.mark.parametrize("given", list(Input))
def test_every_input_is_an_event_kind(given: Input) -> None:
    night = Driver(flow(job("A")))
    event = Event(kind=f"job.{given}", at=1.0, run=1, job=0, attempt=1)
    if (State.WAITING, given) in TABLE:
        assert night.fold(event)["A"].since == 1.0
    else:
        with pytest.raises(RefusedError, match="the job is waiting"):
            night.fold(event)


def test_the_record_of_a_run_survives_its_event() -> None:
    night = Driver(diamond(), priority=3, params={"day": "2026-11-23"}, tags=("eu",))
    expected = Run(
        id=1,
        key="f#1",
        flow="f",
        definition=night.run.definition,
        time="2026-11-23T06:10:00+09:00",
        created=100.0,
        priority=3,
        params={"day": "2026-11-23"},
        tags=("eu",),
    )
    assert night.run == expected
