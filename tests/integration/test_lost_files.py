"""The file of an attempt is gone or damaged while its job runs: nothing starts beside that job."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime import procs
from jobmon.runtime.executors import byhand
from jobmon.runtime.executors.contract import Gone, Started
from jobmon.runtime.model import Attempt, Identity
from tests.batch import Batch, until
from tests.executor_host import Host, killed_initiator, living, spec
from tests.faults import COUNTED, effects

EAGER = f"""
flow = Flow("eager")
flow.shell("a", '{COUNTED}while ! test -e go; do sleep 0.02; done',
           effects="idempotent", on_lost="rerun")
"""


def removed(path: Path) -> None:
    path.unlink()


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def of_another_boot(path: Path) -> None:
    path.write_bytes(b'{"jobmon":1,"attempt":"1.0.1","boot":"x","pid":9,"ticks":9}\n')


@pytest.mark.parametrize("harm", [removed, emptied, a_folder, of_another_boot])
@pytest.mark.parametrize("supervised", [True, False])
def test_a_policy_waits_until_nothing_of_the_attempt_lives(
    batch: Batch, harm: Callable[[Path], None], supervised: bool
) -> None:
    batch.flow(EAGER)
    run = batch.run("eager")
    batch.wait_job(run, "a", "running")
    until(lambda: effects(batch) == ["1.0.1"], "the job is at work")
    (lines,) = [r for r in batch.log(run, "a") if "pid" in r]
    batch.kill()
    if not supervised:
        os.kill(lines["pid"], signal.SIGKILL)
    harm(batch.state / "attempts" / "1" / "0.1.jsonl")
    assert batch.call("status")["running"]  # by a new runtime, which has settled what was open
    assert (batch.states(run), len(batch.show(run)["attempts"])) == ({"a": "running"}, 1)
    (batch.home / "go").touch()
    assert batch.wait(run)["state"] == "succeeded"
    assert effects(batch) in (["1.0.1"], ["1.0.1", "1.0.2"])  # the first may tell its end itself


async def test_an_attempt_not_yet_seen_running_is_found_alive_too(tmp_path: Path) -> None:
    async with Host(tmp_path / ".jobmon") as host:
        started = await killed_initiator(host, "exec sleep 60")
        host.executor.files.path("1.0.1").unlink()
        evidence = host.executor.probe(["1.0.1"])["1.0.1"]
        assert (evidence.claim, evidence.leader) == ("none", started.leader)
        assert evidence.leader_alive
        host.executor.adopt("1.0.1", evidence)
        host.executor.cancel("1.0.1", 0)
        await host.report(Gone)
        assert living([started.leader.pid]) == []


async def test_one_without_the_marks_is_known_by_what_was_recorded(tmp_path: Path) -> None:
    async with Host(tmp_path / ".jobmon") as host:
        started = await killed_initiator(host, "exec env -i /bin/sleep 60")
        host.executor.files.path("1.0.1").unlink()
        bare = host.executor.probe(["1.0.1"])["1.0.1"]
        assert not bare.leader_alive
        known = Attempt(run=1, job=0, n=1, created=1.0, leader=started.leader)
        evidence = host.executor.probe(["1.0.1"], {"1.0.1": known})["1.0.1"]
        assert (evidence.leader, evidence.leader_alive) == (started.leader, True)
        host.executor.adopt("1.0.1", evidence)
        host.executor.cancel("1.0.1", 0)
        await host.report(Gone)
        assert living([started.leader.pid]) == []


class TestScarcity:
    """No descriptor or thread is to be had just when an attempt without initiator is looked at."""

    @pytest.fixture(autouse=True)
    def hasty(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(byhand, "LOOK_AGAIN", 0.02)

    @pytest.mark.parametrize("adopted", [True, False])
    async def test_a_cancel_is_done_once_it_can_be(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, adopted: bool
    ) -> None:
        async with Host(tmp_path / ".jobmon") as host:
            started = await killed_initiator(host, "exec sleep 60")
            if adopted:
                host.executor.adopt("1.0.1", host.executor.probe(["1.0.1"])["1.0.1"])
            real, failing = host.executor.files.evidence, [1, 2, 3]

            def evidence(*args: Any) -> object:
                if failing:
                    raise OSError(errno.EMFILE, f"Too many open files {failing.pop()}")
                return real(*args)

            monkeypatch.setattr(host.executor.files, "evidence", evidence)
            host.executor.cancel("1.0.1", 0.5)
            await host.report(Gone)
            assert (failing, living([started.leader.pid])) == ([], [])

    async def test_an_initiator_dead_in_a_stop_is_followed_once_it_can_be(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with Host(tmp_path / ".jobmon") as host:
            host.executor.submit(spec("trap '' TERM; while :; do sleep 1; done"))
            started = await host.report(Started)
            real, failing = host.executor.files.evidence, [1, 2]

            def evidence(*args: Any) -> object:
                if failing:
                    raise OSError(errno.EMFILE, f"Too many open files {failing.pop()}")
                return real(*args)

            monkeypatch.setattr(host.executor.files, "evidence", evidence)
            host.executor.cancel("1.0.1", 0.3)
            os.kill(started.initiator.pid, signal.SIGKILL)
            await host.report(Gone)
            assert (failing, living([started.leader.pid])) == ([], [])

    @pytest.mark.parametrize(
        "error", [OSError(errno.EMFILE, "Too many open files"), RuntimeError("no new thread")]
    )
    async def test_a_stop_under_way_looks_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        async with Host(tmp_path / ".jobmon") as host:
            started = await killed_initiator(host, "trap '' TERM; while :; do sleep 1; done")
            real, calls = procs.attempt_processes, iter(range(99))

            def scarce(attempt: str, output: str, leader: Identity | None) -> list[Identity]:
                if next(calls) in {0, 2, 3}:
                    raise error
                return real(attempt, output, leader)

            monkeypatch.setattr(procs, "attempt_processes", scarce)
            host.executor.cancel("1.0.1", 0.1)
            await host.report(Gone)
            assert next(calls) > 4
            assert living([started.leader.pid]) == []
