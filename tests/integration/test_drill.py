"""`jobmon drill` on a flow with everything a graph can have: real runtimes, really killed."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobmon.jobs.loader import load_folder
from jobmon.runtime.drill import drill as moments
from jobmon.runtime.drill import dummies
from jobmon.runtime.drill.dummies import lay
from jobmon.runtime.errors import EXIT_NOT_FOUND
from jobmon.tui.cli import cli

SCHEMA = Path(__file__).parents[1] / "data" / "schemas" / "drill.json"
FLOW = """
from jobmon.jobs import Flow, Repeat, Retry, item

flow = Flow("朝 の", params={"day": "today"}, fail_fast=True)
get = flow.exec("get", ["touch", "/nowhere/else", flow.params.day], retry=Retry(2), pool="db")
each = flow.shell("each", "false", map=get.output["list"], env={"X": item})
big = flow.shell("big", "false", when=get.output["n"] > 3, tolerate=True, lock="one")
mend = flow.shell("mend", "false")
load = flow.shell("load", "false", on_failure=mend, lock="one")
look = flow.manual("look", "look at it")
last = flow.shell("last", "false")
flow.finally_ = [last]
get >> [load, big] >> look
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "morning.py").write_text(FLOW, "utf-8")
    (tmp_path / "jobmon.toml").write_text('[pools]\ndb = 1\n"𠮷" = 2\n', "utf-8")
    return tmp_path


def drill(home: Path, *args: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, ["--home", str(home), "drill", *args])
    return result.exit_code, result.stdout, result.stderr


def test_no_job_is_duplicated_lost_or_wrong(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "rooms"
    room.mkdir()
    monkeypatch.setattr(dummies, "LONG", (0.5, 0.8))
    monkeypatch.setattr(tempfile, "tempdir", str(room))
    code, out, _ = drill(home, "朝 の", "--kills", "2", "--seed", "3", "--json")
    body = json.loads(out)
    assert code == 0, body
    schema = json.loads(SCHEMA.read_text("utf-8"))
    assert schema["schema"] == body["schema"]
    assert set(schema["required"][""]) == set(body) - {"schema"}
    assert set(schema["required"]["moments"]) == set(body["moments"])
    assert (body["kills"], sum(body["moments"].values()), body["folder"]) == (2, 2, None)
    assert body["runs"] >= 2
    assert body["jobs"] == 7 * body["runs"]
    assert body["ran"] == 6 * body["runs"], "all but the handler of a failure"
    assert list(room.iterdir()) == []
    assert not (home / ".jobmon").exists(), "nothing was started in the folder itself"


def test_what_goes_wrong_is_found_and_kept(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suicide = '#!/bin/sh\necho "start $JOBMON_ATTEMPT_ID" >>"$JOBMON_HOME/effects"\nkill -9 $PPID\n'
    monkeypatch.setattr(dummies, "_JOB", suicide)
    monkeypatch.setattr(moments, "PROGRESS", 0.3)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (home / "flows" / "morning.py").write_text(
        'from jobmon.jobs import Flow\nflow = Flow("one")\nflow.shell("集計", "true")\n', "utf-8"
    )
    code, out, _ = drill(home, "one", "--kills", "1", "--seed", "3")
    assert code == 1
    assert "one#1 集計 is lost, and never ended" in out
    (kept,) = tmp_path.glob("jobmon-drill-*/batch")
    assert f"look into {kept}" in out


def test_the_graph_is_that_of_the_flow(home: Path, tmp_path: Path) -> None:
    flow = load_folder(home).flows["朝 の"]
    expected = lay(tmp_path / "drill", flow, {"db": 1}, 4, 1)
    assert expected.outcome == "succeeded"
    assert dict(zip(expected.names, expected.states, strict=True))["mend"] != "succeeded"
    of = dict(zip(expected.names, expected.parents, strict=True))
    assert [expected.names[i] for i in of["look"]] == ["load", "big"]
    assert len(of["last"]) == 6


def test_a_flow_that_is_not_there(home: Path) -> None:
    code, _, err = drill(home, "昼")
    assert code == EXIT_NOT_FOUND
    assert "朝 の" in err
