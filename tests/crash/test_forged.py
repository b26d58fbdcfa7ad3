"""Attempt files that are forged, garbage or cut off: never a success, never a second start.

The runtime is killed right after it committed the intents (or once all runs); then every
attempt's file is replaced, and the next runtime has to make something of it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobmon.runtime import client, procs
from jobmon.runtime.errors import NoRuntimeError
from tests.batch import Batch, until
from tests.crash.ground import claim_of, kill_initiator, ticks_of

BOOT = procs.boot_id()
OTHER_BOOT = "11111111-2222-3333-4444-555555555555"
FAR = 1 << 70


class Forger:
    """A run of `count` jobs, all launched, with nobody alive who knows of them."""

    def __init__(self, batch: Batch, count: int) -> None:
        self.batch, self.count = batch, count
        (batch.home / "jobmon.toml").write_text("[runtime]\nslots = 100\n")
        batch.flow(
            'flow = Flow("f")\n'
            f"for i in range({count}):\n"
            '    flow.shell(f"j{i}", "echo j >>effects; sleep 100")\n'
        )
        self.run = ""

    def launch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The intents are committed, and nothing else was done."""
        with monkeypatch.context() as patch:
            patch.setenv("JOBMON_DIE_AT", "submitting:1")
            with self.batch.client() as connection, pytest.raises(NoRuntimeError):
                connection.call("run", flow="f", params={})
        self.run = "f#1"
        assert set(self.batch.states(self.run).values()) == {"starting"}

    def start_and_kill(self) -> None:
        """All run; then everything of them is killed."""
        self.run = self.batch.run("f")
        until(lambda: set(self.batch.states(self.run).values()) == {"running"}, "all run")
        until(lambda: self.effects() == self.count, "all left their effect")
        self.batch.kill()
        for i in range(self.count):
            claim = claim_of(self.file(i))
            assert claim is not None
            kill_initiator(claim)
            spawned = json.loads(self.file(i).read_text().splitlines()[1])["spawned"]
            os.killpg(spawned["pid"], signal.SIGKILL)

    def file(self, job: int) -> Path:
        return self.batch.state / "attempts" / "1" / f"{job}.1.jsonl"

    def forge(self, job: int, content: bytes) -> None:
        self.file(job).parent.mkdir(exist_ok=True, mode=0o700)
        self.file(job).unlink(missing_ok=True)
        self.file(job).write_bytes(content)

    def effects(self) -> int:
        file = self.batch.home / "effects"
        return len(file.read_text().splitlines()) if file.exists() else 0

    def reasons(self) -> list[str]:
        """What the next runtime makes of them: every job must be lost; why each is."""
        with client.connect(self.batch.state, start=True) as connection:
            rows = connection.call("view", name="show", args={"run": self.run})["jobs"]
        states = {row["job"]: row["state"] for row in rows}
        assert set(states.values()) == {"lost"}, states
        return [row["reason"] for row in rows]


@pytest.fixture
def forger(batch: Batch) -> Callable[[int], Forger]:
    return lambda count: Forger(batch, count)


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with any of it, and must not be touched."""
    process = subprocess.Popen(["sleep", "100"])
    yield process
    assert process.poll() is None, "it was signalled"
    process.kill()
    process.wait()


def claim(job: int, pid: object, ticks: object, boot: object = BOOT) -> bytes:
    fields = {"jobmon": 1, "attempt": f"1.{job}.1", "boot": boot, "pid": pid, "ticks": ticks}
    return json.dumps(fields | {"t": 1.0}).encode() + b"\n"


def spawned(pid: object, ticks: object) -> bytes:
    return json.dumps({"spawned": {"pid": pid, "ticks": ticks, "t": 1.0}}).encode() + b"\n"


def whole(job: int) -> bytes:
    """A complete file of an attempt that succeeded; its processes are long gone."""
    record = {"reason": "exit", "code": 0, "signal": None, "error": "", "started": 1.0,
              "ended": 2.0, "output": None, "rusage": {}, "lines": 9, "bytes": 18}  # fmt: skip
    output = b"".join(b'{"t":1.0,"s":"out","m":"%d"}\n' % n for n in range(9))
    head = claim(job, 4_000_000, 1) + spawned(4_000_001, 1)
    return head + output + json.dumps({"exit": record}, separators=(",", ":")).encode() + b"\n"


def cuts(job: int) -> list[bytes]:
    """It, cut off at every 64th byte, and short of its last byte."""
    text = whole(job)
    return [text[:at] for at in (*range(0, len(text), 64), len(text) - 1)]


def garbage(job: int) -> list[bytes]:
    """Files nobody can make sense of."""
    head, rng = claim(job, 4_000_000, 1), random.Random(job)
    ends = (b'{"exit":{}}', b'{"exit":null}', b'{"exit":{"reason":"exit","code":"0"}}',
            b'{"exit":[]}', b'{"exit":{"reason":"exit","code":0}}x', b'{"exit":{"code":0}}',
            b'{"exit":{"reason":"exit","code":0}')  # fmt: skip
    pids = (-1, 0, 1, FAR, -FAR, 1.5, "7", None, [], True)
    return [
        b"", b"\n", b"\n\n\n", b"\0" * 4096, b"{}\n", b"[]\n", b"null\n", b"{\n", b"\xff\xfe\n",
        rng.randbytes(5000), rng.randbytes(64) + b"\n", b"[" * 100_000 + b"\n", b"9" * 3_000_000,
        *(head + end + b"\n" for end in ends),
        *(head + rng.randbytes(n) for n in (1, 100, 10_000)),
        *(claim(job, pid, 1) for pid in pids), *(claim(job, 4_000_000, t) for t in pids),
        *(claim(job, 4_000_000, 1, boot) for boot in (None, 1, "", [], "x" * 10_000)),
        *(head + spawned(pid, 1) for pid in pids), *(head + spawned(4_000_001, t) for t in pids),
        head + b'{"spawned":[]}\n', head + b'{"spawned":null}\n', head + head,
    ]  # fmt: skip


class TestNobodyIsSignalled:
    def test_claims_of_another_boot_or_of_a_pid_that_changed_hands(
        self,
        forger: Callable[[int], Forger],
        bystander: subprocess.Popen[bytes],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        pid, ticks = bystander.pid, ticks_of(bystander.pid)
        assert ticks is not None
        forged = [
            claim(0, pid, ticks, OTHER_BOOT),
            claim(1, pid, ticks, OTHER_BOOT) + spawned(pid, ticks),
            claim(2, pid, ticks - 1),
            claim(3, pid, ticks - 1) + spawned(pid, ticks - 1),
            claim(4, 4_000_000, 1) + spawned(pid, ticks + 1),
            claim(5, 4_000_000, 1) + spawned(pid, 0),
            claim(6, 4_000_000, 1),
        ]
        made = forger(len(forged))
        made.launch(monkeypatch)
        for job, content in enumerate(forged):
            made.forge(job, content)
        foreign = ["identity"] * 4
        assert made.reasons() == ["reboot", "reboot", *foreign, "initiator"]
        assert made.effects() == 0
        assert made.batch.show(made.run)["state"] == "failed"

    def test_a_stop_of_such_a_job_signals_nobody(
        self, batch: Batch, bystander: subprocess.Popen[bytes]
    ) -> None:
        """Its pids changed hands while no runtime was there, and a stop is under way."""
        made = Forger(batch, 1)
        made.start_and_kill()
        ticks = ticks_of(bystander.pid)
        assert ticks is not None
        made.forge(0, claim(0, bystander.pid, ticks - 1) + spawned(bystander.pid, ticks - 1))
        assert made.reasons() == ["identity"]


class TestNeverASuccess:
    def check(self, made: Forger, files: Callable[[int], list[bytes]]) -> None:
        effects = made.effects()
        for job in range(made.count):
            made.forge(job, files(job)[job])
        reasons = made.reasons()
        assert set(reasons) <= {"initiator", "identity", "reboot", "file"}, reasons
        assert made.effects() == effects, "nothing started again"
        assert len(made.batch.show(made.run)["attempts"]) == made.count
        assert made.batch.call("status")["pid"] == made.batch.pid(), "it lives and answers"

    @pytest.mark.parametrize("files", [cuts, garbage])
    def test_when_only_the_intent_is_known(
        self,
        forger: Callable[[int], Forger],
        monkeypatch: pytest.MonkeyPatch,
        files: Callable[[int], list[bytes]],
    ) -> None:
        made = forger(len(files(0)))
        made.launch(monkeypatch)
        self.check(made, files)

    def test_when_all_were_seen_running(self, forger: Callable[[int], Forger]) -> None:
        made = forger(len(cuts(0)))
        made.start_and_kill()
        self.check(made, cuts)

    def test_when_the_files_are_gone(self, forger: Callable[[int], Forger]) -> None:
        made = forger(3)
        made.start_and_kill()
        made.file(0).unlink()
        made.file(1).unlink()
        made.file(1).symlink_to("nowhere")
        made.file(2).unlink()
        made.file(2).mkdir()
        assert made.reasons() == ["file", "identity", "identity"]
        assert made.effects() == 3

    def test_when_something_else_has_the_name(
        self, forger: Callable[[int], Forger], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = forger(3)
        made.launch(monkeypatch)
        made.file(0).parent.mkdir(mode=0o700)
        made.file(0).symlink_to("nowhere")
        made.file(1).mkdir()
        os.mkfifo(made.file(2))
        assert made.reasons() == ["identity"] * 3
        assert made.effects() == 0

    def test_the_whole_file_is_one(
        self, forger: Callable[[int], Forger], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = forger(1)
        made.launch(monkeypatch)
        made.forge(0, whole(0))
        made.batch.client().close()
        assert made.batch.wait(made.run)["jobs"][0]["code"] == 0, "so the cuts above say something"
