"""The light side of the socket: attached by a path, ended from outside, not kept waiting."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobmon.runtime import client
from jobmon.runtime.client import SilentRuntimeError, connect, connect_socket
from jobmon.runtime.errors import NoRuntimeError
from jobmon.tui.cli import cli
from jobmon.tui.desk import Desk
from tests.batch import Batch, until

FLOW = """
flow = Flow("f")
for i in range(3):
    flow.shell(f"j{i}", "while ! test -e go; do sleep 0.02; done", lock="ledger", pool="db")
"""


@pytest.fixture
def served(batch: Batch) -> Iterator[Batch]:
    (batch.home / "jobmon.toml").write_text("[pools]\ndb = 2\n", encoding="utf-8")
    batch.flow(FLOW)
    batch.client().close()
    yield batch
    (batch.home / "go").touch()


def path_of(batch: Batch) -> Path:
    return batch.state / "runtime.sock"


def test_a_runtime_is_attached_to_by_the_path_of_its_socket(served: Batch) -> None:
    with connect_socket(path_of(served)) as connection:
        assert connection.hello["host"] == socket.gethostname()
        assert abs(connection.hello["now"] - time.time()) < 5
        assert connection.call("status")["running"]


def test_a_path_longer_than_an_address_is_no_hindrance(served: Batch, tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    (deep / "forwarded.sock").symlink_to(path_of(served))
    connect_socket(deep / "forwarded.sock").close()


def test_where_nobody_answers_nothing_is_started(tmp_path: Path) -> None:
    left = tmp_path / "left.sock"
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(left))
    for path in (left, tmp_path / "none.sock", tmp_path / "none" / "none.sock", tmp_path):
        with pytest.raises(NoRuntimeError, match="forwards the socket still runs"):
            connect_socket(path)


def test_where_a_forwarded_socket_leads_nowhere_it_is_told(tmp_path: Path) -> None:
    """ssh takes the connection, and ends it when nobody listens at its other end."""
    with socket.socket(socket.AF_UNIX) as ssh:
        ssh.bind(str(tmp_path / "ssh.sock"))
        ssh.listen()
        thread = threading.Thread(target=accept_and_close, args=(ssh,))
        thread.start()
        with pytest.raises(NoRuntimeError, match="it hung up"):
            connect_socket(tmp_path / "ssh.sock")
        thread.join()


def accept_and_close(listening: socket.socket) -> None:
    listening.accept()[0].close()


@pytest.mark.parametrize("wait", [True, False], ids=["while it waits", "before it asks"])
def test_a_subscription_ends_when_another_thread_hangs_up(served: Batch, wait: bool) -> None:
    connection = connect(served.state)
    seen: list[int] = []
    failed: list[BaseException] = []

    def listen() -> None:
        try:
            seen.extend(event["seq"] for event in connection.subscribe(0))
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=listen)
    if wait:
        thread.start()
        until(lambda: seen, "events are heard")
        connection.close()
    else:
        connection.close()
        thread.start()
    thread.join(10)
    assert not thread.is_alive()
    assert not failed
    connection.close()


def test_a_subscription_ends_with_its_runtime(served: Batch) -> None:
    with connect(served.state) as connection:
        events = connection.subscribe(0)
        assert next(events)["seq"] == 1
        served.kill()
        assert [event for event in events if event["seq"] == 1] == []


def test_a_frozen_runtime_is_noticed(served: Batch) -> None:
    """By who is connected, by who connects, and when as many wait as the system lets wait."""
    with connect(served.state, limit=0.3) as connection:
        pid = connection.hello["pid"]
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(SilentRuntimeError, match=r"did not answer within 0\.3 s"):
                connection.call("status")
            with pytest.raises(SilentRuntimeError):
                connect(served.state, limit=0.1)
            waiting = [hang(served) for _ in range(200)]
            with pytest.raises(SilentRuntimeError):
                connect_socket(path_of(served), limit=0.1)
            for each in waiting:
                each.close()
        finally:
            os.kill(pid, signal.SIGCONT)
    assert served.pid() == pid


def hang(batch: Batch) -> socket.socket:
    """A connection that is asked for; it waits, or is refused, for as long as nobody accepts."""
    sock = socket.socket(socket.AF_UNIX)
    sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        sock.connect(str(path_of(batch)))
    return sock


def test_what_can_be_read_without_a_frozen_runtime_is(
    served: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jobmon.runtime import config

    monkeypatch.setattr(client, "LOOK_LIMIT", 0.2)
    with frozen(served):
        assert client.view(config.load(served.home, {}), "ls")["runs"] == []


def test_a_frozen_runtime_is_told_beside_what_is_read_and_how_it_is_ended(
    served: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LOOK_LIMIT", 0.2)
    with frozen(served) as pid:
        ls, down = (
            CliRunner().invoke(cli, [name], obj=Desk(str(served.home))) for name in ("ls", "down")
        )
    assert (ls.exit_code, ls.stdout.partition("\n")[0]) == (0, "no run yet")
    assert ls.stderr.count("did not answer within 0.2 s: read from the stored state") == 1
    assert down.exit_code == 6
    assert f"kill -CONT {pid}; or end it, jobs go on: kill -9 {pid}" in down.stderr


@contextlib.contextmanager
def frozen(batch: Batch) -> Iterator[int]:
    """Its runtime is stopped; its pid."""
    pid = batch.pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGCONT)


def test_the_status_tells_who_holds_what(served: Batch) -> None:
    run = served.run("f")
    served.wait_job(run, "j0", "running")
    status = served.call("status")
    assert status["pools"] == {"db": {"total": 2, "busy": 1, "waiting": 2}}
    (since,) = (row.pop("since") for row in status["locks"].values())
    assert status["locks"] == {"ledger": {"holder": f"{run}/j0", "waiting": 2}}
    assert since is None or since <= time.time()
    assert [each["attempt"] for each in status["initiators"] if each["attempt"]] == ["1.0.1"]
    assert all(Path(f"/proc/{each['pid']}").exists() for each in status["initiators"])
    (served.home / "go").touch()
    served.wait(run)
    until(lambda: served.call("status")["locks"] == {}, "the lock is free")


def test_a_log_tells_its_size(served: Batch) -> None:
    (served.home / "go").touch()
    run = served.run("f")
    served.wait(run)
    part = served.call("log", attempt="1.0.1")
    assert part["ended"]
    path = served.state / "attempts" / "1" / "0.1.jsonl"
    assert part["size"] == part["next"] == path.stat().st_size
    assert served.call("log", attempt="1.0.1", offset=10, limit=1)["size"] == part["size"]
    assert served.call("log", attempt="1.0.99")["size"] == 0
