"""Files that start runs, on a real runtime."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.batch import Batch, until

FLOW = """
flow = Flow("受信", params={"file": "none"}, triggers=[
    File("inbox/*.csv", settle="10ms", param="file"),
    File("deep/**/*.go", settle="10ms"),
])
flow.shell("take", 'echo "$file" >> taken; cat "$file" || true')
"""


@pytest.fixture
def batch(tmp_path: Path, brisk: None) -> Iterator[Batch]:
    batch = Batch(tmp_path)
    (tmp_path / "inbox").mkdir()
    yield batch
    batch.close()


def put(batch: Batch, name: str, text: str = "1") -> None:
    path = batch.home / "inbox" / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text)


def taken(batch: Batch) -> list[str]:
    path = batch.home / "taken"
    return sorted(path.read_text().splitlines()) if path.exists() else []


def seen_for_the_first_time(batch: Batch, number: int = 2) -> None:
    """The triggers are known: what is there from now on starts runs."""
    import sqlite3

    def known() -> bool:
        with sqlite3.connect(f"file:{batch.state / 'state.db'}?mode=ro", uri=True) as db:
            (found,) = db.execute(
                "SELECT count(*) FROM notes WHERE room = 'file-triggers'"
            ).fetchone()
        return found == number

    batch.call("status")
    until(known, "the triggers were seen")


def test_a_run_for_each_file_that_comes_or_changes_also_while_no_runtime_is_there(
    batch: Batch,
) -> None:
    put(batch, "before.csv")
    batch.flow(FLOW)
    seen_for_the_first_time(batch)
    put(batch, "売上 1.csv")
    put(batch, ".hidden.csv")
    put(batch, "half.csv.part")
    put(batch, "../deep/a/b/x.go")
    until(lambda: taken(batch) == ["inbox/売上 1.csv", "none"], "both ran")
    batch.kill()
    put(batch, "down.csv")
    os.rename(batch.home / "inbox/half.csv.part", batch.home / "inbox/half.csv")
    batch.pid()
    until(lambda: len(taken(batch)) == 4, "what came meanwhile ran")
    put(batch, "before.csv", "changed")
    until(lambda: len(taken(batch)) == 5, "the changed one ran")
    rows = batch.runs()
    assert sorted(row["params"]["file"] for row in rows) == [
        "inbox/before.csv", "inbox/down.csv", "inbox/half.csv", "inbox/売上 1.csv", "none",
    ]  # fmt: skip
    assert {row["origin"] for row in rows} == {"file"}
    assert "file inbox/down.csv" in {row["why"] for row in rows}


def test_killed_again_and_again_a_file_still_starts_exactly_one_run(batch: Batch) -> None:
    batch.flow(FLOW)
    seen_for_the_first_time(batch)
    for number in range(3):
        put(batch, f"{number}.csv")
        batch.pid()
        if number:
            until(lambda n=number: len(batch.runs()) > n - 1, "the one before runs")
        batch.kill()
    batch.pid()
    until(lambda: len(taken(batch)) == 3, "all ran")
    assert sorted(row["params"]["file"] for row in batch.runs()) == taken(batch)
    assert taken(batch) == [f"inbox/{number}.csv" for number in range(3)]


def test_files_wait_while_their_flow_is_held_and_while_too_many_runs_of_it_go_on(
    batch: Batch,
) -> None:
    batch.flow(
        'flow = Flow("f", triggers=File("inbox/*", settle=0))\nflow.manual("look", "look at it")'
    )
    seen_for_the_first_time(batch, 1)
    batch.call("verb", verb="hold", flow="f")
    for number in range(102):
        put(batch, f"{number:03}")
    batch.kill()
    batch.call("verb", verb="release", flow="f")
    until(lambda: len(batch.runs()) == 100, "as many run as there is room for")
    told = until(lambda: [t for t in batch.call("status")["troubles"] if "inbox/*" in t], "told")
    assert "2 more" in told[0]
    assert len({row["why"] for row in batch.runs()}) == 100
    batch.verb("cancel", "f#1")
    until(lambda: len(batch.runs()) == 101, "another one has room")


def test_a_pattern_that_cannot_be_used_is_told(batch: Batch) -> None:
    batch.flow(
        'flow = Flow("f", params={"kind": Param(str, choices=["a"], default="a")},'
        ' triggers=File("inbox/*", settle=0, param="kind"))\nflow.shell("a", "true")'
    )
    seen_for_the_first_time(batch, 1)
    put(batch, "x")
    told = until(lambda: [t for t in batch.call("status")["troubles"] if "inbox/x" in t], "told")
    assert "kind" in told[0]
    assert batch.runs() == []
