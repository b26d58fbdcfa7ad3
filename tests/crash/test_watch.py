"""A watch killed with -9 again and again: its history is whole, and nothing stands there twice."""

from __future__ import annotations

import contextlib
import itertools
import json
import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobmon.jobs.kit import files
from jobmon.jobs.ready.watch import memory, watch
from tests.batch import until
from tests.shop import Shop, shop

KILLS = int(os.environ.get("WATCH_KILLS", "3"))
ITEMS = 40


def rounds(url: str, home: str, limit: int = sys.maxsize) -> None:
    """Look again and again; the prices are other ones each time."""
    os.environ["JOBMON_HOME"] = home
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for _ in range(limit):
        watch(
            f"{url}/api",
            key="sku",
            fields=["price"],
            items="items",
            next="next",
            state=f"{home}/watch",
            rate="10000/s",
        )


def raised(store: Shop) -> None:
    """Every price rises whenever the first page is asked for."""
    made = store._made

    def rising(asked: Any, fault: Any) -> Any:
        if "page" not in asked.path:
            for sku, item in list(store.items.items()):
                store.price(sku, item["price"] + 1)
        return made(asked, fault)

    store._made = rising


def lines(home: Path) -> list[dict[str, Any]]:
    text = (home / "watch" / "history.ndjson").read_bytes().decode()
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def check(found: list[dict[str, Any]]) -> None:
    """Each number once, and each price goes on from the one before: none lost, none doubled."""
    assert [line["n"] for line in found] == list(range(1, len(found) + 1))
    last: dict[str, Any] = {}
    for line in found:
        if line["what"] == "new":
            assert line["key"] not in last
        else:
            assert line["old"] == last[line["key"]]
            assert line["new"] > line["old"]
        last[line["key"]] = line["new"] if "new" in line else line["values"]["price"]
    assert len(last) == ITEMS


def test_killed_at_random_points(tmp_path: Path) -> None:
    start = multiprocessing.get_context("forkserver")
    start.set_forkserver_preload(["jobmon.jobs.ready.watch"])
    chance = random.Random(17)
    with shop() as store:
        store.size = 15
        for number in range(ITEMS):
            store.price(f"品{number}", 1)
        raised(store)
        for _ in range(KILLS):
            before = len(store.seen) + chance.randrange(3, 12)
            child = start.Process(target=rounds, args=(store.url, str(tmp_path)))
            child.start()
            until(lambda: len(store.seen) >= before, "some pages were read")  # noqa: B023
            time.sleep(chance.random() * 0.03)
            os.kill(child.pid or 0, signal.SIGKILL)
            child.join()
            assert child.exitcode == -signal.SIGKILL
        done = start.Process(target=rounds, args=(store.url, str(tmp_path), 2))
        done.start()
        done.join()
        assert done.exitcode == 0
        check(lines(tmp_path))
        now = {line["key"]: line.get("new") for line in lines(tmp_path)}
        assert now == {sku: item["price"] for sku, item in store.items.items()}


class Killed(BaseException):
    """The end of a process, at a step of its writing."""


@pytest.mark.parametrize("torn", [0, 1, 40, 10_000])
def test_killed_at_each_step_of_writing(
    torn: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`torn`: so many bytes of what was last written to the history are there."""
    for step in itertools.count():
        folder = tmp_path / str(step)
        folder.mkdir()
        known = memory.Memory(str(folder))
        known.add([{"key": "a", "what": "new", "values": {"price": 1}}], "t1")
        size = (folder / "history.ndjson").stat().st_size
        with monkeypatch.context() as patched:
            ended = _killed_at(step, patched)
            with contextlib.suppress(Killed):
                known.add([{"key": "a", "what": "changed", "old": 1, "new": 2}] * 3, "t2")
        _tear(folder / "history.ndjson", size + torn)
        again = memory.Memory(str(folder))
        rows = (folder / "history.ndjson").read_text("utf-8").splitlines()
        found = [json.loads(row)["n"] for row in rows]
        assert found == list(range(1, again.state.n + 1))
        assert again.state.n in (1, 4)
        if not ended():
            assert again.state.n == 4
            return


def _killed_at(step: int, patched: pytest.MonkeyPatch) -> Callable[[], bool]:
    """Before the call number `step` of what makes things last. Returns whether that came."""
    count = itertools.count()
    hit: list[int] = []

    def guarded(act: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            if next(count) >= step:
                hit.append(step)
                raise Killed
            return act(*args)

        return call

    for module, name in ((os, "replace"), (os, "fsync"), (memory, "sync"), (files, "sync")):
        patched.setattr(module, name, guarded(getattr(module, name)))
    return lambda: bool(hit)


def _tear(path: Path, size: int) -> None:
    if path.stat().st_size > size:
        os.truncate(path, size)
