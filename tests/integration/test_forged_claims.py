"""Claims that lie: no foreign process is signalled, no attempt starts a second time."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jobmon.runtime import procs
from jobmon.runtime.executors.attempts import AttemptFiles
from jobmon.runtime.executors.contract import Ended, Gone, Started
from jobmon.runtime.model import Identity
from tests.executor_host import Host, spec

PYTHON = sys.executable


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    async with Host(tmp_path / ".jobmon", slots=2) as host:
        yield host


class TestStrangers:
    """Claims that lie: no foreign process is ever signalled, no attempt starts a second time."""

    async def test_a_recycled_pid_is_left_alone(self, host: Host) -> None:
        stranger = await asyncio.create_subprocess_exec("sleep", "60", start_new_session=True)
        who = procs.identity(stranger.pid)
        assert who is not None
        boot, pid = who.boot, who.pid
        forged = [
            {"boot": boot, "pid": pid, "ticks": who.ticks - 1},
            {"boot": "another-boot", "pid": pid, "ticks": who.ticks},
        ]
        for n, claim in enumerate(forged):
            attempt = f"1.{n}.1"
            path = host.executor.files.path(attempt)
            path.parent.mkdir(exist_ok=True)
            leader = {"pid": pid, "ticks": claim["ticks"], "t": 1.0}
            lines = [{"jobmon": 1, "attempt": attempt, **claim}, {"spawned": leader}]
            path.write_text("".join(json.dumps(line) + "\n" for line in lines))
            evidence = host.executor.probe([attempt])[attempt]
            assert (evidence.initiator_alive, evidence.leader_alive) == (False, False)
            assert evidence.same_boot == (claim["boot"] == boot)
            host.executor.cancel(attempt, 0)
            await host.report(Gone, attempt)
        assert procs.alive(who)
        stranger.kill()
        await stranger.wait()

    def test_a_whole_record_is_needed_at_every_cut(self, tmp_path: Path) -> None:
        """A file cut anywhere, or damaged, is a claim of which less is known; never a free name."""

        files = AttemptFiles(tmp_path)
        path = files.path("1.0.1")
        path.parent.mkdir(parents=True)
        claim = {"jobmon": 1, "attempt": "1.0.1", "boot": "b", "pid": 99, "ticks": 5}
        lines = [
            claim,
            {"spawned": {"pid": 100, "ticks": 6, "t": 2.5}},
            {"t": 1, "s": "out", "m": '{"exit":{}}'},
        ]
        whole = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        whole += b'{"exit":{"reason":"exit","code":0}}\n'
        for cut in range(len(whole) + 1):
            path.write_bytes(whole[:cut])
            evidence = files.evidence("1.0.1")
            assert evidence.claim == "claimed"
            assert (evidence.exit is not None) == (cut == len(whole))
            assert not files.void("1.0.1")
        for garbage in (
            b"",
            b"\0" * 4096,
            b"\n" * 10,
            b"[]\n",
            b'{"pid":"x","boot":1}\n',
            os.urandom(999),
        ):
            path.write_bytes(garbage)
            evidence = files.evidence("1.0.1")
            assert (evidence.claim, evidence.initiator, evidence.leader) == ("claimed", None, None)
            assert evidence.exit is None
            assert not files.void("1.0.1")

    async def test_a_held_lock_without_a_name_is_not_asked_in_a_hot_loop(self, host: Host) -> None:

        path = host.executor.files.path("1.0.1")
        path.parent.mkdir()
        path.write_bytes(b"garbage\n")
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            evidence = host.executor.probe(["1.0.1"])["1.0.1"]
            assert evidence.locked
            host.executor.adopt("1.0.1", evidence)
            await host.run("true", attempt="1.1.1")
            assert host.has(Gone) is None
        await host.report(Gone)

    def test_an_identity_of_pid_one_or_less_is_none(self) -> None:
        me = procs.identity(os.getpid())
        assert me is not None
        assert not procs.send(Identity(me.boot, 1, 0), 0)
        assert not procs.send(Identity(me.boot, -1, 0), 0)

    async def test_an_end_told_of_another_attempt_is_dropped(self, host: Host) -> None:
        """Each initiator speaks of its own attempt alone, and in words that make sense."""
        host.executor.submit(spec("exec sleep 60"))
        await host.report(Started)
        link = next(door.link for door in host.doors if door.link)
        end = {"reason": "exit", "code": 0}
        for body in ({"attempt": "1.0.2", "exit": end}, {"attempt": "1.0.1", "exit": {}}, "1.0.1"):
            link.received({"ended": body})
        assert host.has(Ended) is None
        assert host.has(Ended, "1.0.2") is None
        host.executor.cancel("1.0.1", 0)
        assert (await host.report(Ended)).exit.reason == "stop"

    def test_a_void_that_cannot_be_made_durable_keeps_no_lock(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files, held = AttemptFiles(tmp_path), len(os.listdir("/proc/self/fd"))
        (tmp_path / "attempts" / "1").mkdir(parents=True)

        def broken(_fd: int) -> None:
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "fsync", broken)
        with pytest.raises(OSError, match="Input/output error"):
            files.void("1.0.1")
        assert len(os.listdir("/proc/self/fd")) == held
        monkeypatch.undo()
        assert files.void("1.0.1"), "its own void is known again"
