"""kill -9 at steps of starting runs by files and outcomes: one run for each, and none forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.batch import Batch, until

FLOWS = """
take = Flow("受信", params={"file": ""}, overlap="allow",
            triggers=File("inbox/*", settle=0, param="file"))
take.shell("a", 'echo "$file" >> taken')
follow = Flow("follow", params={"of": ""}, overlap="allow", triggers=Outcome("受信", param="of"))
follow.shell("a", 'echo "$of" >> followed')
"""
STEPS = ("decided:3", "committed:3", "submitting:1", "committed:5")
FILES = 4


@pytest.fixture
def batch(tmp_path: Path, brisk: None) -> Iterator[Batch]:
    found = Batch(tmp_path / "batch")
    found.flow(FLOWS)
    (found.home / "inbox").mkdir()
    yield found
    found.close()


def rows(batch: Batch, query: str) -> list[str]:
    with sqlite3.connect(f"file:{batch.state / 'state.db'}?mode=ro", uri=True) as db:
        return [value for (value,) in db.execute(query)]


def lines(batch: Batch, name: str) -> list[str]:
    path = batch.home / name
    return sorted(path.read_text().split()) if path.exists() else []


def test_killed_at_steps_of_a_start_each_file_and_each_outcome_has_one_run(batch: Batch) -> None:
    batch.call("status")
    until(lambda: len(rows(batch, "SELECT 1 FROM notes WHERE key LIKE '[%'")) == 2, "both known")
    batch.kill()
    for number in range(FILES):
        (batch.home / "inbox" / f"{number}").touch()
    assert [step for step in STEPS if not batch.dies_at(step)] == []
    batch.call("status")
    until(lambda: len(lines(batch, "followed")) == FILES, "all have been followed")
    batch.kill()
    batch.wait(batch.run("受信", file="zz"))
    until(lambda: len(lines(batch, "followed")) == FILES + 1, "and what comes after")
    files = [*(f"inbox/{number}" for number in range(FILES)), "zz"]
    assert lines(batch, "taken") == files
    query = "SELECT json_extract(body, '$.params.{}') FROM runs WHERE flow = '{}' ORDER BY 1"
    assert rows(batch, query.format("file", "受信")) == files
    followed = rows(batch, query.format("of", "follow"))
    assert followed == sorted(rows(batch, "SELECT key FROM runs WHERE flow = '受信'"))
