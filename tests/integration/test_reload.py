"""What people save while a runtime serves is taken as it is; what is broken stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime import client, config
from jobmon.runtime.errors import RefusedError, UsageError
from jobmon.tui.desk import Desk
from tests.batch import Batch, until

GOOD = 'flow = Flow("朝", schedule="{cron}")\nflow.shell("集計", "echo {word}")'
BROKEN = 'flow = Flow("朝"'


@pytest.fixture
def batch(tmp_path: Path, brisk: None) -> Iterator[Batch]:
    batch = Batch(tmp_path / "夜間")
    yield batch
    batch.close()


def settings(batch: Batch, text: str, name: str = config.CONFIG_NAME) -> None:
    (batch.home / name).write_text(text, encoding="utf-8")


def view(batch: Batch, name: str, **args: Any) -> dict[str, Any]:
    return batch.call("view", name=name, args=args)


def events(batch: Batch, kind: str) -> list[dict[str, Any]]:
    return [e["data"] for e in view(batch, "events")["events"] if e["kind"] == kind]


def crons(batch: Batch) -> list[str]:
    return [row["schedule"] for row in view(batch, "schedule")["schedules"]]


def test_a_schedule_is_changed_in_the_settings_alone(batch: Batch) -> None:
    batch.flow(GOOD.format(cron="10 6 * * *", word="eins"))
    settings(batch, "[runtime]\nslots = 3")
    assert crons(batch) == ["10 6 * * *"]
    settings(
        batch,
        '[runtime]\nslots = 5\n[pools]\ndb = 2\n[deployments."朝"]\ncron = "40 7 * * *"\n',
    )
    until(lambda: crons(batch) == ["40 7 * * *"], "the deployment's time holds")
    status = view(batch, "status")
    assert status["slots"]["total"] == 5
    assert status["pools"]["db"]["total"] == 2
    until(lambda: any(e.get("settings") for e in events(batch, "runtime.reloaded")), "recorded")
    settings(batch, '[deployments."朝"]\ncron = "40 7 *"\n')
    until(lambda: view(batch, "status")["broken"], "the mistake is told")
    (trouble,) = view(batch, "status")["troubles"]
    assert "settings of before hold" in trouble
    assert "five fields" in trouble
    assert crons(batch) == ["40 7 * * *"]
    assert client.view(Desk(str(batch.home)).usable, "ls")["runs"] == []  # looking goes on
    settings(batch, "")
    until(lambda: not view(batch, "status")["broken"], "it is mended")
    assert crons(batch) == ["10 6 * * *"]


def test_a_broken_flow_file_stays_as_it_was_also_after_a_restart(batch: Batch) -> None:
    batch.flow(GOOD.format(cron="10 6 * * *", word="eins"), "朝")
    batch.flow('other = Flow("other")\nother.shell("x", "true")', "other")
    until(lambda: crons(batch) == ["10 6 * * *"], "the flow is planned")
    batch.flow(BROKEN, "朝")
    (broken,) = until(lambda: events(batch, "runtime.mistake"), "the mistake is recorded")
    assert "flows/朝.py:2" in broken["mistakes"][0]
    for _ in range(2):
        assert view(batch, "status")["broken"] == ["flows/朝.py"]
        assert crons(batch) == ["10 6 * * *"]
        rows = {row["flow"]: row for row in view(batch, "flows")["flows"]}
        assert rows["朝"]["last_good"]
        assert rows["other"]["last_good"] is None
        with pytest.raises(UsageError, match=r"朝\.py:2") as told:
            batch.run("朝")
        assert "jobmon run 朝 --last-good" in told.value.hint
        run = batch.call("run", flow="朝", last_good=True)["run"]
        assert batch.wait(run)["state"] == "succeeded"
        batch.kill()
    batch.flow(GOOD.format(cron="0 9 * * *", word="zwei"), "朝")
    until(lambda: crons(batch) == ["0 9 * * *"], "what was mended holds")
    assert view(batch, "status")["broken"] == []


def test_functions_of_a_broken_file_run_as_they_were(batch: Batch) -> None:
    text = (
        'flow = Flow("f", schedule="0 6 * * *")\n@flow.python()\ndef tell():\n    print("{word}")\n'
    )
    batch.flow(text.format(word="前"), "f")
    until(lambda: crons(batch) == ["0 6 * * *"], "the flow is planned")
    batch.flow(text.format(word="後") + BROKEN, "f")
    until(lambda: view(batch, "status")["broken"], "it is broken")
    run = batch.call("run", flow="f", last_good=True)["run"]
    assert batch.wait(run)["state"] == "succeeded"
    assert [r["m"] for r in batch.log(run, "tell") if "m" in r] == ["前"]


def test_a_flow_whose_file_is_removed_starts_no_more(batch: Batch) -> None:
    batch.flow(GOOD.format(cron="10 6 * * *", word="eins"))
    batch.flow(BROKEN, "broken")
    until(lambda: crons(batch) == ["10 6 * * *"], "the flow is planned")
    until(lambda: events(batch, "runtime.mistake"), "the other file is broken")
    (batch.home / "flows" / "flow.py").unlink()
    (event,) = until(lambda: events(batch, "runtime.reloaded"), "that is recorded")
    assert (event["removed"], event["reason"]) == (["朝"], "flows: removed 朝")
    assert crons(batch) == []


def test_a_runtime_keeps_its_profile_and_tells_it_to_all(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch.flow(
        "import os\nflow = Flow('on-' + os.environ['JOBMON_PROFILE'])\n"
        "flow.shell('tell', 'echo $JOBMON_PROFILE $WHERE')"
    )
    settings(batch, '[env]\nWHERE = "here"\n')
    settings(batch, '[env]\nWHERE = "live"\n', "jobmon.prod.toml")
    monkeypatch.setenv("JOBMON_PROFILE", "prod")
    run = batch.run("on-prod")
    batch.wait(run)
    assert [r["m"] for r in batch.log(run, "tell") if "m" in r] == ["prod live"]
    assert view(batch, "status")["profile"] == view(batch, "ls")["profile"] == "prod"
    settings(batch, '[env]\nWHERE = "later"\n', "jobmon.prod.toml")
    until(lambda: events(batch, "runtime.reloaded"), "the file of the profile is taken, too")
    monkeypatch.setenv("JOBMON_PROFILE", "dev")
    with pytest.raises(RefusedError, match="the profile prod"):
        Desk(str(batch.home)).connect(start=True)
    monkeypatch.delenv("JOBMON_PROFILE")
    assert Desk(str(batch.home)).status()["profile"] == "prod"
    batch.kill()
    desk = Desk(str(batch.home))
    assert desk.status()["profile"] == desk.view("ls")["profile"] == "prod", "its last one is told"
    # Whoever starts the next one, such as a monitor that is open, names none
    assert view(batch, "status")["profile"] == "prod"
    batch.kill()
    monkeypatch.setenv("JOBMON_PROFILE", "")
    assert view(batch, "status")["profile"] == ""
    monkeypatch.delenv("JOBMON_PROFILE")
    batch.close()
    assert view(batch, "status")["profile"] == ""
