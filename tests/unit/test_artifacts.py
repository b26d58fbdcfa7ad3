"""What is recorded of a job's declared results stays small and tells no secret."""

from __future__ import annotations

import json
from pathlib import Path

from jobmon.runtime.initiator.artifacts import ROOM, record


def test_a_secret_in_a_path_is_masked(tmp_path: Path) -> None:
    (tmp_path / "out-sesame.csv").touch()
    rows = record(
        ["out-$T.csv"], str(tmp_path), {"T": "sesame"}, lambda t: t.replace("sesame", "*")
    )
    assert [row["path"] for row in rows] == ["out-*.csv"]


def test_more_than_a_record_holds_is_counted(tmp_path: Path) -> None:
    for number in range(1200):
        (tmp_path / f"{'日本' * 30}{number:04}").touch()
    rows = record(["*"], str(tmp_path), {}, str)
    assert len(json.dumps(rows)) < ROOM
    assert rows[-1]["path"] == f"... and {1200 - (len(rows) - 1)} more"
