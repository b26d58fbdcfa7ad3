"""A job of another system: started once, waited for across kill -9, cancelled when asked to."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest

from jobmon.jobs.kit import Data, External, Rule, retries
from jobmon.jobs.kit.outcomes import JobFailure
from jobmon.jobs.ready.poll import poll, record
from jobmon.jobs.ready.poll.__main__ import main
from jobmon.jobs.ready.poll.polling import open_record
from tests.batch import until


class Outside:
    """A system with jobs: POST /jobs starts one, GET /jobs/ID tells, DELETE cancels.

    `says` are the answers to GET, the last one for ever: bodies, or (status, headers). While `gate`
    is not set, a start that was taken is not answered.
    """

    def __init__(self) -> None:
        self.started: list[Any] = []
        self.keys: list[str] = []
        self.asked: list[float] = []
        self.cancelled: list[str] = []
        self.refuse: list[Any] = []
        self.says: list[Any] = [{"status": "complete"}]
        self.headers: dict[str, str] = {}
        self.gate = threading.Event()
        self.gate.set()
        outside = self

        class Handler(BaseHTTPRequestHandler):
            wbufsize = -1

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outside.headers = dict(self.headers.items())
                if outside.refuse:
                    self.give(*outside.refuse.pop(0))
                    return
                key = self.headers["Idempotency-Key"]
                if key not in outside.keys or key not in body.get("known", []):
                    outside.started.append(body)
                outside.keys.append(key)
                outside.gate.wait(20)
                with contextlib.suppress(OSError):
                    self.give(201, {"Location": "/jobs/j/1"}, {"jid": "j/1", "q": 7})

            def do_GET(self) -> None:
                said: Any
                outside.asked.append(time.monotonic())
                said = outside.says.pop(0) if len(outside.says) > 1 else outside.says[0]
                outside.path = self.path
                with contextlib.suppress(OSError):
                    if said == "drop":
                        return
                    status, headers, body = said if isinstance(said, tuple) else (200, {}, said)
                    self.give(status, headers, body)

            def do_DELETE(self) -> None:
                outside.cancelled.append(self.path)
                self.give(200, {}, {})

            def give(self, status: int, headers: dict[str, str], body: Any = None) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
                pass

        self.path = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def plan(self, **more: Any) -> dict[str, Any]:
        """The calls; `more` are keys of the tables, by `table__key`, or of the plan itself."""
        plan: dict[str, Any] = {
            "start": {"url": f"{self.url}/jobs", "json": {"day": "{day}"}, "id": "jid"},
            "poll": {"url": f"{self.url}/jobs/{{id}}", "done": ["complete"], "failed": ["dead"]},
            "cancel": {"url": f"{self.url}/jobs/{{id}}", "method": "DELETE"},
        }
        plan["poll"]["every"] = 0.02
        for name, value in more.items():
            table, _, key = name.partition("__")
            (plan[table] if key else plan)[key or table] = value
        return plan


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    monkeypatch.setenv("JOBMON_HOME", str(tmp_path))
    monkeypatch.setenv("JOBMON_KEY", "夜間@1/export")
    monkeypatch.setenv("JOBMON_OUTPUT", str(tmp_path / "output.json"))
    monkeypatch.setenv("day", "2026-11-23")
    monkeypatch.setattr(retries, "FIRST", 0.01)
    found = Outside()
    yield found
    found.close()


def child(plan: dict[str, Any]) -> ForkServerProcess:
    start = multiprocessing.get_context("forkserver")
    start.set_forkserver_preload(["jobmon.jobs.ready.poll.__main__"])
    process = start.Process(target=ending, args=(plan, dict(os.environ)))
    process.start()
    return process


def ending(plan: dict[str, Any], environ: dict[str, str]) -> None:
    """What the command does, with its exit code."""
    os.environ.update(environ)
    try:
        poll(plan)
    except JobFailure as error:
        raise SystemExit(error.exit_code) from None


def test_it_is_started_and_waited_for(
    outside: Outside, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    outside.says = [
        {"status": "queued"},
        {"status": "working", "at": [3, 12]},
        {"status": "complete", "at": [12, 12], "出力": {"行": 9}},
    ]
    found = poll(outside.plan(poll__progress="at", poll__result="出力.行"))
    assert found == {"id": "j/1", "status": "complete", "result": 9}
    assert json.loads((tmp_path / "output.json").read_text("utf-8")) == found
    assert (outside.started, outside.path) == ([{"day": "2026-11-23"}], "/jobs/j%2F1")
    assert outside.keys == ["%E5%A4%9C%E9%96%93@1/export"]
    said = ["id: j/1", "status: queued", "status: working", "progress 3/12", "status: complete"]
    assert capfd.readouterr().out.splitlines() == [*said, "progress 12/12"]
    poll(outside.plan())  # it was over: a rerun is another start, and says so by its key
    assert outside.keys[1] == "%E5%A4%9C%E9%96%93@1/export;2"


def test_values_of_the_answer_keep_their_type_and_an_address_is_followed(outside: Outside) -> None:
    by_location = outside.plan(start__header="Location", poll__url="{id}", cancel=None)
    by_location["start"]["json"] = {"n": "{n}", "text": "{n} of {day}", "plain": [1, "{n}"]}
    assert poll(by_location, {"n": "5"})["id"] == f"{outside.url}/jobs/j/1"
    assert outside.started == [{"n": "5", "text": "5 of 2026-11-23", "plain": [1, "5"]}]
    assert outside.path == "/jobs/j/1"
    poll(outside.plan(start__keep={"queue": "q"}, poll__url=f"{outside.url}/{{queue}}/{{id}}"))
    assert outside.path == "/7/j%2F1"


def test_killed_while_it_waits_it_goes_on_with_the_same(outside: Outside) -> None:
    outside.says = [{"status": "working"}]
    for _ in range(2):
        before = len(outside.asked)
        first = child(outside.plan())
        until(lambda: len(outside.asked) > before + 1, "it waits")  # noqa: B023
        first.kill()
        first.join()
    outside.says = [{"status": "complete"}]
    assert poll(outside.plan())["id"] == "j/1"
    assert len(outside.started) == 1


def test_who_waited_for_its_turn_knows_what_was_started_meanwhile(
    outside: Outside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    late = open_record("a", "state")
    first = open_record("a", str(tmp_path / "state"))
    monkeypatch.setattr(record, "BUSY", 0)
    with first.alone():
        first.started({"id": "j/1"})
        monkeypatch.setenv("JOBMON_HOME", str(tmp_path / "other"))
        with pytest.raises(External, match="another process waits for a already"), late.alone():
            pass
    with late.alone():
        assert (late.path, late.now.state, late.now.values) == (
            first.path,
            "started",
            {"id": "j/1"},
        )


def test_killed_before_the_answer_nobody_can_know_and_nothing_is_started_again(
    outside: Outside, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    outside.gate.clear()
    first = child(outside.plan())
    until(lambda: outside.started, "it was started")
    first.kill()
    first.join()
    outside.gate.set()
    with pytest.raises(Rule, match=r"nobody can know whether it was started at .* --forget"):
        poll(outside.plan())
    again = outside.plan(start__json={"known": outside.keys}, idempotent=True)
    assert poll(again)["id"] == "j/1"
    assert (len(outside.started), len(set(outside.keys))) == (1, 1)


@pytest.mark.parametrize("held", [False, True])
def test_a_sigterm_cancels_it_there_also_one_that_comes_before_the_answer(
    outside: Outside, held: bool
) -> None:
    outside.says = [{"status": "working"}]
    if held:
        outside.gate.clear()
    first = child(outside.plan())
    until(lambda: outside.started if held else outside.asked, "it runs")
    os.kill(first.pid or 0, signal.SIGTERM)
    outside.gate.set()
    first.join()
    assert (first.exitcode, outside.cancelled) == (143, ["/jobs/j%2F1"])
    outside.says = [{"status": "complete"}]
    poll(outside.plan())
    assert len(outside.started) == 2


def test_refusals_are_tried_again_and_trouble_is_waited_out(outside: Outside) -> None:
    outside.refuse = [(503, {"Retry-After": "0.3"}), (429, {"Retry-After": "0"})]
    outside.says = [
        {"status": "working"},
        "drop",
        (500, {}, None),
        (200, {}, b'{"stat'),
        (429, {"Retry-After": "0.3"}, None),
        {"status": "complete"},
    ]
    begun = time.monotonic()
    assert poll(outside.plan())["status"] == "complete"
    assert outside.asked[0] - begun >= 0.3
    assert outside.asked[5] - outside.asked[4] >= 0.3
    assert (len(outside.started), len(outside.asked)) == (1, 6)


def test_what_fails_there_fails_here_and_the_next_start_is_a_new_one(outside: Outside) -> None:
    outside.says = [{"status": "dead", "error": "表がない"}]
    with pytest.raises(JobFailure, match="j/1 is dead there: 表がない") as failed:
        poll(outside.plan(poll__reason="error"))
    assert failed.value.exit_code == 1
    outside.says = ["drop"]
    with pytest.raises(External, match="cannot be reached"):
        poll(outside.plan(patience=0.1))
    outside.says = [{"status": "working"}]
    with pytest.raises(External, match=r"not over within 0.2: j/1 was cancelled there"):
        poll(outside.plan(within=0.2))
    assert (len(outside.started), len(outside.cancelled)) == (2, 1)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        ((400, {}, {"error": "no such worker"}), Data, "refused: .* answers 400: .*no such worker"),
        ((500, {}, None), Rule, "nobody can know .*answers 500"),
        ((200, {}, {"ok": True}), Rule, "nobody can know .*has no id"),
    ],
)
def test_what_an_answer_to_the_start_means(
    outside: Outside, answer: Any, kind: type[Exception], said: str
) -> None:
    outside.refuse = [answer]
    with pytest.raises(kind, match=said):
        poll(outside.plan())
    if kind is Data:
        assert poll(outside.plan())["id"] == "j/1"
    else:
        with pytest.raises(Rule, match="nobody can know"):
            poll(outside.plan())


def test_mistakes_are_told_before_anything_is_started(outside: Outside) -> None:
    for plan, said in [
        (outside.plan(poll__url=f"{outside.url}/{{run}}"), r"\{run\} is neither a parameter"),
        (outside.plan(headers={"X": "$NO_SUCH"}), r"\$NO_SUCH is not in the environment"),
        (outside.plan(poll__status="a..b"), "'a..b' cannot be looked up"),
        (outside.plan(poll__every="soon"), "every = 'soon' is no length of time"),
        (outside.plan(poll__wait=3), "`wait`"),
        (outside.plan(cancel__url="jobs"), "'jobs' is no address"),
    ]:
        with pytest.raises(Rule, match=said):
            poll(plan)
    assert outside.started == []
    with pytest.raises(Data, match="nothing at 'state': it has status"):
        poll(outside.plan(poll__status="state"))


def test_the_command_hides_secrets_and_settles_what_a_person_found_out(
    outside: Outside,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TOKEN", "geheim9")
    file = tmp_path / "出力.toml"
    file.write_text(
        f"""
        headers = {{ Authorization = "Bearer $TOKEN" }}
        start = {{ url = "{outside.url}/jobs?t=${{TOKEN}}", json = {{ n = "{{n}}" }}, id = "jid" }}
        poll = {{ url = "{outside.url}/jobs/{{id}}", done = ["complete"], failed = [] }}
        """,
        encoding="utf-8",
    )
    outside.refuse = [(500, {}, {"echo": "geheim9"})]
    assert main([str(file), "-p", "n=1"]) == 78
    assert outside.headers["Authorization"] == "Bearer geheim9"
    assert main([str(file), "-p", "n=1", "--id", "j/5"]) == 0
    assert (outside.path, outside.started) == ("/jobs/j%2F5", [])
    outside.refuse = [(502, {}, None)]
    assert main([str(file), "-p", "n=1"]) == 78
    assert main([str(file), "-p", "n=1", "--forget"]) == 0
    outside.refuse = [(503, {"Retry-After": "0"}, {"echo": "geheim9"})]
    assert main([str(file), "-p", "n=1"]) == 0
    said = "".join(capfd.readouterr())
    assert "trying again" in said
    assert "done: j/1 is complete" in said
    assert "geheim" not in said
    assert not any("geheim" in p.read_text("utf-8") for p in (tmp_path / ".jobmon/poll").iterdir())
