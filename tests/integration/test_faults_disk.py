"""A full disk and exhausted limits: said, waited for, and nothing lost or done twice."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from pathlib import Path

import pytest

from tests.batch import Batch, until
from tests.faults import (
    COUNTED,
    PYTHON,
    answers,
    as_nobody,
    command,
    effects,
    fill,
    give_way,
    jobmon,
    limit,
    serving,
    small_disk,
    troubles,
)

__all__ = ["small_disk"]

CHAIN = f"""
flow = Flow("chain")
a = flow.shell("a", '{COUNTED}while ! test -e go; do sleep 0.02; done; echo done')
b = flow.shell("b", '{COUNTED}true')
c = flow.shell("c", '{COUNTED}true')
a >> b >> c
"""
MANY = f"""
flow = Flow("many")
for i in range(12):
    flow.shell(f"j{{i}}", '{COUNTED}echo hello')
"""


def elsewhere(place: Path) -> str:
    """The chain, with what it does to the world on a disk that has room."""
    return CHAIN.replace("effects", f"{place}/effects").replace("-e go", f"-e {place}/go")


def in_order(batch: Batch, run: str) -> None:
    """The chain ran to its end, each of its jobs once."""
    assert batch.wait(run)["state"] == "succeeded"
    assert effects(batch) == ["1.0.1", "1.1.1", "1.2.1"]


def test_a_full_disk_is_told_and_waited_out(small_disk: Batch, tmp_path: Path) -> None:
    batch = small_disk
    batch.flow(elsewhere(tmp_path))
    with serving(batch):
        run = batch.run("chain")
        batch.wait_job(run, "a", "running")
        ballast = fill(batch.home.parent)
        (tmp_path / "go").touch()
        said = until(lambda: troubles(batch), "status says so")
        assert "full" in said or "No space" in said or "I/O" in said
        refused = jobmon(batch.home, "run", "chain")
        assert refused.returncode == 6
        assert "record the command" in refused.stderr
        assert (tmp_path / "effects").read_text().split() == ["1.0.1"]  # nothing more is started
        ballast.unlink()
        assert batch.wait(run)["state"] == "succeeded"
        assert (tmp_path / "effects").read_text().split() == ["1.0.1", "1.1.1", "1.2.1"]
        assert troubles(batch) == ""
        assert [r["exit"]["code"] for r in batch.log(run, "a") if "exit" in r] == [0]
        assert len(batch.call("view", name="ls")["runs"]) == 1


def test_a_runtime_killed_on_a_full_disk_comes_back_and_says_so(
    small_disk: Batch, tmp_path: Path
) -> None:
    batch = small_disk
    batch.flow(elsewhere(tmp_path))
    run = batch.run("chain")
    batch.wait_job(run, "a", "running")
    batch.kill()
    ballast = fill(batch.home.parent)
    ran = jobmon(batch.home, "up")
    assert ran.returncode in (0, 6)
    assert "Traceback" not in ran.stderr
    if ran.returncode == 0:
        assert troubles(batch)
    else:
        assert "full" in ran.stderr or "I/O" in ran.stderr
    (tmp_path / "go").touch()
    ballast.unlink()
    assert batch.call("status")["running"]
    assert batch.wait(run)["state"] == "succeeded"
    assert (tmp_path / "effects").read_text().split() == ["1.0.1", "1.1.1", "1.2.1"]


def test_a_command_that_meets_the_full_disk_first_is_told_it_is_kept(
    small_disk: Batch, tmp_path: Path
) -> None:
    batch = small_disk
    batch.flow(f"flow = Flow('one')\na = flow.shell('a', 'echo $JOBMON_RUN >> {tmp_path}/ran')\n")
    with serving(batch):
        batch.call("status")
        ballast = fill(batch.home.parent)
        ran = jobmon(batch.home, "run", "one")
        assert ran.returncode == 6
        assert "it is done once that is mended" in ran.stderr
        ballast.unlink()
        until((tmp_path / "ran").exists, "it is run once there is room")
        assert batch.wait("one#1")["state"] == "succeeded"
        assert (tmp_path / "ran").read_text().split() == ["one#1"]


def test_a_limit_on_the_size_of_files_is_waited_out(batch: Batch) -> None:
    """RLIMIT_FSIZE lets small files be written, so it strikes within the database's log."""
    batch.flow(CHAIN)
    with serving(batch) as process:
        run = batch.run("chain")
        batch.wait_job(run, "a", "running")
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        (batch.home / "go").touch()
        assert until(lambda: troubles(batch), "status says so")
        assert effects(batch) == ["1.0.1"]
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, unlimited)
        in_order(batch, run)
        assert troubles(batch) == ""


def test_jobs_past_a_limit_on_the_size_of_files_keep_their_end(batch: Batch) -> None:
    """Initiators inherit the limit: output is cut with a mark, the exit record is written."""
    batch.flow("flow = Flow('loud')\na = flow.shell('a', 'seq 100000; exit 3')\n")
    with serving(batch, limit(resource.RLIMIT_FSIZE, 300_000)):
        shown = batch.wait(batch.run("loud"))
        assert shown["jobs"][0]["code"] == 3
        records = batch.log("loud#1", "a")
        assert "exit" in records[-1]
        assert any("dropped" in record for record in records)


def test_few_descriptors_delay_work_and_lose_none(batch: Batch) -> None:
    batch.flow(MANY)
    with serving(batch, limit(resource.RLIMIT_NOFILE, 40)) as process:
        run = batch.run("many")
        shown = batch.wait(run)
        assert shown["state"] == "succeeded"
        assert sorted(effects(batch)) == sorted(f"1.{i}.1" for i in range(12))
        assert process.poll() is None


def test_no_descriptor_left_is_waited_out(batch: Batch) -> None:
    """A running job's end is learnt, and later jobs start, once there are descriptors again."""
    batch.flow(CHAIN)
    with serving(batch) as process:
        run = batch.run("chain")
        batch.wait_job(run, "a", "running")
        used = len(os.listdir(f"/proc/{process.pid}/fd"))
        _, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (used, hard))
        initiator = batch_initiator(batch, run)
        os.kill(initiator, signal.SIGSTOP)
        (batch.home / "go").touch()
        os.kill(initiator, signal.SIGCONT)
        until(lambda: batch.states(run)["a"] == "succeeded", "the end is learnt")
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (1024, hard))
        in_order(batch, run)


def batch_initiator(batch: Batch, run: str) -> int:
    return next(record["pid"] for record in batch.log(run, "a") if "jobmon" in record)


def test_no_process_to_be_had_is_told_and_waited_out(batch: Batch) -> None:
    """RLIMIT_NPROC binds only users other than root: EAGAIN when initiators are forked."""
    prefix = as_nobody()
    give_to_nobody(batch)
    batch.flow(CHAIN)
    with serving(batch, None, prefix) as process:
        run = batch.run("chain")
        batch.wait_job(run, "a", "running")
        processes_of(prefix, process.pid, 1)
        second = batch.run("chain")
        said = until(lambda: troubles(batch), "status says so")
        assert "cannot start another process" in said
        assert batch.states(second)["a"] == "starting"
        processes_of(prefix, process.pid, resource.getrlimit(resource.RLIMIT_NPROC)[0])
        (batch.home / "go").touch()
        assert batch.wait(run)["state"] == batch.wait(second)["state"] == "succeeded"
        assert len(effects(batch)) == len(set(effects(batch))) == 6


def processes_of(prefix: tuple[str, ...], runtime: int, most: int) -> None:
    """Set how many processes its user may have, for the runtime and its template."""
    code = "import resource as r, sys; m, h, *pids = map(int, sys.argv[1:]); "
    code += "[r.prlimit(pid, r.RLIMIT_NPROC, (m, h)) for pid in pids]"
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    words = [str(n) for n in (most, hard, runtime, *children(runtime))]
    subprocess.run([*prefix, PYTHON, "-c", code, *words], check=True)


def children(pid: int) -> list[int]:
    out = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in out.stdout.split()]


def give_to_nobody(batch: Batch) -> None:
    """The folder and what leads to it, for a runtime that is another user's."""
    for path in (batch.home, batch.home / "flows"):
        os.chown(path, 65534, 65534)
    give_way(batch)


def test_a_folder_that_cannot_be_written_is_named(batch: Batch) -> None:
    prefix = as_nobody()
    words = [*prefix, *command(batch.home, "up")]
    ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 6, ran.stderr
    assert str(batch.state) in ran.stderr
    assert "Permission denied" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_state_folder_of_another_user_is_refused(batch: Batch) -> None:
    prefix = as_nobody()
    with serving(batch):
        ran = subprocess.run(
            [*prefix, *command(batch.home, "up")],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ran.returncode == 6, ran.stderr
        assert "Traceback" not in ran.stderr
        assert answers(batch)


@pytest.mark.parametrize("room", ["attempts/1", "."])
def test_a_folder_that_takes_no_more_writes_is_told(batch: Batch, room: str) -> None:
    """As nobody, whom permission bits bind; taken away while the runtime serves."""
    prefix = as_nobody()
    give_to_nobody(batch)
    batch.flow(CHAIN)
    with serving(batch, None, prefix):
        run = batch.run("chain")
        batch.wait_job(run, "a", "running")
        place = batch.state / room
        place.chmod(0o500)
        (batch.home / "go").touch()
        batch.wait_job(run, "a", "succeeded")
        said = until(lambda: troubles(batch), "status says so")
        assert "denied" in said
        place.chmod(0o700)
        in_order(batch, run)
