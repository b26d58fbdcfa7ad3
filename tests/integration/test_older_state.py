"""What an earlier jobmon left is taken up by this one."""

from __future__ import annotations

import sqlite3

from tests.batch import Batch, until

OTHER = "0" * 20


def test_a_run_goes_on_by_the_version_whose_hash_was_made_in_another_way(batch: Batch) -> None:
    batch.flow(
        'flow = Flow("f")\na = flow.manual("a", "look")\nb = flow.shell("b", "true")\na >> b'
    )
    run = batch.run("f")
    until(lambda: batch.states(run)["a"] == "waiting_human", "it waits for a person")
    digest = batch.show(run)["definition"]
    batch.kill()
    with sqlite3.connect(batch.state / "state.db") as db:
        db.execute("UPDATE definitions SET hash = ?", (OTHER,))
        db.execute("UPDATE runs SET body = replace(body, ?, ?)", (digest, OTHER))
    db.close()
    batch.verb("done", run, "a")
    assert batch.wait(run)["state"] == "succeeded"
    assert batch.show(run)["definition"] == OTHER
