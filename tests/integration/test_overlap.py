"""A hundred triggers at once, under each policy: decided one after the other, each told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest

from jobmon.runtime.errors import RefusedError
from tests.batch import Batch, until

WAIT = "while [ ! -e go.{0} ]; do sleep 0.02; done"
FLOW = """
flow = Flow("{0}", overlap="{0}")
flow.shell("a", "{1}", grace=1)
"""
JOBS = {"skip": WAIT, "queue": "true", "cancel_running": WAIT, "allow": "true"}
TRIGGERS = 100


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Batch]:
    found = Batch(tmp_path_factory.mktemp("overlap") / "batch")
    for policy, job in JOBS.items():
        found.flow(FLOW.format(policy, job.format(policy)), policy)
    found.call("status")
    yield found
    found.close()


def triggered(batch: Batch, flow: str) -> list[Any]:
    """The answers, or refusals, to a hundred calls over connections of their own."""

    def call(_: int) -> Any:
        try:
            return batch.call("run", flow=flow, overlap="flow")
        except RefusedError as error:
            return error

    with ThreadPoolExecutor(TRIGGERS) as pool:
        return list(pool.map(call, range(TRIGGERS)))


def rows(batch: Batch, flow: str) -> list[tuple[str, str, str]]:
    """(key, state, reason) of its runs, in the order in which they were made."""
    query = "SELECT key, state, json_extract(body, '$.reason') FROM runs WHERE flow = ? ORDER BY id"
    with sqlite3.connect(f"file:{batch.state / 'state.db'}?mode=ro", uri=True) as db:
        return db.execute(query, (flow,)).fetchall()


def over(batch: Batch, flow: str) -> list[str]:
    """Their states, once all of them are over."""
    ends = {"succeeded", "cancelled", "expired", "failed"}
    until(lambda: all(s in ends for _, s, _ in rows(batch, flow)), f"the runs of {flow} are over")
    return [state for _, state, _ in rows(batch, flow)]


def spans(batch: Batch, flow: str) -> list[tuple[float, float]]:
    """When the jobs of its runs ran."""
    query = """SELECT json_extract(a.body, '$.started'), json_extract(a.body, '$.ended')
        FROM attempts a JOIN runs r ON r.id = a.run WHERE r.flow = ? ORDER BY 1"""
    with sqlite3.connect(f"file:{batch.state / 'state.db'}?mode=ro", uri=True) as db:
        return db.execute(query, (flow,)).fetchall()


def test_skip_starts_one_and_keeps_a_record_of_each_refusal(batch: Batch) -> None:
    answers = triggered(batch, "skip")
    refused = [answer for answer in answers if isinstance(answer, RefusedError)]
    assert len(refused) == TRIGGERS - 1
    found = rows(batch, "skip")
    assert len(found) == TRIGGERS
    first, *others = found
    assert first[0] == "skip#1"
    assert all(state == "expired" and "skip#1 is still" in why for _, state, why in others)
    assert {error.what.removeprefix("start ") for error in refused} == {key for key, _, _ in others}
    assert all("skip#1 is still" in error.why for error in refused)
    (batch.home / "go.skip").touch()
    batch.wait("skip#1", "succeeded")


def test_queue_runs_them_one_after_the_other_in_their_order(batch: Batch) -> None:
    triggered(batch, "queue")
    assert over(batch, "queue") == ["succeeded"] * TRIGGERS
    ran = spans(batch, "queue")
    assert all(end <= start for (_, end), (start, _) in pairwise(ran))


def test_cancel_running_leaves_the_last_one(batch: Batch) -> None:
    triggered(batch, "cancel_running")
    until(
        lambda: sum(state != "cancelled" for _, state, _ in rows(batch, "cancel_running")) == 1,
        "all but one are cancelled",
    )
    (batch.home / "go.cancel_running").touch()
    assert over(batch, "cancel_running") == ["cancelled"] * (TRIGGERS - 1) + ["succeeded"]
    ran = spans(batch, "cancel_running")
    assert all(end <= start for (_, end), (start, _) in pairwise(ran))


def test_allow_starts_them_all(batch: Batch) -> None:
    answers = triggered(batch, "allow")
    assert over(batch, "allow") == ["succeeded"] * TRIGGERS
    assert any("is still" in note for answer in answers for note in answer["notes"])
