"""`jobmon exec` with real processes: its lock, its codes, its output, what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from jobmon.jobs.kit import lock
from jobmon.runtime.wrapped import spool
from jobmon.tui.cli import cli
from tests.batch import Batch, alive, until
from tests.receiving import endpoint

JOBMON = [sys.executable, "-m", "jobmon.tui.cli", "exec"]
FORKS = """
import json, os, sys
from jobmon.runtime.wrapped import wrapper
from jobmon.tui import cli

def start(words):
    pid = os.fork()
    if pid == 0:
        sys.argv = ["jobmon", "exec", *words]
        sys.exit(cli.main())
    return pid

def end(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

at_once, lines = json.loads(sys.argv[1])
codes = list(map(end, list(map(start, lines)))) if at_once else [end(start(one)) for one in lines]
print(json.dumps(codes), file=sys.stderr)
"""
"""Starts as often as it is told, and loads the command line once. Prints the exit codes at last."""


class Folder:
    """A batch folder without a runtime."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(exist_ok=True)
        (home / "jobmon.toml").touch()
        self.spool = home / ".jobmon" / "spool"

    def start(self, *words: str, **options: Any) -> subprocess.Popen[Any]:
        environ = {**os.environ, **options.pop("env", {})}
        pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL}
        pipes |= dict.fromkeys(("stdout", "stderr"), subprocess.PIPE) | options
        return subprocess.Popen([*JOBMON, *words], cwd=self.home, env=environ, **pipes)

    def run(self, *words: str, given: bytes = b"", **options: Any) -> tuple[int, bytes, bytes]:
        process = self.start(*words, stdin=subprocess.PIPE, **options)
        out, err = process.communicate(given, timeout=60)
        return process.returncode, out, err

    def forks(self, *lines: tuple[str, ...], at_once: bool = False) -> subprocess.Popen[str]:
        """Each line is one start, with its words."""
        return subprocess.Popen(
            [sys.executable, "-c", FORKS, json.dumps([at_once, lines])], cwd=self.home, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def forked(self, *lines: tuple[str, ...]) -> tuple[list[int], str, str]:
        """One start after the other: the exit codes, all output, all errors."""
        out, err = self.forks(*lines).communicate(timeout=60)
        *said, codes = err.splitlines(keepends=True)
        return json.loads(codes), out, "".join(said)

    def records(self) -> list[spool.Found]:
        return list(spool.over(str(self.spool), 0.0))

    def log(self, found: spool.Found, n: int = 1) -> list[dict[str, Any]]:
        return [json.loads(line) for line in Path(found.attempts[n]).read_bytes().splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "店")


SH = ("--", "/bin/sh", "-c")


def test_input_output_environment_and_exit_code_are_those_of_the_command(folder: Folder) -> None:
    line = 'cat; echo "$市" "$JOBMON_LOCK"; printf "\\223\\372\\226\\173" >&2; exit 3'
    line = line.replace("$市", "$MARKET")
    code, out, err = folder.run("取込", *SH, line, given="入力\n".encode(), env={"MARKET": "神戸"})
    assert (code, out.decode(), err) == (3, "入力\n神戸 取込\n", "日本".encode("cp932"))
    (found,) = folder.records()
    assert (found.begun["name"], found.ended["outcome"], found.ended["code"]) == (
        "取込",
        "failed",
        3,
    )
    first, spawned, *rest, last = folder.log(found)
    assert first["flow"] == "取込"
    assert spawned["spawned"]["pid"] > 1
    assert [one["m"] for one in rest if one["s"] == "out"] == ["入力", "神戸 取込"]
    assert (last["exit"]["reason"], last["exit"]["code"]) == ("exit", 3)


def test_twenty_at_once_are_one(folder: Folder) -> None:
    line = "echo one >> count; while [ ! -e go ]; do sleep 0.02; done"
    started = folder.forks(*[("load", *SH, line)] * 20, at_once=True)
    until(lambda: len(folder.records()) == 19, "19 have left")
    (folder.home / "go").touch()
    assert started.communicate(timeout=60) == ("", f"{[0] * 20}\n")
    assert (folder.home / "count").read_text() == "one\n"
    outcomes = sorted(found.ended["outcome"] for found in folder.records())
    assert outcomes == ["busy"] * 19 + ["succeeded"]
    reason = next(f.ended["reason"] for f in folder.records() if f.ended["outcome"] == "busy")
    assert "the lock load was held by jobmon exec load" in reason


def test_killed_it_takes_its_command_along_and_the_next_one_starts(folder: Folder) -> None:
    process = folder.start("load", *SH, "echo $$ > pid; exec sleep 60")
    pid = int(until(lambda: (folder.home / "pid").exists() and read(folder, "pid"), "it runs"))
    process.kill()
    process.communicate()
    assert folder.run("load", "--", "echo", "next")[:2] == (0, b"next\n")
    until(lambda: not alive(pid), "the command is gone, too")
    killed, done = folder.records()
    assert (killed.ended, done.ended["outcome"]) == ({}, "succeeded")
    assert "exit" not in folder.log(killed)[-1]


def read(folder: Folder, name: str) -> str:
    return (folder.home / name).read_text().strip()


def test_one_that_waits_starts_when_the_other_is_over(folder: Folder) -> None:
    line = "echo a >> order; while [ ! -e go ]; do sleep 0.02; done; echo b >> order"
    first = folder.start("load", *SH, line)
    until((folder.home / "order").exists, "the first runs")
    code, _, err = folder.run("load", "--wait", "0.1", "--", "true")
    assert (code, b"its lock is held" in err) == (75, True)
    assert folder.run("load", "--busy-code", "9", "--", "true")[0] == 9
    waiting = folder.start("load", "--wait", *SH, "echo c >> order")
    (folder.home / "go").touch()
    assert (first.wait(30), waiting.wait(30)) == (0, 0)
    assert read(folder, "order").split() == ["a", "b", "c"]
    for process in (first, waiting):
        process.communicate()


def test_it_is_the_lock_of_the_kit(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    line = "from jobmon.jobs.kit import lock\nwith lock('book', timeout=0): print('mine')"
    inside = [sys.executable, "-c", line]
    ran = folder.run("other", "--", *JOBMON, "book", "--", *inside)
    assert ran == (0, b"mine\n", b"")
    monkeypatch.setenv("JOBMON_HOME", str(folder.home))
    with lock("book"):
        assert folder.run("book", "--busy-code", "9", "--", "true")[0] == 9


def test_codes_are_those_of_shells(folder: Folder) -> None:
    stubborn = ("--timeout", "0.2", "--grace", "0.1", *SH, "trap '' TERM; sleep 60 & wait")
    codes, _, err = folder.forked(
        ("late", *stubborn),
        ("none", "--", "no-such-command"),
        ("text", "--", "/etc/passwd"),
        ("hurt", *SH, "kill -SEGV $$"),
    )
    assert codes == [124, 127, 126, 139]
    for words in ("late: stopped at its time limit of 0.2 s", "no such command in PATH",
                  "may not be executed"):  # fmt: skip
        assert words in err
    assert [found.ended["code"] for found in folder.records()] == codes


def test_a_failure_is_tried_again_within_bounds(folder: Folder) -> None:
    line = "echo x >> tries; [ $(wc -l < tries) = 3 ]"
    codes, _, _ = folder.forked(
        ("x", "--retry", "5", "--delay", "0.01", *SH, line),
        ("y", "--retry", "2", "--delay", "0.01", "--", "false"),
        ("z", "--retry", "2", "--delay", "0.01", *SH, "exit 65"),
    )
    assert codes == [0, 1, 65]
    first, second, third = folder.records()
    assert [folder.log(first, n)[-1]["exit"]["code"] for n in first.attempts] == [1, 1, 0]
    assert (len(second.attempts), len(third.attempts)) == (3, 1)


def test_quiet_it_prints_all_of_a_failure_and_nothing_of_a_success(folder: Folder) -> None:
    said = ("x", "-q", *SH, "echo a; echo b >&2")
    assert folder.forked(said, (*said[:-1], f"{said[-1]}; exit 1")) == ([0, 1], "a\n", "b\n")
    assert [one["m"] for one in folder.log(folder.records()[0])[2:-1]] == ["a", "b"]


def test_a_megabyte_arrives_whole_and_a_reader_that_is_gone_stops_nothing(folder: Folder) -> None:
    made = "for i in range(16384): print('0' * 60 + '日')"
    code, out, _ = folder.run("x", "--", sys.executable, "-Xutf8", "-c", made)
    rows = out.decode().splitlines()
    assert (code, len(out), set(rows)) == (0, 16384 * 64, {"0" * 60 + "日"})
    line = "i=0; while [ $i -lt 999 ]; do echo line; i=$((i+1)); done; touch done"
    process = folder.start("y", *SH, line)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(30) == 0
    assert (folder.home / "done").exists()
    process.communicate()


def test_a_signal_ends_the_command_and_is_the_exit_code(folder: Folder) -> None:
    process = folder.start("x", *SH, "trap 'echo bye; exit 0' TERM; touch up; sleep 60 & wait")
    until((folder.home / "up").exists, "it runs")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, b"bye\n")


def test_streams_that_are_closed_are_not_written_to(folder: Folder) -> None:
    closed = [
        "/bin/sh",
        "-c",
        'exec "$@" <&- >&- 2>&-',
        "sh",
        *JOBMON,
        "x",
        *SH,
        "echo out; exit 3",
    ]
    assert subprocess.run(closed, cwd=folder.home, check=False).returncode == 3
    (found,) = folder.records()
    assert (found.begun["name"], found.ended["code"]) == ("x", 3)
    assert [one["m"] for one in folder.log(found) if "m" in one] == ["out"]


def test_what_it_leaves_in_the_background_is_left_alone(folder: Folder) -> None:
    line = "sleep 30 > /dev/null 2>&1 & echo $! > pid"
    assert folder.run("x", *SH, line)[0] == 0
    pid = int(read(folder, "pid"))
    assert alive(pid)
    assert folder.run("x", "--busy-code", "9", "--", "true")[0] == 0
    os.kill(pid, signal.SIGKILL)


def test_it_loads_nothing_heavy(folder: Folder) -> None:
    heavy = {"textual", "rich", "croniter", "psutil", "asyncio", "msgspec", "apprise", "sqlite3"}
    line = [sys.executable, "-X", "importtime", *JOBMON[1:], "取込", "--", "true"]
    ran = subprocess.run(line, cwd=folder.home, capture_output=True, text=True, check=True)
    loaded = {row.rpartition("|")[2].strip() for row in ran.stderr.splitlines()}
    assert "jobmon.runtime.wrapped.wrapper" in loaded
    assert not loaded & heavy


def test_where_nothing_can_be_recorded_the_command_runs_all_the_same(folder: Folder) -> None:
    (folder.home / ".jobmon").mkdir()
    folder.spool.touch()
    code, out, err = folder.run("x", "--", "echo", "work")
    assert (code, out) == (0, b"work\n")
    assert b"no record of it is kept" in err


def test_without_a_batch_folder_records_are_the_user_s(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    done = subprocess.run(
        [*JOBMON, "x", "--", "true"], cwd=tmp_path, env={**os.environ, **env}, check=False
    )
    assert done.returncode == 0
    assert len(spool.ids(str(tmp_path / "state" / "jobmon" / "spool"))) == 1


@pytest.mark.parametrize("name", ["", "a/b", "-x", "a@b", "x" * 201])
def test_a_name_that_no_flow_may_have_is_refused(
    folder: Folder, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBMON_HOME", "")  # put back afterwards: the command sets it
    done = CliRunner().invoke(cli, ["--home", str(folder.home), "exec", "--", name, "true"])
    assert done.exit_code == 2
    assert not folder.spool.exists()


def test_a_change_is_told_once_and_what_nobody_took_is_told_by_the_runtime(batch: Batch) -> None:
    folder, where = Folder(batch.home), batch.home / "where"
    rule = '[secrets]\nWHERE = { file = "where" }\n[[notify]]\nurls = [{ secret = "WHERE" }]\n'
    (batch.home / "jobmon.toml").write_text(rule, encoding="utf-8")
    with endpoint() as server:
        where.write_text(f"json://127.0.0.1:{server.port}/")
        where.chmod(0o600)
        load = ("取込", "--notify", *SH)
        lines = [(*load, line) for line in ("echo 在庫がない; exit 4", "exit 4", "true", "true")]
        assert folder.forked(*lines, ("quiet", "--", "false"))[0] == [4, 4, 0, 0, 1]
        assert server.subjects == ["[jobmon] 取込 failed", "[jobmon] 取込 recovered"]
        assert "在庫がない" in server.got[0]["message"]
        where.rename(batch.home / "away")
        assert "the next runtime tells it" in folder.forked((*load, "false"))[2]
        (batch.home / "away").rename(where)
        until(lambda: batch.call("view", name="ls", all=True) and server.subjects[2:], "it is told")
        until(lambda: len(spool.ids(str(folder.spool))) == 0, "all is taken in")
        assert server.subjects[2:] == ["[jobmon] 取込 failed: 取込"]
