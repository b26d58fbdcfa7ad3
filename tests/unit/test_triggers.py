"""Trigger rules, each against every combination of parents' outcomes."""

from __future__ import annotations

from itertools import combinations_with_replacement, product

import pytest

from jobmon.jobs.definition import TRIGGERS
from jobmon.runtime.board.triggers import (
    ALL_ITEMS,
    BRANCHED,
    CANCELLED,
    FIRED,
    OK,
    OPEN,
    RULES,
    class_of,
    verdict,
)
from jobmon.runtime.model import JobRun
from jobmon.runtime.states import Input, State
from tests.core import Driver, counted, flow, job

READY, BRANCH, DOOM, WAIT = Input.READY, Input.BRANCH, Input.DOOM, None


def test_there_is_a_rule_for_every_name_and_one_of_the_runtime_s_own() -> None:
    assert set(RULES) == {*TRIGGERS, ALL_ITEMS}


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ((FIRED, OPEN), WAIT), ((OK, OPEN), WAIT), ((OK, FIRED), DOOM), ((OK, CANCELLED), DOOM),
        ((OK, BRANCHED), READY), ((OK, OK), READY), ((), READY),
    ],
)  # fmt: skip
def test_a_map_waits_for_all_its_children(kinds: tuple[int, ...], expected: Input | None) -> None:
    assert verdict(ALL_ITEMS, counted(kinds)) == expected


@pytest.mark.parametrize(
    ("state", "by_operator", "expected"),
    [
        (State.SUCCEEDED, False, OK),
        (State.SKIPPED, True, OK),
        (State.SKIPPED, False, BRANCHED),
        (State.FAILED, False, FIRED),
        (State.UPSTREAM_FAILED, False, FIRED),
        (State.EXPIRED, False, FIRED),
        (State.CANCELLED, True, CANCELLED),
        (State.LOST, False, OPEN),
        (State.WAITING, False, OPEN),
        (State.QUEUED, False, OPEN),
        (State.STARTING, False, OPEN),
        (State.RUNNING, False, OPEN),
        (State.STOPPING, True, OPEN),
        (State.RETRY_WAIT, False, OPEN),
        (State.WAITING_HUMAN, False, OPEN),
    ],
)
def test_how_a_parent_counts(state: State, by_operator: bool, expected: int) -> None:
    assert class_of(JobRun(run=1, index=0, state=state, by_operator=by_operator)) == expected


# Two parents, in every combination; per rule, in the order of RULE_ORDER.
RULE_ORDER = (
    "all_success",
    "all_done",
    "one_failed",
    "one_success",
    "none_failed",
    "none_failed_min_one_success",
    "always",
)
PAIRS = {
    (OK, OK): (READY, READY, BRANCH, READY, READY, READY, READY),
    (OK, BRANCHED): (BRANCH, READY, BRANCH, READY, READY, READY, READY),
    (OK, FIRED): (DOOM, READY, READY, READY, DOOM, DOOM, READY),
    (OK, CANCELLED): (DOOM, READY, BRANCH, READY, DOOM, DOOM, READY),
    (OK, OPEN): (WAIT, WAIT, WAIT, READY, WAIT, WAIT, READY),
    (BRANCHED, BRANCHED): (BRANCH, READY, BRANCH, BRANCH, READY, BRANCH, READY),
    (BRANCHED, FIRED): (DOOM, READY, READY, DOOM, DOOM, DOOM, READY),
    (BRANCHED, CANCELLED): (DOOM, READY, BRANCH, DOOM, DOOM, DOOM, READY),
    (BRANCHED, OPEN): (BRANCH, WAIT, WAIT, WAIT, WAIT, WAIT, READY),
    (FIRED, FIRED): (DOOM, READY, READY, DOOM, DOOM, DOOM, READY),
    (FIRED, CANCELLED): (DOOM, READY, READY, DOOM, DOOM, DOOM, READY),
    (FIRED, OPEN): (DOOM, WAIT, READY, WAIT, DOOM, DOOM, READY),
    (CANCELLED, CANCELLED): (DOOM, READY, BRANCH, DOOM, DOOM, DOOM, READY),
    (CANCELLED, OPEN): (DOOM, WAIT, WAIT, WAIT, DOOM, DOOM, READY),
    (OPEN, OPEN): (WAIT, WAIT, WAIT, WAIT, WAIT, WAIT, READY),
}


def test_the_table_has_every_pair() -> None:
    assert list(PAIRS) == list(combinations_with_replacement(range(5), 2))


@pytest.mark.parametrize("pair", PAIRS, ids=str)
@pytest.mark.parametrize("rule", RULE_ORDER)
def test_two_parents(rule: str, pair: tuple[int, int]) -> None:
    assert verdict(rule, counted(pair)) == PAIRS[pair][RULE_ORDER.index(rule)]


@pytest.mark.parametrize("rule", TRIGGERS)
def test_a_job_without_parents_is_ready_whatever_its_rule(rule: str) -> None:
    assert verdict(rule, counted(())) is READY


@pytest.mark.parametrize("rule", TRIGGERS)
def test_once_all_parents_are_done_the_rule_has_an_answer(rule: str) -> None:
    for kinds in product((OK, BRANCHED, FIRED, CANCELLED), repeat=3):
        assert verdict(rule, counted(kinds)) is not None


@pytest.mark.parametrize("rule", TRIGGERS)
def test_an_answer_given_early_holds_however_the_others_end(rule: str) -> None:
    """Only `all_success` may turn a branch skip into upstream_failed when a later parent fails."""
    for kinds in product(range(5), repeat=2):
        early = verdict(rule, counted((*kinds, OPEN)))
        if early is None:
            continue
        for last in (OK, BRANCHED, FIRED, CANCELLED):
            late = verdict(rule, counted((*kinds, last)))
            assert late == early or (rule == "all_success" and (early, late) == (BRANCH, DOOM))


JOINED = {
    "all_success": {"ok ok": "running", "ok fail": "upstream_failed", "skip ok": "running"},
    "all_done": {"ok fail": "running", "fail cancel": "running"},
    "one_failed": {"ok ok": "skipped", "ok fail": "running", "ok cancel": "skipped"},
    "one_success": {"ok fail": "running", "fail fail": "upstream_failed", "skip fail": "running"},
    "none_failed": {"skip ok": "running", "cancel ok": "upstream_failed"},
    "none_failed_min_one_success": {"skip ok": "running", "ok fail": "upstream_failed"},
    "always": {"fail fail": "running"},
}


@pytest.mark.parametrize(
    ("rule", "ends", "expected"),
    [(rule, ends, state) for rule, rows in JOINED.items() for ends, state in rows.items()],
)
def test_a_join_on_the_board(rule: str, ends: str, expected: str) -> None:
    """The whole way: parents end, the board counts, decide says. A skip is an operator's."""
    night = Driver(flow(job("A"), job("B"), job("J", "A", "B", trigger=rule)))
    for name, end in zip("AB", ends.split(), strict=True):
        if end == "skip":
            night.verb("skip", name)  # nothing has been decided yet: it is still waiting
        elif end == "cancel":
            night.settle().verb("cancel", name).stopped(name)
        else:
            night.start(name).end(name, 0 if end == "ok" else 1)
    final = night.settle().states["J"]
    assert final == ("starting" if expected == "running" else expected)


def test_one_failed_fires_at_once_while_others_run() -> None:
    night = Driver(flow(job("A"), job("B"), job("H", "A", "B", trigger="one_failed")))
    night.start("A", "B").end("A", 1)
    assert night.states == {"A": "failed", "B": "running", "H": "starting"}


def test_one_success_fires_at_the_first_success() -> None:
    night = Driver(flow(job("A"), job("B"), job("J", "A", "B", trigger="one_success")))
    night.start("A", "B").end("B", 0)
    assert night["J"].state is State.STARTING


def test_a_lost_parent_is_not_done() -> None:
    night = Driver(flow(job("A"), job("J", "A", trigger="all_done")))
    night.start("A").news("lose", "A", reason="initiator").settle()
    assert night.states == {"A": "lost", "J": "waiting"}
    night.verb("mark", "A", outcome="failed")
    assert night["J"].state is State.STARTING
