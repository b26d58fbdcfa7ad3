"""Conditions answer from params and outputs, and can do nothing else."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobmon.jobs.conditions import ConditionError, check, evaluate

PARAMS: dict[str, Any] = {"day": "2026-11-23", "n": 3, "full": False, "日": 1}
OUTPUTS: dict[str, Any] = {"load": {"rows": 5, "sites": ["jp", "us"]}, "count": 7, "集計": {"x": 0}}


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ('output["load"]["rows"] > 0', True),
        ('output["load"]["rows"] > 0 and full', False),
        ('output["load"]["rows"] == 5 or nothing_here', True),
        ("not full", True),
        ('day >= "2026-01-01"', True),
        ('params["day"] == "2026-11-23"', True),
        ('"jp" in output["load"]["sites"]', True),
        ('"fr" not in output["load"]["sites"]', True),
        ('len(output["load"]["sites"]) == 2', True),
        ('output["load"]["sites"][1] == "us"', True),
        ('1 < n < output["count"]', True),
        ('n * 2 + 1 == output["count"]', True),
        ("n % 2", True),
        ("-n < 0", True),
        ('n in [1, 2, "3"]', False),
        ('output["集計"]["x"] == 0 and 日', True),
        ("day is not None", True),
        ("full is False", True),
        ("n is True", False),
        ("  n  ", True),
    ],
)
def test_answers(expression: str, holds: bool) -> None:
    assert evaluate(expression, PARAMS, OUTPUTS) is holds


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "n >",
        '__import__("os").system("id")',
        "().__class__",
        "n.real",
        "[x for x in [1]]",
        "lambda: 1",
        "f'{n}'",
        "len(n, n)",
        "print(1)",
        "n ** n",
        "n if n else 1",
        "(n := 1)",
        "output",
        "output[n]",
        'params["day"][0:4]',
        "1_000; 2",
        "x" * 1001,
        "(" * 900 + ")" * 90,
    ],
)
def test_other_forms_are_refused_before_anything_runs(expression: str) -> None:
    with pytest.raises(ConditionError):
        check(expression)
    with pytest.raises(ConditionError):
        evaluate(expression, PARAMS, OUTPUTS)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("nobody > 1", "there is no parameter 'nobody'"),
        ('output["gone"]["x"]', "job 'gone' left no output"),
        ('output["load"]["row"] > 1', "there is no output['load']['row']"),
        ("day > 3", "cannot answer 'day > 3'"),
        ("n / 0", "cannot answer"),
        ('"a" * 1000000000', "is no number"),
        ("len(n)", "cannot answer"),
    ],
)
def test_what_cannot_be_answered_is_said(expression: str, message: str) -> None:
    with pytest.raises(ConditionError) as caught:
        evaluate(expression, PARAMS, OUTPUTS)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("expression", "instead"),
    [
        ('market is "kobe"', "write == instead of 'is'"),
        ("n is 1", "write == instead of 'is'"),
        ("None is day", "write == instead of 'is'"),
        ('market is not "kobe"', "write != instead of 'is not'"),
        ("day is None is n", "write == instead of 'is'"),
    ],
)
def test_identity_is_asked_of_none_true_and_false_only(expression: str, instead: str) -> None:
    with pytest.raises(ConditionError, match=instead):
        check(expression)


def test_check_names_what_is_needed() -> None:
    found = check('output["load"]["rows"] > n and params["day"] == other or "x" in output["b"]')
    assert found.params == {"n", "day", "other"}
    assert found.jobs == {"load", "b"}


@given(st.text(max_size=60))
def test_any_text_is_answered_or_refused(expression: str) -> None:
    with suppress(ConditionError):
        assert evaluate(expression, PARAMS, OUTPUTS) in (True, False)
