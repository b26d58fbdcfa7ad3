"""The equalizer: one lane for each slot, bars that move only when the jobs do."""

from __future__ import annotations

from collections.abc import Sequence

from jobmon.tui.lanes import horizontal as lanes_horizontal
from jobmon.tui.lanes import outlook
from jobmon.tui.lanes import vertical as lanes_vertical
from jobmon.tui.lanes.lane import Lane, cores, lane_of
from jobmon.tui.lanes.seats import LaneKey
from jobmon.tui.picture import Line, Size, ends, fill
from jobmon.tui.screens.rack import ORIENTS, Rack
from jobmon.tui.screens.view import Stage
from jobmon.tui.world import RowKey

_STEPS = {
    "move.left": -1,
    "move.up": -1,
    "move.page_up": -5,
    "move.right": 1,
    "move.down": 1,
    "move.page_down": 5,
}
_ENDS = {"move.top": 0, "move.bottom": -1}


class Equalizer(Rack):
    """The lanes with a cursor on one of them, and under them what is next and how it went."""

    name = "equalizer"
    word = "EQUALIZER"

    def __init__(self) -> None:
        super().__init__(ORIENTS[0])
        self.cursor: LaneKey | None = None
        self.first = 0
        self._place = 0  # where the cursor was last: its lane may go
        self._room = 1
        self._grid = Size(1, 1)  # cells of a lane, as it was drawn last
        self._shown: list[LaneKey | None] = []

    def lines(self, stage: Stage, size: Size) -> list[Line]:
        """The lanes around the cursor."""
        foot = self._foot_height(size.height)
        body = Size(size.width, size.height - foot)
        standing = self.orient == ORIENTS[0]
        head = 0 if standing else 1
        self._room = lanes_vertical.fitting(size.width) if standing else body.height - head
        order = self.order(stage, self._room)
        keys = self._window(order)
        lanes = [lane_of(stage, key) for key in keys]
        hand = keys.index(self.cursor) if self.cursor and self.cursor in keys else -1
        if any(keys):
            picture = self._draw(stage, lanes, body, hand)
        else:
            picture = self._calm(stage, lanes, body)
        lane = lanes[hand] if hand >= 0 else Lane()
        picture = fill(picture, body.height)
        return fill([*picture, *self._foot(stage, lane, order, size.width, foot)], size.height)

    def _draw(self, stage: Stage, lanes: Sequence[Lane], body: Size, hand: int) -> list[Line]:
        ink, metric, full = stage.ink, self.metric, cores(lanes)
        if self.orient == ORIENTS[0]:
            self._grid = Size(lanes_vertical.plan(body, lanes, metric).pitch, body.height)
            return lanes_vertical.draw(ink, lanes, body, metric, full, hand)
        each = lanes_horizontal.rows_each(body.height - 1, len(lanes))
        self._grid = Size(body.width, each)
        drawing = lanes_horizontal.plan(ink, body.width, each, metric, full)
        return lanes_horizontal.draw(drawing, lanes, body.height, hand)

    def _calm(self, stage: Stage, lanes: Sequence[Lane], body: Size) -> list[Line]:
        """Dark lanes, and in front of them what is said when nothing runs."""
        said = outlook.calm(stage, self.roster(stage))
        if not lanes or self.orient != ORIENTS[0]:
            return outlook.centred(stage, said, body)
        dark = self._draw(stage, lanes, body, -1)
        top = max(1, (len(dark) - 6 - len(said)) // 2)
        middle = outlook.centred(stage, said, Size(body.width, len(said)))
        return [*dark[:top], *middle, *dark[top + len(middle) :]]

    def _window(self, order: Sequence[LaneKey | None]) -> list[LaneKey | None]:
        """The lanes that are shown, the cursor's among them."""
        self._settle(order)
        last = max(0, len(order) - self._room)
        if self.cursor is not None:
            self.first = min(max(self.first, self._place - self._room + 1), self._place)
        self.first = max(0, min(self.first, last))
        self._shown = list(order[self.first : self.first + self._room])
        return self._shown

    def _settle(self, order: Sequence[LaneKey | None]) -> None:
        """Find the cursor's lane again; when it is gone, the nearest one that is not free."""
        taken = [at for at, key in enumerate(order) if key is not None]
        if not taken:
            self.cursor = None
            return
        if self.cursor is None or self.cursor not in order:
            self._place = min(taken, key=lambda at: (abs(at - self._place), at))
        else:
            self._place = order.index(self.cursor)
        self.cursor = order[self._place]

    @staticmethod
    def _foot_height(height: int) -> int:
        return 2 if height < 14 else 3 if height < 18 else 4 if height < 24 else 5

    def _foot(
        self, stage: Stage, lane: Lane, order: Sequence[LaneKey | None], width: int, rows: int
    ) -> list[Line]:
        """As much of what stands under the lanes as there are rows."""
        roster, standing = self.roster(stage), self.orient == ORIENTS[0]
        hidden, coming = self._hidden(order), outlook.coming(stage, roster, width)
        last = outlook.last_row(stage, roster, self.metric, standing, width)
        mark = stage.ink.lines.cut
        if rows == 2:
            return [ends(coming, hidden, width, mark), last]
        hand, said = outlook.in_hand(stage, lane, width)
        rule: Line = ((stage.ink.lines.rule * width, "rule"),)
        above = [rule] if rows > 3 else []
        return [
            *above,
            ends(hand, hidden, width, mark),
            *([said] if rows > 4 else []),
            coming,
            last,
        ]

    def _hidden(self, order: Sequence[LaneKey | None]) -> Line:
        """How many lanes there are on either side of those shown."""
        before, after = self.first, len(order) - self.first - len(self._shown)
        parts = [f"< +{before}"] if before else []
        parts += [f"+{after} >"] if after > 0 else []
        return ((f"  {'  '.join(parts)}", "accent"),) if parts else ()

    def act(self, action: str, stage: Stage) -> bool:
        """Move along the lanes, turn them, take failed ones off."""
        if action == "lane.acknowledge":
            dead = self.dead(stage)
            chosen = [self.cursor] if self.cursor in dead else dead
            return self.acknowledge([key.row for key in chosen if key], stage) > 0
        if action in _STEPS or action in _ENDS:
            self._move(action, stage)
            return True
        return super().act(action, stage)

    def _move(self, action: str, stage: Stage) -> None:
        taken = [key for key in self.order(stage, self._room) if key is not None]
        if not taken:
            return
        at = taken.index(self.cursor) if self.cursor and self.cursor in taken else 0
        at = _ENDS.get(action, max(0, min(len(taken) - 1, at + _STEPS.get(action, 0))))
        self.cursor = taken[at]

    def point(self, x: int, y: int, stage: Stage) -> bool:
        """A click puts the cursor on the lane there."""
        if self.orient == ORIENTS[0]:
            at = (x - lanes_vertical.AXIS) // self._grid.width if y < self._grid.height else -1
        else:
            at = (y - 1) // self._grid.height
        if not 0 <= at < len(self._shown) or self._shown[at] is None:
            return False
        self.cursor = self._shown[at]
        return True

    def targets(self, stage: Stage) -> list[RowKey]:
        """The job run of the lane under the cursor."""
        self._settle(self.order(stage, self._room))
        return [] if self.cursor is None else [self.cursor.row]

    def hints(self) -> Sequence[str]:
        """What its key bar shows."""
        return ("job.log", "eq.metric", "eq.orient", "lane.acknowledge", "job.cancel", "go.wall")
