"""The control socket against peers that send garbage, too much, or never read."""

from __future__ import annotations

import contextlib
import json
import os
import random
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime.peer import MAX_BACKLOG
from jobmon.runtime.wire import MAX_FRAME
from tests.batch import Batch
from tests.faults import PYTHON, as_nobody, effects, give_way, serving

FLOW = """
flow = Flow("f")
a = flow.shell("a", 'echo "$JOBMON_ATTEMPT_ID" >> effects')
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Batch]:
    """One runtime for all: after each test it answers still, and is the same process."""
    batch = Batch(tmp_path_factory.mktemp("socket") / "batch")
    batch.flow(FLOW)
    with serving(batch) as process:
        yield batch
        assert process.poll() is None


@pytest.fixture(autouse=True)
def unharmed(served: Batch) -> Iterator[None]:
    before = served.pid()
    yield
    begun = time.monotonic()
    assert served.call("status")["running"]
    assert time.monotonic() - begun < 2
    assert served.pid() == before


class Raw:
    """A connection on which anything may be said."""

    def __init__(self, batch: Batch, *, greet: bool = True) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(str(batch.state / "runtime.sock"))
        self.file = self.sock.makefile("rb")
        if greet:
            self.say({"role": "client", "proto": [1, 1]})
            self.hello = self.hear()

    def say(self, message: Any) -> None:
        self.sock.sendall(json.dumps(message).encode() + b"\n")

    def hear(self) -> dict[str, Any]:
        """The next message; {} when the other side hung up."""
        try:
            return json.loads(self.file.readline() or b"{}")
        except ConnectionError:
            return {}

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        self.say({"id": 1, **message})
        return self.hear()

    def close(self) -> None:
        self.file.close()
        self.sock.close()


@pytest.fixture
def raw(served: Batch) -> Iterator[Raw]:
    connection = Raw(served)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    "garbage",
    [
        random.Random(1).randbytes(3000) + b"\n",
        b"\n",
        b"[]\n",
        b"null\n",
        b"{\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b'{"id": 1, "op": "status", "x": ' + b"[" * 200_000 + b"\n",
        b'{"id": 1, "op": "\xff\xfe"}\n',
        b'{"a": "\\ud800"}\n',
        b"\0" * 1000 + b"\n",
    ],
    ids=lambda value: ascii(value[:12]),
)
@pytest.mark.parametrize("greet", [True, False])
def test_garbage_is_answered_by_an_error_and_the_end(
    served: Batch, garbage: bytes, greet: bool
) -> None:
    raw = Raw(served, greet=greet)
    raw.sock.sendall(garbage)
    assert raw.hear()["err"]["code"] == "usage"
    assert raw.hear() == {}
    raw.close()


def test_a_line_without_an_end_is_cut_at_a_mebibyte(served: Batch, raw: Raw) -> None:
    with pytest.raises(ConnectionError):
        raw.sock.sendall(b"x" * (MAX_FRAME + (4 << 20)))


DEEP: Any = "x"
for _ in range(500):
    DEEP = [DEEP]
VALUES = [None, 5, -1, 1 << 70, 1e300, "text", "", [], {}, True, [1], {"a": 1}, DEEP, "\0", "../.."]
SHAPES = {
    "status": ["x"],
    "run": ["flow", "params", "priority", "preview", "why", "who", "idem"],
    "verb": ["verb", "run", "jobs", "flow", "options", "preview", "why"],
    "view": ["name", "args"],
    "log": ["attempt", "offset", "limit"],
    "gc": ["preview"],
    "subscribe": ["from_seq"],
    "nothing like it": ["x"],
}
SOUND = {
    "run": {"flow": "nobody knows"}, "verb": {"verb": "rerun", "run": "f#1"},
    "view": {"name": "show"}, "log": {"attempt": "1.0.1"}, "gc": {"preview": True},
}  # fmt: skip


@pytest.mark.parametrize("op", SHAPES)
def test_a_request_of_wrong_types_is_answered_on_a_connection_that_stays(raw: Raw, op: str) -> None:
    for field in SHAPES[op]:
        for value in VALUES:
            answer = raw.ask({"op": op, **SOUND.get(op, {}), field: value})
            while "event" in answer or "resync" in answer:
                answer = raw.hear()
            assert answer.get("id") == 1, (op, field, value)
            if "err" in answer:
                assert answer["err"]["code"] in {"usage", "not_found", "refused"}, answer
                assert answer["err"]["what"]


OPTIONS = ["only", "failed", "hard", "grace", "until", "outcome", "value"]


@pytest.mark.parametrize("verb", ["hold", "release", "skip", "cancel", "kill", "rerun", "mark"])
def test_options_of_wrong_types_are_refused_or_harmless(served: Batch, verb: str) -> None:
    run = served.run("f")
    served.wait(run)
    raw = Raw(served)
    for option in OPTIONS:
        for value in VALUES:
            for jobs in (None, ["a"]):
                request = {"op": "verb", "verb": verb, "run": run, "jobs": jobs}
                answer = raw.ask({**request, "options": {option: value}})
                assert answer.get("id") == 1, (verb, option, value)
                served.wait(run)
    raw.close()


def test_who_never_reads_is_left_behind_and_told_to_resync(served: Batch) -> None:
    """Events flow on at full rate, the runtime's memory is bounded, the subscriber starts anew."""
    raw = Raw(served)
    raw.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.ask({"op": "subscribe"})
    runtime = served.pid()
    before = memory(runtime)
    noise = "w" * 60_000
    with served.client() as busy:
        for _ in range(150):  # 9 MB of events
            busy.call("verb", verb="hold", flow="f", why=noise)
            busy.call("verb", verb="release", flow="f", why=noise)
        newest = busy.call("subscribe")["seq"]
    assert memory(runtime) - before < MAX_BACKLOG + (24 << 20)
    seen, resync = 0, 0
    while not resync:
        message = raw.hear()
        assert message, "hung up"
        seen = message.get("event", {}).get("seq", seen)
        resync = message.get("resync", 0)
    assert seen < resync == newest
    served.wait(served.run("f"))
    assert raw.hear()["event"]["seq"] == newest + 1
    raw.close()


def memory(pid: int) -> int:
    """Bytes of the process in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_who_asks_and_asks_and_never_reads_waits_for_itself_alone(served: Batch) -> None:
    """It is not read from either, until it takes its answers."""
    raw = Raw(served)
    raw.sock.settimeout(0.5)
    before = memory(served.pid())
    line = json.dumps({"id": 1, "op": "view", "name": "events", "args": {"limit": 100}}) + "\n"
    with pytest.raises(TimeoutError):
        raw.sock.sendall(line.encode() * 30_000)
    assert memory(served.pid()) - before < 200 << 20
    raw.close()


def test_a_subscriber_is_given_the_past_in_order(served: Batch) -> None:
    raw = Raw(served)
    newest = raw.ask({"op": "subscribe", "from_seq": 2})["ok"]["seq"]
    assert [raw.hear()["event"]["seq"] for _ in range(newest - 2)] == list(range(3, newest + 1))
    raw.close()


HELLOS = [
    {}, {"pid": "x"}, {"pid": 0}, {"pid": 99, "attempt": 5}, {"pid": 99, "attempt": "no id"},
    {"pid": 99, "attempt": ["1.0.1"]}, {"pid": 99}, {"pid": 99, "attempt": "9.9.9"},
]  # fmt: skip
EXIT = {"reason": "exit", "code": 0}
NEWS = [
    {"started": 5, "ended": {"attempt": "9.9.9"}, "trouble": None},
    {"ended": {"attempt": "x", "exit": EXIT}},
    {"ended": {"attempt": "9.9.9", "exit": {"reason": "exit", "code": "0"}}},
    {"ended": {"attempt": "1.2.3.4", "exit": EXIT}, "refused": "x", "unclaimed": ["x"]},
    {
        "ended": {"attempt": "9.9.9", "exit": EXIT},
        "stopping": {"attempt": "", "at": "", "reason": 1},
    },
    {"trouble": {"attempt": "1.0.1", "error": "is not its own"}, "of a later version": 1},
]


def test_an_initiator_that_talks_nonsense_harms_nobody(served: Batch) -> None:
    for hello in HELLOS:
        for news in NEWS:
            raw = Raw(served, greet=False)
            with contextlib.suppress(BrokenPipeError):
                raw.say({"role": "initiator", "proto": 1, **hello})
                raw.say(news)
            raw.close()
    served.wait(served.run("f"))
    assert "not its own" not in str(served.call("status")["troubles"])


def test_the_same_request_sent_twice_is_one_run(served: Batch) -> None:
    """The first connection breaks before the answer; the second asks again, and a third at once."""
    before = len(effects(served))
    request = {"op": "run", "flow": "f", "idem": "once and only once"}
    first = Raw(served)
    first.say({"id": 1, **request})
    first.close()
    answers = []
    for _ in range(2):
        again = Raw(served)
        again.say({"id": 1, **request})
        again.say({"id": 1, **request})
        answers += [again.hear(), again.hear()]
        again.close()
    keys = {answer["ok"]["run"] for answer in answers}
    assert len(keys) == 1
    served.wait(keys.pop())
    assert len(effects(served)) == before + 1


def test_another_user_is_refused(served: Batch) -> None:
    """By the folder's mode; and by who is at the other end, should the folder stand open."""
    words = [*as_nobody(), PYTHON, "-c", CONNECT, str(served.state / "runtime.sock")]
    assert stat_of(served.state) == 0o700
    assert stat_of(served.state / "runtime.sock") & 0o077 == 0
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert "PermissionError" in said
    give_way(served)
    served.state.chmod(0o755)
    (served.state / "runtime.sock").chmod(0o777)
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    served.state.chmod(0o700)
    assert said.strip() in {"b''", "ConnectionResetError", "BrokenPipeError"}


CONNECT = """
import socket, sys
sock = socket.socket(socket.AF_UNIX)
try:
    sock.connect(sys.argv[1])
    sock.sendall(b'{"role": "client", "proto": [1, 1]}\\n')
    print(sock.recv(100))
except OSError as error:
    print(type(error).__name__)
"""


def stat_of(path: Path) -> int:
    return path.stat().st_mode & 0o777
