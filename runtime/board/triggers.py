"""Trigger rules: what the outcomes of a job's parents mean for it.

A rule reads four counters, so answering is O(1) however many parents a job has. The counters are
kept by the board; `lost` and everything unfinished is in none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from jobmon.runtime.model import JobRun
from jobmon.runtime.states import Input, State

OK, BRANCHED, FIRED, CANCELLED, OPEN = range(5)
"""Classes of a parent: ok (succeeded, skipped by an operator), skipped by a branch, failed in a
way `one_failed` answers to (failed, upstream_failed, expired), cancelled, and not done yet."""

_CLASS = dict.fromkeys(State, OPEN) | {
    State.SUCCEEDED: OK,
    State.SKIPPED: BRANCHED,
    State.FAILED: FIRED,
    State.UPSTREAM_FAILED: FIRED,
    State.EXPIRED: FIRED,
    State.CANCELLED: CANCELLED,
}


def class_of(job: JobRun) -> int:
    """How `job` counts for its successors: one of OK, BRANCHED, FIRED, CANCELLED, OPEN."""
    found = _CLASS[job.state]
    return OK if found == BRANCHED and job.by_operator else found


class Tally(NamedTuple):
    """How many parents are in each class, and how many there are."""

    ok: int
    branched: int
    fired: int
    cancelled: int
    total: int

    @property
    def bad(self) -> int:
        """Parents that ended in a way that is no success."""
        return self.fired + self.cancelled

    @property
    def all_done(self) -> bool:
        """No parent is open or lost."""
        return self.ok + self.branched + self.fired + self.cancelled == self.total


Rule = Callable[[Tally], Input | None]


def _all_success(t: Tally) -> Input | None:
    if t.bad:
        return Input.DOOM
    if t.branched:
        return Input.BRANCH
    return Input.READY if t.ok == t.total else None


def _all_done(t: Tally) -> Input | None:
    return Input.READY if t.all_done else None


def _one_failed(t: Tally) -> Input | None:
    if t.fired:
        return Input.READY
    return Input.BRANCH if t.all_done else None


def _one_success(t: Tally) -> Input | None:
    if t.ok:
        return Input.READY
    if not t.all_done:
        return None
    return Input.DOOM if t.bad else Input.BRANCH


def _none_failed(t: Tally) -> Input | None:
    if t.bad:
        return Input.DOOM
    return Input.READY if t.all_done else None


def _none_failed_min_one_success(t: Tally) -> Input | None:
    found = _none_failed(t)
    return Input.BRANCH if found is Input.READY and not t.ok else found


def _always(_t: Tally) -> Input | None:
    return Input.READY


def _all_items(t: Tally) -> Input | None:
    if not t.all_done:
        return None
    return Input.DOOM if t.bad else Input.READY


ALL_ITEMS = "all_items"
"""The rule of a map whose list is known: all of its children have ended, none of them badly."""
RULES: dict[str, Rule] = {
    "all_success": _all_success,
    "all_done": _all_done,
    "one_failed": _one_failed,
    "one_success": _one_success,
    "none_failed": _none_failed,
    "none_failed_min_one_success": _none_failed_min_one_success,
    "always": _always,
    ALL_ITEMS: _all_items,
}


def verdict(rule: str, tally: Tally) -> Input | None:
    """READY, BRANCH or DOOM; None while the parents leave it open. No parents: READY."""
    return RULES[rule](tally) if tally.total else Input.READY
