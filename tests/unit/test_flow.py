"""Flows as people write them become records, and what is wrong is said with the user's line."""

# Edges are drawn by expressions.
# pyright: reportUnusedExpression=false
from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jobmon.jobs import Cron, Flow, FlowError, Job, Param, Retry, Secret
from jobmon.jobs.definition import (
    CronDef,
    FlowDef,
    JobDef,
    Literal,
    OutputRef,
    ParamRef,
    RetryDef,
    SecretRef,
)
from jobmon.runtime.launch import PASSED


def line() -> int:
    """The line of the caller."""
    return sys._getframe(1).f_lineno


def job(flow: Flow, name: str) -> JobDef:
    return next(j for j in flow.definition().jobs if j.name == name)


def mistakes(flow: Flow) -> list[str]:
    with pytest.raises(FlowError) as caught:
        flow.definition()
    return [m.text for m in caught.value.mistakes]


def morning() -> Flow:
    flow = Flow("morning", params={"day": "today"})
    a = flow.shell(
        "collect",
        'python3 collect.py --day "$day"',
        retry=Retry(3, delay="2s", backoff=2, max_delay="8s"),
        timeout="10m",
    )
    b = flow.exec("load", ["python3", "load.py"])
    c = flow.shell("publish", "./publish.sh")

    @flow.python(effects="idempotent")
    def summarise(rows: int = b.output["rows"]) -> dict[str, int]:
        return {"twice": rows * 2}

    check = flow.manual("adjust statuses", "Adjust by hand, then mark done")
    a >> b >> c
    [c, summarise] >> check
    return flow


def test_the_flow_of_the_issue_reads_as_it_is_written() -> None:
    flow = morning().definition()
    assert [(j.name, j.kind, j.after) for j in flow.jobs] == [
        ("collect", "shell", ()),
        ("load", "exec", ("collect",)),
        ("publish", "shell", ("load",)),
        ("summarise", "python", ("load",)),
        ("adjust statuses", "manual", ("publish", "summarise")),
    ]
    assert flow.jobs[0].retry == RetryDef(3, 2.0, 2.0, 8.0)
    assert flow.jobs[0].timeout == 600.0
    assert flow.jobs[1].argv == (Literal("python3"), Literal("load.py"))
    assert flow.jobs[3].args == {"rows": OutputRef("load", "rows")}
    assert flow.jobs[3].function == "morning/summarise"
    assert flow.params[0].type == "date"


def test_a_python_job_can_be_called_in_a_test() -> None:
    summarise = morning().jobs["summarise"]
    assert summarise(rows=4) == {"twice": 8}
    assert summarise(4) == {"twice": 8}
    with pytest.raises(TypeError, match="needs a value for rows"):
        summarise()
    with pytest.raises(TypeError, match="no python function"):
        morning().jobs["load"]()


@pytest.mark.parametrize(
    ("draw", "edges"),
    [
        (lambda a, b, c, _: a >> b >> c, {"b": ("a",), "c": ("b",)}),
        (lambda a, b, c, _: a >> [b, c], {"b": ("a",), "c": ("a",)}),
        (lambda a, b, c, d: a >> [b, c] >> d, {"b": ("a",), "c": ("a",), "d": ("b", "c")}),
        (lambda a, b, c, _: [a, b] >> c, {"c": ("a", "b")}),
        (lambda a, b, c, _: c << [a, b], {"c": ("a", "b")}),
        (lambda a, b, c, _: c << b << a, {"c": ("b",), "b": ("a",)}),
        (lambda a, b, c, _: [b, c] << a, {"b": ("a",), "c": ("a",)}),
        (lambda a, b, c, d: a >> [b, c] >> d << b, {"b": ("a",), "c": ("a",), "d": ("b", "c")}),
    ],
)
def test_edges(draw: Any, edges: dict[str, tuple[str, ...]]) -> None:
    flow = Flow("f")
    draw(*(flow.shell(name, "true") for name in "abcd"))
    assert {j.name: j.after for j in flow.definition().jobs if j.after} == edges


def test_an_edge_joins_jobs_of_one_flow() -> None:
    flow, other = Flow("f"), Flow("g")
    a = flow.shell("a", "true")
    with pytest.raises(TypeError, match="'b' is none"):
        a >> "b"
    other.shell("x", "true") >> a
    assert mistakes(flow) == ["job 'a' cannot wait for 'x' of flow 'g'"]


def test_params_and_outputs_stand_in_argv_and_env() -> None:
    day = Param(date, default="today")
    flow = Flow("f", params={"day": day, "n": 3})
    a = flow.shell("a", "true")
    flow.exec(
        "b",
        ["x", day, flow.params.n, flow.params["day"], a.output["rows"], Path("p"), 1.5, True],
        env={"S": Secret("token"), "N": 7, "DAY": day, "ALL": a.output, "D": date(2026, 11, 1)},
    )
    b = job(flow, "b")
    assert b.after == ("a",)
    assert b.argv[1:] == (
        ParamRef("day"),
        ParamRef("n"),
        ParamRef("day"),
        OutputRef("a", "rows"),
        Literal("p"),
        Literal("1.5"),
        Literal("true"),
    )
    assert b.env == {
        "S": SecretRef("token"),
        "N": Literal("7"),
        "DAY": ParamRef("day"),
        "ALL": OutputRef("a"),
        "D": Literal("2026-11-01"),
    }


def test_a_function_gets_params_by_name_and_keeps_its_own_defaults() -> None:
    flow = Flow("f", params={"day": "today", "site": "jp"})

    @flow.python
    def report(day: date, limit: int = 5, where: str = flow.params.site) -> None: ...  # type: ignore[assignment]

    @flow.python("集計", group="毎朝")
    def summarise(nothing: int) -> None: ...

    assert mistakes(flow) == ["job '集計': nothing gives the argument 'nothing' its value"]
    del flow.jobs["集計"]
    flow.mistakes.clear()
    assert job(flow, "report").args == {"day": ParamRef("day"), "where": ParamRef("site")}


def test_the_source_of_a_function_is_its_text_without_decorators() -> None:
    source = next(j.source for j in morning().definition().jobs if j.kind == "python")
    assert source.lstrip().startswith("def summarise(")
    assert source.endswith('return {"twice": rows * 2}')


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2s", 2),
        ("10m", 600),
        ("1h30m", 5400),
        ("250ms", 0.25),
        ("1d", 86400),
        (90, 90),
        (0.5, 0.5),
    ],
)
def test_durations(written: Any, seconds: float) -> None:
    flow = Flow("f")
    flow.shell("a", "true", timeout=written)
    assert job(flow, "a").timeout == seconds


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"timeout": "soon"}, "timeout: 'soon' is no duration"),
        ({"timeout": "1h 30m"}, "timeout: '1h 30m' is no duration"),
        ({"timeout": -1}, "timeout: -1 is no duration"),
        ({"timeout": float("nan")}, "timeout: nan is no duration"),
        ({"timeout": 0}, "timeout: a timeout of 0 would end the job at once"),
        ({"retyr": 3}, "unknown option 'retyr'"),
        ({"retry": "3"}, "retry: '3' is no Retry"),
        ({"retry": Retry(3, on="exteranl")}, "retry: 'exteranl' is not known here"),
        ({"trigger": "all_sucess"}, "trigger: 'all_sucess' is not known here"),
        ({"trigger": "one_failed"}, "trigger 'one_failed' with no job before it"),
        ({"retry": 1, "effects": "once"}, 'retry with effects="once"'),
        ({"on_lost": "rerun"}, 'on_lost="rerun" needs effects="idempotent"'),
        ({"ok_codes": 300}, "ok_codes: 300 is no exit code"),
        ({"warn_codes": [0]}, "exit code 0 is in ok_codes and in warn_codes"),
        ({"env": {"A=B": 1}}, "env: 'A=B' cannot name an environment variable"),
        ({"env": {"JOBMON_X": 1}}, "env: 'JOBMON_X' is jobmon's own"),
        ({"env": {"A": None}}, "env: None is no text or number"),
        ({"on_failure": "clean"}, "on_failure: there is no job 'clean'"),
        ({"when": "day >"}, "when: cannot read 'day >': invalid syntax"),
        ({"when": 'output["x"]'}, "when: there is no job 'x'"),
        ({"when": "dya == 1"}, "when: unknown parameter 'dya'"),
        ({"python": "/usr/bin/python3"}, "python= is for python jobs"),
        ({"tolerate": "yes"}, "tolerate: 'yes' is neither True nor False"),
        ({"skip_value": object}, "skip_value"),
        ({"pool": "a\0b"}, "pool: a NUL character"),
    ],
)
def test_a_wrong_option_is_said_with_its_job_and_line(options: Any, text: str) -> None:
    flow = Flow("f", params={"day": "today"})
    here = line() + 1
    flow.shell("a", "true", **options)
    with pytest.raises(FlowError) as caught:
        flow.definition()
    (mistake,) = caught.value.mistakes
    assert mistake.text.startswith("job 'a': ")
    assert text in mistake.text
    assert (mistake.file, mistake.line) == (__file__, here)
    assert mistake.hint


def test_the_hint_names_the_word_that_was_meant() -> None:
    flow = Flow("f", scheduel="0 0 * * *")  # type: ignore[call-arg]
    flow.shell("a", "true", retyr=3, trigger="all_sucess")  # type: ignore[call-arg]
    with pytest.raises(FlowError) as caught:
        flow.definition()
    hints = [m.hint for m in caught.value.mistakes]
    assert hints == [f"did you mean {w!r}?" for w in ("schedule", "retry", "all_success")]


def test_all_mistakes_are_said_at_once() -> None:
    flow = Flow("f")
    flow.shell("a", "true", timeout="x")
    flow.shell("a", "", on_failure="b")
    assert mistakes(flow) == [
        "job 'a': timeout: 'x' is no duration",
        f"two jobs are called 'a': the other is in line {flow.jobs['a'].line}",
        "job 'a' is empty",
    ]


def test_a_cycle_is_named_by_its_path() -> None:
    flow = Flow("f")
    a, b, c, d = (flow.shell(name, "true") for name in "abcd")
    d >> a >> b >> c >> a
    assert mistakes(flow) == ["the jobs wait for each other in a circle: a -> b -> c -> a"]
    e = Flow("g").shell("e", "true")
    e >> e
    assert mistakes(e.flow)[0].endswith("e -> e")  # type: ignore[arg-type]


def test_on_failure_takes_a_job_or_a_name_and_waits_for_a_failure() -> None:
    flow = Flow("f")
    tidy = flow.shell("tidy", "true")
    flow.shell("a", "true", on_failure=tidy)
    flow.shell("b", "true", on_failure="tidy")
    found = job(flow, "tidy")
    assert (found.after, found.trigger) == (("a", "b"), "one_failed")
    assert job(flow, "a").on_failure == "tidy"


def test_finally_jobs_run_after_all_others() -> None:
    flow = Flow("f", finally_="clean")
    a = flow.shell("a", "true")
    clean = flow.shell("clean", "true")
    assert job(flow, "clean").finally_
    assert job(flow, "clean").trigger == "all_done"
    flow.finally_ = [clean]
    assert job(flow, "clean").finally_
    clean >> a
    assert mistakes(flow) == ["job 'a' waits for 'clean', which is in finally_"]
    flow.finally_ = ["claen"]
    assert mistakes(flow) == ["finally_: there is no job 'claen'"]


def test_a_condition_draws_the_edge_it_needs() -> None:
    flow = Flow("f", params={"day": "today"})
    a = flow.shell("a", "true")
    late = (a.output["rows"] > 0) & ~(flow.params.day == date(2026, 1, 1))
    flow.shell("b", "true", when=late)
    flow.shell("c", "true", when='output["a"]["rows"] > 0')
    assert job(flow, "b").when == (
        '(output["a"]["rows"] > 0) and (not (params["day"] == "2026-01-01"))'
    )
    assert job(flow, "b").after == job(flow, "c").after == ("a",)
    with pytest.raises(TypeError, match="known only in the run"):
        _ = a.output["rows"] > 0 and True


def test_options_of_a_flow() -> None:
    flow = Flow(
        "f",
        schedule=Cron("10 6 * * 1-5", tz="Asia/Tokyo"),
        deadline="06:10",
        overlap="queue",
        catchup="none",
        fail_fast=True,
        tags=["朝"],
        description="d",
    ).definition()
    assert flow.schedule == CronDef("10 6 * * 1-5", "Asia/Tokyo")
    assert (flow.deadline, flow.overlap, flow.catchup, flow.fail_fast) == (
        "06:10",
        "queue",
        "none",
        True,
    )
    assert mistakes(Flow("f", schedule="* " * 200)) == ["schedule: a schedule of 400 characters"]
    assert mistakes(Flow("f", deadline="6:10")) == ["deadline: '6:10' is no time of day"]


@pytest.mark.parametrize(
    "name", ["", " ", "a/b", "-rf", "..", "a\nb", "a\0b", "a" * 201, "x\u202ey", " a"]
)
def test_names_that_nobody_can_type_are_refused(name: str) -> None:
    flow = Flow("f")
    flow.shell(name, "true")
    assert len(mistakes(flow)) == 1
    assert len(mistakes(Flow(name))) == 1


@pytest.mark.parametrize("name", ["集計", "adjust statuses", "$(id)", "[bold]", "a" * 200, "`x`"])
def test_any_printable_name_is_a_job(name: str) -> None:
    flow = Flow("f")
    flow.shell(name, "true")
    assert job(flow, name).name == name


@pytest.mark.parametrize("name", ["a@b", "a#1"])
def test_a_flow_name_leaves_room_for_run_keys(name: str) -> None:
    assert len(mistakes(Flow(name))) == 1


def test_params_of_a_wrong_kind() -> None:
    flow = Flow(
        "f",
        params={
            "x": object(),
            "PATH": "1",
            "a b": 1,
            "n": Param(int, default="two"),
            "c": Param(choices=["a"], default="b"),
            "l": Param(list),
        },
    )
    assert mistakes(flow)[1:] == [
        "params: parameter name 'PATH' is taken",
        "params: parameter name 'a b'",
        "params: parameter 'n' cannot be 'two'",
        "params: parameter 'c' cannot be 'b'",
        "params: parameter 'l' has the type list",
    ]
    with pytest.raises(AttributeError, match="no parameter 'dya': day"):
        _ = Flow("f", params={"day": "today"}).params.dya


@pytest.mark.parametrize("name", [*PASSED, "LC_PAPER", "PYTHONPATH", "JOBMON_RUN", "output"])
def test_a_param_cannot_change_a_variable_every_job_relies_on(name: str) -> None:
    (mistake,) = Flow("f", params={name: "x"}).mistakes
    assert mistake.text == f"params: parameter name {name!r} is taken"
    assert f"my_{name.lower()}" in mistake.hint
    assert not Flow("f", params={f"my_{name.lower()}": "x"}).mistakes


def test_what_is_no_condition_is_told_how_to_become_one() -> None:
    flow = Flow("f", params={"dry": False})
    load = flow.shell("load", "true")
    flow.shell("a", "true", when=load.output["rows"] is None)
    flow.shell("b", "true", when=load.output["rows"])
    flow.shell("c", "true", when=flow.params.dry)
    flow.shell("d", "true", when=3)
    hints = [mistake.hint for mistake in flow.mistakes]
    assert "write == None" in hints[0]
    assert hints[1] == hints[2] == "compare it: == True, > 0, != None ..."
    assert hints[3].startswith("write it in quotes")


def test_the_names_in_a_hint_stand_in_the_order_of_the_file() -> None:
    flow = Flow("f")
    names = [f"job{n}" for n in (5, 1, 4, 2, 3)]
    for name in names:
        flow.shell(name, "true")
    flow.shell("last", "true", when='output["zzz"] and output["yyy"]')
    with pytest.raises(FlowError) as caught:
        flow.definition()
    assert [m.text[-5:] for m in caught.value.mistakes] == ["'yyy'", "'zzz'"]
    assert {m.hint for m in caught.value.mistakes} == {f"choose from {', '.join([*names, 'last'])}"}


def test_a_param_of_another_flow_is_refused() -> None:
    day = Flow("g", params={"day": "today"}).params.day
    flow = Flow("f", params={"day": "today"})
    flow.exec("a", ["x", day])
    flow.exec("b", ["x", Secret("s")])
    assert mistakes(flow) == [
        "job 'a': <Param day> is no param of this flow",
        "job 'b': <Secret s> outside of env",
    ]


def test_a_flow_above_the_cap_is_refused_at_once() -> None:
    flow = Flow("f")
    for i in range(50_000):
        flow.shell(f"j{i}", "true")
    with pytest.raises(FlowError, match="more than 50,000 jobs in one flow"):
        flow.shell("one more", "true")


def test_a_declaration_over_several_lines_is_named_by_its_first() -> None:
    flow = Flow("f")
    here = line() + 1
    flow.shell(
        "a",
        "true",
    )
    assert job(flow, "a").line == here


def test_the_hash_follows_the_code_and_not_the_place() -> None:
    def make(command: str) -> FlowDef:
        flow = Flow("f")
        flow.shell("a", command)
        return flow.definition()

    first = make("true")
    assert first.hash == make("true").hash
    assert first.hash != make("false").hash


def test_a_job_is_not_run_by_loading() -> None:
    assert isinstance(morning().jobs["summarise"], Job)


def test_a_field_that_a_later_jobmon_adds_makes_no_other_version() -> None:
    class Later(FlowDef, frozen=True, kw_only=True, dict=True):
        added: str = ""

    made = FlowDef(name="f", jobs=(JobDef(name="a", kind="shell", retry=RetryDef(3), grace=5.0),))
    fields: dict[str, Any] = {name: getattr(made, name) for name in made.__struct_fields__}
    assert Later(**fields).hash == made.hash
    fields["added"] = "said"
    assert Later(**fields).hash != made.hash
