"""A python job's process: arguments in, output out, and an exit code that tells the failure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FLOW = """
from dataclasses import dataclass
from datetime import date
from jobmon.jobs import Data, External, Flow, Rule
from jobmon.jobs.kit import output
from helper import double

flow = Flow("朝", params={"day": "today", "n": 3})
load = flow.shell("load", "true")

@flow.python
def add(
    day, n: int, when: date = flow.params.day, rows: list[int] = load.output["rows"]
) -> dict:
    print("adding", type(day).__name__)
    return {"sum": sum(rows) + double(n), "day": day, "days": (day - when).days}

@flow.python("text")
def text(n: str) -> None:
    output({"n": n})

@flow.python
def external(): raise External("the site is closed")
@flow.python
def data(): raise Data("no such column")
@flow.python
def rule(): raise Rule("the price is below cost")

@flow.python
def broken():
    def inner():
        return {}["missing"]
    try:
        inner()
    except KeyError as error:
        raise ValueError("日本") from error

@flow.python
def leaves(): raise SystemExit(9)
@flow.python
def odd(): return {"x": object()}
@flow.python
def large(): return {"x": "x" * 70_000}
@flow.python
async def waits(): return ["async"]

made = [flow.python(f"made {i}")(lambda i=i: {"i": i}) for i in range(3)]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A batch folder with one flow of python jobs and a helper module."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "morning.py").write_text(FLOW, encoding="utf-8")
    (tmp_path / "helper.py").write_text("def double(n):\n    return n * 2\n", encoding="utf-8")
    return tmp_path


def call(home: Path, job: str, **args: Any) -> tuple[subprocess.CompletedProcess[str], Any]:
    """Run a job the way the runtime does; its process and the output it left."""
    left = home / "output.json"
    left.unlink(missing_ok=True)
    env = os.environ | {
        "JOBMON_HOME": str(home),
        "JOBMON_ARGS": json.dumps(args),
        "JOBMON_OUTPUT": str(left),
    }
    command = [sys.executable, "-P", "-m", "jobmon.jobs.call", "flows/morning.py", f"朝/{job}"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, cwd="/", check=False)
    assert [p.name for p in home.iterdir() if "output.json." in p.name] == []
    return done, json.loads(left.read_text(encoding="utf-8")) if left.exists() else None


def test_arguments_arrive_typed_and_the_returned_dict_is_the_output(home: Path) -> None:
    done, output = call(home, "add", day="2026-11-23", n="4", when="2026-11-20", rows=[1, 2])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "adding date\n"
    assert output == {"sum": 11, "day": "2026-11-23", "days": 3}


def test_a_text_argument_and_the_output_function(home: Path) -> None:
    done, output = call(home, "text", n=3)
    assert (done.returncode, output) == (0, {"n": "3"})


@pytest.mark.parametrize(
    ("job", "code", "last"),
    [
        ("external", 75, "External: the site is closed"),
        ("data", 65, "Data: no such column"),
        ("rule", 78, "Rule: the price is below cost"),
        ("broken", 1, "ValueError: 日本"),
        ("odd", 1, "TypeError: 'odd' returned what cannot become JSON"),
        ("large", 1, "write a file and return its path"),
        ("leaves", 9, ""),
        ("nobody", 1, "declares no python job 'nobody' in a flow '朝'"),
        ("load", 1, "declares no python job 'load' in a flow '朝'"),
    ],
)
def test_the_exit_code_tells_the_failure(home: Path, job: str, code: int, last: str) -> None:
    done, output = call(home, job)
    assert (done.returncode, output) == (code, None)
    assert last in (done.stderr.splitlines() or [""])[-1]


def test_the_traceback_begins_in_the_user_s_file(home: Path) -> None:
    done, _ = call(home, "broken")
    frames = [line.strip() for line in done.stderr.splitlines() if line.startswith("  File")]
    assert all(str(home / "flows" / "morning.py") in frame for frame in frames)
    assert [frame.rpartition(" in ")[2] for frame in frames] == ["broken", "inner", "broken"]


def test_an_output_of_the_wrong_kind_is_a_data_failure(home: Path) -> None:
    done, _ = call(home, "add", day="2026-11-23", n=1, when="2026-11-23", rows="many")
    assert done.returncode == 65
    assert "argument 'rows' of 'add' is 'many'" in done.stderr


def test_coroutines_and_functions_made_in_a_loop(home: Path) -> None:
    assert call(home, "waits")[1] == ["async"]
    assert call(home, "made 2")[1] == {"i": 2}


def test_the_kit_alone_loads_nothing_heavy() -> None:
    script = "import jobmon.jobs.kit, sys; sys.exit('msgspec' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
