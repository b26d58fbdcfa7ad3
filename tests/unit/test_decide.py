"""What is decided, in what order, and that deciding costs what changed."""

from __future__ import annotations

import pytest

from jobmon.jobs.definition import Literal, MapDef, RetryDef
from jobmon.runtime.board import Board
from jobmon.runtime.decide import decide, next_time
from jobmon.runtime.model import Event, Limits
from jobmon.runtime.verbs import Command, plan
from tests.core import Driver, diamond, flow, job, new_run


def kinds(events: list[Event]) -> list[str]:
    return [event.kind for event in events]


def launched(night: Driver) -> list[str]:
    """The names of the jobs that are started, in order."""
    return [name for effect, name, _ in night.effects if effect == "launch"]


def test_deciding_changes_nothing() -> None:
    night = Driver(diamond())
    first = decide(night.board, night.now, night.limits)
    assert first == decide(night.board, night.now, night.limits)
    assert kinds(first) == ["job.ready"]


def test_nothing_is_decided_twice() -> None:
    night = Driver(diamond()).settle()
    assert decide(night.board, night.now, night.limits) == []


def test_a_launch_carries_the_number_of_its_attempt_and_its_slot() -> None:
    night = Driver(flow(job("A"))).fold(Event(kind="job.ready", at=1.0, run=1, job=0))
    (event,) = decide(night.board, night.now, night.limits)
    assert (event.kind, event.attempt, event.data) == ("job.launch", 1, {"attempt": 1, "slot": 0})


def test_an_attempt_takes_the_lowest_free_slot_and_keeps_it() -> None:
    night = Driver(flow(*(job(name) for name in "ABCDE")), Limits(slots=3)).settle()
    assert [night[name].slot for name in "ABCDE"] == [0, 1, 2, -1, -1]
    night.start("A", "B", "C").end("B")
    assert (night[launched(night)[-1]].slot, night["A"].slot, night["C"].slot) == (1, 0, 2)
    again = Board()
    again.add_definition(night.board.definitions[night.run.definition])
    again.load(night.run, night.board.jobs_of(1))
    assert again.launch_line.slots == {0, 1, 2}, "adopted attempts keep theirs"
    night.start("D").end("D").end("C")
    assert (night["E"].slot, night.board.launch_line.slots) == (1, {0, 1})


def test_the_most_urgent_goes_first_then_the_older_run_then_declaration_order() -> None:
    definition = flow(job("A"), job("B", priority=5), job("C"))
    night = Driver(definition, Limits(slots=0))
    night.fold(new_run(2, night.run.definition, priority=1), new_run(3, night.run.definition))
    night.settle()
    events = decide(night.board, night.now, Limits(slots=100))
    assert [(e.run, e.job) for e in events] == [
        (2, 1), (1, 1), (3, 1), (2, 0), (2, 2), (1, 0), (1, 2), (3, 0), (3, 2),
    ]  # fmt: skip


def test_slots_bound_all_runs_together() -> None:
    night = Driver(flow(*(job(f"j{i}") for i in range(5))), Limits(slots=2))
    night.fold(new_run(2, night.run.definition))
    assert len(launched(night.settle())) == 2
    night.start("j0").end("j0")
    assert len(launched(night)) == 3


def test_pools_bound_their_jobs_and_leave_room_to_others() -> None:
    jobs = [job(f"db{i}", pool="db") for i in range(3)] + [job("free")]
    night = Driver(flow(*jobs), Limits(slots=10, pools={"db": 1})).settle()
    assert launched(night) == ["db0", "free"]
    night.start("db0").end("db0")
    assert launched(night)[-1] == "db1"


def test_a_pool_nobody_bounded_has_no_bound() -> None:
    night = Driver(flow(*(job(f"j{i}", pool="any") for i in range(5)))).settle()
    assert len(launched(night)) == 5


def test_a_pool_of_none_starts_nothing() -> None:
    night = Driver(flow(job("A", pool="db")), Limits(slots=4, pools={"db": 0})).settle()
    assert night.states["A"] == "queued"


def test_a_lock_lets_one_job_through_whatever_its_pool_or_run() -> None:
    jobs = (job("A", lock="x"), job("B", lock="x", pool="db", priority=1), job("C", lock="x"))
    night = Driver(flow(*jobs)).settle()
    assert launched(night) == ["B"]
    night.fold(new_run(2, night.run.definition)).settle()
    night.start("B").end("B")
    assert launched(night) == ["B", "B"]
    assert night.board.jobs[2, 1].state == "starting"


def test_a_held_job_does_not_keep_its_lock_mates_waiting() -> None:
    night = Driver(flow(job("A", lock="x"), job("B", lock="x"))).verb("hold", "A")
    assert launched(night) == ["B"]


def test_a_lock_mate_that_leaves_makes_room_for_the_next() -> None:
    night = Driver(flow(job("A", lock="x"), job("B", lock="x")), Limits(slots=0)).settle()
    night.verb("skip", "A")
    night.limits = Limits(slots=1)
    assert launched(night.settle()) == ["B"]


def test_retries_start_when_due_not_before() -> None:
    night = Driver(flow(job("A", retry=RetryDef(2, delay=10.0)))).ends(A=1)
    assert next_time(night.board, night.now) == 110.0
    night.now = 109.9
    assert night.settle().states["A"] == "retry_wait"
    night.now = 110.0
    assert night.settle().states["A"] == "starting"
    assert next_time(night.board, night.now) is None


def test_a_retry_due_while_its_upstream_runs_again_waits_for_it() -> None:
    night = Driver(diamond(B={"retry": RetryDef(2, delay=10.0)})).ends(A=0, B=1)
    night.now = 110.0
    night.verb("rerun", "A", only=True)
    assert (night.states["A"], night.states["B"]) == ("starting", "waiting")
    night.start("A").end("A")
    assert (night["B"].attempt, night["B"].tries) == (2, 2)


def test_a_held_retry_sets_no_alarm() -> None:
    night = Driver(flow(job("A", retry=RetryDef(2, delay=10.0)))).ends(A=1).verb("hold", "A")
    assert next_time(night.board, night.now) is None
    night.verb("release", "A").verb("hold")
    assert next_time(night.board, night.now) is None


def test_the_alarm_is_the_earliest_and_never_in_the_past() -> None:
    a, b = (job(n, retry=RetryDef(1, delay=wait)) for n, wait in (("A", 9.0), ("B", 5.0)))
    night = Driver(flow(a, b))
    night.start("A", "B").end("A", 1).end("B", 1)
    hold = Command(verb="hold", flow="f", options={"until": 103.0})
    night.fold(*plan(night.board, hold, night.now).events)
    assert next_time(night.board, night.now) == 103.0
    assert next_time(night.board, 500.0) == 500.0


def test_a_condition_reads_params_and_upstream_outputs() -> None:
    definition = flow(job("A"), job("B", "A", when='output["A"]["rows"] > least'))
    for rows, state in ((3, "starting"), (1, "skipped")):
        night = Driver(definition, params={"least": 2}).start("A").end("A", output={"rows": rows})
        assert night.states["B"] == state


def test_a_condition_that_cannot_be_answered_fails_its_job_saying_why() -> None:
    night = Driver(flow(job("A"), job("B", "A", when='output["A"]["rows"] > 0'))).ends(A=0)
    assert night.states["B"] == "failed"
    assert "left no output" in night["B"].reason
    assert night.run.state == "failed"


def test_a_condition_is_asked_only_when_the_rule_is_met() -> None:
    night = Driver(flow(job("A"), job("B", "A", when="nothing_of_that_name > 0"))).ends(A=1)
    assert night.states["B"] == "upstream_failed"


def test_a_false_condition_of_a_manual_step_asks_nobody() -> None:
    night = Driver(flow(job("M", kind="manual", when="1 > 2"))).settle()
    assert night.states["M"] == "skipped"


def test_the_doomed_name_the_upstream_that_doomed_them() -> None:
    night = Driver(diamond()).ends(A=0, B=1)
    assert night["C"].reason == "upstream B failed"
    assert night["E"].reason == "upstream C could not run (upstream_failed)"


def test_a_branch_that_was_skipped_comes_back_when_its_cause_is_rerun() -> None:
    night = Driver(flow(job("A"), job("B", "A", when='output["A"] > 0'), job("C", "B")))
    night.start("A").end("A", output=0)
    assert night.in_state("skipped") == ["B", "C"]
    night.verb("rerun", "A").start("A").end("A", output=1)
    assert night.states["B"] == "starting"


def test_what_is_marked_with_its_cause_is_asked_nothing_again_and_others_once() -> None:
    asks = "1 > 2"
    night = Driver(flow(job("A", when=asks), job("B", "A", when=asks, trigger="all_done"),
                        job("C", "A", "B", when=asks, trigger="all_done"))).settle()  # fmt: skip
    night.verb("mark", "A", "B", outcome="success")
    assert night.states == {"A": "succeeded", "B": "succeeded", "C": "skipped"}


def test_a_finally_job_runs_last_whatever_happened() -> None:
    definition = flow(job("A"), job("B", "A"), job("Z", finally_=True))
    for code in (0, 1):
        night = Driver(definition).ends(A=code)
        assert night.states["Z"] == ("waiting" if code == 0 else "starting")


def test_a_failing_branch_does_not_stop_its_siblings() -> None:
    night = Driver(flow(job("A"), job("B"))).start("A", "B").end("A", 1)
    assert night.states["B"] == "running"


class TestFailFast:
    """The first failure nothing excuses cancels the rest."""

    def test_running_jobs_are_stopped_and_the_others_cancelled(self) -> None:
        night = Driver(flow(job("A"), job("B"), job("C", "B"), fail_fast=True))
        night.start("A", "B").end("A", 1)
        assert night.states == {"A": "failed", "B": "stopping", "C": "cancelled"}
        assert night["B"].reason == "cancelled by policy: fail_fast: A failed"
        assert night.stopped("B").run.state == "failed"

    def test_a_tolerated_failure_stops_nothing(self) -> None:
        night = Driver(flow(job("A", tolerate=True), job("B"), fail_fast=True))
        assert night.start("A", "B").end("A", 1).states["B"] == "running"

    def test_a_handled_failure_stops_the_rest_only_when_its_handler_fails(self) -> None:
        handled = flow(
            job("A", on_failure="H"), job("H", trigger="one_failed"), job("B"), fail_fast=True
        )
        night = Driver(handled).start("A", "B").end("A", 1)
        assert (night.states["H"], night.states["B"]) == ("starting", "running")
        night.start("H").end("H", 1)
        assert night.states["B"] == "stopping"

    def test_finally_jobs_still_run(self) -> None:
        night = Driver(flow(job("A"), job("B"), job("Z", finally_=True), fail_fast=True))
        night.start("A", "B").end("A", 1).stopped("B")
        assert night.states["Z"] == "starting"

    def test_a_rerun_elsewhere_is_not_stopped_by_the_old_failure(self) -> None:
        night = Driver(flow(job("A"), job("B"), fail_fast=True))
        night.start("A", "B").end("A", 1).stopped("B").verb("rerun", "B")
        assert night.states == {"A": "failed", "B": "starting"}

    def test_retries_come_first(self) -> None:
        night = Driver(flow(job("A", retry=RetryDef(1)), job("B"), fail_fast=True))
        night.start("A", "B").end("A", 1)
        assert night.states["B"] == "running"


def test_a_retry_that_comes_with_the_cancel_of_its_run_does_not_start() -> None:
    """The news of a failure may be folded after the cancel when the job was about to retry."""
    night = Driver(flow(job("A", retry=RetryDef(3, delay=1.0)), job("B"))).start("A", "B")
    night.end("A", 1).verb("cancel")
    assert night.states == {"A": "cancelled", "B": "stopping"}


@pytest.mark.parametrize("jobs", [100, 1000])
def test_deciding_looks_at_what_changed_only(jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs looked at for one end do not grow with the size of the run."""
    from jobmon.runtime.board.book import Book

    night = Driver(flow(job("A"), job("B", "A"), *(job(f"j{i}", "B") for i in range(jobs))))
    night.start("A")
    looked: list[int] = []
    original = Book.verdict

    def counted(book: Book, index: int):
        looked.append(index)
        return original(book, index)

    monkeypatch.setattr(Book, "verdict", counted)
    night.end("A")
    assert set(looked) <= {0, 1}


def test_a_job_starts_when_all_its_limits_have_room() -> None:
    jobs = (
        job("both", pool="db", rate="site", priority=2),
        job("next", pool="db", rate="site", priority=1),
        job("pool", pool="db"),
        job("rate", rate="site"),
    )
    limits = Limits(slots=10, pools={"db": 2}, rates={"site": 1})
    assert launched(Driver(flow(*jobs), limits).settle())[:2] == ["both", "pool"]


def test_what_waits_for_another_limit_keeps_no_lock_mate_waiting() -> None:
    jobs = (job("A", lock="x", rate="site", priority=1), job("B", lock="x"))
    night = Driver(flow(*jobs), Limits(slots=10, rates={"site": 0})).settle()
    assert launched(night) == ["B"]


def test_a_lock_held_outside_keeps_its_jobs_waiting() -> None:
    night = Driver(flow(job("A", lock="x"), job("B")), Limits(slots=2, locked={"x": "a script"}))
    assert launched(night.settle()) == ["B"]
    night.limits = Limits(slots=2)
    assert launched(night.settle()) == ["B", "A"]


def test_a_map_runs_so_many_children_at_once_in_each_run() -> None:
    names = [f"m[{i}]" for i in range(3)]
    template = job("m", *names, map=MapDef(over=Literal([0, 1, 2]), max_parallel=2, after=()))
    children = [job(f"m[{i}]", of="m", item_key=str(i), item=i) for i in range(3)]
    night = Driver(flow(template, *children)).settle()
    night.fold(new_run(2, night.run.definition)).settle()
    assert launched(night) == ["m[0]", "m[1]"] * 2
    night.start("m[0]").end("m[0]")
    assert launched(night) == [*["m[0]", "m[1]"] * 2, "m[2]"]


def test_what_starts_no_process_takes_no_slot() -> None:
    night = Driver(flow(job("A"), job("sub", kind="subflow", flow="g"), job("B")), Limits(slots=1))
    assert launched(night.settle()) == ["A", "sub"]
    assert (night["sub"].slot, night.board.launch_line.active) == (-1, 1)
