"""What a flow file can say, on real processes: each option does what its sentence promises."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jobmon.runtime.errors import UsageError
from tests.batch import Batch, alive, until


def test_params_reach_env_argv_and_functions_and_never_a_shell_line(batch: Batch) -> None:
    """A hostile value stays a value wherever it arrives."""
    batch.flow("""
day = Param(str, default="x")
flow = Flow("p", params={"day": day, "n": 2})
flow.shell("env", 'printf "%s %s" "$day" "$n" > env.txt')
flow.exec("argv", ["python3", "-c", "import sys; open('argv.txt', 'w').write(sys.argv[1])", day])
@flow.python
def function(day: str, n: int):
    open("function.txt", "w").write(f"{day} {n + 1}")
""")
    hostile = "$(touch pwned) `touch pwned`; touch pwned 'é日本"
    shown = batch.wait(batch.run("p", day=hostile))
    assert shown["state"] == "succeeded"
    assert (batch.home / "env.txt").read_text() == f"{hostile} 2"
    assert (batch.home / "argv.txt").read_text() == hostile
    assert (batch.home / "function.txt").read_text() == f"{hostile} 3"
    assert not (batch.home / "pwned").exists()


def test_a_wrong_param_makes_no_run(batch: Batch) -> None:
    """Params are checked before a run exists."""
    batch.flow('flow = Flow("p", params={"n": 2})\nflow.shell("a", "true")')
    with pytest.raises(UsageError, match="n"):
        batch.run("p", n="many")
    assert batch.call("view", name="ls")["runs"] == []


def test_outputs_reach_arguments_conditions_and_the_document(batch: Batch) -> None:
    """Small JSON goes from job to job; a false condition skips the branch behind it."""
    batch.flow("""
flow = Flow("o")
@flow.python
def count() -> dict:
    return {"rows": 3, "店": "港青果"}
@flow.python
def double(rows: int = count.output["rows"]) -> dict:
    return {"rows": rows * 2}
many = flow.shell("many", "true", when=count.output["rows"] > 10)
after = flow.shell("after many", "true")
few = flow.exec("few", ["sh", "-c", 'test "$1" = 6', "-", double.output["rows"]])
many >> after
""")
    run = batch.run("o")
    shown = batch.wait(run)
    assert shown["state"] == "succeeded"
    rows = {row["job"]: row for row in shown["jobs"]}
    assert rows["count"]["output"] == {"rows": 3, "店": "港青果"}
    assert rows["many"]["state"] == rows["after many"]["state"] == "skipped"
    assert rows["few"]["state"] == "succeeded"


def test_retry_waits_and_stops_at_a_class_it_is_not_for(batch: Batch) -> None:
    """An external failure is retried, a data error is not."""
    batch.flow("""
flow = Flow("r")
flow.shell("flaky", 'test "$JOBMON_ATTEMPT" = 3 || exit 75', retry=Retry(3, delay=0.05, backoff=2))
@flow.python(retry=Retry(3, delay=0.05))
def parse():
    raise Data("line 3 has no price")
""")
    shown = batch.wait(batch.run("r"))
    tries = [(a["job"], a["code"], a["cause"]) for a in shown["attempts"]]
    flaky = [(code, cause) for job, code, cause in tries if job == "flaky"]
    assert flaky == [(75, "external"), (75, "external"), (0, "")]
    assert [(c, k) for j, c, k in tries if j == "parse"] == [(65, "data")]


def test_a_timeout_ends_the_job_and_says_so(batch: Batch) -> None:
    """The time limit is kept by the initiator."""
    batch.flow("""
flow = Flow("t")
flow.shell("slow", "sleep 60", timeout=0.3)
""")
    shown = batch.wait(batch.run("t"))
    assert (shown["jobs"][0]["state"], shown["jobs"][0]["reason"]) == ("failed", "timeout")


def test_codes_of_warning_succeed_and_are_flagged(batch: Batch) -> None:
    """JCL's RC 4: it succeeded, look at it."""
    batch.flow('flow = Flow("w")\nflow.shell("a", "exit 4", warn_codes=[4])')
    shown = batch.wait(batch.run("w"))
    assert (shown["state"], shown["warn"]) == ("succeeded", True)


def test_a_handled_failure_does_not_fail_the_run_and_finally_runs_last(batch: Batch) -> None:
    """on_failure consumes the failure; finally_ runs whatever happened."""
    batch.flow("""
flow = Flow("h", finally_=["tidy"])
undo = flow.shell("undo", "echo undo >> order.txt")
bad = flow.shell("bad", "exit 1", on_failure=undo)
flow.shell("tidy", "echo tidy >> order.txt")
""")
    shown = batch.wait(batch.run("h"))
    assert (shown["state"], shown["warn"]) == ("succeeded", True)
    assert (batch.home / "order.txt").read_text().split() == ["undo", "tidy"]


@pytest.mark.parametrize("limit", ['pool="one"', 'lock="book.xlsx"'])
def test_limits_keep_jobs_apart(batch: Batch, limit: str) -> None:
    """Jobs of a pool of one, or with the same lock, never overlap, across runs."""
    (batch.home / "jobmon.toml").write_text("[runtime]\nslots = 8\n[pools]\none = 1\n")
    batch.flow(f"""
flow = Flow("l")
for name in "abc":
    flow.shell(name, "mkdir held && sleep 0.05 && rmdir held", {limit})
""")
    runs = [batch.run("l"), batch.run("l")]
    assert [batch.wait(run)["state"] for run in runs] == ["succeeded", "succeeded"]


def test_a_secret_reaches_the_job_and_nothing_else(batch: Batch) -> None:
    """Its text is in no file below .jobmon/ and in no command line."""
    canary = "canary-5e7d"
    (batch.home / "token").write_text(canary)
    (batch.home / "jobmon.toml").write_text('[secrets]\nTOKEN = {file = "token"}\n')
    batch.flow("""
flow = Flow("s")
flow.shell("a", 'echo "the token is $T"; printf %s "$T" > seen.txt', env={"T": Secret("TOKEN")})
""")
    run = batch.run("s")
    assert batch.wait(run)["state"] == "succeeded"
    assert (batch.home / "seen.txt").read_text() == canary
    assert any(record.get("m") == "the token is ***" for record in batch.log(run, "a"))
    hits = [p for p in batch.state.rglob("*") if p.is_file() and canary.encode() in p.read_bytes()]
    assert hits == []


def test_a_missing_secret_fails_the_job_with_what_to_do(batch: Batch) -> None:
    """The command cannot be made: no attempt is started."""
    batch.flow('flow = Flow("s")\nflow.shell("a", "true", env={"T": Secret("NONE")})')
    shown = batch.wait(batch.run("s"))
    assert shown["jobs"][0]["state"] == "failed"
    assert "[secrets]" in shown["jobs"][0]["reason"]
    assert shown["attempts"] == []


def test_a_probe_resolves_a_lost_job(batch: Batch) -> None:
    """verify= looks at the outside world: done, or not done and run again."""
    batch.flow("""
flow = Flow("v")
slow = 'echo x >> ran.{0}; test $JOBMON_ATTEMPT = 2 || sleep 60'
flow.shell("done", slow.format("done"), verify="true")
flow.shell("undone", slow.format("undone"), verify="false")
""")
    run = batch.run("v")
    for name in ("done", "undone"):
        until(lambda name=name: (batch.home / f"ran.{name}").exists(), f"{name} runs")
    for path in (batch.state / "attempts" / "1").glob("*.jsonl"):
        lines = path.read_text().splitlines()
        os.kill(json.loads(lines[0])["pid"], signal.SIGKILL)
        os.killpg(json.loads(lines[1])["spawned"]["pid"], signal.SIGKILL)
    shown = batch.wait(run)
    assert shown["state"] == "succeeded"
    assert {(a["job"], a["n"], a["outcome"]) for a in shown["attempts"]} == {
        ("done", 1, "lost"),
        ("undone", 1, "lost"),
        ("undone", 2, "succeeded"),
    }


def test_a_flow_file_runs_in_the_foreground_without_a_runtime(batch: Batch) -> None:
    """The same file, python3 flows/x.py: output as it comes, the run's outcome as exit code."""
    batch.flow("""
flow = Flow("f", params={"n": 1})
flow.shell("集計", 'echo "n is $n"; exit $n')
if __name__ == "__main__":
    flow.main()
""")
    file = batch.home / "flows" / "flow.py"
    done = _python(file, "-p", "n=0")
    assert (done.returncode, "n is 0" in done.stdout) == (0, True)
    failed = _python(file)
    assert (failed.returncode, "exit code 1" in failed.stdout) == (1, True)
    assert not batch.state.exists()


def _python(file: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(file), *args],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_a_time_limit_holds_when_the_initiator_is_gone(batch: Batch) -> None:
    """Unsupervised, the runtime ends the job at its limit; how it ended is not known: lost."""
    batch.flow('flow = Flow("u")\nflow.shell("a", "echo go; exec sleep 60", timeout=1.5)')
    run = batch.run("u")
    batch.wait_job(run, "a", "running")
    lines = batch.log(run, "a")
    os.kill(lines[0]["pid"], signal.SIGKILL)
    leader = lines[1]["spawned"]["pid"]
    until(lambda: not alive(leader), "the job is ended at its limit")
    batch.wait_job(run, "a", "lost")


def test_declared_artifacts_are_recorded_with_size_and_hash(batch: Batch) -> None:
    """What a job promises as its result is recorded as it lay there, and so is its absence."""
    batch.flow("""
flow = Flow("a", params={"day": "1"})
flow.shell("make", "mkdir out; printf 日本 > out/$day.csv", artifacts=["out/$day.csv", "none/*.x"])
""")
    attempt = batch.wait(batch.run("a"))["attempts"][0]
    body = "日本".encode()
    assert attempt["artifacts"] == [
        {"path": "out/1.csv", "size": len(body), "sha256": hashlib.sha256(body).hexdigest()},
        {"path": "none/*.x", "size": None, "sha256": None},
    ]
