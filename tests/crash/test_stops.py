"""Stops and time limits through deaths: nothing of the tree survives, nothing is forgotten."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime import client, proctree
from jobmon.runtime.errors import NoRuntimeError
from tests.batch import Batch, alive, until
from tests.crash.ground import attempt_file, claim_of, kill_initiator, ticks_of, up

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

    def end(self, shape: str) -> dict[str, Any]:
        return json.loads(self.attempt_file(shape).read_text().splitlines()[-1])["exit"]

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
        reasons = {shape: shapes.end(shape)["reason"] for shape in shapes.names}
        assert set(reasons.values()) == {"stop"}, "their initiators came back and did it"
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


def test_parents_are_signalled_first_whatever_their_pids() -> None:
    """Numbers start again from the bottom: a child's may be the smaller one."""
    procs = [proctree.Proc(pid, ppid, 9, 1, "S") for pid, ppid in ((2, 3), (3, 9), (9, 1))]
    table = {proc.pid: proc for proc in procs}
    assert [proc.pid for proc in proctree.parents_first(procs, table)] == [9, 3, 2]


@pytest.mark.parametrize("verb", ["cancel", "kill"])
def test_a_shell_that_is_stopped_by_hand_does_not_begin_its_next_line(
    wide: Batch, verb: str
) -> None:
    """The child of the moment must not be seen to end by a shell that still lives."""
    wide.flow(
        'flow = Flow("f")\n'
        "for i in range(8):\n"
        '    flow.shell(f"j{i}", "echo began >>pids; sleep 100; echo went on >>effects")\n'
    )
    run = wide.run("f")
    pids = wide.home / "pids"
    until(lambda: pids.exists() and pids.read_text().count("\n") == 8, "all have begun")
    until(lambda: set(wide.states(run).values()) == {"running"}, "all are running")
    for i in range(8):
        claim = claim_of(attempt_file(wide, run, f"j{i}"))
        assert claim is not None
        kill_initiator(claim)
    wide.verb(verb, run)
    until(lambda: set(wide.states(run).values()) == {"lost"}, "all are lost")
    assert not (wide.home / "effects").exists()


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


LIMITED = """
flow = Flow("f")
flow.shell("a", "trap '' TERM; echo $$ >pid; sleep 100; sleep 100", timeout=1, grace=0.3)
"""


@pytest.fixture
def limited(batch: Batch) -> str:
    """A run of a job that is to be ended at its time limit."""
    batch.flow(LIMITED)
    run = batch.run("f")
    until((batch.home / "pid").exists, "a runs")
    batch.wait_job(run, "a", "running")
    return run


def test_a_time_limit_holds_while_no_runtime_is_there(batch: Batch, limited: str) -> None:
    batch.kill()
    file = attempt_file(batch, limited, "a")
    until(lambda: '"exit"' in file.read_text().splitlines()[-1], "its end is recorded", 5)
    assert ticks_of(int((batch.home / "pid").read_text())) is None
    up(batch)
    row = batch.wait(limited)["jobs"][0]
    assert (row["state"], row["reason"]) == ("failed", "timeout")


def test_a_time_limit_is_made_up_for_when_all_that_watched_is_dead(
    batch: Batch, limited: str
) -> None:
    claim = claim_of(attempt_file(batch, limited, "a"))
    batch.kill()
    assert claim is not None
    assert kill_initiator(claim)
    up(batch)
    batch.wait_job(limited, "a", "lost")
    assert ticks_of(int((batch.home / "pid").read_text())) is None
