"""Maps, repeated jobs and subflows in virtual time; the board that events fold is the live one."""

from __future__ import annotations

from typing import Any

import pytest

from jobmon.jobs import Flow, FlowError, Param, Repeat, item
from jobmon.jobs.definition import Literal, MapDef
from jobmon.jobs.expansion import ListError, items_of, safe
from jobmon.runtime.board import Board
from jobmon.runtime.board.registry import MOST_INNER
from jobmon.runtime.errors import RefusedError
from jobmon.runtime.explain import explain_job
from jobmon.runtime.testing import Simulation, simulate

TOWNS = ["東京", "大阪", "京都"]


def shops(**options: Any) -> Flow:
    """list -> get (a map over its output) -> send."""
    flow = Flow("shops")
    listed = flow.exec("list", ["true"])
    get = flow.exec("get", ["get", item], map=listed.output, **options)
    get >> flow.exec("send", ["true"])
    return flow


def children(sim: Simulation) -> dict[str, str]:
    return {name: state for name, state in sim.states.items() if name.startswith("get[")}


def refolded(sim: Simulation) -> list[Any]:
    """What the events alone come to."""
    board = Board()
    board.add_definition(sim.flow)
    for event in sim.events:
        board.apply(event)
    return [board.runs[1], *board.jobs_of(1)]


def live(sim: Simulation) -> list[Any]:
    return [sim.board.runs[1], *sim.board.jobs_of(1)]


class TestMap:
    """From a list to children, and to what they leave."""

    def test_it_has_a_child_for_each_item_and_leaves_what_they_leave(self) -> None:
        sim = simulate(shops(max_parallel=2), outputs={"list": TOWNS, "get": 7})
        assert sim.outcome == "succeeded"
        assert sim.order == ["list", "get[東京]", "get[大阪]", "get[京都]", "send"]
        assert sim.starts["get[京都]"] == [2.0]  # the third waits for one of two
        assert sim.jobs["get"].output == {"東京": 7, "大阪": 7, "京都": 7}
        assert sim.attempts["get"] == 0
        assert refolded(sim) == live(sim)

    def test_of_subflows_only_so_many_wait_at_once(self) -> None:
        flow = Flow("months")
        flow.subflow("each", "month", map=list(range(MOST_INNER + 1)))
        sim = simulate(flow)
        starts = [at for (at,) in (sim.starts[f"each[{n}]"] for n in range(MOST_INNER + 1))]
        assert starts == [0.0] * MOST_INNER + [1.0]

    def test_an_empty_list_is_done_at_once(self) -> None:
        sim = simulate(shops(), outputs={"list": []})
        assert (sim.outcome, sim.jobs["get"].output) == ("succeeded", {})

    def test_a_whole_that_is_too_large_is_left_out_and_says_so(self) -> None:
        sim = simulate(shops(), outputs={"list": TOWNS, "get": "x" * 30_000})
        assert sim.jobs["get"].output is None
        assert sim.jobs["get"].reason == "its output is left out: 87 KiB of at most 64"
        assert sim.outcome == "succeeded"

    @pytest.mark.parametrize(
        ("options", "given", "why"),
        [
            ({}, ["a", "a"], "two items have the key 'a': name a key that differs by map_key="),
            ({}, 7, "it is no list: 7"),
            ({}, "[1, ", "it is no JSON list"),
            ({}, "[NaN]", "it is no JSON list: NaN is no JSON"),
            ({}, '["\\ud800"]', "it is no JSON list"),
            ({"map_most": 2}, ["a", "b", "c"], "it has 3 items, at most 2: see map_most="),
            ({"map_key": "code"}, [{"n": 1}], "item 1 has no 'code'"),
            ({}, ["a", "b\0"], "item 2 has a NUL character"),
        ],
    )
    def test_a_list_that_cannot_be_taken_fails_it_with_the_reason(
        self, options: dict[str, Any], given: Any, why: str
    ) -> None:
        sim = simulate(shops(**options), outputs={"list": given})
        assert (sim.states["get"], sim.jobs["get"].cause) == ("failed", "data")
        assert why in sim.jobs["get"].reason
        assert sim.states["send"] == "upstream_failed"

    def test_it_waits_for_all_children_before_it_says_how_many_failed(self) -> None:
        sim = simulate(shops(), outputs={"list": TOWNS}, fail={"get[大阪]": 1, "get": 0})
        assert children(sim) == {
            "get[東京]": "succeeded", "get[大阪]": "failed", "get[京都]": "succeeded",
        }  # fmt: skip
        assert sim.jobs["get"].reason == "1 of 3 did not succeed: get[大阪]"
        assert sim.outcome == "failed"

    def test_what_the_others_left_goes_on_where_some_failed(self) -> None:
        flow = Flow("shops")
        get = flow.exec("get", ["get", item], map=TOWNS, tolerate=True)
        flow.exec("sum", ["sum", get.output["東京"]], trigger="all_done")
        sim = simulate(flow, fail={"get[大阪]": 1}, outputs={"get": 5})
        assert sim.jobs["get"].output == {"東京": 5, "京都": 5}
        assert (sim.states["sum"], sim.outcome) == ("succeeded", "succeeded")
        assert refolded(sim) == live(sim)

    def test_retries_hold_for_each_child(self) -> None:
        sim = simulate(shops(retry=2), outputs={"list": TOWNS}, fail={"get[大阪]": 2})
        assert sim.outcome == "succeeded"
        assert sim.attempts["get[大阪]"] == 3

    def test_its_handler_handles_the_failures_of_its_children(self) -> None:
        flow = Flow("shops")
        flow.exec("get", ["get", item], map=TOWNS, on_failure="tell")
        flow.exec("tell", ["true"])
        sim = simulate(flow, fail={"get[大阪]": 1})
        assert (sim.outcome, sim.attempts["tell"]) == ("succeeded", 1)

    def test_params_and_outputs_of_other_maps_can_be_its_list(self) -> None:
        flow = Flow("shops", params={"towns": "東京, 大阪"})
        first = flow.exec("first", ["x", item], map=flow.params.towns)
        flow.exec("second", ["x", item], map=first.output)
        sim = simulate(flow, outputs={"first": 1})
        assert [name for name in sim.states if "[" in name] == [
            "first[東京]", "first[大阪]", "second[東京]", "second[大阪]",
        ]  # fmt: skip

    def test_a_hold_keeps_it_from_its_list_and_its_condition_passes_it_over(self) -> None:
        flow = Flow("shops", params={"go": Param(bool, default=False)})
        flow.exec("get", ["get", item], map=TOWNS, when="go")
        assert simulate(flow).states == {"get": "skipped"}
        sim = Simulation(shops(), outputs={"list": TOWNS}).until("list", "running")
        sim.verb("hold", "get")
        assert sim.run().states["get"] == "waiting"
        sim.verb("release", "get")
        assert sim.run().outcome == "succeeded"

    def test_keys_are_fit_to_be_names(self) -> None:
        assert safe("a/b\n") == "a_b_"
        long, other = safe("長い" * 100), safe("長い" * 99 + "短")
        assert len(long.encode()) <= 100
        assert long != other
        assert items_of(MapDef(Literal([])), [{"a": 1}, None, 2.5, ""]) == [
            ("1", {"a": 1}), ("2", None), ("2.5", 2.5), ("4", ""),
        ]  # fmt: skip
        with pytest.raises(ListError, match="'n' of item 1 is no text or number"):
            items_of(MapDef(Literal([]), key="n"), [{"n": [1]}])


class TestVerbsOnMaps:
    """Who is meant by a verb on a map, and what a rerun does to its list."""

    def test_rerun_failed_of_200_with_3_failed_touches_exactly_those(self) -> None:
        bad = {f"get[{i}]": 1 for i in (3, 77, 199)}
        sim = simulate(shops(), outputs={"list": list(range(200))}, fail=bad, slots=50)
        before = sim.attempts
        told = sim.verb("rerun", failed=True)
        assert {touch.name for touch in told.touched} == {"get", "send", *bad}
        sim.run()
        assert sim.outcome == "succeeded"
        again = {name for name, n in sim.attempts.items() if n != before[name]}
        assert again == {"send", *bad}
        assert refolded(sim) == live(sim)

    def test_a_list_made_anew_keeps_adds_and_drops_children(self) -> None:
        lists = [["東京", "京都"], ["東京", "大阪"], ["京都"]]
        sim = simulate(shops(), outputs={"list": lambda n: lists[n - 1]})
        told = sim.verb("rerun", "list")
        assert told.notes[-1] == "get: its list is asked for anew when list has run again"
        sim.run()
        assert children(sim) == {
            "get[東京]": "succeeded", "get[京都]": "skipped", "get[大阪]": "succeeded",
        }  # fmt: skip
        assert sim.jobs["get[京都]"].reason == "no longer in the list"
        assert (sim.attempts["get[東京]"], sim.attempts["get[大阪]"]) == (2, 1)
        expanded = [e for e in sim.events if e.kind == "run.expand"]
        assert [len(e.data["items"]) for e in expanded] == [2, 2]
        with pytest.raises(RefusedError, match="no longer in the list of get"):
            sim.verb("rerun", "get[京都]")
        sim.verb("rerun", "list")
        sim.run()
        assert children(sim) == {
            "get[東京]": "skipped", "get[京都]": "succeeded", "get[大阪]": "skipped",
        }  # fmt: skip
        assert (sim.outcome, sim.jobs["get"].output) == ("succeeded", {"京都": None})
        assert refolded(sim) == live(sim)

    def test_the_difference_is_told_first_where_the_list_can_be_known(self) -> None:
        sim = simulate(shops(), outputs={"list": ["a", "b", "京都"]})
        sim.verb("mark", "list", outcome="success", value=["a", "b", "大阪"])
        told = sim.verb("rerun", "get", only=True)
        assert told.notes[-1] == "get: + 大阪, - 京都, 2 kept"
        sim.run()
        assert sim.attempts["get[a]"] == 1  # kept as it was: only what is new runs
        assert (sim.attempts["get[大阪]"], sim.states["get[京都]"]) == (1, "skipped")
        assert (sim.states["get"], sim.jobs["send"].stale) == ("succeeded", True)

    def test_a_key_with_another_item_runs_again(self) -> None:
        sim = simulate(shops(map_key="k"), outputs={"list": [{"k": "a", "v": 1}, {"k": "b"}]})
        sim.verb("mark", "list", outcome="success", value=[{"k": "a", "v": 2}, {"k": "b"}])
        assert sim.verb("rerun", "get", only=True).notes[-1] == "get: ~ a, 1 kept"
        sim.run()
        assert (sim.attempts["get[a]"], sim.attempts["get[b]"]) == (2, 1)

    def test_rerun_of_the_map_runs_all_of_it(self) -> None:
        sim = simulate(shops(), outputs={"list": TOWNS})
        sim.verb("rerun", "get")
        sim.run()
        assert sim.attempts == {
            "list": 1, "get": 0, "send": 2, "get[東京]": 2, "get[大阪]": 2, "get[京都]": 2,
        }  # fmt: skip

    def test_a_verb_on_the_map_means_its_children_too(self) -> None:
        sim = Simulation(shops(max_parallel=1), outputs={"list": TOWNS}).until("list", "succeeded")
        held = sim.verb("hold", "get")
        assert {touch.name for touch in held.touched} == {"get", *children(sim)}
        sim.verb("release", "get")
        sim.until("get[東京]", "running")
        with pytest.raises(RefusedError, match="it is running"):
            sim.verb("skip", "get")
        killed = sim.verb("kill", "get")
        assert [touch.name for touch in killed.touched] == ["get[東京]"]
        sim.verb("cancel", "get")
        sim.run()
        assert set(children(sim).values()) == {"cancelled"}

    def test_new_code_of_the_map_is_that_of_its_children(self) -> None:
        sim = simulate(shops(), outputs={"list": TOWNS}, fail={"get[大阪]": 1})
        sim.flow = shops(timeout=5).definition()
        sim.board.add_definition(sim.flow)
        told = sim.verb("rerun", "get[大阪]")
        notes = {touch.name: touch.note for touch in told.touched}
        assert notes["get[大阪]"] == "attempt 2; new code: timeout"
        assert sim.board.jobdef(sim.jobs["get[大阪]"].key).timeout == 5
        assert "done with old code, kept: get[東京], get[京都]" in told.notes
        assert sim.run().outcome == "succeeded"

    def test_explain_counts_the_children(self) -> None:
        sim = Simulation(shops(max_parallel=1), outputs={"list": TOWNS}, fail={"get[東京]": 1})
        sim.until("get[大阪]", "running")
        found = explain_job(sim.board, sim.jobs["get"].key, sim.clock.now, sim.limits)
        assert found.reasons == ("it waits for its children: 1/3 ended, 1 badly",)


class TestRepeat:
    """Rounds until a condition over its own output holds."""

    def flow(self, **options: Any) -> Flow:
        flow = Flow("f", params={"enough": 3})
        until = 'output["poll"]["n"] >= enough'
        repeat = Repeat(until=until, most=4, every="5s")
        flow.exec("poll", ["poll"], repeat=repeat, **options)
        return flow

    def test_it_starts_again_until_its_output_will_do(self) -> None:
        sim = simulate(self.flow(), outputs={"poll": lambda n: {"n": n}})
        assert (sim.outcome, sim.starts["poll"]) == ("succeeded", [0.0, 6.0, 12.0])
        retries = [e.data["reason"] for e in sim.events if e.kind == "job.retry"]
        assert retries == ["round 1 of 4", "round 2 of 4"]
        assert refolded(sim) == live(sim)

    def test_after_the_last_round_it_has_failed(self) -> None:
        sim = simulate(self.flow(), outputs={"poll": {"n": 0}})
        assert (sim.states["poll"], sim.jobs["poll"].cause) == ("failed", "rule")
        assert sim.attempts["poll"] == 4
        assert sim.jobs["poll"].reason.startswith("still not after 4 rounds: ")
        sim.verb("rerun", "poll")
        assert sim.run().attempts["poll"] == 8  # a rerun begins with the first round

    def test_an_output_that_cannot_answer_fails_it(self) -> None:
        sim = simulate(self.flow(), outputs={"poll": {"m": 0}})
        assert (sim.states["poll"], sim.jobs["poll"].cause) == ("failed", "data")

    def test_retries_are_counted_in_each_round(self) -> None:
        fail = {"poll": [1, 0, 1, 0, 1, 0]}
        sim = simulate(self.flow(retry=1), fail=fail, outputs={"poll": lambda n: {"n": n // 2}})
        assert (sim.outcome, sim.attempts["poll"]) == ("succeeded", 6)

    def test_children_of_a_map_repeat_each_for_itself(self) -> None:
        flow = Flow("f")
        repeat = Repeat(until='output["get"] > 1', most=3)
        flow.exec("get", ["x", item], map=["a", "b"], repeat=repeat)
        sim = simulate(flow, outputs={"get": lambda n: n})
        assert (sim.outcome, sim.attempts["get[b]"]) == ("succeeded", 2)


@pytest.mark.parametrize(
    ("declare", "text"),
    [
        (lambda f: f.exec("a", ["x", item]), "item without map="),
        (lambda f: f.exec("a", ["x"], map="a,b"), "'a,b' is no list"),
        (lambda f: f.exec("a", ["x"], map_key="k"), "map_key= without map="),
        (lambda f: f.manual("a", "do", map=["x"]), "map= has no meaning in a manual step"),
        (lambda f: f.exec("a", ["x"], map=[1], max_parallel=0), "max_parallel: 0 at once"),
        (lambda f: f.exec("a", ["x"], repeat=3), "repeat: 3 is no Repeat"),
        (
            lambda f: f.exec("a", ["x"], repeat=Repeat('output["b"] > 1', most=2)),
            "repeat: until reads the output of 'b'",
        ),
        (
            lambda f: f.exec("a", ["x"], effects="once", repeat=Repeat("d == 1", most=2)),
            'repeat= with effects="once"',
        ),
        (lambda f: f.subflow("a", "f"), "f runs itself"),
        (lambda f: f.subflow("a", "g", params=["x"]), "params is ['x']"),
    ],
)
def test_what_contradicts_itself_is_told_at_its_line(declare: Any, text: str) -> None:
    flow = Flow("f", params={"d": 1})
    declare(flow)
    with pytest.raises(FlowError) as caught:
        flow.definition()
    assert text in str(caught.value)
