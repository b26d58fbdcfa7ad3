"""`python -m jobmon.tui.clockwork SPEED MINUTES`: the job that keeps the lively demo going.

Nobody need wait for a schedule: a flow is started when its turn has come and its last run is over.
As a job of the flow `clock` it is seen, explained and cancelled like any other; it outlives the
monitor and the runtime, and ends by itself.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from jobmon.jobs.kit import progress
from jobmon.runtime.client import connect
from jobmon.runtime.config import STATE_NAME
from jobmon.runtime.errors import JobmonError

Call = Callable[..., dict[str, Any]]
Row = dict[str, Any]


class Turn(NamedTuple):
    """A flow and the seconds from one start to the next.

    `first`: runs there shall be soon, so that the screen can say how long its jobs usually take.
    `patient`: a run that failed is left for a person, and no other started meanwhile.
    """

    flow: str
    every: float
    first: int = 1
    patient: bool = False


PLAN = (
    Turn("morning", 20, patient=True),
    Turn("月次締め", 120, patient=True),
    Turn("画像変換", 7, first=11),
    Turn("price-watch", 24, first=3),
    Turn("日次売上", 26, first=3),
    Turn("アクセス解析", 22, first=3),
    Turn("parcels", 28, first=3),
)
HELD = ("月次締め", "請求書作成", "新しい税率の確認を待っています")
"""A flow, its job that is held in every run, and why."""


class Clock:
    """Asks by `call`, as a connection to the runtime does. Times are of one clock."""

    def __init__(self, call: Call, speed: float) -> None:
        self._call, self._speed = call, speed
        self._next: dict[str, float] = {}
        self._begun = False

    def turn(self, now: float, home: Path) -> bool:
        """All there is to do at a moment; whether anything was started."""
        if not self._begun:
            self.begin()
            self._begun = True
        started = self.tick(now)
        self.overnight(home)
        return started

    def begin(self) -> None:
        """The runs that a folder without a past lacks, one of each flow after the other."""
        lacking = {turn: turn.first - len(self._runs(turn.flow, turn.first)) for turn in PLAN}
        for nth in range(max(turn.first for turn in PLAN)):
            for turn in PLAN:
                if nth < lacking[turn]:
                    self.start(turn)

    def tick(self, now: float) -> bool:
        """Start what is due; whether anything was."""
        due = [t for t in PLAN if now >= self._next.get(t.flow, now) and self._free(t)]
        for turn in due:
            self._next[turn.flow] = now + turn.every / self._speed
            self.start(turn)
        return bool(due)

    def start(self, turn: Turn) -> None:
        """A run of the flow, at the speed of the clock; what a person is to see goes first."""
        params = {} if turn.flow == "morning" else {"speed": self._speed}
        given = {"flow": turn.flow, "params": params, "priority": int(turn.patient)}
        run = self._call("run", **given)["run"]
        print(f"started {run}", flush=True)  # noqa: T201 - the log of the job
        if turn.flow == HELD[0]:
            self._call("verb", verb="hold", run=run, jobs=[HELD[1]], options={}, why=HELD[2])

    def _free(self, turn: Turn) -> bool:
        last = self._runs(turn.flow, 1)
        if not last:
            return True
        mended = not turn.patient or last[0]["state"] != "failed"
        return last[0]["ended"] is not None and mended

    def _runs(self, flow: str, limit: int) -> list[Row]:
        return self._call("view", name="ls", args={"flow": flow, "limit": limit})["runs"]

    def overnight(self, home: Path) -> None:
        """The first morning goes well. Then a shop changes its page, and the next one fails."""
        from jobmon.jobs.samples import lay

        newest = self._runs("morning", 1)
        if [(row["run"], row["state"]) for row in newest] == [("morning#1", "blocked")]:
            why = "the first morning went well"
            asked = {"run": "morning#1", "jobs": ["adjust statuses"], "options": {}}
            self._call("verb", verb="done", **asked, why=why)
            with contextlib.suppress(FileExistsError):  # somebody is at work on it already
                lay(home, broken=True, lively=True)


def main(argv: list[str]) -> int:
    """Until the minutes are over. A runtime that is away is waited for."""
    speed, minutes = map(float, argv)
    home = Path(os.environ["JOBMON_HOME"])
    clock = Clock(_asked(home / STATE_NAME), speed)
    begun = time.monotonic()
    while (gone := (time.monotonic() - begun) / 60) < minutes:
        try:
            if clock.turn(time.monotonic(), home):
                progress(round(gone, 1), minutes)
        except JobmonError as error:
            print(f"not this time: {error}", flush=True)  # noqa: T201 - the log of the job
        time.sleep(max(0.2, 1 / speed))
    return 0


def _asked(state: Path) -> Call:
    def call(op: str, **args: Any) -> dict[str, Any]:
        with connect(state) as client:
            return client.call(op, **args)

    return call


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
