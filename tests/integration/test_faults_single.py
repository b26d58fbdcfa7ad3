"""One runtime for a folder, whoever starts how many of them, and whatever is removed under it."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path

from tests.batch import Batch, alive, until
from tests.faults import answers, command, environment, foreground, jobmon, serving, troubles

LONG = """
flow = Flow("long")
a = flow.shell("a", "while ! test -e go; do sleep 0.02; done")
b = flow.shell("b", "true")
a >> b
"""


def fifty(home: Path) -> list[tuple[int | None, str]]:
    """Fifty `jobmon up --json` at once: (exit code, output) of each."""
    words = command(home, "up", "--json")
    everyone = [
        subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment())
        for _ in range(50)
    ]
    outputs = [process.communicate(timeout=120)[0] for process in everyone]
    return [(process.returncode, out) for process, out in zip(everyone, outputs, strict=True)]


def runtimes(home: Path) -> list[int]:
    """The processes that are a runtime of this folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"jobmon.runtime" in words and str(home).encode() in words:
            found.append(int(path.parent.name))
    return [pid for pid in found if alive(pid)]


def test_fifty_starts_at_once_make_one_runtime(batch: Batch) -> None:
    said = fifty(batch.home)
    assert [code for code, _ in said] == [0] * 50
    pids = {json.loads(out)["pid"] for _, out in said}
    until(lambda: len(runtimes(batch.home)) == 1, "the others have ended")
    assert pids == set(runtimes(batch.home)) == {batch.pid()}


def test_a_second_runtime_names_the_first_and_exits_3(batch: Batch) -> None:
    with serving(batch) as first:
        second = foreground(batch.home)
        assert second.returncode == 3
        assert re.search(rf"process {first.pid} on \S+ serves it, since \d{{4}}-", second.stderr)
        assert "jobmon down" in second.stderr


def test_a_removed_lock_file_is_noticed_and_nothing_more_starts(batch: Batch) -> None:
    batch.flow(LONG)
    with serving(batch):
        run = batch.run("long")
        batch.wait_job(run, "a", "running")
        removed = time.monotonic()
        (batch.state / "runtime.lock").unlink()
        until(lambda: "lock file was removed" in troubles(batch), "status says so", 15)
        assert time.monotonic() - removed < 8
        (batch.home / "go").touch()
        batch.wait_job(run, "a", "succeeded")  # what runs is still watched
        assert batch.states(run)["b"] == "queued"
        assert jobmon(batch.home, "status", "--check").returncode == 1


def test_a_removed_database_is_noticed(batch: Batch) -> None:
    batch.flow(LONG)
    with serving(batch):
        batch.wait_job(batch.run("long"), "a", "running")
        (batch.state / "state.db").unlink()
        until(lambda: "state.db was removed" in troubles(batch), "status says so", 15)
        ran = jobmon(batch.home, "status", "--check")
        assert ran.returncode == 1
        assert "nothing is launched" in ran.stdout
        (batch.home / "go").touch()


def test_a_runtime_whose_lock_another_holds_leaves_to_it(batch: Batch) -> None:
    batch.flow(LONG)
    with serving(batch) as first:
        run = batch.run("long")
        batch.wait_job(run, "a", "running")
        (batch.state / "runtime.lock").unlink()
        words = [*command(batch.home)[:1], "-m", "jobmon.runtime", "--home", str(batch.home)]
        second = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        until(lambda: first.poll() is not None, "the first has left", 20)
        until(lambda: answers(batch) and batch.pid() == second.pid, "the second serves", 20)
        (batch.home / "go").touch()
        assert batch.wait(run)["state"] == "succeeded"
        assert len(batch.show(run)["attempts"]) == 2
        second.terminate()
        second.wait(timeout=20)


def test_a_removed_socket_is_made_anew(batch: Batch) -> None:
    with serving(batch) as process:
        (batch.state / "runtime.sock").unlink()
        removed = time.monotonic()
        until(lambda: answers(batch), "it listens again", 15)
        assert time.monotonic() - removed < 8
        assert batch.pid() == process.pid


def test_a_folder_in_the_sockets_place_is_named_until_it_goes(batch: Batch) -> None:
    """Nobody can ask meanwhile: its log says so."""
    sock = batch.state / "runtime.sock"
    with serving(batch):
        sock.unlink()
        (sock / "in-the-way").mkdir(parents=True)
        log = batch.state / "log" / "runtime.log"
        until(lambda: "cannot listen on" in log.read_text(), "the log says so", 15)
        (sock / "in-the-way").rmdir()
        sock.rmdir()
        until(lambda: answers(batch), "it listens again", 15)
