"""The question before a verb: how many jobs it acts on, what else it touches, what to know."""

from __future__ import annotations

import pytest

from jobmon.runtime.forecasting.forecast import FlowHistory, JobHistory, Past
from jobmon.runtime.states import State
from jobmon.tui.acting.confirm import Confirm, Planned, takes
from jobmon.tui.acting.orders import Order
from jobmon.tui.actions import BY_ID, legal
from jobmon.tui.picture import Size
from jobmon.tui.text import plain
from tests.core import job
from tests.tui.fakehands import touched
from tests.tui.flows import flow
from tests.tui.worlds import UNICODE, Folder, stage

CHAIN = flow("chain", *(job(name, *up) for name, up in zip("ABCD", ("", *"ABC"), strict=True)))


def question(action: str, order: Order, *rows: tuple[str, str, str]) -> Confirm:
    folder = Folder()
    folder.run(CHAIN, 7)
    plan = Planned(order, touched("chain#7", *rows))
    return Confirm(BY_ID[action], [plan], stage(folder).world, lambda _: None)


def order(verb: str, *jobs: str, **options: object) -> Order:
    return Order(0, verb, "chain#7", jobs, options)


def picture(box: Confirm) -> list[str]:
    return [plain(line) for line in box.body(UNICODE, Size(96, 20))]


STALE = [(name, "succeeded", "stale") for name in "BCD"]


def test_a_rerun_of_one_job_alone_counts_what_starts_again_and_names_it_first() -> None:
    box = question("job.rerun", order("rerun", "A", only=True), *STALE, ("A", "failed", "waiting"))
    assert box.title == "rerun 1 job; touches 3 more?"
    _, first, second, *_ = picture(box)
    assert first.startswith("A ")
    assert "waiting" in first
    assert "stale" in second.split("not declared")[-1]


def test_stale_is_a_note_and_no_state() -> None:
    heading, first, *_ = picture(question("job.rerun", order("rerun", "A", only=True), *STALE))
    assert first.index("stale") >= heading.index("NOTE")


def test_what_a_cancel_keeps_from_starting_is_told_apart() -> None:
    doomed = [(name, "waiting", "upstream_failed") for name in "BCD"]
    box = question("job.cancel", order("cancel", "A"), *doomed, ("A", "running", "cancelled"))
    assert box.title == "cancel 1 job; touches 3 more?"


def test_a_mark_names_its_outcome() -> None:
    box = question("job.mark", order("mark", "A", outcome="success"), ("A", "failed", "succeeded"))
    assert box.title == "mark 1 job as success?"


# Deadlines


@pytest.mark.parametrize(
    ("deadline", "time", "end"),
    [
        ("09:00", "2025-11-23T06:10:00+09:00", "09:11"),  # NOW is 09:01 there
        ("09:12", "2025-11-23T06:10:00+09:00", ""),
        ("06:00", "2025-11-22T23:30:00+09:00", "09:11"),  # of the next day
        ("06:00", "2025-11-23T08:00:00+09:00", ""),  # tomorrow's
        ("23:50", "2025-11-22T06:10:00+09:00", "11-23 09:11"),
        ("00:05", "2025-11-23T00:00:00+00:00", "00:11"),
        ("", "2025-11-23T06:10:00+09:00", ""),
    ],
)
def test_a_deadline_is_the_first_one_from_the_run_s_time_on(
    deadline: str, time: str, end: str
) -> None:
    folder = Folder()
    folder.run(flow("chain", job("A"), deadline=deadline), 7, time=time)
    past = tuple(Past(f"chain#{n}", "succeeded", 0.0, 600.0) for n in range(5))
    folder.site.histories["chain"] = FlowHistory({"A": JobHistory(past)})
    plan = Planned(order("rerun", "A"), touched("chain#7", ("A", "failed", "waiting")))
    _, *late = takes(stage(folder).world, plan)
    assert late == ([f"it would end at {end}, past its deadline {deadline}"] if end else [])


# What is offered at all


@pytest.mark.parametrize(
    ("action", "state"),
    [("job.rerun", State.QUEUED), ("job.hold", State.WAITING_HUMAN)],
)
def test_what_the_runtime_always_refuses_is_not_offered(action: str, state: State) -> None:
    assert not legal(BY_ID[action], state)
    assert legal(BY_ID[action], State.RETRY_WAIT)
