"""What every executor must do. Each test runs over every implementation that is shipped.

A new executor joins by a Bench: its own way to make attempts of the jobs `ok`, `bad` (exit code
1) and `long` (runs until it is stopped), and to wait for a report.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from jobmon.runtime.executors.contract import (
    AttemptSpec,
    Ended,
    Executor,
    Gone,
    Rejected,
    Report,
    Started,
)
from jobmon.runtime.fakes import FakeClock, FakeExecutor, Script
from tests.executor_host import Host, spec

COMMANDS = {"ok": "echo done", "bad": "exit 1", "long": "exec sleep 60"}


def attempt_of(job: str, attempt: str = "1.0.1", **fields: Any) -> AttemptSpec:
    return spec(COMMANDS[job], attempt=attempt, first={"job": job}, **fields)


class Bench(Protocol):
    @property
    def executor(self) -> Executor: ...

    @property
    def reports(self) -> list[Report]: ...

    async def report(self, kind: type, attempt: str = "1.0.1") -> Any: ...


class FakeBench:
    """The shipped fake: time passes only while somebody waits for a report."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        script = Script(fail={"bad": 99}, durations={"long": 1e6})
        self.executor = FakeExecutor(self.clock, script)
        self.reports: list[Report] = []

    async def report(self, kind: type, attempt: str = "1.0.1") -> Any:
        for _ in range(100):
            self.executor.advance()
            for report in self.reports:
                if isinstance(report, kind) and report.attempt == attempt:
                    return report
            self.clock.advance(1.0)
        raise AssertionError(f"no {kind.__name__} of {attempt}: {self.reports}")


@pytest.fixture(params=["local", "fake"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    if request.param == "local":
        async with Host(tmp_path / ".jobmon") as host:
            yield host
    else:
        fake = FakeBench()
        await fake.executor.start(fake.reports.append)
        yield fake
        await fake.executor.close()


def count(bench: Bench, kind: type, attempt: str = "1.0.1") -> int:
    return sum(isinstance(r, kind) and r.attempt == attempt for r in bench.reports)


async def test_a_success_is_reported_started_then_ended(bench: Bench) -> None:
    bench.executor.submit(attempt_of("ok"))
    ended = await bench.report(Ended)
    assert (ended.exit.reason, ended.exit.code, ended.exit.signal) == ("exit", 0, None)
    assert [type(r) for r in bench.reports] == [Started, Ended]


async def test_a_failure_carries_its_code(bench: Bench) -> None:
    bench.executor.submit(attempt_of("bad"))
    assert (await bench.report(Ended)).exit.code == 1


async def test_started_names_the_processes_and_the_time(bench: Bench) -> None:
    bench.executor.submit(attempt_of("long"))
    started = await bench.report(Started)
    evidence = bench.executor.probe(["1.0.1"])["1.0.1"]
    assert evidence.leader_alive
    assert evidence.initiator_alive
    assert evidence.started == started.at
    bench.executor.cancel("1.0.1", 0)
    await bench.report(Ended)


async def test_submit_twice_starts_once(bench: Bench) -> None:
    for _ in range(3):
        bench.executor.submit(attempt_of("long"))
    await bench.report(Started)
    bench.executor.submit(attempt_of("long"))
    bench.executor.cancel("1.0.1", 0)
    await bench.report(Ended)
    assert count(bench, Started) == 1


async def test_submit_after_the_end_starts_nothing(bench: Bench) -> None:
    bench.executor.submit(attempt_of("ok"))
    await bench.report(Ended)
    bench.executor.submit(attempt_of("ok"))
    bench.executor.submit(attempt_of("ok", "1.1.1"))
    await bench.report(Ended, "1.1.1")
    assert count(bench, Started) == 1
    assert count(bench, Ended) == 1


async def test_probe_of_an_unknown_attempt_finds_no_claim(bench: Bench) -> None:
    evidence = bench.executor.probe(["7.7.7"])["7.7.7"]
    assert (evidence.claim, evidence.exit, evidence.leader) == ("none", None, None)


async def test_void_makes_a_later_submit_start_nothing(bench: Bench) -> None:
    assert bench.executor.void("1.0.1")
    assert bench.executor.void("1.0.1"), "void is idempotent"
    bench.executor.submit(attempt_of("ok"))
    bench.executor.submit(attempt_of("ok", "1.1.1"))
    await bench.report(Ended, "1.1.1")
    assert count(bench, Started) == 0
    assert bench.executor.probe(["1.0.1"])["1.0.1"].claim == "void"


async def test_void_comes_too_late_for_a_started_attempt(bench: Bench) -> None:
    bench.executor.submit(attempt_of("ok"))
    await bench.report(Ended)
    assert not bench.executor.void("1.0.1")
    assert bench.executor.probe(["1.0.1"])["1.0.1"].claim == "claimed"


async def test_the_exit_record_stays_to_be_probed(bench: Bench) -> None:
    bench.executor.submit(attempt_of("bad"))
    ended = await bench.report(Ended)
    evidence = bench.executor.probe(["1.0.1"])["1.0.1"]
    assert evidence.exit == ended.exit
    assert not evidence.leader_alive


@pytest.mark.parametrize(("grace", "number"), [(5.0, 15), (0.0, 9)])
async def test_cancel_is_term_and_kill_without_grace(
    bench: Bench, grace: float, number: int
) -> None:
    bench.executor.submit(attempt_of("long"))
    await bench.report(Started)
    bench.executor.cancel("1.0.1", grace)
    exit_record = (await bench.report(Ended)).exit
    assert (exit_record.reason, exit_record.signal) == ("stop", number)


async def test_cancel_twice_ends_once(bench: Bench) -> None:
    bench.executor.submit(attempt_of("long"))
    await bench.report(Started)
    bench.executor.cancel("1.0.1", 5.0)
    bench.executor.cancel("1.0.1", 0.0)
    await bench.report(Ended)
    assert count(bench, Ended) == 1


async def test_a_time_limit_is_announced_and_kept(bench: Bench) -> None:
    bench.executor.submit(attempt_of("long", timeout=0.2))
    assert (await bench.report(Ended)).exit.reason == "timeout"
    assert [type(r).__name__ for r in bench.reports] == ["Started", "Stopping", "Ended"]


async def test_read_log_says_when_the_attempt_has_ended(bench: Bench) -> None:
    bench.executor.submit(attempt_of("ok"))
    await bench.report(Ended)
    part = bench.executor.read_log("1.0.1", 0, 1 << 20)
    assert part.ended
    assert part.next == len(part.data) == part.size
    assert bench.executor.read_log("1.0.1", part.next, 1 << 20).data == b""


async def test_gc_forgets_an_ended_attempt(bench: Bench) -> None:
    bench.executor.submit(attempt_of("ok"))
    await bench.report(Ended)
    bench.executor.gc("1.0.1")
    bench.executor.gc("1.0.1")
    assert bench.executor.probe(["1.0.1"])["1.0.1"].claim == "none"


class TestLocal:
    """What only real processes and files can show."""

    @pytest.fixture
    async def host(self, tmp_path: Path) -> AsyncIterator[Host]:
        async with Host(tmp_path / ".jobmon", slots=2) as host:
            yield host

    async def test_more_attempts_than_slots_wait_their_turn(self, host: Host) -> None:
        for n in range(10):
            host.executor.submit(attempt_of("ok", f"1.{n}.1"))
        for n in range(10):
            await host.report(Ended, f"1.{n}.1")
        assert len(host.doors) == 2, "one initiator per slot, kept from job to job"

    async def test_a_waiting_attempt_is_cancelled_by_a_void(self, host: Host) -> None:
        for n in range(3):
            host.executor.submit(attempt_of("long", f"1.{n}.1"))
        await host.report(Started, "1.1.1")
        host.executor.cancel("1.2.1", 5.0)
        await host.report(Gone, "1.2.1")
        assert host.executor.probe(["1.2.1"])["1.2.1"].claim == "void"
        for n in range(2):
            host.executor.cancel(f"1.{n}.1", 0)
            await host.report(Ended, f"1.{n}.1")
        assert count(host, Started, "1.2.1") == 0

    async def test_cancel_right_after_submit_is_not_lost(self, host: Host) -> None:
        host.executor.submit(attempt_of("ok", "1.9.1"))
        await host.report(Ended, "1.9.1")  # an initiator is idle: the next goes out at once
        host.executor.submit(attempt_of("long"))
        host.executor.cancel("1.0.1", 5.0)
        assert (await host.report(Ended)).exit.reason == "stop"

    @pytest.mark.parametrize(
        "attempt", ["", "1.2", "a.b.c", "1.2.3/..", "../1.2.3", "１.2.3", "-1.0.1"]
    )
    async def test_an_id_that_is_none_is_rejected(self, host: Host, attempt: str) -> None:
        with pytest.raises(Rejected, match="no attempt id"):
            host.executor.submit(attempt_of("ok", attempt))

    async def test_what_is_not_utf8_is_rejected_with_its_value(self, host: Host) -> None:
        with pytest.raises(Rejected, match="not valid UTF-8"):
            host.executor.submit(attempt_of("ok", env={"NAME": "\udcff"}))

    @pytest.mark.parametrize("winner", ["void", "submit"])
    async def test_void_and_claim_race_to_one_name(self, host: Host, winner: str) -> None:
        """Whoever links first wins, whatever the order of messages: 0 starts or 1, never both."""
        for n in range(100):
            attempt = f"1.{n}.1"
            if winner == "void":
                assert host.executor.void(attempt)
            host.executor.submit(attempt_of("ok", attempt))
            voided = host.executor.void(attempt)
            if not voided:
                await host.report(Ended, attempt)
            assert voided == (host.executor.probe([attempt])[attempt].claim == "void")
        await host.run("true", attempt="2.0.1")
        await host.run("true", attempt="2.1.1")
        for n in range(100):
            claim = host.executor.probe([f"1.{n}.1"])[f"1.{n}.1"].claim
            assert count(host, Started, f"1.{n}.1") == (claim == "claimed")
