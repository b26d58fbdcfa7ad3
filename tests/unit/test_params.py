"""Parameters are typed by their defaults and checked before a run exists."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from jobmon.jobs import Flow, Param
from jobmon.jobs.definition import ParamDef
from jobmon.jobs.params import ParamError, as_text, resolve

DAY = date(2026, 11, 23)


def defs(**params: Any) -> tuple[ParamDef, ...]:
    return Flow("f", params=params).definition().params


@pytest.mark.parametrize(
    ("default", "kind"),
    [
        ("x", "str"),
        (3, "int"),
        (1.5, "float"),
        (True, "bool"),
        ("today", "date"),
        (date(2026, 1, 1), "date"),
        (None, "str"),
        (int, "int"),
        (Param(float), "float"),
        (Param(default=2), "int"),
        (Param("date", default="yesterday"), "date"),
    ],
)
def test_a_default_gives_the_type(default: Any, kind: str) -> None:
    assert defs(p=default)[0].type == kind


@pytest.mark.parametrize(
    ("param", "given", "value"),
    [
        ("x", "日本", "日本"),
        (1, "42", 42),
        (1, "-1", -1),
        (1.0, "2", 2.0),
        (False, "Yes", True),
        (True, "0", False),
        ("today", "yesterday", "2026-11-22"),
        ("today", "tomorrow", "2026-11-24"),
        ("today", "2026-02-28", "2026-02-28"),
        ("today", "20260228", "2026-02-28"),
        ("today", date(2026, 2, 28), "2026-02-28"),
        (Param(str, choices=["a", "b"]), "b", "b"),
    ],
)
def test_given_text_becomes_a_typed_value(param: Any, given: Any, value: Any) -> None:
    found = resolve(defs(p=param), {"p": given}, DAY)["p"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("param", "given"),
    [
        (1, "x"),
        (1, "1.5"),
        (1, True),
        (1.0, "nan"),
        (True, "maybe"),
        ("today", "2026-02-30"),
        ("today", "soon"),
        ("x", "a\0b"),
        ("x", "x" * 100_001),
        (Param(str, choices=["a", "b"]), "c"),
        (Param(int, choices=[1, 2]), "3"),
    ],
)
def test_a_wrong_value_names_the_param_and_what_it_takes(param: Any, given: Any) -> None:
    with pytest.raises(ParamError) as caught:
        resolve(defs(p=param), {"p": given}, DAY)
    assert caught.value.name == "p"
    assert caught.value.hint.startswith("it ")


def test_choices_are_listed() -> None:
    with pytest.raises(ParamError, match="it is one of 1, 2"):
        resolve(defs(p=Param(int, choices=[1, 2])), {"p": "3"}, DAY)


def test_defaults_fill_what_is_not_given() -> None:
    found = resolve(defs(day="today", since="yesterday", n=3, note=None), {"n": "4"}, DAY)
    assert found == {"day": "2026-11-23", "since": "2026-11-22", "n": 4, "note": None}


def test_an_unknown_or_missing_param_is_refused() -> None:
    with pytest.raises(ParamError, match="unknown parameter 'dya'; the flow takes day"):
        resolve(defs(day="today"), {"dya": "x"}, DAY)
    with pytest.raises(ParamError, match=r"parameter 'n' has no value; give n="):
        resolve(defs(n=int), {}, DAY)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (None, ""),
        (3, "3"),
        (date(2026, 1, 2), "2026-01-02"),
        ("a b", "a b"),
        ({"k": [1, "日"]}, '{"k": [1, "日"]}'),
    ],
)
def test_values_as_environment_text(value: Any, text: str) -> None:
    assert as_text(value) == text
