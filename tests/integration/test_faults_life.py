"""The runtime stops, drains, comes back, and is not held up by what people's files do."""

from __future__ import annotations

import subprocess
import time

import pytest

from tests.batch import Batch, alive, until
from tests.faults import COUNTED, command, effects, environment, jobmon, serving

LONG = f"""
flow = Flow("long")
a = flow.shell("a", '{COUNTED}while ! test -e go; do sleep 0.02; done; echo over')
b = flow.shell("b", '{COUNTED}true')
a >> b
"""
GOOD = """
flow = Flow("good")
a = flow.shell("a", "true")
"""


def test_down_leaves_jobs_running_and_up_adopts_them(batch: Batch) -> None:
    batch.flow(LONG)
    run = batch.run("long")
    batch.wait_job(run, "a", "running")
    (leader,) = [a["pid"] for r in batch.log(run, "a") for a in [r.get("spawned")] if a]
    runtime = batch.pid()
    assert "1 job goes on without it" in jobmon(batch.home, "down").stdout
    until(lambda: not alive(runtime), "the runtime has ended")
    assert alive(leader)
    (batch.home / "go").touch()
    until(lambda: not alive(leader), "the job ends while nobody looks")
    assert jobmon(batch.home, "up").returncode == 0
    assert batch.wait(run)["state"] == "succeeded"
    assert effects(batch) == ["1.0.1", "1.1.1"]
    assert [r["m"] for r in batch.log(run, "a") if "m" in r] == ["over"]


def test_no_runtime_is_started_inside_a_job_it_would_end_with(batch: Batch) -> None:
    batch.flow(GOOD)
    said = jobmon(batch.home, "run", "good", JOBMON_ATTEMPT_ID="1.0.1")
    assert said.returncode != 0
    assert "would end with that job" in said.stderr
    assert f"jobmon --home {batch.home} up" in said.stderr
    run = batch.run("good")  # somebody outside started one: then it may be asked
    assert jobmon(batch.home, "status", JOBMON_ATTEMPT_ID="1.0.1").returncode == 0
    assert batch.wait(run)["state"] == "succeeded"


def test_drain_waits_for_what_runs_and_starts_nothing(batch: Batch) -> None:
    batch.flow(LONG)
    run = batch.run("long")
    batch.wait_job(run, "a", "running")
    words = command(batch.home, "down", "--drain")
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment())
    until(lambda: "draining" in str(batch.call("status")["troubles"]), "it drains")
    assert process.poll() is None
    (batch.home / "go").touch()
    assert process.wait(timeout=30) == 0
    process.communicate()
    assert batch.states(run) == {"a": "succeeded", "b": "queued"}
    assert effects(batch) == ["1.0.1"]
    batch.call("status")
    assert batch.wait(run)["state"] == "succeeded"


BAD = {
    "hangs": "import time\ntime.sleep(60)\n",
    "spins": "while True: pass\n",
    "exits": "raise SystemExit(0)\n",
    "kills itself": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
    "prints": "print('x' * 1_000_000)\nimport sys\nsys.stderr.write('y' * 1_000_000)\n",
    "forks": "import os, time\nif os.fork() == 0: time.sleep(60)\n",
    "has a cycle": "flow = Flow('c')\na = flow.shell('a', 'true')\na >> a\n",
    "is no text": "\0\0\0",
}


@pytest.mark.parametrize("what", BAD)
def test_a_flow_file_that_misbehaves_holds_up_nothing_else(batch: Batch, what: str) -> None:
    (batch.home / "jobmon.toml").write_text("[runtime]\nload_timeout = 1.5\n")
    batch.flow(GOOD, "good")
    batch.flow(LONG, "long")
    with serving(batch):
        run = batch.run("long")
        batch.wait_job(run, "a", "running")
        batch.flow(BAD[what], "bad")
        with batch.client() as connection:
            for _ in range(5):
                begun = time.monotonic()
                assert connection.call("status")["running"]
                assert time.monotonic() - begun < 1.0
        (batch.home / "go").touch()
        assert batch.wait(run)["state"] == "succeeded"
        assert batch.wait(batch.run("good"))["state"] == "succeeded"
        assert "flows/bad.py" in " ".join(batch.call("status")["mistakes"])
