"""What a job prints is what the log holds, whatever it prints and however full the disk is."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jobmon.runtime.executors.contract import Ended, Started
from tests.executor_host import Host, spec

PYTHON = sys.executable


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    async with Host(tmp_path / ".jobmon", slots=2) as host:
        yield host


class TestOutput:
    async def test_both_streams_and_the_last_line_without_its_end(self, host: Host) -> None:
        record = await host.run("echo one; echo two >&2; printf three")
        assert host.text() == "one\nthree\n"
        assert host.text(stream="err") == "two\n"
        assert (record.lines, record.bytes, record.dropped) == (3, 13, 0)

    async def test_very_many_lines_all_arrive(self, host: Host) -> None:
        record = await host.run("seq 200000")
        assert record.lines == 200_000
        assert host.text() == "".join(f"{n}\n" for n in range(1, 200_001))

    async def test_a_line_of_ten_megabytes_comes_in_marked_pieces(self, host: Host) -> None:
        code = "import sys; sys.stdout.write('x' * 10_000_000 + '\\nend\\n')"
        await host.run(PYTHON, "-c", code)
        pieces = [r for r in host.records() if r.get("s") == "out"]
        assert max(len(r["m"]) for r in pieces) <= 16 << 10
        assert host.text() == "x" * 10_000_000 + "\nend\n"
        assert not pieces[-1].get("c")

    async def test_characters_split_between_writes_stay_whole(self, host: Host) -> None:
        code = (
            "import os,time\n"
            "for b in 'あいう\\n'.encode(): os.write(1, bytes([b])); time.sleep(0.005)\n"
        )
        await host.run(PYTHON, "-c", code)
        assert host.text() == "あいう\n"

    async def test_any_bytes_are_stored_and_escaped(self, host: Host) -> None:
        code = "import sys; sys.stdout.buffer.write(bytes(range(256)) * 50)"
        await host.run(PYTHON, "-c", code)
        raw = host.executor.files.path("1.0.1").read_bytes()
        assert b"\x1b" not in raw
        assert b"\x9b" not in raw.replace("\x9b".encode(), b"")
        line = bytes(range(256)).decode(errors="backslashreplace")
        assert host.text() == line * 50 + "\n"

    async def test_nothing_a_terminal_acts_on_stands_in_the_file(self, host: Host) -> None:
        evil = "\x1b]52;c;x\x07 \x9b31m \u202e \x7f 日本"
        await host.run(PYTHON, "-c", f"print({evil!r})")
        raw = host.executor.files.path("1.0.1").read_text()
        assert not set(raw) & set("\x1b\x07\x9b\u202e\x7f")
        assert host.text() == evil + "\n"

    async def test_progress_and_backslashes_are_plain_text(self, host: Host) -> None:
        await host.run(r"""printf '1%%\r2%%\r\n'; printf '%s\n' 'C:\new\table "q"'""")
        assert host.text() == '1%\r2%\r\nC:\\new\\table "q"\n'

    async def test_an_unfinished_line_is_shown_while_it_waits(self, host: Host) -> None:
        host.executor.submit(spec("printf 'Password: '; sleep 30"))
        await host.until(lambda: "Password" in host.text(), 5)
        assert host.records()[-1]["c"] == 1
        host.executor.cancel("1.0.1", 0)
        await host.report(Ended)

    async def test_the_cap_keeps_head_and_tail(self, host: Host) -> None:
        record = await host.run("seq 1 200000", cap=200_000)
        numbers = [int(r["m"]) for r in host.records() if r.get("s") == "out"]
        gaps = [r for r in host.records() if "dropped" in r]
        path = host.executor.files.path("1.0.1")
        assert numbers[0] == 1
        assert numbers[-1] == 200_000
        assert numbers == sorted(numbers)
        assert [gap["dropped"] for gap in gaps] == [record.dropped]
        missing = set(range(1, 200_001)) - set(numbers)
        assert sum(len(str(n)) + 1 for n in missing) == record.dropped
        assert 100_000 < path.stat().st_size < 250_000
        assert os.listdir(path.parent) == [path.name], "the tail's files are gone"

    @pytest.mark.parametrize("size", [1, 7, 4096, 70_000])
    async def test_secrets_are_masked_wherever_they_are_cut(self, host: Host, size: int) -> None:
        secrets = ("hunter2", "hunter2-and-more", "鍵は秘密", "line\nbreak")
        text = "a hunter2 b hunter2-and-more c hunter2-and-less 鍵は秘密 line\nbreak hunter" * 300
        code = (
            "import os,sys;d=sys.argv[1].encode();n=int(sys.argv[2])\n"
            "for i in range(0,len(d),n): os.write(1,d[i:i+n])"
        )
        await host.run(PYTHON, "-c", code, text[:20_000], str(size), secrets=secrets)
        shown = host.text()
        assert not [s for s in ("hunter2", "鍵は秘密", "line\nbreak") if s in shown]
        assert "a *** b *** c ***-and-less *** *** hunter" in shown

    async def test_a_pipe_kept_by_a_stranger_does_not_keep_the_job(self, host: Host) -> None:
        """A process outside the tree got the pipe (here: through /proc): the end does not wait."""
        host.executor.submit(spec("echo hi; exec sleep 60"))
        started = await host.report(Started)
        await host.until(lambda: host.text() == "hi\n")
        with open(f"/proc/{started.leader.pid}/fd/1", "wb"):
            host.executor.cancel("1.0.1", 0)
            await host.report(Ended)

    async def test_a_log_past_the_file_size_limit_ends_with_its_record(self, host: Host) -> None:
        await host.run("true", attempt="1.1.1")
        for door in host.doors:
            assert door.link is not None
            resource.prlimit(door.link.pid, resource.RLIMIT_FSIZE, (100_000, 100_000))
        record = await host.run("seq 1 100000 2>/dev/null")
        assert record.code == 0
        assert record.dropped > 0
        assert host.executor.probe(["1.0.1"])["1.0.1"].exit == record
        assert [r for r in host.records() if "dropped" in r]

    @pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
    async def test_a_full_disk_drops_output_and_keeps_the_end(self, tmp_path: Path) -> None:
        small = tmp_path / "small"
        small.mkdir()
        if os.system(f"mount -t tmpfs -o size=4m tmpfs {small} 2>/dev/null") != 0:
            pytest.skip("mounting is not permitted here")
        try:
            async with Host(small / ".jobmon", slots=1) as host:
                record = await host.run("seq 1 1000000")
                assert record.code == 0
                assert record.lines == 1_000_000
                assert record.dropped > 0
                assert host.executor.probe(["1.0.1"])["1.0.1"].exit == record
                os.system(f"cat /dev/zero > {small}/filler 2>/dev/null")
                host.executor.submit(spec("echo next", attempt="1.1.1"))
                await host.until(lambda: "No space" in " ".join(host.executor.troubles))
                (small / "filler").unlink()
                assert (await host.report(Ended, "1.1.1")).exit.code == 0
                assert host.executor.troubles == []
        finally:
            os.system(f"umount -l {small}")
