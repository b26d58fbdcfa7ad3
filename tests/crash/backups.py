"""kill -9 on backups at random points: `python -m tests.crash.backups --kills 50`.

A point is one of the calls by which the backup changes or opens files, or a moment of its run.
After each kill every generation must verify, and no day may be missing; at the end a backup that
nobody kills must leave the values that the sources have.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars  # noqa: F401 - loaded here once, used by the forked alone

from jobmon.jobs.kit.outcomes import JobFailure
from jobmon.jobs.ready.backup import backup, restore, verify

EVENTS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree")
END = 15
"""Calls of the end of a backup."""
FIRST_DAY, DAY = "2026-11-22", "2026-11-23"


def lay(home: Path, rows: int) -> list[Path]:
    """The sources: a CSV and a database."""
    home.mkdir(parents=True)
    sources = [home / "売上.csv", home / "shop.db"]
    lines = "".join(f"{n},店{n % 7}\r\n" for n in range(rows))
    sources[0].write_bytes(f"番号,店\r\n{lines}".encode("cp932"))
    with contextlib.closing(sqlite3.connect(sources[1])) as db:
        db.execute("CREATE TABLE orders(id INTEGER PRIMARY KEY, v)")
        db.executemany("INSERT INTO orders(v) VALUES (?)", [(n,) for n in range(rows)])
        db.commit()
    return sources


def change(sources: list[Path], n: int) -> None:
    """So that the same day again is another generation."""
    with sources[0].open("ab") as file:
        file.write(f"{n},新\r\n".encode("cp932"))


def forked(act: Callable[[], object], die: Callable[[], None] = lambda: None) -> int:
    """The signal or exit code (negative: a signal) of a process that does it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            die()
            act()
            code = 0
        except JobFailure as error:
            print(error, file=sys.stderr)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def at_call(number: int) -> Callable[[], None]:
    """kill -9 itself at that call."""
    left = [number]

    def seen(event: str, _args: object) -> None:
        if event in EVENTS:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return lambda: sys.addaudithook(seen)


def after(seconds: float) -> Callable[[], None]:
    """kill -9 from outside then."""

    def arm() -> None:
        me = os.getpid()
        if os.fork() == 0:
            time.sleep(seconds)
            with contextlib.suppress(ProcessLookupError):
                os.kill(me, signal.SIGKILL)
            os._exit(0)

    return arm


def calls(act: Callable[[], object]) -> int:
    """How many calls there are until it ends by itself."""
    seen: list[str] = []
    reading, writing = os.pipe()

    def counted() -> None:
        sys.addaudithook(lambda event, _args: seen.append(event) if event in EVENTS else None)
        act()
        os.write(writing, str(len(seen)).encode())

    assert forked(counted) == 0
    number = int(os.read(reading, 20))
    os.close(reading)
    os.close(writing)
    return number


def campaign(
    home: Path, kills: int, seed: int, rows: int = 2000, timed: bool = True
) -> Counter[str]:
    """Kill that often; returns what happened. AssertionError when something was lost."""
    chance, told = random.Random(seed), Counter[str]()
    sources, to = lay(home / "data", rows), home / "backup"
    assert forked(lambda: backup(sources, to, day=FIRST_DAY)) == 0
    begin = time.monotonic()
    assert forked(lambda: backup(sources, to, day=DAY)) == 0
    lasts, points = time.monotonic() - begin, calls(lambda: backup(sources, to, day=DAY))
    while told["killed"] < kills:
        change(sources, told["killed"])
        by_time = chance.random() < 0.5
        # The end is where one generation takes the place of another: look there more often.
        call = chance.randint(chance.choice([1, max(1, points - END)]), points)
        die = after(chance.uniform(0, lasts)) if by_time else at_call(call)
        ended = forked(lambda: backup(sources, to, day=DAY), die)
        assert ended in (0, -signal.SIGKILL), ended
        told["killed" if ended else "survived"] += 1
        told["by time" if by_time else "at a call"] += bool(ended)
        left = {path.name for path in to.iterdir()}
        told["replaced one aside"] += f".{DAY.replace('-', '')}.old" in left
        told["half-written beside"] += f".{DAY.replace('-', '')}.partial" in left
        assert forked(lambda: verify(to)) == 0, f"after kill {told['killed']} of seed {seed}"
        days = [p.name for p in sorted(to.glob("[0-9]*"))]
        assert days == ["20261122", "20261123"], days
    assert forked(lambda: backup(sources, to, day=DAY)) == 0
    assert forked(lambda: restore(to, DAY, home / "back")) == 0
    assert (home / "back" / "売上.csv").read_bytes() == sources[0].read_bytes()
    assert not list(to.glob(".2*"))
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--rows", type=int, default=100_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = campaign(Path(folder), asked.kills, asked.seed, asked.rows)
    print(f"seed {asked.seed}:", ", ".join(f"{n} {what}" for what, n in sorted(told.items())))


if __name__ == "__main__":
    main()
