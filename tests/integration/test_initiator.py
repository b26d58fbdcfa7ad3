"""What a job finds when it starts, and the JSON it may leave."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.executor_host import Host, spec

PYTHON = sys.executable


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    async with Host(tmp_path / ".jobmon", slots=2) as host:
        yield host


class TestSurroundings:
    async def test_a_job_finds_a_clean_process(self, host: Host) -> None:
        code = (
            "import os,json,signal;"
            "s=dict(l.split(':\\t',1) for l in open('/proc/self/status').read().splitlines());"
            "fds={f:os.readlink('/proc/self/fd/'+f) for f in os.listdir('/proc/self/fd') "
            "if os.path.lexists('/proc/self/fd/'+f)};"
            "print(json.dumps([os.getsid(0)==os.getpid(),s['SigIgn'],s['SigBlk'],fds,dict(os.environ),os.getcwd()]))"
        )
        # Python itself ignores two signals, so the shell is what shows the dispositions.
        await host.run("/bin/sh", "-c", "grep Sig... /proc/self/status; ls -l /proc/self/fd")
        status = host.text()
        ignored = next(line for line in status.splitlines() if line.startswith("SigIgn"))
        assert int(ignored.split()[1], 16) & ~(3 << 31) == 0, "but for two the C library keeps"
        assert "SigBlk:\t0000000000000000" in status
        await host.run(PYTHON, "-I", "-c", code, attempt="1.1.1", cwd="/usr", env={"X": "日本"})
        leads, _, blocked, fds, env, cwd = json.loads(host.text("1.1.1"))
        assert leads
        assert int(blocked, 16) == 0
        assert fds["0"] == "/dev/null"
        assert {name for name, target in fds.items() if "/proc/" not in target} == {"0", "1", "2"}
        assert cwd == "/usr"
        assert {"PATH", "PYTHON", "X", "JOBMON_ATTEMPT_ID", "JOBMON_HOME"} < set(env)
        assert set(env) <= {*spec("x").env, "X", "LC_CTYPE"} | {n for n in env if "JOBMON" in n}
        assert env["X"] == "日本"

    async def test_the_command_is_looked_up_in_the_jobs_own_path(
        self, host: Host, tmp_path: Path
    ) -> None:
        tool = tmp_path / "mytool"
        tool.write_text("#!/bin/sh\necho found $1\n")
        tool.chmod(0o700)
        await host.run("mytool", "it", env={"PATH": f"/nowhere:{tmp_path}"})
        assert host.text() == "found it\n"

    @pytest.mark.parametrize(
        ("argv", "cwd", "words"),
        [
            (["no-such-tool", "x"], "/", "no such command in PATH"),
            (["/no/such/tool", "x"], "/", "no such file"),
            (["/etc/passwd", "x"], "/", "chmod +x /etc/passwd"),
            (["/usr", "x"], "/", "may not be executed"),
            (["/bin/true", "x" * 3_000_000], "/", "too big"),
            (["/bin/true", "a\0b"], "/", "unusable arguments"),
            (["/bin/true", "x"], "/no/such/folder", "cannot enter the folder /no/such/folder"),
        ],
    )
    async def test_what_cannot_be_started_says_why(
        self, host: Host, argv: list[str], cwd: str, words: str
    ) -> None:
        record = await host.run(*argv, cwd=cwd)
        assert (record.reason, record.code, record.signal) == ("spawn", None, None)
        assert words in record.error
        assert (await host.run("true", attempt="1.1.1")).code == 0, "the slot goes on working"

    async def test_a_script_without_interpreter_line_says_so(
        self, host: Host, tmp_path: Path
    ) -> None:
        for name, text, words in (
            ("bare", "echo x\n", "#! line"),
            ("odd", "#!/no/such/python\n", "interpreter"),
        ):
            file = tmp_path / name
            file.write_text(text)
            file.chmod(0o700)
            record = await host.run(str(file), "x", attempt=f"1.{len(name)}.1")
            assert (record.reason, words in record.error) == ("spawn", True), record.error

    @pytest.mark.parametrize("code", [0, 1, 2, 75, 127, 255])
    async def test_exit_codes_are_kept(self, host: Host, code: int) -> None:
        record = await host.run(f"exit {code}")
        assert (record.reason, record.code, record.signal) == ("exit", code, None)

    @pytest.mark.parametrize("number", [1, 2, 6, 9, 11, 13, 15, 25])
    async def test_signals_are_kept(self, host: Host, number: int) -> None:
        record = await host.run(f"kill -{number} $$")
        assert (record.reason, record.code, record.signal) == ("signal", None, number)

    async def test_a_state_folder_with_a_very_long_path_works(self, tmp_path: Path) -> None:
        deep = tmp_path / ("d" * 90) / ("e" * 90)
        deep.mkdir(parents=True)
        os.symlink(deep, tmp_path / "s")
        host = Host(deep / ".jobmon")
        await host.executor.start(host._hear)
        host.state = tmp_path / "s" / ".jobmon"  # this test's own server cannot bind the long one
        await host.listen()
        assert (await host.run("true")).code == 0
        await host.die()


class TestJobOutput:
    async def leave(self, host: Host, data: bytes, **fields: Any) -> Any:
        file = host.state / "given"
        file.write_bytes(data)
        record = await host.run(f"cp {file} $JOBMON_OUTPUT", **fields)
        assert not Path(host.executor.files.output("1.0.1")).exists()
        assert host.executor.probe(["1.0.1"])["1.0.1"].exit == record, "every reader takes it"
        return record

    @pytest.mark.parametrize("value", [{"rows": 3, "名": "値"}, [1.5, None, True], "x", 0, {}])
    async def test_json_is_taken_with_a_success(self, host: Host, value: Any) -> None:
        record = await self.leave(host, json.dumps(value).encode())
        assert (record.reason, record.output) == ("exit", value)

    @pytest.mark.parametrize(
        "data",
        [
            b"{",
            b"",
            b"\xff",
            b"NaN",
            b"1e999",
            b'"\\ud800"',
            b"9" * 30,
            b"[" * 5000,
            b" " * 65537,
        ],
    )
    async def test_what_is_no_small_json_fails_the_job(self, host: Host, data: bytes) -> None:
        record = await self.leave(host, data)
        assert (record.reason, record.output) == ("output", None)
        assert "JOBMON_OUTPUT" in record.error

    async def test_a_failed_job_commits_nothing(self, host: Host) -> None:
        await host.run("echo '{}' > $JOBMON_OUTPUT; exit 3")
        assert host.records()[-1]["exit"]["output"] is None
        assert not Path(host.executor.files.output("1.0.1")).exists()

    async def test_a_pipe_in_its_place_is_not_waited_for(self, host: Host) -> None:
        assert (await host.run("mkfifo $JOBMON_OUTPUT")).reason == "output"

    async def test_secrets_are_masked_in_it(self, host: Host) -> None:
        record = await self.leave(host, b'{"token": ["hunter\\"2!"]}', secrets=('hunter"2',))
        assert record.output == {"token": ["***!"]}
