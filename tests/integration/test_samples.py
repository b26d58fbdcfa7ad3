"""What a running job uses stands in its log, and is never in the way of what the log is for."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime.executors.contract import Started
from jobmon.runtime.initiator.logfile import SAMPLES, LogFile
from jobmon.tui.meters.meter import Meter
from tests.executor_host import Host, spec

BUSY = "t = time.process_time()\nwhile time.process_time() < t + {seconds}: pass\n"
BURN = f"{sys.executable} -I -c 'import time\n{BUSY.format(seconds=4)}'"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="samples are taken from /proc")


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    async with Host(tmp_path / ".jobmon", slots=2) as host:
        yield host


def samples(host: Host, attempt: str = "1.0.1") -> list[dict[str, Any]]:
    return [record for record in host.records(attempt) if "cpu" in record]


async def test_a_job_is_sampled_every_two_seconds(host: Host) -> None:
    record = await host.run("echo a; sleep 4.5; echo b")
    found = samples(host)
    begun = record.started
    assert begun is not None
    assert [round((s["t"] - begun) / 2) for s in found] == [1, 2]
    assert all(s.keys() == {"t", "cpu", "rss"} for s in found)
    assert all(s["rss"] > 100_000 for s in found)
    assert host.text() == "a\nb\n"
    assert (record.lines, record.dropped) == (2, 0)
    assert "exit" in host.records()[-1]


async def test_a_short_job_has_no_samples(host: Host) -> None:
    await host.run("sleep 0.3")
    assert samples(host) == []


async def test_cpu_is_that_of_the_whole_tree(host: Host) -> None:
    """A child that was waited for, one whose parent is gone, and what is still running."""
    burn = f"{sys.executable} -I -c 'import time\n{BUSY.format(seconds=0.5)}'"
    line = f"{burn}; (setsid {burn} &); {burn}; sleep 60"
    host.executor.submit(spec(line))
    await host.report(Started)
    await host.until(lambda: samples(host)[-1:] and samples(host)[-1]["cpu"] >= 1.4, 30)
    host.executor.cancel("1.0.1", 0)
    used = [s["cpu"] for s in samples(host)]
    assert used == sorted(used)
    assert used[-1] < 4


async def test_the_last_line_is_the_exit_record_however_long_its_end_takes(host: Host) -> None:
    await host.run("(trap '' TERM; sleep 60) & sleep 3")  # killed after its grace
    assert len(samples(host)) >= 2
    assert "exit" in host.records()[-1]


def opened(folder: Path, cap: int) -> tuple[LogFile, Path]:
    path = folder / "0.1.jsonl"
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    return LogFile(fd, os.open(folder, os.O_RDONLY), path.name, 0, cap), path


SAMPLE = {"t": 1763856002.0, "cpu": 12.34, "rss": 73400320}


def test_samples_take_a_small_part_of_the_cap(tmp_path: Path) -> None:
    log, path = opened(tmp_path, 80_000)
    for _ in range(10_000):
        log.sample(SAMPLE)
    assert 9_000 < path.stat().st_size <= 80_000 // SAMPLES
    record = b'{"t":1.0,"s":"out","m":"%080d"}\n'
    for n in range(2_000):
        log.put(record % n, 81)
        log.sample(SAMPLE)
    log.join_tail()
    assert path.stat().st_size < 81_000


def test_past_the_head_a_sample_tells_how_many_lines_there_are(tmp_path: Path) -> None:
    log, path = opened(tmp_path, 8_000)
    log.sample(SAMPLE)
    assert b'"lines"' not in path.read_bytes()
    log.lines = 321
    log.put(b'{"t":1.0,"s":"out","m":"x"}\n' * 300, 600)
    log.sample(SAMPLE)
    assert path.read_bytes().endswith(b'"lines":321}\n')


def test_samples_make_room_for_the_exit_record(tmp_path: Path) -> None:
    log, path = opened(tmp_path, 1 << 20)
    log.note({"claim": 1})
    log.sample(SAMPLE)
    log.make_room(10_000)
    assert path.read_bytes() == b'{"claim":1}\n'


async def test_an_idle_initiator_does_not_wake_up(host: Host) -> None:
    await host.run("sleep 2.2")
    pid = next(door.link.pid for door in host.doors if door.link is not None)

    def switches() -> int:
        status = Path(f"/proc/{pid}/status").read_text()
        return sum(int(line.split()[1]) for line in status.splitlines() if "_switches" in line)

    before = switches()
    time.sleep(2.5)  # nothing to wait for: it is nothing that must happen
    assert switches() - before <= 1


async def test_a_meter_reads_what_the_job_did(host: Host) -> None:
    line = "for i in 1 2 3 4 5 6; do echo progress $i/8; sleep 0.5; done; " + BURN
    record = await host.run(line)
    meter = Meter()
    meter.add_lines(host.executor.files.path("1.0.1").read_bytes())
    begun = record.started
    assert begun is not None
    assert meter.at(begun + 2.4).rate > 0.5
    assert (meter.at(begun + 4.4).progress or 0) > 0.5
    assert meter.at(begun + 4.4).last == "progress 6/8"
    seconds = range(round(record.ended - begun))
    assert 0.1 < max(meter.at(begun + at).cpu or 0.0 for at in seconds) < 1.5
    assert meter.at(record.ended + 1.0).cpu is None
