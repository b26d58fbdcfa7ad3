"""What jobs print, however much and whatever: all of it kept, none of it acted on."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.batch import Batch, alive
from tests.faults import command, environment, jobmon, serving

LINES = 1_000_000
PACED = f"""
import sys, time
for first in range(1, {LINES}, 20_000):
    sys.stdout.write("".join(f"{{n}}\\n" for n in range(first, first + 20_000)))
    sys.stdout.flush()
    time.sleep(0.04)
"""
"""Its lines over some seconds: the runtime's share of the time is to be measured."""
ACTIVE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""Characters a terminal may act on; ESC is looked at apart, jobmon's own colours begin with it."""
COLOUR = re.compile("\x1b\\[[0-9;]*m")
NASTY = (
    "\x1b]52;c;ZWNobyBoYWNrZWQ=\x07 \x1b[2J\x1b[31mred \x1bP+q544e\x1b\\ \x9b31m \x85 "
    "\u202egnp.exe \u2066x\u2069 \r overwritten \x08\x08 \x00 \x7f [bold]loud[/bold] 日本"
)


def seconds(pid: int) -> float:
    """Processor time the process has used, in user and kernel mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_million_lines_are_all_there_and_cost_the_runtime_nothing(
    batch: Batch, record_property: Callable[[str, object], None]
) -> None:
    (batch.home / "say.py").write_text(PACED)
    batch.flow(f"flow = Flow('loud')\na = flow.exec('a', [{sys.executable!r}, 'say.py'])\n")
    with serving(batch) as runtime:
        batch.call("status")
        used, begun = seconds(runtime.pid), time.monotonic()
        shown = batch.wait(batch.run("loud"), limit=90)
        took, cost = time.monotonic() - begun, seconds(runtime.pid) - used
    (attempt,) = shown["attempts"]
    assert attempt["lines"] == LINES
    assert numbers(attempt["log"]) == [b"%d" % i for i in range(1, LINES + 1)]
    record_property("seconds", round(took, 2))
    record_property("runtime_seconds", round(cost, 3))
    print(f"\n{LINES} lines in {took:.2f} s; runtime used {cost:.2f} s = {cost / took:.1%}")
    assert cost < 0.05 * took + 0.05


def test_many_lines_at_once_are_all_there(batch: Batch) -> None:
    many = LINES // 5
    batch.flow(f"flow = Flow('fast')\na = flow.shell('a', 'seq {many}')\n")
    (attempt,) = batch.wait(batch.run("fast"), limit=90)["attempts"]
    assert numbers(attempt["log"]) == [b"%d" % i for i in range(1, many + 1)]


def numbers(log: str) -> list[bytes]:
    with Path(log).open("rb") as file:
        return [m[1] for line in file if (m := re.search(rb'"m":"(\d+)"', line))]


SHAPES = {
    "one line of ten megabytes": ('sys.stdout.write("x" * (10 << 20))', 10 << 20),
    "random bytes": ("sys.stdout.buffer.write(random.Random(7).randbytes(300_000))", 300_000),
    "half of a character": ('sys.stdout.buffer.write("日".encode()[:2])', 2),
    "what terminals act on": (f"sys.stdout.buffer.write({NASTY!r}.encode())", len(NASTY.encode())),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_output_becomes_records_that_parse(batch: Batch, shape: str) -> None:
    code, size = SHAPES[shape]
    (batch.home / "say.py").write_text(f"import random, sys\n{code}\n", encoding="utf-8")
    batch.flow(f"flow = Flow('shape')\na = flow.exec('a', [{sys.executable!r}, 'say.py'])\n")
    run = batch.run("shape")
    shown = batch.wait(run)
    assert shown["state"] == "succeeded"
    assert shown["attempts"][0]["bytes"] == size
    raw = Path(shown["attempts"][0]["log"]).read_bytes()
    assert not ACTIVE.search(raw.decode("utf-8"))
    assert b"\x1b" not in raw
    records = [json.loads(line) for line in raw.splitlines()]
    assert "exit" in records[-1]
    assert all(len(record.get("m", "")) <= 16 << 10 for record in records)
    if shape == "one line of ten megabytes":
        assert "".join(r["m"] for r in records if "m" in r) == "x" * size


def on_terminal(*words: str, **env: str) -> bytes:
    """What a command writes to a terminal, byte for byte."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        words, stdin=theirs, stdout=theirs, stderr=theirs,
        env=environment(TERM="xterm-256color", **env),
    )  # fmt: skip
    os.close(theirs)
    said = bytearray()
    try:
        while chunk := os.read(ours, 1 << 16):
            said += chunk
    except OSError:
        pass  # Linux says EIO once the other side is closed
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return bytes(said)


@pytest.mark.parametrize("locale", [{}, {"LC_ALL": "C", "PYTHONUTF8": "0"}], ids=["utf-8", "C"])
def test_nothing_a_job_printed_reaches_the_terminal_as_it_was(
    batch: Batch, locale: dict[str, str]
) -> None:
    (batch.home / "say.py").write_text(f"print({NASTY!r})\nexit(3)\n", encoding="utf-8")
    batch.flow(f"flow = Flow('nasty')\na = flow.exec('a', [{sys.executable!r}, 'say.py'])\n")
    run = batch.run("nasty")
    batch.wait(run)
    for words in (("logs", run, "a"), ("logs", run, "a", "--raw"), ("explain", run, "a"),
                  ("show", run)):  # fmt: skip
        said = on_terminal(*command(batch.home, *words), **locale)
        text = COLOUR.sub("", said.decode("utf-8"))
        assert "\x1b" not in text, words
        assert not ACTIVE.search(text.replace("\r\n", "")), words
        assert text.replace("\r\n", "").count("\r") == 0, words
        if words[0] == "logs":
            assert "[bold]loud[/bold]" in text


WATCHER = """
import json, os, resource, signal, sys
fds = sorted(int(n) for n in os.listdir("/proc/self/fd"))
status = dict(l.split(":", 1) for l in open("/proc/self/status") if l.startswith("Sig"))
json.dump({
    "fds": [fd for fd in fds if os.path.exists(f"/proc/self/fd/{fd}")],
    "stdin": os.readlink("/proc/self/fd/0"),
    "read": sys.stdin.read(),
    "ignored": int(status["SigIgn"], 16), "blocked": int(status["SigBlk"], 16),
    "umask": os.umask(0o22), "cwd": os.getcwd(), "leader": os.getsid(0) == os.getpid(),
    "env": dict(os.environ),
}, open("seen.json", "w"))
"""


def test_a_job_gets_an_environment_of_its_own_and_nothing_of_the_runtimes(batch: Batch) -> None:
    (batch.home / "watch.py").write_text(WATCHER)
    (batch.home / "jobmon.toml").write_text('[env]\nSITE = "tokyo"\n')
    batch.flow(
        f"flow = Flow('watch', params={{'day': '2026-11-22'}})\n"
        f"a = flow.exec('a', [{sys.executable!r}, '-S', '-E', 'watch.py'], env={{'OWN': '日本'}})\n"
    )
    with serving(batch, FOREIGN="1", LD_PRELOAD_NOT="1", PYTHONPATH="/tmp", LANG="C.UTF-8"):
        run = batch.run("watch")
        batch.wait(run, "succeeded")
    seen = json.loads((batch.home / "seen.json").read_text())
    assert [fd for fd in seen["fds"] if fd > 2] == []
    assert (seen["stdin"], seen["read"]) == ("/dev/null", "")
    assert seen["blocked"] == 0
    assert seen["ignored"] & ~LIBRARY == ignored_by_a_plain_python() & ~LIBRARY
    assert seen["cwd"] == str(batch.home)
    assert seen["leader"]
    assert seen["umask"] == os.umask(0o22)
    allowed = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LANGUAGE"}
    allowed |= {"SSL_CERT_FILE", "SSL_CERT_DIR", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"}
    env = {k: v for k, v in seen["env"].items() if k not in allowed and not k.startswith("LC_")}
    assert env == {
        "PYTHONUNBUFFERED": "1", "SITE": "tokyo", "OWN": "日本", "day": "2026-11-22",
        "JOBMON_HOME": str(batch.home), "JOBMON_RUN": run, "JOBMON_FLOW": "watch",
        "JOBMON_PROFILE": "",
        "JOBMON_JOB": "a", "JOBMON_ATTEMPT": "1", "JOBMON_ATTEMPT_ID": "1.0.1",
        "JOBMON_TIME": batch.show(run)["time"], "JOBMON_KEY": f"{run}/a",
        "JOBMON_OUTPUT": str(batch.state / "attempts" / "1" / "0.1.output.json"),
    }  # fmt: skip


LIBRARY = 1 << 31 | 1 << 32
"""Signals 32 and 33 are the C library's own; its posix_spawn leaves them ignored."""


def ignored_by_a_plain_python() -> int:
    """What Python itself, or whatever the tests run in, has ignored."""
    words = ["grep", "SigIgn", f"/proc/{os.getpid()}/status"]
    out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return int(out.split()[1], 16)


CANARY = "canary-7f3a-日本-9c"
LEAKS = """
import json, os
text = os.environ["TOKEN"]
print("the token is " + text)
print(text[:9], end="", flush=True)
print(text[9:])
json.dump({"token": text}, open(os.environ["JOBMON_OUTPUT"], "w"))
while not os.path.exists("go"): pass
"""


def test_a_secret_is_nowhere_but_in_its_job(batch: Batch) -> None:
    (batch.home / "leak.py").write_text(LEAKS, encoding="utf-8")
    (batch.home / "token").write_text(CANARY + "\n", encoding="utf-8")
    (batch.home / "jobmon.toml").write_text('[secrets]\nTOKEN = {file = "token"}\n')
    batch.flow(
        "from jobmon.jobs import Secret\nflow = Flow('leak')\n"
        f"a = flow.exec('a', [{sys.executable!r}, 'leak.py'], env={{'TOKEN': Secret('TOKEN')}})\n"
        "b = flow.exec('b', ['true'])\na >> b\n"
    )
    run = batch.run("leak")
    batch.wait_job(run, "a", "running")
    mine = [pid for pid in everyone() if str(batch.home) in words_of(pid)]
    assert batch.pid() in mine
    assert not any("canary" in words_of(pid) for pid in everyone())
    (batch.home / "go").touch()
    batch.wait(run, "succeeded")
    assert "***" in "".join(record.get("m", "") for record in batch.log(run, "a"))
    said = (
        jobmon(batch.home, "show", run, "--json").stdout
        + jobmon(batch.home, "logs", run, "a").stdout
    )
    assert "canary-7" not in said
    for path in batch.state.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            assert CANARY.encode() not in raw, path
            assert b"canary-7" not in raw, path


def everyone() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if alive(int(path.name))]


def words_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def test_a_secret_may_not_stand_on_a_command_line(batch: Batch) -> None:
    batch.flow("flow = Flow('argv')\na = flow.exec('a', ['echo', Secret('TOKEN')])\n")
    ran = jobmon(batch.home, "check")
    assert ran.returncode == 1
    assert "env" in ran.stdout + ran.stderr
