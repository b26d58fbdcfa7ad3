"""What the equalizer and the wallboard share: which lanes there are, which way, which metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobmon.tui.lanes.lane import MEANINGS, METRICS, Lane, cores, lane_of
from jobmon.tui.lanes.roster import Kept, Roster
from jobmon.tui.lanes.seats import LaneKey
from jobmon.tui.picture import Line
from jobmon.tui.screens.view import Stage, View
from jobmon.tui.world import RowKey

ORIENTS = ("vertical", "horizontal")
MOST_SEEN = 500
"""Acknowledged attempts that are remembered, the newest."""


class Rack(View):
    """Lanes: the slots in their order, then what failed and was not seen yet, newest first.

    `seen` are the failed attempts that somebody took off the lanes.
    """

    word = ""

    def __init__(self, orient: str, seen: set[LaneKey] | None = None) -> None:
        self.metric, self.orient = METRICS[0], orient
        self.seen: set[LaneKey] = set() if seen is None else seen
        self._kept = Kept()
        self._name()

    def _name(self) -> None:
        self.title = f"{self.word} {self.metric}"

    def roster(self, stage: Stage) -> Roster:
        """Who is where, as the world stands."""
        return self._kept.of(stage.world)

    def dead(self, stage: Stage) -> list[LaneKey]:
        """What failed or is lost and was not seen yet, newest first."""
        return [key for key in self.roster(stage).dead if key not in self.seen]

    def order(self, stage: Stage, room: int) -> list[LaneKey | None]:
        """Every lane; None is a free one. Free slots at the end go when there is no room."""
        seated, dead = self.roster(stage).seated, self.dead(stage)
        busy = max(seated, default=-1) + 1
        spare = max(0, min(stage.world.slots() - busy, room - busy - len(dead)))
        return [*(seated.get(slot) for slot in range(busy + spare)), *dead]

    def running(self, stage: Stage) -> list[Lane]:
        """The lanes of what has a process."""
        seated = self.roster(stage).seated
        return [lane_of(stage, seated[slot]) for slot in sorted(seated)]

    def pace(self, stage: Stage) -> float:
        """As often as the picture changes: not at all when all stands still."""
        roster = self.roster(stage)
        rows = [stage.world.row(key.row) for key in roster.seated.values()]
        if any(row is not None and row.meter and row.meter.at(row.now).moving for row in rows):
            return 10.0
        return 1.0 if rows or roster.retries else 0.0

    def state_line(self, stage: Stage) -> Line:
        """What the big bars show."""
        text = MEANINGS[self.metric]
        if self.metric == "cpu":
            full = cores(self.running(stage))
            text += f" {full:.0f} core{'s' if full > 1 else ''}"
        return ((f"{self.metric}: ", "accent"), (f"{text} ", "dim"))

    def act(self, action: str, stage: Stage) -> bool:
        """The next metric; the other way round."""
        if action == "eq.metric":
            self.metric = METRICS[(METRICS.index(self.metric) + 1) % len(METRICS)]
            self._name()
        elif action == "eq.orient":
            self.orient = ORIENTS[self.orient == ORIENTS[0]]
        else:
            return False
        return True

    def command(self, words: Sequence[str], stage: Stage) -> str:
        """`equalizer pulse horizontal`."""
        for word in words:
            if word in METRICS:
                self.metric = word
            elif word in ORIENTS:
                self.orient = word
            else:
                return f"{self.name} knows {', '.join((*METRICS, *ORIENTS))}, not {word}"
        self._name()
        return ""

    def acknowledge(self, rows: Sequence[RowKey], stage: Stage) -> int:
        """Take these job runs off the lanes, as far as they failed; how many that were."""
        wanted = set(rows)
        taken = [key for key in self.dead(stage) if key.row in wanted]
        self.seen.update(taken)
        return len(taken)

    def remember(self) -> dict[str, Any]:
        """Metric, way, and what was seen."""
        seen = sorted(self.seen, key=lambda key: key[1:])[-MOST_SEEN:]
        return {"metric": self.metric, "orient": self.orient, "seen": [list(key) for key in seen]}

    def recall(self, kept: dict[str, Any]) -> None:
        """Take up what was remembered."""
        if kept.get("metric") in METRICS:
            self.metric = kept["metric"]
        if kept.get("orient") in ORIENTS:
            self.orient = kept["orient"]
        seen = kept.get("seen")
        for key in seen if isinstance(seen, list) else ():
            if isinstance(key, list) and len(key) == 4 and all(type(n) is int for n in key):
                self.seen.add(LaneKey(*key))
        self._name()
