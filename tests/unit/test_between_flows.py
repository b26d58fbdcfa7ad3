"""What flows say of each other: after, File and Outcome, and what of it cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from jobmon.jobs import File, Flow, FlowError, Outcome, Param, after
from jobmon.jobs.circles import circles, mistakes, needs, starters
from jobmon.jobs.definition import AfterDef, FileTriggerDef, FlowDef, FlowTriggerDef
from jobmon.jobs.loader import Loaded


def made(name: str, **options: Any) -> FlowDef:
    flow = Flow(name, **options)
    flow.shell("a", "true")
    return flow.definition()


def wrong(**options: Any) -> str:
    with pytest.raises(FlowError) as error:
        made("f", **options)
    return str(error.value)


def test_what_is_written_is_kept() -> None:
    flow = made(
        "日次",
        params={"file": "", "of": ""},
        after=[after("読込", same="week", on="end", timeout="2h", if_missing="start"), "other"],
        triggers=[File("inbox/*.csv", settle="5s", param="file"), Outcome("読込", on="failure")],
    )
    assert flow.after == (AfterDef("読込", "week", "end", 7200.0, "start"), AfterDef("other"))
    assert flow.triggers == (
        FileTriggerDef("inbox/*.csv", 5.0, "file"),
        FlowTriggerDef("読込", "failure"),
    )
    assert made("f", after="g").hash != made("f").hash


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"after": 3}, "3 is no after"),
        ({"after": after("g", same="year")}, "'year' is not known here"),
        ({"after": after("g", if_missing="fail")}, "without a timeout never comes"),
        ({"after": "f"}, "flow 'f' waits for itself"),
        ({"triggers": "inbox/*"}, "'inbox/*' is no trigger"),
        ({"triggers": File("inbox/")}, "names no files"),
        ({"triggers": File("a\0b")}, "NUL"),
        ({"triggers": File("*", settle="soon")}, "'soon' is no duration"),
        ({"triggers": Outcome("f")}, "a flow cannot start itself"),
        ({"triggers": Outcome("g", on="succeeded")}, "'succeeded' is not known here"),
        ({"triggers": File("*", param="fiel"), "params": {"file": ""}}, "did you mean 'file'?"),
        ({"triggers": File("*"), "params": {"day": Param(str)}}, "'day' must be given"),
    ],
)
def test_what_cannot_be_is_a_mistake_with_its_reason(options: dict[str, Any], said: str) -> None:
    assert said in wrong(**options)


def folder(**others: dict[str, Any]) -> dict[str, FlowDef]:
    return {name: made(name, **options) for name, options in others.items()}


def test_circles_are_named_by_their_path_also_where_they_cross() -> None:
    flows = folder(
        a={"after": "b"},
        b={"triggers": Outcome("c")},
        c={"after": ["a", "d"]},
        d={"after": "c"},
        e={"after": ["a", "nobody"]},
    )
    assert circles(needs(flows)) == [["a", "b", "c", "a"], ["c", "d", "c"]]
    assert circles(starters(flows)) == []  # the first run of it would wait, but none starts another
    said = [(m.text, m.warning) for m in mistakes(Loaded(flows=flows))]
    assert said[0] == (
        "flows wait for, or start, each other in a circle: a -> b -> c -> a",
        False,
    )
    assert said[-1][0].startswith("flow 'e': there is no flow 'nobody'")
    assert said[-1][1]


def test_many_flows_in_one_circle() -> None:
    names = [f"f{i}" for i in range(500)]
    flows = folder(**{n: {"after": names[i - 1]} for i, n in enumerate(names)})
    (path,) = circles(needs(flows))
    assert len(path) == 501
