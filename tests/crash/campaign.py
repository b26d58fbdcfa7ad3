"""The crash campaign: kill -9 at any moment, then count what the jobs themselves wrote.

`python -m tests.crash.campaign --kills 1000 --jobs 3000 --initiator-kills 60 --seed N`.
Exits 1 on any violation and keeps the folders. It proves what docs claim of the runtime: each
attempt starts at most one process, nothing accepted is forgotten, no outcome is made up.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from tests.crash.accounts import KINDS
from tests.crash.audit import audit
from tests.crash.ground import claim_of, ended
from tests.crash.lane import Lane

SHOWN = 12


class Wanted(NamedTuple):
    """How much of everything, over all lanes."""

    kills: int
    jobs: int
    initiator_kills: int
    seed: int
    lanes: int = 2


class Result(NamedTuple):
    """What a campaign came to; it is good when `violations` has no entry."""

    violations: dict[str, list[str]]
    figures: dict[str, int]
    seconds: float
    folder: Path

    @property
    def good(self) -> bool:
        """Whether every promise held."""
        return not any(self.violations.values())


def campaign(wanted: Wanted, folder: Path) -> Result:
    """Run all lanes at once, each on a folder of its own, and account for what they left."""
    begun = time.monotonic()
    lanes = [
        Lane(folder / f"lane{i}", wanted.seed * 100 + i, wanted.jobs // wanted.lanes)
        for i in range(wanted.lanes)
    ]
    threads = [threading.Thread(target=_drive, args=(lane, wanted)) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    violations: dict[str, list[str]] = {kind: [] for kind in (*KINDS, "trouble")}
    figures: Counter[str] = Counter()
    for lane in lanes:
        _add(lane, violations, figures)
    return Result(violations, dict(figures), time.monotonic() - begun, folder)


def _drive(lane: Lane, wanted: Wanted) -> None:
    try:
        lane.kill_runtimes(-(-wanted.kills // wanted.lanes))
        lane.kill_initiators(-(-wanted.initiator_kills // wanted.lanes))
        lane.finish()
    except Exception as error:  # a lane that breaks is a campaign that failed
        lane.trouble.append(f"{type(error).__name__}: {error}")


def _add(lane: Lane, violations: dict[str, list[str]], figures: Counter[str]) -> None:
    name = lane.ground.home.name
    violations["trouble"] += [f"{name}: {text}" for text in lane.trouble]
    figures["kills of the runtime"] += sum(lane.kills.values())
    for moment, count in lane.kills.items():
        figures[f"  {_MOMENTS[moment]}"] += count
    figures["kills of initiators"] += len(lane.dead_initiators)
    figures["adopted by a later runtime"] += _adopted(lane)
    account = audit(lane.ground, lane.customer.accepted, _orphans(lane))
    figures.update(account.figures)
    for kind, found in account.violations.items():
        violations[kind] += [f"{name}: {text}" for text in found]


def _orphans(lane: Lane) -> set[str]:
    """The attempts whose initiator was killed before it wrote an exit record."""
    return {
        attempt
        for attempt, path in lane.ground.attempt_files()
        if claim_of(path) in lane.dead_initiators and not ended(path)
    }


_MOMENTS = {
    "start": "while it starts and recovers",
    "ready": "just after it answers",
    "progress": "while jobs begin and end",
    "step": "at a named step",
    "relief": "once it gave an answer long waited for",
    "between initiators": "between kills of initiators",
}


def _adopted(lane: Lane) -> int:
    adopted = "coalesce(sum(json_extract(body, '$.data.adopted')), 0)"
    rows = lane.ground.rows(f"SELECT {adopted} FROM events WHERE kind = 'runtime.started'")
    return rows[0][0] if rows else 0


def report(wanted: Wanted, result: Result) -> str:
    """The accounting table, and what was violated."""
    lines = [f"crash campaign, seed {wanted.seed}, {result.seconds:.0f} s", ""]
    lines += [f"  {count:>8,}  {name}" for name, count in result.figures.items()]
    lines.append("")
    for kind, found in result.violations.items():
        lines.append(f"  {len(found):>8,}  {_VIOLATIONS[kind]}")
        lines += [f"            {text}" for text in found[:SHOWN]]
    lines += ["", "every promise held" if result.good else f"VIOLATED. Kept: {result.folder}"]
    return "\n".join(lines)


_VIOLATIONS = {
    "twice": "run twice",
    "never": "never run",
    "wrong": "wrong outcome",
    "lost": "wrongly lost or not lost",
    "order": "out of order",
    "runs": "runs lost, doubled or not over",
    "state": "faults in the state",
    "left over": "left over",
    "trouble": "other trouble",
}


def main() -> int:
    """The command. 1 on any violation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=3000)
    parser.add_argument("--initiator-kills", type=int, default=60)
    parser.add_argument("--lanes", type=int, default=2, help="folders worked on at the same time")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    given = parser.parse_args()
    wanted = Wanted(given.kills, given.jobs, given.initiator_kills, given.seed, given.lanes)
    folder = Path(tempfile.mkdtemp(prefix="jobmon-crash-"))
    print(f"seed {wanted.seed}, folder {folder}", flush=True)
    result = campaign(wanted, folder)
    print(report(wanted, result))
    if result.good:
        shutil.rmtree(folder)
    return 0 if result.good else 1


if __name__ == "__main__":
    sys.exit(main())
