"""A stopped attempt leaves no process alive, supervised or not."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jobmon.runtime.executors.contract import Ended, Started, Stopping
from tests.executor_host import LEFT_BEHIND, TREES, Host, living, pids_in, spec

PYTHON = sys.executable


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    async with Host(tmp_path / ".jobmon", slots=2) as host:
        yield host


class TestStop:
    @pytest.mark.parametrize("shape", TREES)
    async def test_nothing_of_the_tree_survives(
        self, host: Host, tmp_path: Path, shape: str
    ) -> None:
        file = tmp_path / "pids"
        host.executor.submit(spec(TREES[shape], env={"PIDS": str(file)}))
        pids = await pids_in(host, file, 2)
        began = time.monotonic()
        host.executor.cancel("1.0.1", 0.5)
        record = (await host.report(Ended)).exit
        assert time.monotonic() - began < 1.5
        assert record.reason == "stop"
        assert living(pids) == []

    async def test_the_same_holds_for_a_time_limit(self, host: Host, tmp_path: Path) -> None:
        file = tmp_path / "pids"
        host.executor.submit(
            spec(TREES["double fork"], env={"PIDS": str(file)}, timeout=0.5, grace=0.2)
        )
        pids = await pids_in(host, file, 2)
        assert (await host.report(Stopping)).reason == "timeout"
        assert (await host.report(Ended)).exit.reason == "timeout"
        assert living(pids) == []

    async def test_leftovers_of_a_normal_end_are_ended_too(
        self, host: Host, tmp_path: Path
    ) -> None:
        file = tmp_path / "pids"
        began = time.monotonic()
        record = await host.run(f"{LEFT_BEHIND}; exit 4", env={"PIDS": str(file)})
        assert (record.reason, record.code) == ("exit", 4), "the outcome is the leader's"
        assert time.monotonic() - began < 4
        assert living([int(pid) for pid in file.read_text().split()]) == []

    async def test_a_second_stop_only_hastens(self, host: Host) -> None:
        host.executor.submit(spec("trap '' TERM; echo up; while :; do sleep 1; done"))
        await host.until(lambda: host.has(Started) and host.text() == "up\n")
        host.executor.cancel("1.0.1", 60)
        host.executor.cancel("1.0.1", 0)
        host.executor.cancel("1.0.1", 60)
        assert (await host.report(Ended)).exit.signal == signal.SIGKILL

    async def test_what_the_job_says_while_it_ends_is_logged(self, host: Host) -> None:
        line = "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done"
        host.executor.submit(spec(line))
        await host.until(lambda: host.has(Started) and host.text() == "up\n")
        host.executor.cancel("1.0.1", 5)
        record = (await host.report(Ended)).exit
        assert (record.reason, record.code) == ("stop", 7)
        assert host.text() == "up\nbye\n"
