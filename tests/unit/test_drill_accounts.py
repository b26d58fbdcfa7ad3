"""The books of a drill find what is wrong, each kind under its own word."""

from __future__ import annotations

from typing import Any

import pytest

from jobmon.runtime.drill.accounts import AttemptRow, Found, settle_up
from jobmon.runtime.drill.dummies import Expected

EXPECTED = Expected(
    "succeeded", ("集計", "b", "repair"), ("succeeded", "succeeded", "skipped"), ((), (0,), (1,))
)
WELL: dict[str, Any] = {
    "effects": [(word, f"1.{job}.1") for job in (0, 1) for word in ("start", "end")],
    "attempts": [AttemptRow(1, 0, 1, "succeeded"), AttemptRow(1, 1, 1, "succeeded")],
    "jobs": {(1, 0): ("succeeded", 0), (1, 1): ("succeeded", 0), (1, 2): ("skipped", None)},
    "runs": {1: ("朝#1", "succeeded")},
    "accepted": ["朝#1"],
    "left_over": [],
}
EFFECTS: list[tuple[str, str]] = WELL["effects"]
JOBS: dict[Any, Any] = WELL["jobs"]


def test_a_drill_that_went_well() -> None:
    account = settle_up(EXPECTED, Found(**WELL))
    assert account.good, account
    assert account.figures == {"runs": 1, "jobs": 3, "ran": 2, "attempts": 2, "void": 0}


@pytest.mark.parametrize(
    ("change", "word", "said"),
    [
        ({"effects": [("start", "1.0.1"), *EFFECTS]}, "duplicated", "1.0.1 began 2 times"),
        (
            {"effects": [*EFFECTS, ("start", "1.0.2"), ("end", "1.0.2")]},
            "duplicated",
            "朝#1 集計 ran 2 times",
        ),
        ({"attempts": [AttemptRow(1, 0, 1, "void"), WELL["attempts"][1]]}, "duplicated", "not to"),
        (
            {"runs": WELL["runs"] | {2: ("朝#2", "succeeded")}},
            "duplicated",
            "朝#2 is there, and nobody",
        ),
        ({"effects": EFFECTS[:2]}, "lost", "朝#1 b is succeeded, and never ended"),
        ({"jobs": JOBS | {(1, 1): ("lost", None)}}, "lost", "b is lost, and ended"),
        ({"accepted": ["朝#1", "朝#2"]}, "lost", "朝#2 was acknowledged"),
        ({"jobs": JOBS | {(1, 1): ("failed", 1)}}, "wrong", "b is failed, not succeeded"),
        ({"jobs": JOBS | {(1, 1): ("succeeded", 3)}}, "wrong", "with code 3"),
        (
            {"effects": [*EFFECTS, ("start", "1.2.1"), ("end", "1.2.1")]},
            "wrong",
            "repair ran, although it was to be skipped",
        ),
        ({"effects": [*EFFECTS[2:], *EFFECTS[:2]]}, "wrong", "b began before 朝#1 集計 ended"),
        ({"runs": {1: ("朝#1", "blocked")}}, "wrong", "朝#1 is blocked"),
        ({"left_over": ["process 7 is still there"]}, "wrong", "process 7"),
    ],
)
def test_what_is_not_as_it_should_be(change: dict[str, Any], word: str, said: str) -> None:
    account = settle_up(EXPECTED, Found(**WELL | change))
    assert not account.good
    assert any(said in line for line in getattr(account, word)), account
