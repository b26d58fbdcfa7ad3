"""Running jobs and a dead runtime: adopted without a gap, stopped to the last process, timed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime import client
from jobmon.runtime.errors import NoRuntimeError
from tests.batch import Batch, alive, until
from tests.crash.ground import claim_of, kill_initiator, ticks_of

TALKER = """\
n=0
until test -e go; do n=$((n+1)); echo "line $n"; sleep 0.1; done
echo "$JOBMON_ATTEMPT_ID" >>effects
echo "last $n"
exit "$1"
"""
SLEEP = "note(); time.sleep(100)"
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
SHAPES = {
    "plain": SLEEP,
    "with_children": f"os.fork(); os.fork(); {SLEEP}",
    "deaf": f"{DEAF}; os.fork(); {SLEEP}",
    "daemonised": f"daemon(); {SLEEP}",
    "deaf_daemon": f"{DEAF}; daemon(); {SLEEP}",
    "daemon_of_a_daemon": f"daemon(); daemon(); {SLEEP}",
    "stopped": f"os.fork(); note(); os.kill(os.getpid(), signal.SIGSTOP); {SLEEP}",
    "nameless_daemon": "daemon(); note(); forget()",
}
"""What a job may make of itself; every process of it notes its pid."""
FINDABLE = [shape for shape in SHAPES if shape != "nameless_daemon"]
"""Without its initiator, a daemon that also threw away its environment belongs to nobody."""
SHAPE = """\
import os, signal, sys, time

def note():
    fd = os.open("pids." + sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(fd, b"%d\\n" % os.getpid())

def forget():
    os.execve("/bin/sleep", ["sleep", "100"], {})

def daemon():
    "Double fork and a session of its own; the leader stays and waits for nothing of it."
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)

exec(SHAPES[sys.argv[1]])
"""
PROCESSES = {"with_children": 4, "plain": 1, "daemon_of_a_daemon": 3}
GRACE = 0.4


@pytest.fixture
def wide(batch: Batch) -> Batch:
    """A batch folder with room for everything at once."""
    (batch.home / "jobmon.toml").write_text("[runtime]\nslots = 24\n")
    return batch


def up(batch: Batch) -> None:
    """`jobmon up`."""
    command = [sys.executable, "-m", "jobmon.tui.cli", "--home", str(batch.home), "up"]
    subprocess.run(command, check=True, capture_output=True, timeout=30)


def attempt_file(batch: Batch, run: str, job: str) -> Path:
    shown = batch.show(run)
    return Path(next(a["log"] for a in shown["attempts"] if a["job"] == job))


def events(batch: Batch, kind: str) -> list[dict[str, Any]]:
    lines = [p.read_text() for p in sorted((batch.state / "log").glob("events-*.jsonl"))]
    found = map(json.loads, "".join(lines).splitlines())
    return [event for event in found if event["kind"] == kind]


class TestTwenty:
    @pytest.fixture
    def run(self, wide: Batch) -> str:
        (wide.home / "talker.sh").write_text(TALKER)
        wide.flow(
            'flow = Flow("f")\n'
            "for i in range(20):\n"
            '    flow.exec(f"j{i}", ["sh", "talker.sh", str(i % 4)], tolerate=True)\n'
        )
        return wide.run("f")

    def lines(self, batch: Batch, run: str) -> list[int]:
        """How many lines each job has in its log."""
        files = [attempt_file(batch, run, f"j{i}") for i in range(20)]
        return [path.read_text().count('"line ') if path.exists() else 0 for path in files]

    def test_all_are_adopted_and_nothing_of_them_is_missing(self, wide: Batch, run: str) -> None:
        until(lambda: min(self.lines(wide, run)) >= 2, "all twenty have printed")
        wide.kill()
        before = self.lines(wide, run)
        until(
            lambda: all(
                now >= old + 2 for now, old in zip(self.lines(wide, run), before, strict=True)
            ),
            "all twenty go on printing without a runtime",
        )
        up(wide)
        started = events(wide, "runtime.started")[-1]["data"]
        assert (started["open"], started["adopted"]) == (20, 20)
        assert set(wide.states(run).values()) == {"running"}
        (wide.home / "go").touch()
        shown = wide.wait(run)
        assert [row["code"] for row in shown["jobs"]] == [i % 4 for i in range(20)]
        assert [a["n"] for a in shown["attempts"]] == [1] * 20
        ids = (wide.home / "effects").read_text().split()
        assert len(ids) == len(set(ids)) == 20
        for i in range(20):
            texts = [r["m"] for r in wide.log(run, f"j{i}") if r.get("s") == "out"]
            count = len(texts) - 1
            assert texts == [*(f"line {n}" for n in range(1, count + 1)), f"last {count}"]

    def test_a_runtime_killed_over_and_over_changes_nothing(self, wide: Batch, run: str) -> None:
        until(lambda: min(self.lines(wide, run)) >= 1, "all twenty have printed")
        for _ in range(4):
            wide.kill()
            wide.client().close()
        (wide.home / "go").touch()
        shown = wide.wait(run)
        assert [row["code"] for row in shown["jobs"]] == [i % 4 for i in range(20)]
        assert [a["n"] for a in shown["attempts"]] == [1] * 20
        assert len((wide.home / "effects").read_text().split()) == 20


class Shapes:
    """A run of all shapes, each with its processes started."""

    def __init__(self, batch: Batch, names: list[str]) -> None:
        self.batch, self.names = batch, names
        (batch.home / "shape.py").write_text(f"SHAPES = {SHAPES}\n{SHAPE}")
        batch.flow(
            'flow = Flow("f")\n'
            f"for shape in {names}:\n"
            f"    flow.exec(shape, [{sys.executable!r}, 'shape.py', shape], grace={GRACE})\n"
        )
        self.run = batch.run("f")
        until(lambda: all(map(self.complete, names)), "every process has noted its pid")
        until(lambda: set(batch.states(self.run).values()) == {"running"}, "all are running")

    def complete(self, shape: str) -> bool:
        return len(self.pids(shape)) >= PROCESSES.get(shape, 2)

    def pids(self, shape: str) -> list[int]:
        file = self.batch.home / f"pids.{shape}"
        return [int(pid) for pid in file.read_text().split()] if file.exists() else []

    def alive(self) -> dict[str, list[int]]:
        """The processes that are left, by shape."""
        found = {shape: [p for p in self.pids(shape) if ticks_of(p)] for shape in self.names}
        return {shape: pids for shape, pids in found.items() if pids}

    def attempt_file(self, shape: str) -> Path:
        return attempt_file(self.batch, self.run, shape)

    def over(self, state: str) -> bool:
        return set(self.batch.states(self.run).values()) == {state}

    def close(self) -> None:
        """Whatever a test proved, leave no process."""
        for pids in self.alive().values():
            for pid in pids:
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def shapes(wide: Batch, request: pytest.FixtureRequest) -> Iterator[Shapes]:
    made = Shapes(wide, getattr(request, "param", list(SHAPES)))
    yield made
    made.close()


class TestCancel:
    def test_of_adopted_jobs_leaves_no_process_of_their_trees(self, shapes: Shapes) -> None:
        shapes.batch.kill()
        shapes.batch.verb("cancel", shapes.run)
        begun = time.monotonic()
        until(lambda: shapes.over("cancelled"), "all are cancelled")
        assert shapes.alive() == {}, "cancelled says: nothing of it is alive"
        assert time.monotonic() - begun < GRACE + 2

    @pytest.mark.parametrize("shapes", [["plain", "deaf_daemon"]], indirect=True)
    def test_reaches_initiators_that_somebody_stopped(self, shapes: Shapes) -> None:
        claims = [claim_of(shapes.attempt_file(shape)) for shape in shapes.names]
        shapes.batch.kill()
        for claim in filter(None, claims):
            os.kill(claim.pid, signal.SIGSTOP)
        shapes.batch.verb("cancel", shapes.run)
        until(lambda: shapes.over("cancelled"), "all are cancelled")
        assert shapes.alive() == {}

    @pytest.mark.parametrize("shapes", [FINDABLE], indirect=True)
    def test_of_jobs_without_their_initiators_kills_all_and_ends_lost(self, shapes: Shapes) -> None:
        """Their exit codes nobody can know: `lost`, not `cancelled`; but nothing is left."""
        for shape in shapes.names:
            claim = claim_of(shapes.attempt_file(shape))
            assert claim is not None
            assert kill_initiator(claim)
        until(
            lambda: all(row["unsupervised"] for row in shapes.batch.show(shapes.run)["jobs"]),
            "all are known to be unsupervised",
        )
        shapes.batch.verb("cancel", shapes.run)
        until(lambda: shapes.over("lost"), "all are lost")
        assert shapes.alive() == {}

    @pytest.mark.parametrize("shapes", [FINDABLE], indirect=True)
    def test_of_jobs_whose_runtime_and_initiators_died_together(self, shapes: Shapes) -> None:
        claims = [claim_of(shapes.attempt_file(shape)) for shape in shapes.names]
        shapes.batch.kill()
        assert all(claim and kill_initiator(claim) for claim in claims)
        shapes.batch.verb("cancel", shapes.run)
        until(lambda: shapes.over("lost"), "all are lost")
        assert shapes.alive() == {}


LEAVER = """
if [ $JOBMON_ATTEMPT = 2 ]; then echo second >>effects; exit 0; fi
(trap '' TERM; echo child begins >>effects
 until test -e go; do sleep 0.02; done
 sleep 1; echo child ends >>effects) >/dev/null 2>&1 &
echo $$ >pid
until test -e go; do sleep 0.02; done
"""


@pytest.mark.parametrize("watched", [True, False])
def test_lost_is_said_once_nothing_of_the_attempt_lives(batch: Batch, watched: bool) -> None:
    """The leader of an orphaned attempt ends before its child: a rerun waits for both.

    Also when the leader ends while no runtime is there to see it.
    """
    (batch.home / "leaver.sh").write_text(LEAVER)
    batch.flow(
        'flow = Flow("f")\n'
        'flow.exec("a", ["sh", "leaver.sh"], effects="idempotent", on_lost="rerun")\n'
    )
    run = batch.run("f")
    until((batch.home / "effects").exists, "the child runs")
    batch.wait_job(run, "a", "running")
    claim = claim_of(attempt_file(batch, run, "a"))
    assert claim is not None
    assert kill_initiator(claim)
    until(lambda: batch.show(run)["jobs"][0]["unsupervised"], "it is known to be unsupervised")
    if not watched:
        batch.kill()
    (batch.home / "go").touch()
    leader = int((batch.home / "pid").read_text())
    until(lambda: ticks_of(leader) is None, "the leader is dead")
    batch.client().close()
    assert batch.wait(run)["state"] == "succeeded"
    effects = (batch.home / "effects").read_text().splitlines()
    assert effects == ["child begins", "child ends", "second"]


SLEEPER = """
flow = Flow("f")
a = flow.shell("a", "echo $$ > pid; sleep 100; echo not stopped >> effects", grace=0.3)
b = flow.shell("b", "echo b >> effects")
a >> b
"""


class TestDeathBetweenCommitAndSignal:
    @pytest.mark.parametrize("step", ["committed", "acted"])
    def test_a_committed_stop_is_carried_out_after_the_restart(
        self, batch: Batch, monkeypatch: pytest.MonkeyPatch, step: str
    ) -> None:
        batch.flow(SLEEPER)
        run = batch.run("f")
        until((batch.home / "pid").exists, "a runs")
        batch.wait_job(run, "a", "running")
        batch.kill()
        # 1: recovery, 2: the first turn, which finds nothing new, 3: the cancel.
        with monkeypatch.context() as patch:
            patch.setenv("JOBMON_DIE_AT", f"{step}:3")
            pid = batch.pid()
        arguments = {"verb": "cancel", "run": run, "jobs": ["a"], "options": {}, "idem": "once"}
        with pytest.raises(NoRuntimeError), client.connect(batch.state) as connection:
            connection.call("verb", **arguments)
        until(lambda: not alive(pid), "the runtime is dead")
        assert batch.states(run)["a"] == "stopping", "the stop was committed"
        answer = batch.call("verb", **arguments)
        assert answer["touched"][0]["becomes"] == "cancelled", "asked again, it says what it did"
        batch.wait_job(run, "a", "cancelled")
        assert ticks_of(int((batch.home / "pid").read_text())) is None
        assert not (batch.home / "effects").exists()
        assert len(batch.show(run)["attempts"]) == 1


def test_a_time_limit_holds_while_no_runtime_is_there(batch: Batch) -> None:
    batch.flow(
        'flow = Flow("f")\n'
        "flow.shell('a', \"trap '' TERM; echo $$ > pid; sleep 100; sleep 100\", timeout=1,"
        " grace=0.3)\n"
    )
    run = batch.run("f")
    until((batch.home / "pid").exists, "a runs")
    batch.wait_job(run, "a", "running")
    batch.kill()
    file = attempt_file(batch, run, "a")
    until(lambda: '"exit"' in file.read_text().splitlines()[-1], "its end is recorded", 5)
    assert ticks_of(int((batch.home / "pid").read_text())) is None
    up(batch)
    row = batch.wait(run)["jobs"][0]
    assert (row["state"], row["reason"]) == ("failed", "timeout")
