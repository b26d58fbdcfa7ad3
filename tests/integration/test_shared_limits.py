"""Rates and locks that jobs of several flows share with scripts outside, by their own records."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from jobmon.jobs.kit import lock, locks, places, rate, retry_after
from jobmon.runtime.client import whoami
from jobmon.runtime.errors import NotFoundError
from jobmon.runtime.executors.contract import Gone
from jobmon.tui import limitspage
from jobmon.tui.desk import Desk
from tests.batch import Batch, until
from tests.executor_host import Host, spec

COUNT, PERIOD = 6, 0.4
CONFIG = f'[rates]\n"サイト" = "{COUNT}/400ms"\nseldom = "1/h"\n'
CALLER = """
import os, sys, time
from jobmon.jobs.kit import lock, rate

def note(word, body):
    fd = os.open(f"{os.environ['JOBMON_HOME']}/{word}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(fd, f"{body}\\n".encode())
    os.close(fd)

for _ in range(2):
    rate("サイト")
    note("went", time.time())
with lock("帳簿.xlsx"):
    entered = time.monotonic()
    time.sleep(0.01)
    note("held", f"{entered} {time.monotonic()}")
"""
FLOW = """
import sys
flow = Flow("{name}")
for n in range(5):
    flow.exec(f"j{{n}}", [sys.executable, "caller.py"])
"""


@pytest.fixture
def shop(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> Batch:
    """A batch folder with a rate, found by what is called in this process too."""
    monkeypatch.setenv("JOBMON_HOME", str(batch.home))
    (batch.home / "jobmon.toml").write_text(CONFIG, encoding="utf-8")
    return batch


def outside(home: Path, code: str) -> subprocess.Popen[bytes]:
    """A script that jobmon knows nothing of."""
    return subprocess.Popen([sys.executable, "-c", code], cwd=home, stdout=subprocess.PIPE)


def ended(script: subprocess.Popen[bytes]) -> int:
    """Its exit code."""
    script.communicate(timeout=30)
    return script.returncode


def numbers(path: Path) -> list[list[float]]:
    return sorted([float(n) for n in line.split()] for line in path.read_text().splitlines())


def test_two_flows_and_scripts_keep_a_rate_and_a_lock_over_the_death_of_a_runtime(
    shop: Batch,
) -> None:
    (shop.home / "caller.py").write_text(CALLER, encoding="utf-8")
    for name in ("朝", "夜"):
        shop.flow(FLOW.format(name=name), name)
    runs = [shop.run(name) for name in ("朝", "夜")]
    scripts = [outside(shop.home, CALLER) for _ in range(2)]
    until((shop.home / "went").exists, "somebody went")
    shop.kill()
    shop.call("status")  # starts the next runtime
    for run in runs:
        assert shop.wait(run)["state"] == "succeeded"
    assert [ended(script) for script in scripts] == [0, 0]
    went = [at for (at,) in numbers(shop.home / "went")]
    assert len(went) == 24
    assert all(last - first >= PERIOD for first, last in zip(went, went[COUNT:], strict=False))
    held = numbers(shop.home / "held")
    assert len(held) == 12
    assert all(left <= entered for (_, left), (entered, _) in pairwise(held))


def test_the_starts_of_jobs_keep_the_rate(shop: Batch) -> None:
    jobs = "\n".join(f'flow.shell("j{n}", "true", rate="サイト")' for n in range(2 * COUNT + 1))
    shop.flow(f'flow = Flow("f")\n{jobs}')
    run = shop.run("f")
    assert shop.wait(run)["state"] == "succeeded"
    started = sorted(row["started"] for row in shop.show(run)["attempts"])
    assert started[2 * COUNT] - started[0] > 1.8 * PERIOD


def test_a_job_that_is_cancelled_gives_back_the_turn_it_waited_for(shop: Batch) -> None:
    rate("seldom")
    shop.flow('flow = Flow("f")\nflow.shell("A", "true", rate="seldom")')
    run = shop.run("f")
    until(lambda: shop.call("status")["rates"]["seldom"]["turns"] == 1, "it has a turn")
    (why,) = shop.call("view", name="explain", args={"run": run, "job": "A"})["reasons"]
    assert why.startswith("the rate seldom is used up: 1/h, the next goes at ")
    shop.verb("cancel", run)
    until(lambda: shop.call("status")["rates"]["seldom"]["turns"] == 0, "others may have it")


def test_a_lock_is_free_as_soon_as_its_holder_is_killed(shop: Batch) -> None:
    holder = outside(shop.home, HOLDER)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    shop.flow('flow = Flow("f")\nflow.shell("A", "true", lock="帳簿.xlsx")')
    run = shop.run("f")
    until(lambda: shop.call("status")["locks"]["帳簿.xlsx"]["waiting"], "the job waits")
    why = shop.call("view", name="explain", args={"run": run, "job": "A"})["reasons"]
    assert f"the lock 帳簿.xlsx is held by -c (pid {holder.pid})" in why
    with (
        pytest.raises(TimeoutError, match=f"held by -c .pid {holder.pid}"),
        lock("帳簿.xlsx", timeout=0),
    ):
        pass
    holder.kill()
    holder.communicate()
    assert shop.wait(run)["state"] == "succeeded"
    assert shop.call("status")["locks"] == {}


HOLDER = """
import time
from jobmon.jobs.kit import lock
with lock("帳簿.xlsx"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_who_only_looks_whether_a_lock_is_held_keeps_nobody_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBMON_HOME", str(tmp_path))
    with lock("x"):
        pass
    looking = os.open(locks.path_of(places.folder("locks"), "x"), os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    monkeypatch.setattr(time, "sleep", lambda _: fcntl.flock(looking, fcntl.LOCK_UN))
    with lock("x", timeout=0):
        pass
    os.close(looking)


def test_a_job_keeps_its_lock_though_its_initiator_is_killed(shop: Batch) -> None:
    shop.flow('flow = Flow("f")\nflow.shell("A", "exec sleep 60", lock="x")')
    run = shop.run("f")
    until(lambda: shop.states(run)["A"] == "running", "it runs")
    (attempt,) = shop.show(run)["attempts"]
    log = Path(attempt["log"]).read_text().splitlines()
    os.kill(json.loads(log[0])["pid"], signal.SIGKILL)
    with pytest.raises(TimeoutError, match=f"held by {run}/A"), lock("x", timeout=0):
        pass
    os.kill(json.loads(log[1])["spawned"]["pid"], signal.SIGKILL)
    with lock("x", timeout=30):
        assert until(lambda: shop.states(run)["A"] == "lost", "nobody knows how it ended")


async def test_an_attempt_is_not_claimed_while_its_lock_is_held(shop: Batch) -> None:
    async with Host(shop.state) as host:
        with lock("x"):
            host.executor.submit(spec("true", lock="x"))
            await host.report(Gone)
        assert host.executor.probe(["1.0.1"])["1.0.1"].claim == "none"
        assert (await host.run("true", attempt="1.0.2", lock="x")).code == 0


def test_a_job_whose_lock_is_taken_at_the_last_moment_goes_back_to_the_queue(shop: Batch) -> None:
    shop.flow('flow = Flow("f")\nflow.shell("A", "true", lock="x")')
    (initiator,) = until(lambda: shop.call("status")["initiators"], "an initiator is ready")
    os.kill(initiator["pid"], signal.SIGSTOP)
    run = shop.run("f")
    until(lambda: shop.states(run)["A"] == "starting", "it was free when that was decided")
    with lock("x"):
        os.kill(initiator["pid"], signal.SIGCONT)
        until(lambda: shop.states(run)["A"] == "queued", "it could not be taken")
    assert shop.wait(run)["state"] == "succeeded"
    assert [row["outcome"] for row in shop.show(run)["attempts"]] == ["void", "succeeded"]


def test_a_job_that_has_its_lock_by_its_option_may_ask_for_it_again(shop: Batch) -> None:
    code = "from jobmon.jobs.kit import lock\\nwith lock('x'): pass"
    argv = f'[sys.executable, "-c", "{code}"]'
    shop.flow(f'import sys\nflow = Flow("f")\nflow.exec("A", {argv}, lock="x", timeout=20)')
    assert shop.wait(shop.run("f"))["state"] == "succeeded"


# A site that is asked too much


class Site(BaseHTTPRequestHandler):
    """The first request is told to come back later, by the header of the server."""

    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Shop)
        server.asked.append(time.time())
        first = len(server.asked) == 1
        self.send_response(429 if first else 200)
        if first:
            server.until = server.later()
            self.send_header("Retry-After", server.header)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Nothing: the test reads `asked`."""


class Shop(ThreadingHTTPServer):
    """`asked`: when, by its own clock. `until`: before that nobody was to ask again."""

    def __init__(self, *, date: bool) -> None:
        super().__init__(("127.0.0.1", 0), Site)
        self.asked: list[float] = []
        self.date, self.until, self.header = date, 0.0, ""

    def later(self) -> float:
        now = time.time()
        at = float(int(now) + 2) if self.date else now + 1
        self.header = formatdate(at, usegmt=True) if self.date else "1"
        return at


@pytest.fixture(params=[False, True], ids=["seconds", "date"])
def site(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with Shop(date=request.param) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


ASKER = """
import urllib.error, urllib.request
from jobmon.jobs.kit import rate, retry_after
for _ in range(2):
    rate("web", "1/100ms")
    try:
        urllib.request.urlopen("http://127.0.0.1:{port}/").read()
    except urllib.error.HTTPError as error:
        retry_after("web", error.headers["Retry-After"])
"""


def test_nobody_asks_a_site_before_the_time_it_told_one_of_them(shop: Batch, site: Shop) -> None:
    askers = [outside(shop.home, ASKER.format(port=site.server_port)) for _ in range(3)]
    assert [ended(asker) for asker in askers] == [0] * 3
    assert len(site.asked) == 6
    assert all(at >= site.until for at in site.asked[1:])


@pytest.mark.usefixtures("brisk")
def test_a_freeze_is_told_and_lifted(shop: Batch) -> None:
    shop.flow('flow = Flow("f")\nflow.shell("A", "true", rate="サイト")')
    retry_after("サイト", 600)
    retry_after("サイト", 5)  # a shorter one changes nothing
    run = shop.run("f")
    row = until(lambda: shop.call("status")["rates"].get("サイト"), "the rate is told")
    assert row["frozen_until"] > time.time() + 500
    (why,) = shop.call("view", name="explain", args={"run": run, "job": "A"})["reasons"]
    assert why.startswith("the rate サイト is frozen until ")
    assert "by " in why
    with pytest.raises(TimeoutError, match="lets nobody go for 59"):
        rate("サイト", timeout=1)
    desk = Desk(str(shop.home))
    assert limitspage.thaw(desk, "サイト") == "the rate サイト is frozen no more"
    assert limitspage.thaw(desk, "サイト") == "the rate サイト was not frozen"
    with pytest.raises(NotFoundError):
        limitspage.thaw(desk, "other")
    assert shop.wait(run)["state"] == "succeeded"
    until(lambda: told(shop)[1:], "the runtime tells that it is lifted")
    frozen, thawed = told(shop)
    assert (frozen["kind"], frozen["data"]["rate"]) == ("rate.frozen", "サイト")
    assert frozen["who"] in why
    assert (thawed["kind"], thawed["who"]) == ("rate.thawed", whoami())


def told(shop: Batch) -> list[dict[str, Any]]:
    """What is recorded of freezes."""
    events = shop.call("view", name="events", args={"limit": 1000})["events"]
    return [event for event in events if event["kind"].startswith("rate.")]
