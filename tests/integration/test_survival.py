"""Runtimes and initiators die; what remains is adopted, settled or left alone."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime.executors.contract import Ended, Gone, Started
from tests.executor_host import LEFT_BEHIND, TREES, Host, killed_initiator, living, pids_in, spec

PYTHON = sys.executable


def count(host: Host, kind: type) -> int:
    return sum(isinstance(r, kind) and r.attempt == "1.0.1" for r in host.reports)


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    async with Host(tmp_path / ".jobmon", slots=2) as host:
        yield host


class TestRuntimeDeath:
    """The runtime goes without a word; its successor on the same folder finds everything."""

    async def started(self, host: Host, line: str, **fields: Any) -> Started:
        host.executor.submit(spec(line, **fields))
        return await host.report(Started, fields.get("attempt", "1.0.1"))

    async def adopt(self, host: Host, attempt: str = "1.0.1") -> Any:
        evidence = host.executor.probe([attempt])[attempt]
        host.executor.adopt(attempt, evidence)
        return evidence

    async def test_idle_initiators_end_busy_ones_finish(self, tmp_path: Path) -> None:
        state, go = tmp_path / ".jobmon", tmp_path / "go"
        host = Host(state)
        await host.__aenter__()
        await host.run("true", attempt="1.1.1")
        idle = [door.link.pid for door in host.doors if door.link]
        await self.started(host, f"while [ ! -e {go} ]; do sleep 0.02; done; echo done; exit 5")
        await self.started(host, f"while [ ! -e {go} ]; do sleep 0.02; done", attempt="1.2.1")
        everyone = [door.link.pid for door in host.doors if door.link]
        host.executor.cancel("1.2.1", 0)
        await host.report(Ended, "1.2.1")
        await host.die()
        spare = [pid for pid in everyone if pid not in idle]
        await host.until(lambda: len(living(everyone)) == 1)
        assert spare
        go.touch()
        evidence = await host.until(lambda: host.executor.probe(["1.0.1"])["1.0.1"].exit)
        assert evidence.code == 5
        assert host.text() == "done\n"
        await host.until(lambda: living(everyone) == [])

    async def test_an_adopted_attempt_reports_its_end(self, tmp_path: Path) -> None:
        state, go = tmp_path / ".jobmon", tmp_path / "go"
        first = Host(state)
        await first.__aenter__()
        started = await self.started(first, f"while [ ! -e {go} ]; do sleep 0.02; done; exit 6")
        await first.die()
        async with Host(state) as second:
            evidence = await self.adopt(second)
            assert evidence.leader == started.leader
            assert (evidence.locked, evidence.leader_alive, evidence.same_boot) == (True,) * 3
            await second.until(lambda: second.doors)  # it found the new runtime by itself
            go.touch()
            assert (await second.report(Ended)).exit.code == 6
            assert not [r for r in second.reports if isinstance(r, Gone)]
            assert (await second.run("true", attempt="1.1.1")).code == 0

    async def test_the_end_is_noticed_without_a_reconnection(self, tmp_path: Path) -> None:
        state, go = tmp_path / ".jobmon", tmp_path / "go"
        first = Host(state)
        await first.__aenter__()
        await self.started(first, f"while [ ! -e {go} ]; do sleep 0.02; done")
        await first.die()
        second = Host(state)
        await second.executor.start(second._hear)  # no socket: nobody can come back
        await self.adopt(second)
        go.touch()
        await second.report(Gone)
        assert second.executor.probe(["1.0.1"])["1.0.1"].exit
        await second.executor.close()

    @pytest.mark.parametrize("reconnects", [True, False])
    async def test_cancel_of_an_adopted_attempt(self, tmp_path: Path, reconnects: bool) -> None:
        state, file = tmp_path / ".jobmon", tmp_path / "pids"
        first = Host(state)
        await first.__aenter__()
        await self.started(first, TREES["double fork"], env={"PIDS": str(file)})
        pids = await pids_in(first, file, 2)
        await first.die()
        second = Host(state)
        await second.executor.start(second._hear)
        if reconnects:
            await second.listen()
        await self.adopt(second)
        second.executor.cancel("1.0.1", 0.3)  # at once: nobody has come back yet
        if reconnects:
            assert (await second.report(Ended)).exit.reason == "stop"
            await second.die()
        else:
            await second.report(Gone)
            assert second.executor.probe(["1.0.1"])["1.0.1"].exit
            await second.executor.close()
        assert living(pids) == []

    async def test_a_time_limit_holds_with_no_runtime(self, tmp_path: Path) -> None:
        host = Host(tmp_path / ".jobmon")
        await host.__aenter__()
        await self.started(host, "sleep 60", timeout=0.5)
        await host.die()
        record = await host.until(lambda: host.executor.probe(["1.0.1"])["1.0.1"].exit)
        assert record.reason == "timeout"


class TestInitiatorDeath:
    @pytest.mark.parametrize(
        ("step", "claim", "leader", "code"),
        [
            ("before-claim", "none", False, None),
            ("after-claim", "claimed", False, None),
            ("after-spawn", "claimed", True, None),
            ("after-wait", "claimed", False, None),
            ("after-exit-record", "claimed", False, 0),
        ],
    )
    async def test_what_is_seen_of_a_death_at_every_step(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        step: str,
        claim: str,
        leader: bool,
        code: int | None,
    ) -> None:
        go, mark = tmp_path / "go", tmp_path / "mark"
        monkeypatch.setenv("JOBMON_DIE_AT", step)
        monkeypatch.setenv("JOBMON_DIE_ONCE", str(tmp_path / "once"))
        line = f"echo x >> {mark}; while [ ! -e {go} ]; do sleep 0.02; done"
        if step in {"after-wait", "after-exit-record"}:
            go.touch()
        async with Host(tmp_path / ".jobmon") as host:
            host.executor.submit(spec(line))
            await host.report(Gone)
            evidence = host.executor.probe(["1.0.1"])["1.0.1"]
            assert (evidence.claim, evidence.leader_alive) == (claim, leader)
            assert not evidence.initiator_alive
            assert (evidence.exit and evidence.exit.code) == code
            host.executor.submit(spec(line))  # by mistake: only the unclaimed one may start
            go.touch()
            await host.run("true", attempt="1.1.1")
            kind, least = (Ended, 1) if step == "before-claim" else (Gone, 2)
            await host.until(lambda: count(host, kind) >= least)
            assert mark.exists() == (step != "after-claim")
            assert not mark.exists() or mark.read_text() == "x\n"

    async def test_an_unsupervised_leader_is_watched(self, host: Host, tmp_path: Path) -> None:
        go = tmp_path / "go"
        started = await killed_initiator(host, f"while [ ! -e {go} ]; do sleep 0.02; done")
        evidence = host.executor.probe(["1.0.1"])["1.0.1"]
        assert (evidence.leader, evidence.leader_alive) == (started.leader, True)
        assert not evidence.locked
        host.executor.adopt("1.0.1", evidence)
        await host.run("true", attempt="1.1.1")
        assert host.has(Gone) is None
        go.touch()
        await host.report(Gone)

    @pytest.mark.parametrize("adopted", [True, False])
    @pytest.mark.parametrize("shape", TREES)
    async def test_an_unsupervised_tree_is_stopped_by_hand(
        self, host: Host, tmp_path: Path, shape: str, adopted: bool
    ) -> None:
        file = tmp_path / "pids"
        await killed_initiator(host, TREES[shape], env={"PIDS": str(file)})
        pids = await pids_in(host, file, 2)
        if adopted:
            host.executor.adopt("1.0.1", host.executor.probe(["1.0.1"])["1.0.1"])
        began = time.monotonic()
        host.executor.cancel("1.0.1", 0.5)
        await host.report(Gone)
        assert time.monotonic() - began < 1.5
        assert living(pids) == []

    async def test_what_an_unsupervised_leader_leaves_is_ended(
        self, host: Host, tmp_path: Path
    ) -> None:
        file, go = tmp_path / "pids", tmp_path / "go"
        line = f"{LEFT_BEHIND}; while [ ! -e {go} ]; do sleep 0.02; done"
        await killed_initiator(host, line, env={"PIDS": str(file)})
        pids = await pids_in(host, file, 2)
        host.executor.adopt("1.0.1", host.executor.probe(["1.0.1"])["1.0.1"])
        go.touch()
        await host.report(Gone)
        assert living(pids) == []

    async def test_a_stop_goes_on_when_the_initiator_dies_of_it(
        self, host: Host, tmp_path: Path
    ) -> None:
        file = tmp_path / "pids"
        host.executor.submit(spec(TREES["term ignored"], env={"PIDS": str(file)}))
        started = await host.report(Started)
        pids = await pids_in(host, file, 2)
        host.executor.cancel("1.0.1", 0.5)
        os.kill(started.initiator.pid, signal.SIGKILL)
        await host.report(Gone)
        assert living(pids) == []

    async def test_an_idle_initiators_death_costs_nothing(self, host: Host) -> None:
        await host.run("true", attempt="1.1.1")
        for door in host.doors:
            if door.link:
                os.kill(door.link.pid, signal.SIGKILL)
        await host.until(lambda: not host.executor.pool.links)
        assert (await host.run("exit 3")).code == 3

    async def test_a_dead_template_is_replaced(self, host: Host) -> None:
        await host.run("true", attempt="1.1.1")
        pid = host.executor.pool.template.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        host.executor.submit(spec("sleep 60"))
        host.executor.submit(spec("true", attempt="1.2.1"))  # needs a second initiator
        assert (await host.report(Ended, "1.2.1")).exit.code == 0
        assert host.executor.pool.template.pid not in {None, pid}
        host.executor.cancel("1.0.1", 0)
        await host.report(Ended)

    async def test_forks_that_fail_are_tried_again(
        self, host: Host, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        template, real = host.executor.pool.template, host.executor.pool.template.fork
        failing = iter([OSError(11, "Resource temporarily unavailable")] * 2)

        def fork() -> None:
            for error in failing:
                raise error
            real()

        monkeypatch.setattr(template, "fork", fork)
        host.executor.submit(spec("true"))
        assert "Resource temporarily unavailable" in host.executor.troubles[0]
        await host.report(Ended)
        assert host.executor.troubles == []
