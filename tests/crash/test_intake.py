"""What wrapped commands left is taken in exactly once, wherever the runtime is killed meanwhile."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime import failpoint
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.wrapped import spool
from tests.batch import Batch, until

BEGUN = {"jobmon": 1, "argv": ["./load.sh"], "cwd": "/srv", "who": "anna", "timeout": None,
         "grace": 10.0, "retry": [2, 1.0, 2.0, None], "notify": False, "files": {}}  # fmt: skip
DEATHS = ("taken:2", "committed:1", "moving:1", "moved:2")


def record(place: Path, n: int, name: str, codes: list[int | None], outcome: str = "") -> None:
    """What one start leaves: an attempt for each code, None: the wrapper was killed."""
    at = 1_790_000_000.0 + n
    path = place / f"{int(at * 1e6):020d}-{n}-abcd"
    path.mkdir(parents=True)
    (path / spool.BEGUN).write_text(json.dumps({**BEGUN, "name": name, "at": at}))
    for k, code in enumerate(codes, 1):
        rows: list[dict[str, Any]] = [
            {
                "jobmon": 1,
                "attempt": f"{path.name}.{k}",
                "boot": "b",
                "pid": 9,
                "ticks": 1,
                "t": at,
            },
            {"spawned": {"pid": 10, "ticks": 2, "t": at}},
            {"t": at, "s": "out", "m": f"出力 {name} {k}"},
        ]
        if code is not None:
            rows.append({"exit": {"reason": "exit", "code": code, "started": at, "ended": at + 1}})
        (path / f"{k}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    if outcome:
        how = {"outcome": outcome, "reason": "the lock was held", "told": True, "ended": at + 1}
        (path / spool.ENDED).write_text(json.dumps(how))


@pytest.fixture
def left(batch: Batch, brisk: None) -> Path:
    place = batch.state / "spool"
    batch.state.mkdir(mode=0o700)
    record(place, 1, "取込", [0], "succeeded")
    record(place, 2, "取込", [], "busy")
    record(place, 3, "retried", [1, 1, 0], "succeeded")
    record(place, 4, "gave-up", [1, 1, 1], "failed")
    record(place, 5, "killed", [1, None])
    record(place, 6, "killed", [])
    record(place, 7, "no/name", [0], "succeeded")
    (place / "00001790000008000000-8-abcd").mkdir()
    record(place, 0, "damaged", [0], "succeeded")  # before the others, and not in their way
    (damaged,) = place.glob(f"*-0-abcd/{spool.BEGUN}")
    damaged.write_text(json.dumps({**BEGUN, "name": "damaged", "at": 1e300}))
    return place


def test_each_record_becomes_one_run_whatever_is_killed(
    batch: Batch, left: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert {death.partition(":")[0] for death in DEATHS} >= set(failpoint.TAKING)
    for death in DEATHS:
        once = tmp_path / death
        monkeypatch.setenv("JOBMON_DIE_AT", death)
        monkeypatch.setenv("JOBMON_DIE_ONCE", str(once))
        with contextlib.suppress(JobmonError):
            batch.client().close()
        until(lambda once=once: once.exists() or not spool.ids(str(left)), f"it died at {death}")
    monkeypatch.delenv("JOBMON_DIE_AT")
    until(lambda: taken(batch) and not spool.ids(str(left)), "all is taken in")
    died = {death.partition(":")[0] for death in DEATHS if (tmp_path / death).exists()}
    assert died >= {"committed", *failpoint.TAKING}
    runs = {row["run"]: row["state"] for row in taken(batch)}
    assert runs == {
        "取込#1": "succeeded", "取込#2": "expired", "retried#1": "succeeded",
        "gave-up#1": "failed", "killed#1": "failed", "killed#2": "expired",
    }  # fmt: skip
    logs = [batch.log("retried#1", "retried", n)[2]["m"] for n in (1, 2, 3)]
    assert logs == ["出力 retried 1", "出力 retried 2", "出力 retried 3"]
    assert batch.log("killed#1", "killed", 2)[-1]["m"] == "出力 killed 2"
    assert [path.name[:10] for path in left.iterdir()] == ["unreadable"] * 2
    until(
        lambda: len(batch.call("status")["troubles"]) == 2,
        "both are told as long as they lie there",
    )
    shown = batch.show("killed#1")["jobs"][0]
    assert "lost" in shown["reason"]


def taken(batch: Batch) -> list[dict[str, Any]]:
    with contextlib.suppress(JobmonError):
        rows = batch.call("view", name="ls", all=True)["runs"]
        return [row for row in rows if row["ended"] is not None]
    return []


def test_a_run_that_was_taken_in_can_be_run_again(batch: Batch) -> None:
    batch.state.mkdir(mode=0o700)
    record(batch.state / "spool", 1, "取込", [4], "failed")
    until(lambda: taken(batch), "it is taken in")
    shown = batch.show("取込#1")
    assert (shown["state"], shown["origin"], shown["started"]) == (
        "failed",
        "exec",
        1_790_000_001.0,
    )
    (batch.home / "load.sh").write_text("#!/bin/sh\necho again\n")
    (batch.home / "load.sh").chmod(0o755)
    batch.verb("rerun", "取込#1", failed=True)
    until(lambda: len(batch.show("取込#1")["attempts"]) > 1, "it is tried again")
