"""The README's tour, walked as it is printed: demo, own flow, fault, explain, fix, rerun, done."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LIMIT = 60.0
"""Seconds after which a step of the tour is taken for stuck."""


class Walker:
    """A shell that goes through blocks of commands and remembers where it stands."""

    def __init__(self, start: Path) -> None:
        self.here, self._note = start, start / ".here"
        own = str(Path(sys.executable).parent)
        self.env = {
            "PATH": f"{own}:{os.environ['PATH']}",
            "HOME": str(start),
            "LANG": "C.UTF-8",
            "JOBMON_PASS_ENV": "POLITE_SECONDS",
            "POLITE_SECONDS": "0",
        }

    def walk(self, block: str) -> subprocess.CompletedProcess[str]:
        noted = f"trap 'pwd > {self._note}' EXIT\n{block}"
        done = subprocess.run(
            ["sh", "-ec", noted],
            cwd=self.here,
            env=self.env,
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT,
            check=False,
        )
        self.here = Path(self._note.read_text(encoding="utf-8").strip())
        return done

    def ok(self, block: str) -> str:
        done = self.walk(block)
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def states(self) -> dict[str, str]:
        shown = json.loads(self.ok("jobmon show morning --json"))
        return {job["job"]: job["state"] for job in shown["jobs"]}


def code(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


@pytest.fixture
def walker(tmp_path: Path) -> Iterator[Walker]:
    walker = Walker(tmp_path)
    yield walker
    walker.here = tmp_path
    walker.walk("jobmon --home demo down")


def test_the_tour(walker: Walker) -> None:
    look, own, broken, explain, fix, done = code("sh")[2:]
    walker.ok("jobmon demo demo --yes")
    seen = walker.ok(look.partition("\n")[2])
    assert set(walker.states().values()) == {"succeeded"}
    assert "さくら市場: 6 offers" in seen

    flow, *_ = code("python")
    (walker.here / "flows" / "report.py").write_text(flow, encoding="utf-8")
    walker.ok(own)
    assert walker.walk("python3 flows/report.py -p day=2026-11-24").returncode == 0
    assert "りんご" in (walker.here / "public/sales-2026-11-24.csv").read_text(encoding="utf-8")

    assert walker.walk(broken).returncode == 1
    told = walker.ok(explain)
    for line in code("text")[0].splitlines():
        label, _, rest = line.strip().partition(" ")
        assert rest.strip().replace("...", "") in told, f"{label} is not as printed"
    assert walker.states()["load"] == "upstream_failed"
    assert walker.states()["アクセス集計"] == "succeeded"

    first, rerun, follow = fix.splitlines()
    walker.ok(f"{first}\n{rerun}")
    watching = subprocess.Popen(
        ["sh", "-c", follow], cwd=walker.here, env=walker.env, stdout=subprocess.DEVNULL
    )
    until_it_waits(walker)
    walker.ok(done)
    assert watching.wait(LIMIT) == 0
    assert set(walker.states().values()) == {"succeeded"}


def until_it_waits(walker: Walker) -> None:
    limit = time.monotonic() + LIMIT
    while walker.states()["adjust statuses"] != "waiting_human":
        assert time.monotonic() < limit, walker.states()
