"""Flows started by calls at the loopback interface, on a real runtime."""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.batch import Batch, until

TOKEN = "correct-horse-battery-staple"
FLOW = """
flow = Flow("朝 report", params={"day": "2026-11-23", "n": 1}, overlap="skip")
flow.shell("go", "test -e go; echo $n")
slow = Flow("slow", overlap="skip")
slow.manual("wait", "wait")
"""


@pytest.fixture
def batch(tmp_path: Path) -> Iterator[Batch]:
    batch = Batch(tmp_path)
    batch.flow(FLOW)
    (tmp_path / "token").write_text(TOKEN + "\n")
    (tmp_path / "jobmon.toml").write_text(
        '[hook]\nport = 0\ntoken = "HOOK"\n[secrets]\nHOOK = { file = "token" }\n'
    )
    yield batch
    batch.close()


def port(batch: Batch) -> int:
    return until(lambda: batch.call("status")["hook"], "the hook listens")["port"]


class Caller:
    def __init__(self, port: int) -> None:
        self.port = port

    def __call__(
        self, method: str, path: str, body: Any = None, token: str = TOKEN, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        given = {"Authorization": f"Bearer {token}"} if token else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        text = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection.request(method, quote(path), text, given)
        response = connection.getresponse()
        answer = json.loads(response.read())
        connection.close()
        return response.status, answer


def test_a_call_starts_a_run_once_for_each_key(batch: Batch) -> None:
    call = Caller(port(batch))
    body = {"params": {"n": 7}, "key": "k1", "why": "the till closed"}
    status, first = call("POST", "/run/朝 report", body)
    assert status == 201
    assert batch.wait(first["run"])["params"] == {"day": "2026-11-23", "n": 7}
    assert call("POST", "/run/朝 report", body) == (201, first)
    batch.kill()
    call = Caller(port(batch))
    assert call("POST", "/run/朝 report", {}, Idempotency_Key="k1") == (201, first)
    other = call("POST", "/run/朝 report", None)[1]
    assert other["run"] != first["run"]
    row = batch.show(first["run"])
    assert (row["origin"], row["who"], row["why"]) == ("hook", "hook", "the till closed")


def test_what_cannot_be_done_is_answered_with_the_reason(batch: Batch) -> None:
    call = Caller(port(batch))
    assert call("POST", "/run/slow")[0] == 201
    status, refused = call("POST", "/run/slow")
    assert status == 409
    assert "slow#1 is still" in json.dumps(refused)
    assert call("POST", "/run/nothing")[0] == 404
    assert call("POST", "/run/朝 report", {"params": {"m": 1}})[0] == 422
    assert call("POST", "/run/朝 report", {"params": {"n": [1]}})[0] == 422
    assert call("POST", "/run/朝 report", {"params": {"n": 10**30}})[0] == 422
    assert call("POST", "/run/朝 report", b"{" * 5000)[0] == 422
    assert call("POST", "/run/朝 report", b"x" * 70_000)[0] == 413
    assert call("GET", "/run/朝 report")[0] == 405
    assert call("GET", "/elsewhere")[0] == 404
    assert call("GET", "/" + "x" * 20_000)[0] == 431
    assert batch.call("status")["counts"] == {"blocked": 1}


def test_nobody_is_let_in_without_the_token_or_by_another_name(batch: Batch) -> None:
    number = port(batch)
    call = Caller(number)
    for token in ("", "wrong", TOKEN[:-1], TOKEN + "x", "é"):
        assert call("POST", "/run/slow", token=token)[0] == 401
        assert call("GET", "/status", token=token)[0] == 401
        assert call("GET", "/healthz", token=token) == (200, {"ok": True})
    assert call("POST", "/run/slow", Host="evil.example:80")[0] == 421
    assert call("GET", "/status", Host=f"localhost:{number}")[1]["hook"] == {"port": number}
    for name in batch.state.rglob("*"):
        assert not name.is_file() or TOKEN.encode() not in name.read_bytes(), name


@pytest.mark.usefixtures("brisk")
def test_the_door_follows_the_settings(batch: Batch) -> None:
    call = Caller(port(batch))
    (batch.home / "another").write_text("another")
    settings = batch.home / "jobmon.toml"
    settings.write_text(settings.read_text().replace('"token"', '"another"'))
    until(lambda: call("GET", "/status", token="another")[0] == 200, "the new token counts")
    assert call("GET", "/status")[0] == 401
    settings.write_text(settings.read_text().replace('"another"', '"nowhere"'))
    until(lambda: batch.call("status")["hook"] is None, "it is closed")
    assert any("HOOK" in text for text in batch.call("status")["troubles"])
    with pytest.raises(ConnectionRefusedError):
        call("GET", "/healthz")


def test_slow_and_garbage_callers_disturb_nobody(batch: Batch) -> None:
    number = port(batch)
    call, dice = Caller(number), random.Random(4)
    silent = [socket.create_connection(("127.0.0.1", number)) for _ in range(20)]
    for each in silent[:10]:
        each.send(b"POST /run/slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
    start = b"POST /run/slow HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
    for _ in range(60):
        with socket.create_connection(("127.0.0.1", number)) as each:
            noise = dice.randbytes(dice.randrange(3000))
            try:
                each.sendall((start if dice.random() < 0.5 else b"") + noise)
            except OSError:
                continue
    assert call("GET", "/healthz") == (200, {"ok": True})
    assert call("POST", "/run/slow")[0] == 201
    crowd = [socket.create_connection(("127.0.0.1", number)) for _ in range(110)]
    until(lambda: call("GET", "/healthz")[0] == 503, "too many at once are sent away")
    for each in (*silent, *crowd):
        each.close()
    until(lambda: call("GET", "/healthz")[0] == 200, "there is room again")
    assert batch.call("status")["counts"] == {"blocked": 1}
    log = (batch.state / "log" / "runtime.log").read_text()
    assert "Traceback" not in log
    assert "ERROR" not in log
    assert os.path.exists(f"/proc/{batch.pid()}")
