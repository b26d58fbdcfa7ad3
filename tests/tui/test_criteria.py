"""Which rows are shown: patterns, conditions, and how they read."""

from __future__ import annotations

import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobmon.tui.commandline.criteria import Condition, Criteria, fold, matches, number, recalled

ROW: dict[str, str | float] = {
    "job": "ext.orders", "flow": "daily", "owner": "anna@pts/1", "state": "running",
    "elapsed": 80.0, "code": "", "late": False, "held": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("ext*", "ext.orders", True),
        ("EXT*", "ext.orders", True),
        ("ext", "ext.orders", False),
        ("*orders", "ext.orders", True),
        ("ext%orders", "ext.orders", True),
        ("ext%%orders", "ext.orders", False),
        ("*", "", True),
        ("a*a", "a", False),
        ("**x**", "x", True),
        ("ext.orders", "extXorders", False),
        ("[ab]*", "[ab]c", True),
        ("売上*", "売上集計", True),
        ("売上%%", "売上集計", True),
        ("が*", "か\u3099く", True),  # a composed sign and its two parts are one
        ("ｅｘｔ＊", "ext.orders", True),
        ("バッチ", "ﾊﾞｯﾁ", True),
        ("", "", True),
    ],
)
def test_patterns(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


@given(st.text(alphabet="ab.*%", max_size=8), st.text(alphabet="ab.", max_size=8))
def test_a_pattern_means_what_its_signs_say(pattern: str, text: str) -> None:
    plain = "".join({"*": ".*", "%": "."}.get(c, re.escape(c)) for c in pattern)
    assert matches(pattern, text) is (re.fullmatch(plain, text) is not None)


def test_many_stars_cost_no_more() -> None:
    start = time.perf_counter()
    assert not matches("*a" * 40 + "b", "a" * 200)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90", 90.0),
        ("-1.5", -1.5),
        ("55%", 55.0),
        ("5m", 300.0),
        ("1h30m", 5400.0),
        ("nan", None),
        ("load", None),
        ("", None),
    ],
)
def test_numbers_as_people_write_them(text: str, expected: float | None) -> None:
    assert number(text) == expected


@pytest.mark.parametrize(
    ("column", "op", "value", "expected"),
    [
        ("elapsed", ">", "60", True),
        ("elapsed", ">", "1m20s", False),
        ("elapsed", ">=", "1m20s", True),
        ("elapsed", "<", "2m", True),
        ("elapsed", "=", "80", True),
        ("flow", "=", "DAILY", True),
        ("flow", "=", "d*", True),
        ("flow", "!=", "d*", False),
        ("flow", "~", "AIL", True),
        ("flow", "~", "x", False),
        ("flow", "<", "e", True),
        ("code", "=", "", True),
        ("code", ">", "0", False),
        ("code", "!=", "8", True),
        ("nowhere", "=", "", True),
        ("nowhere", "<", "z", False),
    ],
)
def test_conditions(column: str, op: str, value: str, expected: bool) -> None:
    assert Condition(column, op, value).admits(ROW) is expected
    assert Criteria(conditions=(Condition(column, op, value),)).admits(ROW) is expected


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        (Criteria(), True),
        (Criteria(prefix="ext*"), True),
        (Criteria(prefix="load*"), False),
        (Criteria(owner="anna"), True),
        (Criteria(owner="anna@*"), True),
        (Criteria(owner="ann"), False),
        (Criteria(states=("failed", "running")), True),
        (Criteria(states=("failed",)), False),
        (Criteria(text="ORDERS"), True),
        (Criteria(text="stock"), False),
        (Criteria(faults=True), False),
    ],
)
def test_each_part_hides_rows(criteria: Criteria, expected: bool) -> None:
    assert criteria.admits(ROW) is expected


@pytest.mark.parametrize(
    "change", [{"state": "failed"}, {"state": "lost"}, {"state": "waiting_human"}, {"late": True}]
)
def test_what_somebody_has_to_look_at_is_a_fault(change: dict[str, str | float]) -> None:
    assert Criteria(faults=True).admits(ROW | change)
    assert Criteria(faults=True).admits(ROW | {"held": True})


def test_the_words_say_all_of_it() -> None:
    criteria = Criteria(
        prefix="ext*",
        owner="anna",
        states=("failed", "running"),
        conditions=(Condition("elapsed", ">", "60"), Condition("flow", "=", "売上 日次")),
        text="two words",
        faults=True,
    )
    assert criteria.words() == (
        "prefix=ext*  owner=anna  state=failed,running  elapsed>60"
        '  flow="売上 日次"  find="two words"  faults'
    )
    assert Criteria().words() == ""


def test_a_condition_on_the_same_column_and_sign_is_replaced() -> None:
    criteria = Criteria().where(Condition("elapsed", ">", "60"))
    criteria = criteria.where(Condition("elapsed", "<", "600")).where(
        Condition("elapsed", ">", "90")
    )
    assert criteria.words() == "elapsed<600  elapsed>90"


def test_criteria_are_remembered() -> None:
    criteria = Criteria(prefix="ext*", states=("failed",)).where(Condition("code", "=", "8"))
    assert recalled(json.loads(json.dumps(criteria.remember()))) == criteria
    assert bool(criteria)
    assert not Criteria()


@pytest.mark.parametrize(
    "kept", [None, 3, [], {"prefix": 3}, {"conditions": [["a", "??", "b"]]}, {"conditions": [[1]]}]
)
def test_what_makes_no_sense_is_no_filter(kept: object) -> None:
    assert recalled(kept) == Criteria()


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
