"""The fixtures in other people's tests: by name, on a copy of their folder, with nothing left."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.batch import alive

pytest_plugins = ["pytester"]
ALONE = ("-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "error")

FLOW = '''
from jobmon.jobs import Cron, Flow
flow = Flow("朝", params={"day": "today"}, schedule=Cron("* * * * *"))
load = flow.shell("load", """cat data.txt; echo "day $day"
    echo '{"rows": 3}' > "$JOBMON_OUTPUT" """)
look = flow.manual("look", "look at it")
load >> look
'''
TOML = """
[env]
PLACE = "店"
[deployments.evening]
flow = "朝"
cron = "* * * * *"
params = { day = 2026-11-01, "a b" = [1, 2.5, true] }
[[notify]]
urls = ["json://127.0.0.1:9/"]
[secrets]
T = { env = "HOME" }
[hook]
port = 0
token = "T"
"""


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    for name in ("flows", "tests", ".jobmon"):
        pytester.mkdir(name)
    Path("jobmon.toml").write_text(TOML.replace(', "a b" = [1, 2.5, true]', ""), "utf-8")
    Path("flows/morning.py").write_text(FLOW, "utf-8")
    Path("data.txt").write_text("りんご\n", "utf-8")
    os.mkfifo("pipe")  # nothing to be copied, nor to be waited for
    Path(".jobmon/state.db").write_text("not to be copied", "utf-8")
    return pytester


def write(name: str, text: str) -> None:
    Path("tests", name).write_text(text, "utf-8")


def test_flows_by_name_and_for_real(shop: pytest.Pytester) -> None:
    write(
        "test_flows.py",
        """
import os, pathlib, tomllib

def test_in_virtual_time(simulate):
    night = simulate("朝").fail("load").outputs(load={"rows": 1})
    assert night.states == {"load": "failed", "look": "upstream_failed"}

def test_a_slip(simulate):
    simulate("昼")

def test_for_real(batch_folder):
    ran = batch_folder.run("朝", day="2026-11-01")
    assert ran.outcome == "succeeded", ran.states
    assert ran.outputs == {"load": {"rows": 3}}
    assert ran.logs["load"] == "りんご\\nday 2026-11-01\\n"
    os.kill(batch_folder.call("view", name="status")["pid"], 9)
    runs = batch_folder.call("view", name="ls")["runs"]
    assert [run["run"] for run in runs] == [ran.key]
    plans = batch_folder.call("view", name="schedule")
    assert len(plans["schedules"]) == 2
    assert not any(plan["active"] for plan in plans["schedules"]), plans
    told = tomllib.loads((batch_folder.home / "jobmon.toml").read_text("utf-8"))
    assert set(told) == {"env", "deployments", "secrets"}

def test_that_breaks_off(batch_folder):
    batch_folder.flow("long", "from jobmon.jobs import Flow\\n"
        "flow = Flow('long')\\nflow.shell('sleep', 'echo $$ > pid; exec sleep 300')")
    run = batch_folder.call("run", flow="long", params={})["run"]
    while not (pid := batch_folder.home / "pid").exists() or not pid.read_text(): pass
    runtime = batch_folder.call("view", name="status")["pid"]
    pathlib.Path(os.environ["NOTES"]).write_text(f"{runtime} {pid.read_text()}")
    assert False, "on purpose"
""",
    )
    notes = shop.path / "notes"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NOTES", str(notes))
        result = shop.runpytest_inprocess(*ALONE)
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*the flows here: 朝*", "*on purpose*"])
    assert not any(alive(int(pid)) for pid in notes.read_text().split())
    assert not (shop.path / "flows" / "long.py").exists(), "only the copy was written to"


def test_elsewhere_the_folder_is_empty_and_names_mean_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
from jobmon.jobs import Flow

def test_empty(batch_folder):
    assert [p.name for p in batch_folder.home.iterdir()] == ["flows"]

def test_a_flow_in_hand(simulate):
    flow = Flow("x")
    flow.shell("a", "true")
    assert simulate(flow, slots=1).order == ["a"]

def test_name(simulate):
    simulate("morning")
"""
    )
    result = pytester.runpytest_inprocess(*ALONE)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*lay the tests into a batch folder*"])


def test_it_costs_the_tests_of_others_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
import sys

def test_light():
    loaded = {name for name in sys.modules if name.startswith("jobmon.")}
    assert loaded <= {"jobmon.runtime", "jobmon.runtime.testing", "jobmon.runtime.testing.plugin"}
    assert not {"msgspec", "croniter", "textual", "polars"} & set(sys.modules)
"""
    )
    result = pytester.runpytest_subprocess(*ALONE, "-p", "jobmon.runtime.testing")
    result.assert_outcomes(passed=1)
