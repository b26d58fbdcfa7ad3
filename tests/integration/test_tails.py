"""Logs are followed as they grow, from the right place, whoever keeps them."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jobmon.runtime.errors import NoRuntimeError
from jobmon.tui.logfiles import tails
from jobmon.tui.logfiles import time as logtime
from jobmon.tui.logfiles.source import LocalLog, Piece, RemoteLog
from jobmon.tui.logfiles.tails import Tails
from jobmon.tui.meters.meter import Meter
from tests.batch import until

T = 1_763_856_000.0
CLAIM = b'{"jobmon":1,"attempt":"1.0.1","t":1763850000.0}\n'
EXIT = b'{"exit":{"reason":"exit","code":0}}\n'


def out(at: float, text: str = "x") -> bytes:
    return b'{"t":%.3f,"s":"out","m":%s}\n' % (T + at, json.dumps(text).encode())


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


class Reader:
    """A Tails, and what it handed over so far."""

    def __init__(self) -> None:
        self.woken = threading.Event()
        self.tails: Tails[str] = Tails(self.woken.set)
        self.tails.start()
        self.got: dict[str, bytes] = {}

    def drain(self) -> None:
        while True:
            try:
                key, data = self.tails.news.get_nowait()
            except queue.Empty:
                return
            assert data.endswith(b"\n")
            self.got[key] = self.got.get(key, b"") + data

    def has(self, key: str, data: bytes) -> None:
        def there() -> bool:
            self.drain()
            return self.got.get(key) == data

        until(there, f"{key} has been read", 10)


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.tails.close()
    reader.tails.join(5)
    assert not reader.tails.is_alive()


def test_what_is_there_and_what_comes_is_handed_over_in_whole_lines(
    reader: Reader, tmp_path: Path
) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_bytes(CLAIM + out(0))
    reader.tails.watch({"a": LocalLog(a), "b": LocalLog(b)})
    reader.has("a", CLAIM + out(0))
    assert reader.woken.wait(5)
    append(a, out(1, "日本")[:-9])
    b.write_bytes(CLAIM)  # it begins later
    reader.has("b", CLAIM)
    assert reader.got["a"] == CLAIM + out(0)
    append(a, out(1, "日本")[-9:])
    reader.has("a", CLAIM + out(0) + out(1, "日本"))


def test_another_set_ends_the_old_ones_and_goes_on_with_the_others(
    reader: Reader, tmp_path: Path
) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_bytes(out(0))
    b.write_bytes(out(0))
    reader.tails.watch({"a": LocalLog(a), "b": LocalLog(b)})
    reader.has("a", out(0))
    reader.has("b", out(0))
    reader.tails.watch({"b": LocalLog(b)})
    append(a, out(1))
    append(b, out(1))
    reader.has("b", out(0) + out(1))
    append(b, out(2))
    reader.has("b", out(0) + out(1) + out(2))
    assert reader.got["a"] == out(0)


def test_a_large_backlog_comes_in_turns(reader: Reader, tmp_path: Path) -> None:
    a = tmp_path / "a"
    whole = b"".join(out(i, "x" * 500) for i in range(6_000))
    a.write_bytes(whole)
    assert 2 * tails.TURN < len(whole) < tails.LARGE
    reader.tails.watch({"a": LocalLog(a)})
    reader.has("a", whole)


def test_nobody_taking_what_is_read_makes_reading_pause(reader: Reader, tmp_path: Path) -> None:
    logs = {f"{n}": tmp_path / f"{n}" for n in range(2 * tails.FULL)}
    for path in logs.values():
        path.write_bytes(out(0))
    reader.tails.watch({key: LocalLog(path) for key, path in logs.items()})
    until(lambda: reader.tails.news.qsize() == tails.FULL, "it is full", 5)
    for key in logs:
        reader.has(key, out(0))


def test_a_log_whose_end_was_given_up_is_followed_further(tmp_path: Path) -> None:
    path, follower = tmp_path / "log", tails.Tail()
    path.write_bytes(out(0) + out(1, "y" * 3000))
    assert follower.read(LocalLog(path)) == path.read_bytes()
    path.write_bytes(out(0))
    assert follower.read(LocalLog(path)) == b""
    append(path, EXIT)
    assert follower.read(LocalLog(path)) == EXIT
    assert follower.over


class Counted:
    """A source that says what was asked of it."""

    def __init__(self, path: Path) -> None:
        self._log = LocalLog(path)
        self.read_bytes: list[tuple[int, int]] = []

    def read(self, offset: int, limit: int) -> Piece:
        self.read_bytes.append((offset, limit))
        return self._log.read(offset, limit)


def test_an_ended_log_is_not_looked_at_any_more(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(out(0) + EXIT)
    follower = tails.Tail()
    assert follower.read(LocalLog(path)).endswith(EXIT)
    assert follower.over
    assert follower.due == float("inf")


def test_a_log_nobody_writes_to_is_let_be_once_it_is_read(tmp_path: Path) -> None:
    path, follower = tmp_path / "a", tails.Tail()
    path.write_bytes(out(0, "its writer was killed"))
    source = Counted(path)
    assert follower.read(source) == path.read_bytes()
    assert follower.read(source) == b""
    assert not follower.over, "it may go on"
    append(path, out(1))
    assert follower.read(source, whole=True) == out(1)
    assert not follower.over, "there may be more of it"
    assert follower.read(source, whole=True) == b""
    assert (follower.over, follower.due) == (True, float("inf"))


def test_what_is_handed_over_at_once_is_little_though_lines_may_be_long(tmp_path: Path) -> None:
    path, follower = tmp_path / "a", tails.Tail()
    lines = [*[out(i, "x" * 500) for i in range(300)], *[out(9, "y" * 100_000) for _ in range(3)]]
    path.write_bytes(b"".join(lines))
    read = []
    while data := follower.read(LocalLog(path)):
        read.append(data)
    assert b"".join(read) == b"".join(lines)
    assert max(map(len, read)) <= len(lines[-1])


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hours of a log, a line a second and much more in between."""
    path = tmp_path_factory.mktemp("large") / "log"
    with path.open("wb") as file:
        file.write(CLAIM)
        for at in range(7200):
            file.write(out(at, f"line {at} " + "x" * 1000))
    assert path.stat().st_size > tails.LARGE
    return path


def times(data: bytes) -> list[float]:
    return [json.loads(line)["t"] - T for line in data.splitlines()]


def test_of_a_large_log_the_last_minutes_are_read(large: Path) -> None:
    source = Counted(large)
    follower, read = tails.Tail(), b""
    while not read or json.loads(read.splitlines()[-1])["t"] < T + 7199:
        read += follower.read(source)
    found = times(read)
    assert found == sorted(found)
    assert 7199 - tails.RECENT - 70 < found[0] <= 7199 - tails.RECENT
    assert sum(limit for _, limit in source.read_bytes) < 6 << 20


def test_much_output_in_the_last_minutes_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "log"
    line = out(0, "x" * 1000)
    path.write_bytes(line * ((tails.BACK + (4 << 20)) // len(line)))
    follower = tails.Tail()
    size, read = path.stat().st_size, 0
    while data := follower.read(LocalLog(path)):
        read += len(data)
    assert tails.BACK - 2000 < read <= tails.BACK < size


@pytest.mark.parametrize("damage", [b"\0" * 300_000, b"{}\n" * 100_000, b"\xff" * 100_000 + b"\n"])
def test_damage_in_a_large_log_is_passed_over(large: Path, tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "log"
    raw = large.read_bytes()
    middle = raw.find(b"\n", len(raw) * 9 // 10) + 1
    path.write_bytes(raw[:middle] + damage + raw[middle:])
    follower, meter, read = tails.Tail(), Meter(), 0
    while data := follower.read(LocalLog(path)):
        meter.add_lines(data)
        read += len(data)
    assert read < 3 << 20
    assert meter.at(T + 7199).rate == pytest.approx(1)


def test_a_line_that_never_ends_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(out(0) + b"\0" * (3 * tails.LONGEST) + b"\n" + out(1))
    follower = tails.Tail()
    read = [follower.read(LocalLog(path)) for _ in range(6)]
    assert read[0] == out(0)
    assert read[-1] == b""
    assert b"".join(read).endswith(out(1))


def test_a_slice_holds_all_of_its_time(large: Path) -> None:
    found = times(logtime.slice_of(LocalLog(large), T + 3000, T + 3100))
    assert set(map(float, range(3000, 3101))) <= set(found)
    assert len(found) < 350
    assert times(logtime.slice_of(LocalLog(large), T + 7100, T + 9000))[-1] == 7199
    assert logtime.slice_of(LocalLog(large), T - 99, T + 1).startswith(CLAIM)
    assert logtime.slice_of(LocalLog(large.parent / "none"), T, T + 1) == b""
    assert len(logtime.slice_of(LocalLog(large), T, T + 7200, most=1 << 20)) <= 1 << 20


# -- the logs of another runtime ----------------------------------------------------------------


def served(path: Path) -> Callable[..., dict[str, Any]]:
    """What a runtime answers: whole lines, damaged bytes spelled out, at most 512 KiB."""

    def call(op: str, *, attempt: str, offset: int, limit: int) -> dict[str, Any]:
        from jobmon.runtime import logs

        assert (op, attempt) == ("log", "1.0.1")
        data, following = logs.read(path, offset, min(limit, 1 << 19))
        text = data.decode(errors="backslashreplace")
        return {"text": text, "next": following, "ended": False, "size": path.stat().st_size}

    return call


def test_a_log_elsewhere_is_followed_alike(reader: Reader, large: Path, tmp_path: Path) -> None:
    path = tmp_path / "log"
    damaged = b'{"t":1763856000.1,"s":"out","m":"\\\\x41 \xff\x81"}\n'
    path.write_bytes(out(0) + damaged)
    reader.tails.watch({"a": RemoteLog(served(path), "1.0.1")})
    reader.has("a", out(0) + damaged)
    local, remote = tails.Tail(), tails.Tail()
    first = local.read(LocalLog(large))
    assert remote.read(RemoteLog(served(large), "1.0.1")).startswith(first[: 1 << 18])


def test_a_runtime_that_does_not_answer_holds_up_no_other_log(
    reader: Reader, tmp_path: Path
) -> None:
    answer = threading.Event()

    def stuck(*_: Any, **__: Any) -> dict[str, Any]:
        assert answer.wait(20)
        raise NoRuntimeError("read a log", "it is away")

    path = tmp_path / "a"
    path.write_bytes(out(0))
    reader.tails.watch({"far": RemoteLog(stuck, "1.0.1"), "near": LocalLog(path)})
    reader.has("near", out(0))
    append(path, out(1))
    reader.has("near", out(0) + out(1))
    answer.set()


def test_what_cannot_be_read_is_tried_again() -> None:
    answers: list[Any] = [OSError("no"), NoRuntimeError("read", "away"), Piece(out(0), 9, 9)]

    class Shaky:
        def read(self, offset: int, limit: int) -> Piece:
            if limit == 1:
                return Piece(b"", 0, 0)
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

    follower = tails.Tail()
    assert follower.read(Shaky()) == b""
    assert follower.due > 0
    assert follower.read(Shaky()) == b""
    assert follower.read(Shaky()) == out(0)
