"""Maps, repeated jobs and subflows on real processes, through kill -9 of what waits for them."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
from collections import Counter
from typing import Any

from jobmon.runtime import config
from jobmon.runtime.rebuild import rebuild
from tests.batch import Batch, alive, until

MAP = """
flow = Flow("shops", params={"shops": ",".join(f"店{i}" for i in range(200))})
get = flow.shell("get", 'test ! -e "bad-$JOBMON_ITEM"', map=flow.params.shops)
send = flow.exec("send", ["true"])
get >> send
"""


def attempts(shown: dict[str, Any]) -> Counter[str]:
    return Counter(row["job"] for row in shown["attempts"])


def test_a_map_over_200_items_reruns_exactly_the_3_that_failed(batch: Batch) -> None:
    bad = [f"店{i}" for i in (3, 50, 199)]
    for name in bad:
        (batch.home / f"bad-{name}").touch()
    batch.flow(MAP)
    run = batch.run("shops")
    first = batch.wait(run, limit=60)
    assert first["state"] == "failed"
    assert first["counts"] == {"succeeded": 197, "failed": 3, "upstream_failed": 2}
    reason = next(row["reason"] for row in first["jobs"] if row["job"] == "get")
    assert reason == "3 of 200 did not succeed: get[店3], get[店50], get[店199]"
    for name in bad:
        (batch.home / f"bad-{name}").unlink()
    touched = batch.verb("rerun", run, failed=True)["touched"]
    assert {row["job"] for row in touched} == {"get", "send", *(f"get[{name}]" for name in bad)}
    second = batch.wait(run, limit=60)
    assert second["state"] == "succeeded"
    again = attempts(second) - attempts(first)
    assert again == Counter({"send": 1, **{f"get[{name}]": 1 for name in bad}})
    whole = next(row["output"] for row in second["jobs"] if row["job"] == "get")
    assert len(whole) == 200
    pid = batch.pid()
    batch.call("down")
    until(lambda: not alive(pid), "the runtime has ended")
    rebuild(config.load(batch.home, {}))  # the events alone make the same run with its children
    assert batch.show(run) == second


ITEMS = """
flow = Flow("items")

@flow.python
def towns():
    return {"list": [{"code": "東京", "n": 1}, {"code": "a/b", "n": 2}]}

@flow.python(map=towns.output["list"], map_key="code", max_parallel=1)
def get(item: dict):
    return item["n"] * 10

show = flow.exec("show", ["printenv", "JOBMON_ITEM", "JOBMON_ITEM_KEY"], map=get.output)
tell = flow.exec("tell", ["echo", item["code"]], map=towns.output["list"], map_key="code")
poll = flow.shell(
    "poll", 'echo "{\\\\"done\\\\": $JOBMON_ROUND}" > "$JOBMON_OUTPUT"',
    repeat=Repeat(until='output["poll"]["done"] >= 3', most=5),
)
"""


def test_items_reach_their_jobs_and_a_job_is_repeated_until_it_will_do(batch: Batch) -> None:
    batch.flow(ITEMS)
    run = batch.run("items")
    shown = batch.wait(run)
    assert shown["state"] == "succeeded", batch.states(run)
    rows = {row["job"]: row for row in shown["jobs"]}
    assert rows["get"]["output"] == {"東京": 10, "a_b": 20}
    assert rows["get[a_b]"]["after"] == ["towns"]
    assert [r["m"] for r in batch.log(run, "show[東京]") if "m" in r] == ["10", "東京"]
    assert [r["m"] for r in batch.log(run, "tell[a_b]") if "m" in r] == ["a/b"]
    polls = [row for row in shown["attempts"] if row["job"] == "poll"]
    assert [(row["outcome"], row["reason"]) for row in polls] == [
        ("succeeded", "round 1 of 5"), ("succeeded", "round 2 of 5"), ("succeeded", ""),
    ]  # fmt: skip


INNER = """
inner = Flow("inner", params={"day": "monday"})
wait = inner.shell("wait", 'until [ -e go ]; do sleep 0.05; done; echo "$day"; test ! -e bad')
outer = Flow("outer", params={"day": "火曜日"})
sub = outer.subflow("sub", "inner", params={"day": outer.params.day}, retry=RETRY)
"""


def inner_runs(batch: Batch) -> list[str]:
    with contextlib.closing(
        sqlite3.connect(f"file:{batch.state}/state.db?mode=ro", uri=True)
    ) as db:
        return [key for (key,) in db.execute("SELECT key FROM runs WHERE flow = 'inner'")]


def test_a_subflow_has_one_run_however_often_what_waits_for_it_is_killed(batch: Batch) -> None:
    batch.flow(INNER.replace("RETRY", "1"))
    run = batch.run("outer")
    until(lambda: inner_runs(batch), "the inner run is there")
    batch.wait_job("inner#1", "wait", "running")
    batch.kill()
    os.kill(_leader(batch, run), signal.SIGKILL)
    with batch.client():  # a runtime again: the attempt that was killed is followed by another
        until(lambda: len(batch.show(run)["attempts"]) == 2, "a second attempt")
    batch.wait_job(run, "sub", "running")
    (batch.home / "go").touch()
    shown = batch.wait(run)
    assert inner_runs(batch) == ["inner#1"]
    assert shown["state"] == "succeeded"
    output = shown["jobs"][0]["output"]
    assert output == {"run": "inner#1", "state": "succeeded", "outputs": {}}
    assert batch.show("inner#1")["params"] == {"day": "火曜日"}
    assert "progress 1/1" in [r.get("m") for r in batch.log(run, "sub", 2)]


def test_a_subflow_fails_with_its_run_which_a_rerun_takes_up_again(batch: Batch) -> None:
    (batch.home / "jobmon.toml").write_text("[runtime]\nslots = 1\n")  # which the inner job takes
    batch.flow(INNER.replace("RETRY", "0"))
    (batch.home / "go").touch()
    (batch.home / "bad").touch()
    run = batch.run("outer")
    assert batch.wait(run)["state"] == "failed"
    (batch.home / "bad").unlink()
    batch.verb("rerun", run, failed=True)
    assert batch.wait(run)["state"] == "succeeded"
    assert inner_runs(batch) == ["inner#1"]
    batch.verb("rerun", run, "sub")  # what succeeded is done anew
    until(lambda: len(inner_runs(batch)) == 2, "another inner run")
    assert batch.wait(run)["state"] == "succeeded"


def test_cancelling_a_subflow_cancels_its_run(batch: Batch) -> None:
    batch.flow(INNER.replace("RETRY", "0"))
    run = batch.run("outer")
    until(lambda: inner_runs(batch), "the inner run is there")
    batch.wait_job("inner#1", "wait", "running")
    answer = batch.verb("cancel", run, "sub")
    assert {row["run"] for row in answer["touched"]} == {run, "inner#1"}
    assert batch.wait(run)["state"] == "cancelled"
    assert batch.wait("inner#1")["state"] == "cancelled"


def _leader(batch: Batch, run: str) -> int:
    with contextlib.closing(
        sqlite3.connect(f"file:{batch.state}/state.db?mode=ro", uri=True)
    ) as db:
        query = """SELECT json_extract(a.body, '$.leader.pid') FROM attempts a
            JOIN runs r ON r.id = a.run WHERE r.key = ?"""
        ((pid,),) = db.execute(query, (run,))
    return pid
