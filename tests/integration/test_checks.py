"""What `jobmon check` says beyond the flow files: schedules, and what the folder does not have."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime import config
from jobmon.tui import checking
from tests.batch import Batch

SETTINGS = """
[pools]
database = 2
[rates]
shop = "5/s"
[secrets]
TOKEN = {file = "token"}
"""


def check(batch: Batch, line: str, settings: str = SETTINGS) -> dict[str, Any]:
    (batch.home / config.CONFIG_NAME).write_text(settings, encoding="utf-8")
    batch.flow(f'flow = Flow("f")\nflow.shell("a", "true")\n{line}')
    return checking.load(config.load(batch.home, {}))


@pytest.mark.parametrize(
    ("options", "text", "hint"),
    [
        ('pool="databse"', "there is no pool 'databse'", "did you mean 'database'?"),
        ('pool="net"', "there is no pool 'net'", "add net = 4 to [pools] in jobmon.toml"),
        ('rate="site"', "there is no rate 'site'", 'add site = "30/min" to [rates]'),
        ('rate="shp"', "there is no rate 'shp'", "did you mean 'shop'?"),
        ('pool="回線"', "there is no pool '回線'", 'add "回線" = 4 to [pools]'),
        ('env={"T": Secret("TOKN")}', "there is no secret 'TOKN'", "did you mean 'TOKEN'?"),
        ('env={"T": Secret("MAIL")}', "there is no secret 'MAIL'", 'add MAIL = { file = "PATH" }'),
        ('cwd="in box"', "cwd 'in box' is no directory", "make it: mkdir -p '"),
    ],
)
def test_what_the_folder_does_not_have_is_a_warning(
    batch: Batch, options: str, text: str, hint: str
) -> None:
    body = check(batch, f'flow.shell("b", "true", {options})')
    (warning,) = body["warnings"]
    assert body["mistakes"] == []
    assert (warning["file"], warning["line"]) == ("flows/flow.py", 4)
    assert warning["text"] == f"job 'b': {text}"
    assert hint in warning["hint"]


def test_a_flow_that_is_to_be_run_by_a_job_is_looked_for(batch: Batch) -> None:
    body = check(batch, 'flow.subflow("b", "morningg")\nm = Flow("morning")')
    (warning,) = body["warnings"]
    assert warning["text"] == "job 'b': there is no flow 'morningg'"
    assert warning["hint"] == "did you mean 'morning'?"


def test_an_interpreter_is_tried(batch: Batch) -> None:
    job = "@flow.python(python={!r})\ndef b(): pass"
    assert check(batch, job.format(sys.executable))["warnings"] == []
    (warning,) = check(batch, job.format("no-such-python"))["warnings"]
    assert warning["text"].startswith("job 'b': python 'no-such-python' cannot run it: No such")
    foreign = batch.home / "python"
    foreign.write_text("#!/bin/sh\necho 'No module named jobmon' >&2\nexit 1\n")
    foreign.chmod(0o755)
    (warning,) = check(batch, job.format("./python"))["warnings"]
    assert warning["text"].endswith("cannot run it: No module named jobmon")
    assert "with jobmon installed" in warning["hint"]


def test_what_is_there_is_not_mentioned(batch: Batch) -> None:
    (batch.home / "in").mkdir()
    options = 'pool="database", env={"T": Secret("TOKEN")}, cwd="in"'
    assert check(batch, f'flow.shell("b", "true", {options})')["warnings"] == []


def test_a_thing_that_many_jobs_miss_is_told_once(batch: Batch) -> None:
    line = 'for i in range(50): flow.shell(f"b{i}", "true", pool="net")'
    assert len(check(batch, line)["warnings"]) == 1


@pytest.mark.parametrize(
    ("cron", "text"),
    [
        ('"99 99 * * *"', "99"),
        ('"10 6 * *"', "has not five fields"),
        ('Cron("10 6 * * *", tz="Mars/Base")', "there is no time zone 'Mars/Base'"),
    ],
)
def test_a_schedule_that_cannot_be_read_is_a_mistake(tmp_path: Path, cron: str, text: str) -> None:
    batch = Batch(tmp_path)
    batch.flow(f'flow = Flow("f", schedule={cron})\nflow.shell("a", "true")')
    (mistake,) = checking.load(config.load(batch.home, {}))["mistakes"]
    assert (mistake["file"], mistake["line"]) == ("flows/flow.py", 2)
    assert text in mistake["text"]


def test_what_flows_say_of_each_other_and_of_folders(batch: Batch) -> None:
    body = check(
        batch,
        'a = Flow("甲", after="乙")\na.shell("x", "true")\n'
        'b = Flow("乙", triggers=[Outcome("甲"), File("受信 箱/*.csv")])\nb.shell("x", "true")\n'
        'c = Flow("c", after="甲乙丙")\nc.shell("x", "true")\n',
    )
    (circle,) = body["mistakes"]
    assert (circle["file"], circle["line"]) == ("flows/flow.py", 4)
    assert "in a circle: 甲 -> 乙 -> 甲" in circle["text"]
    folder, unknown = body["warnings"]
    assert "no folder for file 受信 箱/*.csv" in folder["text"]
    assert "mkdir -p '" in folder["hint"]
    assert "there is no flow '甲乙丙'" in unknown["text"]
