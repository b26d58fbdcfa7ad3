"""Processes are told apart by boot, pid and start; signals reach only whom they are meant for."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from jobmon.runtime import procs, proctree
from jobmon.runtime.model import Identity


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        yield process
        process.kill()


def who(pid: int) -> Identity:
    found = procs.identity(pid)
    assert found is not None
    return found


def test_a_process_is_alive_until_it_ends_reaped_or_not(sleeper: subprocess.Popen[bytes]) -> None:
    me = who(sleeper.pid)
    assert me == who(sleeper.pid)
    assert procs.alive(me)
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)  # dead, and still a zombie
    assert not procs.alive(me)
    assert procs.identity(sleeper.pid) is None
    sleeper.wait()
    assert not procs.alive(me)


@pytest.mark.parametrize("change", [{"boot": "other"}, {"ticks": 1}])
def test_another_boot_or_start_is_somebody_else(
    sleeper: subprocess.Popen[bytes], change: dict[str, str | int]
) -> None:
    other = msgspec.structs.replace(who(sleeper.pid), **change)
    assert not procs.alive(other)
    assert not procs.send(other, signal.SIGKILL)
    assert sleeper.poll() is None


def test_a_name_with_brackets_and_spaces_does_not_confuse(tmp_path: Path) -> None:
    tool = tmp_path / "a) R 1 (b"
    tool.symlink_to("/bin/sleep")
    with subprocess.Popen([str(tool), "60"]) as process:
        found = proctree.process(process.pid)
        assert found is not None
        assert (found.ppid, found.state in "SRD") == (os.getpid(), True)
        process.kill()


def test_the_tree_has_all_below(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    line = f"sh -c 'sleep 60 & echo $$ $! > {file}.new; mv {file}.new {file}; wait' & wait"
    with subprocess.Popen(["/bin/sh", "-c", line]) as process:
        while not file.exists():
            pass
        below = {int(pid) for pid in file.read_text().split()}
        members = procs.tree(process.pid)
        assert members[0].pid == process.pid
        assert {member.pid for member in members} == {process.pid, *below}
        assert procs.signal_tree(members, signal.SIGKILL) == 3


def test_an_attempts_processes_are_found_by_their_environment(tmp_path: Path) -> None:
    """The output path tells state folders apart: a run in the foreground shares the batch folder
    and the ids with the folder's own runtime.
    """
    state = tmp_path / "state"
    state.mkdir()
    (tmp_path / "alias").symlink_to(state)

    def start(attempt: str, folder: Path) -> subprocess.Popen[bytes]:
        output = str(folder / "0.1.output.json")
        env = {"JOBMON_ATTEMPT_ID": attempt, "JOBMON_HOME": "/", "JOBMON_OUTPUT": output}
        return subprocess.Popen(["/bin/sleep", "60"], env=env, start_new_session=True)

    mine = [start("1.0.1", state), start("1.0.1", tmp_path / "alias")]
    others = [start("1.0.2", state), start("1.0.1", tmp_path)]
    try:
        found = procs.attempt_processes("1.0.1", str(state / "0.1.output.json"), None)
        assert {member.pid for member in found} == {process.pid for process in mine}
    finally:
        for process in (*mine, *others):
            process.kill()
            process.wait()


def test_a_leaders_session_counts_only_while_it_is_the_leader() -> None:
    line = "sleep 60 & echo $!; wait"
    with subprocess.Popen(
        ["/bin/sh", "-c", line], start_new_session=True, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        leader = who(process.pid)
        found = procs.attempt_processes("9.9.9", "/", leader)
        assert {member.pid for member in found} == {process.pid, child}
        forged = msgspec.structs.replace(leader, ticks=leader.ticks - 1)
        assert procs.attempt_processes("9.9.9", "/", forged) == []
        procs.signal_tree(found, signal.SIGKILL)


def test_what_cannot_be_seen_is_not_taken_for_dead(
    sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    me, real = who(sleeper.pid), os.open

    def scarce(path: str, *args: int, **more: int) -> int:
        if str(path).startswith("/proc"):
            raise OSError(errno.EMFILE, "Too many open files")
        return real(path, *args, **more)

    monkeypatch.setattr(os, "open", scarce)
    for look in (
        lambda: procs.alive(me),
        lambda: procs.tree(sleeper.pid),
        lambda: procs.attempt_processes("1.0.1", "/x", me),
    ):
        with pytest.raises(OSError, match="Too many open files"):
            look()
    assert sleeper.poll() is None


def test_a_stopped_process_is_woken_to_obey() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        process.send_signal(signal.SIGSTOP)
        procs.signal_tree([who(process.pid)], signal.SIGTERM)
        assert process.wait(5) == -signal.SIGTERM


@pytest.mark.parametrize("handles", [True, False])
async def test_the_end_of_a_stranger_is_noticed(
    monkeypatch: pytest.MonkeyPatch, handles: bool
) -> None:
    """With pidfds and, as where there are none, by looking."""
    if not handles:
        monkeypatch.delattr(os, "pidfd_open")
        monkeypatch.setattr(procs, "POLL_SECONDS", 0.01)
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    gone = asyncio.Event()
    procs.watch_exit(who(process.pid), gone.set)
    stopped = procs.watch_exit(who(process.pid), lambda: pytest.fail("was told to stop"))
    stopped()
    await asyncio.sleep(0)
    assert not gone.is_set()
    process.communicate(b"\n")
    await asyncio.wait_for(gone.wait(), 5)


async def test_watching_one_that_is_gone_already_tells_at_once() -> None:
    gone = asyncio.Event()
    procs.watch_exit(Identity(procs.boot_id(), 2**22 - 1, 1), gone.set)
    await asyncio.wait_for(gone.wait(), 5)


def test_without_proc_psutil_answers(
    sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(procs, "HAS_PROC", False)
    me = who(sleeper.pid)
    assert procs.alive(me)
    assert procs.alive(msgspec.structs.replace(me, ticks=0)), "an initiator could not tell"
    assert [member.pid for member in procs.tree(sleeper.pid)] == [sleeper.pid]
    assert not procs.send(msgspec.structs.replace(me, ticks=me.ticks + 1), signal.SIGKILL)
    assert procs.send(me, signal.SIGKILL)
    sleeper.wait()
    assert not procs.alive(me)
