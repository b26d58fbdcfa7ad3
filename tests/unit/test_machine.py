"""Whatever happens in whatever order, the core keeps its promises.

Hypothesis drives random graphs through launches, ends, losses, verbs, holds and restarts, and
checks after every step what must always hold.
"""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from jobmon.jobs.definition import TRIGGERS, FlowDef, JobDef, RetryDef
from jobmon.runtime.board import Board
from jobmon.runtime.board.book import Book
from jobmon.runtime.board.triggers import class_of, verdict
from jobmon.runtime.decide import decide
from jobmon.runtime.errors import JobmonError, RefusedError, UsageError
from jobmon.runtime.model import RUN_TERMINAL, Event, ExitRecord, Limits
from jobmon.runtime.settle import conclude
from jobmon.runtime.states import ACTIVE, TERMINAL, Input, State
from jobmon.runtime.verbs import VERBS, Command, plan, preview
from tests.core import counted, job, new_run

LIMITS = Limits(slots=3, pools={"db": 1})
RUNS = (1, 2)


@st.composite
def flows(draw: st.DrawFn) -> FlowDef:
    """Up to eight jobs with random edges upward, rules, retries, locks and handlers."""
    count = draw(st.integers(1, 8))
    names = [f"j{i}" for i in range(count)]
    jobs = [_job(draw, names, i) for i in range(count)]
    return FlowDef(name="f", jobs=tuple(jobs), fail_fast=draw(st.booleans()))


def _job(draw: st.DrawFn, names: list[str], i: int) -> JobDef:
    after = draw(st.lists(st.sampled_from(names[:i]), max_size=3, unique=True)) if i else []
    last = i == len(names) - 1
    handler = draw(st.sampled_from(names[i + 1 :])) if not last and draw(_RARELY) else ""
    return job(
        names[i],
        *after,
        kind=draw(st.sampled_from(["shell", "shell", "shell", "manual"])),
        trigger=draw(st.sampled_from(("all_success", *TRIGGERS))),
        when=draw(st.sampled_from([*[""] * 9, "n > 0", "n < 0", "missing > 0"])),
        retry=draw(st.sampled_from([None, RetryDef(2, delay=5.0, backoff=2.0)])),
        effects=draw(st.sampled_from(["", "idempotent", "once"])),
        tolerate=draw(_RARELY),
        on_failure=handler,
        finally_=last and draw(st.booleans()),
        pool=draw(st.sampled_from(["", "db"])),
        lock=draw(st.sampled_from(["", "", "x"])),
        priority=draw(st.integers(0, 2)),
    )


_RARELY = st.sampled_from([True, False, False, False, False])


class Machine(RuleBasedStateMachine):
    """A runtime without processes: the board, the loop around it, and its log of events."""

    @initialize(flow=flows(), second=st.booleans())
    def begin(self, flow: FlowDef, second: bool) -> None:
        self.flow = flow
        self.board = Board()
        self.now = 1000.0
        self.log: list[Event] = []
        self.open: dict[str, tuple[int, int]] = {}
        self.highest: dict[tuple[int, int], int] = {}
        self.digest = self.board.add_definition(flow)
        for run in RUNS[: 1 + second]:
            self.fold(new_run(run, self.digest, self.now, params={"n": 1}))
        self.loop()

    # What the runtime does around the core

    def fold(self, event: Event) -> None:
        note(f"{event.kind} {event.run}.{event.job}.{event.attempt} {event.data}")
        if event.kind == "job.launch":
            self.check_launch(event)
        self.board.apply(event)
        self.log.append(msgspec.json.decode(msgspec.json.encode(event), type=Event))

    def check_launch(self, event: Event) -> None:
        key = (event.run, event.job)
        job_run, run, book = self.board.jobs[key], self.board.runs[key[0]], self.book(key[0])
        assert key not in self.open.values(), "a second attempt while one is open"
        assert event.attempt > self.highest.get(key, 0), "attempt numbers only grow"
        assert book_verdict(book, event.job) is Input.READY, "launched before its rule is met"
        assert not job_run.held, "launched while held"
        assert not run.held, "launched while its run is held"
        spared = run.cancel == "soft" and self.flow.jobs[event.job].finally_
        assert not run.cancel or spared, "launched in a cancelled run"
        self.highest[key] = event.attempt
        self.open[f"{event.run}.{event.job}.{event.attempt}"] = key

    def loop(self) -> None:
        for _ in range(200):
            events = decide(self.board, self.now, LIMITS)
            if not events:
                return
            for event in events:
                self.fold(event)
        raise AssertionError("deciding does not come to rest")

    def book(self, run: int) -> Book:
        return self.board.books[run]

    def opened(self) -> list[str]:
        return sorted(self.open)

    # What may happen

    @precondition(lambda self: self.open)
    @rule(data=st.data(), code=st.sampled_from([0, 0, 0, 1, 75, 65]))
    def attempt_ends(self, data: st.DataObject, code: int) -> None:
        key = self.open.pop(data.draw(st.sampled_from(self.opened())))
        record = ExitRecord(reason="exit", code=code, ended=self.now)
        stopped = self.board.jobs[key].state is State.STOPPING
        if stopped:
            record = ExitRecord(reason="stop", signal=15, ended=self.now)
        self.fold(conclude(self.board.jobdef(key), self.board.jobs[key], record, self.now))
        self.loop()

    @precondition(lambda self: self.open)
    @rule(
        data=st.data(),
        kind=st.sampled_from(["started", "voided", "lose", "timeout"]),
    )
    def news(self, data: st.DataObject, kind: str) -> None:
        attempt = data.draw(st.sampled_from(self.opened()))
        key = self.open[attempt]
        job_run = self.board.jobs[key]
        told = {"reason": "timeout"} if kind == "timeout" else {"reason": "initiator"}
        kind = "stop" if kind == "timeout" else kind
        if kind == "voided" and job_run.state is State.RUNNING:
            return
        if kind == "started" and job_run.state is State.RUNNING:
            return
        if kind in {"voided", "lose"}:
            del self.open[attempt]
        self.fold(
            Event(
                kind=f"job.{kind}",
                at=self.now,
                run=key[0],
                job=key[1],
                attempt=job_run.attempt,
                data=told,
            )
        )
        self.loop()

    @rule(seconds=st.sampled_from([1.0, 5.0, 30.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.loop()

    @rule(data=st.data(), verb=st.sampled_from(sorted(VERBS)), whole=_RARELY)
    def person_acts(self, data: st.DataObject, verb: str, whole: bool) -> None:
        run = data.draw(st.sampled_from(sorted(self.board.runs)))
        jobs = st.lists(st.sampled_from(range(len(self.flow.jobs))), min_size=1, max_size=2)
        command = Command(
            verb=verb,
            target_run=run,
            jobs=None if whole else tuple(data.draw(jobs)),
            options=data.draw(_options(verb)),
            who="anna",
        )
        before = msgspec.to_builtins(list(self.board.jobs.values()))
        try:
            planned = plan(self.board, command, self.now)
        except (RefusedError, UsageError) as error:
            note(f"refused: {error}")
            check_refusal(error)
        else:
            assert planned.touched, "a verb that acts touches something"
            preview(self.board, planned, self.now)
            assert msgspec.to_builtins(list(self.board.jobs.values())) == before
            for event in planned.events:
                self.fold(event)
        self.loop()

    @rule()
    def restart(self) -> None:
        """A runtime that starts again from the rows goes on as this one would have."""
        board = Board()
        board.add_definition(self.flow)
        for run in self.board.runs.values():
            rows = msgspec.json.encode(list(self.board.jobs_of(run.id)))
            stored = msgspec.json.encode(run)
            board.load(
                msgspec.json.decode(stored, type=type(run)),
                msgspec.json.decode(rows, type=list[type(self.board.jobs[run.id, 0])]),
            )
        later = self.now + 60.0
        assert facts(board) == facts(self.board)
        assert decide(board, later, LIMITS) == decide(self.board, later, LIMITS)
        self.board = board

    # What must always hold

    @invariant()
    def open_attempts_are_the_active_jobs(self) -> None:
        active = {key for key, job_run in self.board.jobs.items() if job_run.state in ACTIVE}
        assert active == set(self.open.values())
        assert len(active) == len(self.open) <= LIMITS.slots

    @invariant()
    def pools_and_locks_hold(self) -> None:
        active = [self.flow.jobs[key[1]] for key in self.open.values()]
        assert sum(each.pool == "db" for each in active) <= 1
        assert sum(each.lock == "x" for each in active) <= 1

    @invariant()
    def counters_equal_a_recount(self) -> None:
        for run in self.board.runs:
            live, fresh = self.book(run), Book(self.book(run).shape, self.board.jobs_of(run))
            assert live.counts == fresh.counts
            assert live.tallies == fresh.tallies
            assert (live.parked, live.warned) == (fresh.parked, fresh.warned)
            record = self.board.runs[run]
            wanted = {i for i in range(len(live.jobs)) if live.pending(record, i) is not None}
            assert live.ripe == wanted
            assert not live.ripe, "nothing is left to decide when the loop rests"

    @invariant()
    def what_was_let_through_may_still_start(self) -> None:
        """An upstream that is run again takes back the jobs that it had made ready."""
        for (run, index), job_run in self.board.jobs.items():
            if job_run.state in {State.QUEUED, State.RETRY_WAIT, State.WAITING_HUMAN}:
                assert book_verdict(self.book(run), index) is Input.READY

    @invariant()
    def a_run_is_over_only_when_all_its_jobs_are(self) -> None:
        for run in self.board.runs.values():
            over = all(job_run.state in TERMINAL for job_run in self.board.jobs_of(run.id))
            assert (run.state in RUN_TERMINAL) == over
            assert (run.ended is not None) == over

    @invariant()
    def a_job_that_runs_has_no_end(self) -> None:
        for job_run in self.board.jobs.values():
            if job_run.state in TERMINAL:
                assert job_run.ended is not None
            elif job_run.state is not State.RETRY_WAIT:
                assert job_run.ended is None

    @invariant()
    def the_log_folds_to_the_same_board(self) -> None:
        other = Board()
        other.add_definition(self.flow)
        for event in self.log:
            other.apply(event)
        assert facts(other) == facts(self.board)


def check_refusal(error: JobmonError) -> None:
    assert error.what
    assert error.why


def facts(board: Board) -> dict[str, Any]:
    """All that two boards must agree on."""
    return {
        "runs": board.runs,
        "jobs": board.jobs,
        "counts": {run: board.counts(run) for run in board.runs},
        "ready": board.launch_line.ready,
        "busy": board.launch_line.busy,
        "taken": board.launch_line.taken,
        "grouped": board.launch_line.grouped,
        "active": board.launch_line.active,
        "due": board.due_line.entries,
        "restless": board.restless,
    }


def book_verdict(book: Book, index: int) -> Input | None:
    """The trigger rule asked of the parents themselves, not of the counters."""
    ups = [class_of(book.jobs[up]) for up in book.shape.parents[index]]
    return verdict(book.shape.rules[index], counted(ups))


def _options(verb: str) -> st.SearchStrategy[dict[str, Any]]:
    choices: dict[str, list[dict[str, Any]]] = {
        "rerun": [{}, {"only": True}, {"failed": True}],
        "cancel": [{}, {"hard": True}],
        "mark": [{"outcome": "success"}, {"outcome": "failed"}],
    }
    return st.sampled_from(choices.get(verb, [{}]))


Machine.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestMachine = Machine.TestCase
