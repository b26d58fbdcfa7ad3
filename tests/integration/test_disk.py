"""State files: all or nothing, one writer, private, and nothing left half-made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobmon.runtime import disk, mounts
from jobmon.runtime.errors import OtherRuntimeError, StateError


def claim(folder: Path, name: str, line: bytes = b"{}\n") -> int | None:
    with disk.folder(folder) as fd:
        return disk.link_claim(fd, name, line, fd)


class TestAtomicWrite:
    def test_it_replaces_the_whole_and_is_private(self, tmp_path: Path) -> None:
        path = tmp_path / "state"
        disk.atomic_write(path, b"old and longer")
        disk.atomic_write(path, b"new")
        assert path.read_bytes() == b"new"
        assert path.stat().st_mode & 0o777 == 0o600
        assert os.listdir(tmp_path) == ["state"]

    def test_a_failure_leaves_the_old_and_nothing_else(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "state"
        disk.atomic_write(path, b"old")

        def full(_fd: int, _data: object) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(disk.os, "write", full)
        with pytest.raises(OSError, match="No space"):
            disk.atomic_write(path, b"new")
        monkeypatch.undo()
        assert path.read_bytes() == b"old"
        assert os.listdir(tmp_path) == ["state"]

    def test_a_symlink_is_not_written_through(self, tmp_path: Path) -> None:
        target = tmp_path / "target"
        target.write_bytes(b"theirs")
        (tmp_path / "link").symlink_to(target)
        with pytest.raises(OSError, match="symbolic link"):
            disk.atomic_write(tmp_path / "link", b"ours")
        assert target.read_bytes() == b"theirs"

    def test_short_writes_are_gone_on_with(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = os.write
        monkeypatch.setattr(disk.os, "write", lambda fd, data: real(fd, bytes(data[:3])))
        disk.atomic_write(tmp_path / "state", b"0123456789")
        assert (tmp_path / "state").read_bytes() == b"0123456789"


class TestClaim:
    def test_the_first_gets_a_locked_complete_file_the_second_nothing(self, tmp_path: Path) -> None:
        fd = claim(tmp_path, "0.1.jsonl", b"first\n")
        assert fd is not None
        assert disk.locked(tmp_path / "0.1.jsonl")
        assert claim(tmp_path, "0.1.jsonl", b"second\n") is None
        assert (tmp_path / "0.1.jsonl").read_bytes() == b"first\n"
        os.close(fd)
        assert not disk.locked(tmp_path / "0.1.jsonl")
        assert os.listdir(tmp_path) == ["0.1.jsonl"]

    def test_a_name_taken_by_anything_is_taken(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        (tmp_path / "folder").mkdir()
        (tmp_path / "link").symlink_to("/nowhere")
        for name in ("file", "folder", "link"):
            assert claim(tmp_path, name) is None

    def test_sweeping_keeps_what_somebody_still_makes(self, tmp_path: Path) -> None:
        for name in (".0.1.jsonl.9.abc.new", ".held.new", ".other", "0.1.jsonl"):
            (tmp_path / name).touch()
        holder = os.open(tmp_path / ".held.new", os.O_RDWR)
        disk.fcntl.flock(holder, disk.fcntl.LOCK_EX)
        assert disk.sweep(tmp_path) == 1
        assert sorted(os.listdir(tmp_path)) == [".held.new", ".other", "0.1.jsonl"]
        os.close(holder)


class TestAppend:
    def test_lines_follow_each_other(self, tmp_path: Path) -> None:
        path = tmp_path / "events.jsonl"
        for data in (b"1\n", b"2\n3\n"):
            disk.append_lines(path, data)
        assert path.read_bytes() == b"1\n2\n3\n"
        assert path.stat().st_mode & 0o777 == 0o600

    def test_a_half_line_left_by_a_crash_spoils_no_other(self, tmp_path: Path) -> None:
        path = tmp_path / "events.jsonl"
        path.write_bytes(b'1\n{"half')
        disk.append_lines(path, b"2\n")
        assert path.read_bytes() == b'1\n{"half\n2\n'

    def test_a_failed_append_is_undone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path, real = tmp_path / "events.jsonl", os.write
        disk.append_lines(path, b"1\n")

        def short_then_full(fd: int, data: bytes) -> int:
            monkeypatch.setattr(disk.os, "write", full)
            return real(fd, bytes(data[:2]))

        def full(_fd: int, _data: bytes) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(disk.os, "write", short_then_full)
        with pytest.raises(OSError, match="No space"):
            disk.append_lines(path, b"2222\n")
        assert path.read_bytes() == b"1\n"

    def test_the_event_file_is_named_after_the_local_day(self) -> None:
        name = Path(disk.events_file("/log", 1_763_856_000.0)).name
        assert name in {"events-20251122.jsonl", "events-20251123.jsonl"}


class TestPrivacy:
    def test_rooms_are_made_for_the_owner_alone(self, tmp_path: Path) -> None:
        state = tmp_path / "new" / ".jobmon"
        disk.prepare_state(state)
        disk.prepare_state(state)
        for room in (state, state / "log", state / "attempts", state / "flows"):
            assert room.stat().st_mode & 0o777 == 0o700

    def test_a_readable_folder_is_closed_a_writable_one_refused(self, tmp_path: Path) -> None:
        state = tmp_path / ".jobmon"
        state.mkdir(mode=0o755)
        disk.prepare_state(state)
        assert state.stat().st_mode & 0o777 == 0o700
        state.chmod(0o770)
        with pytest.raises(StateError, match=f"chmod 700 {state}"):
            disk.prepare_state(state)

    @pytest.mark.parametrize("kind", ["file", "link"])
    def test_what_is_no_folder_is_refused(self, tmp_path: Path, kind: str) -> None:
        state = tmp_path / ".jobmon"
        state.touch() if kind == "file" else state.symlink_to(tmp_path)
        with pytest.raises(StateError, match="not a folder"):
            disk.prepare_state(state)

    @pytest.mark.skipif(os.geteuid() != 0, reason="giving a folder away needs root")
    def test_somebody_elses_folder_is_refused(self, tmp_path: Path) -> None:
        state = tmp_path / ".jobmon"
        state.mkdir()
        os.chown(state, 12345, -1)
        with pytest.raises(StateError, match="belongs to user 12345"):
            disk.prepare_state(state)


HOLDER = """
import sys
from pathlib import Path
from jobmon.runtime import disk
lock = disk.WriterLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
sys.stdin.readline()
"""


class TestWriterLock:
    def test_the_second_is_told_who_the_first_is(self, tmp_path: Path) -> None:
        command = [sys.executable, "-c", HOLDER, str(tmp_path)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as first:
            assert first.stdout is not None
            assert first.stdout.readline() == "held\n"
            lock = disk.WriterLock(tmp_path)
            with pytest.raises(OtherRuntimeError, match=f"process {first.pid} on "):
                lock.acquire()
            assert not lock.still_mine()
            first.kill()
            first.wait()
            lock.acquire()  # the kernel freed it with the process
            assert lock.holder()["pid"] == os.getpid()
            lock.release()

    def test_a_removed_or_replaced_lock_file_is_noticed(self, tmp_path: Path) -> None:
        lock = disk.WriterLock(tmp_path)
        lock.acquire()
        assert lock.still_mine()
        (tmp_path / "runtime.lock").unlink()
        assert not lock.still_mine()
        (tmp_path / "runtime.lock").touch()
        assert not lock.still_mine()
        lock.release()


def test_file_systems_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mounts.network_filesystem(tmp_path) == ""
    monkeypatch.setattr(
        mounts,
        "_mounts",
        lambda: iter([("/", "ext4"), (str(tmp_path), "nfs4"), ("/tmp/o", "ext4")]),
    )
    assert "network file system (nfs4)" in mounts.network_filesystem(tmp_path / "batch")
    assert mounts.network_filesystem("/somewhere/else") == ""
