"""The history: runs of all flows, newest first, how long they took, and two of them compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from jobmon.tui.lists import run_note
from jobmon.tui.look import run_look
from jobmon.tui.picture import Field, Line, Size, beside
from jobmon.tui.runs import CELLS, Entry, board_row, faulty, params, rank, run_before, usual_of
from jobmon.tui.screens.compare import Comparison, Side
from jobmon.tui.screens.filtered import Filtered, Painter, host
from jobmon.tui.screens.view import Stage
from jobmon.tui.world import Document, RowKey, Site, Want, World

LIMIT = 500
"""Runs a site is asked for."""
OLDEST = 30.0
"""Seconds a list of runs may be old: the board has those that change."""
BESIDE_FROM = 150
"""Cells from which a comparison stands beside the list instead of in its place."""
COLUMNS = (
    Field("run", "RUN", 15, grow=2, most=34),
    Field("state", "STATE", 12, grow=1, most=17),
    Field("jobs", "JOBS", 6, keep=3, right=True),
    Field("started", "STARTED", 11, keep=2),
    Field("took", "TOOK", 7, keep=1, right=True),
    Field("bar", "OF LONGEST", 10, keep=5, grow=1, most=20),
    Field("median", "MEDIAN", 7, keep=6, right=True),
    Field("note", "NOTE", 12, keep=4, grow=4, most=60),
    Field("params", "PARAMS", 16, keep=7, grow=3, most=60),
    Field("who", "BY", 12, keep=8, grow=1, most=20),
)


class History(Filtered):
    """Runs newest first; `flow` alone when it is set, only `faults`; a comparison when it is open.

    While a comparison is open, movement and verbs concern it.
    """

    name = "history"
    title = "HISTORY"
    noun = "run"
    columns = COLUMNS
    orders = ("newest first", "longest first", "by flow", "worst first")
    empty = "nothing has run yet: n starts a run"

    def __init__(self) -> None:
        super().__init__()
        self.flow_name = ""
        self.faults = False
        self.comparison: Comparison | None = None
        self._left = 0  # cells of the list while a comparison stands beside it

    # What stands in it

    def everything(self, stage: Stage) -> Sequence[Entry]:
        """All runs that are known, those on the boards as they are now."""
        world = stage.world
        rows = [(site, row) for site in world.sites for row in self._rows(world, site)]
        usual = usual_of(sorted(rows, key=lambda found: found[1]["id"]))
        found = [Entry(site, row, *usual[site.number, row["flow"]]) for site, row in rows]
        newest = sorted(found, key=_newest)
        return sorted(newest, key=lambda e: _SORTS[self.order](e, world.now))

    def _rows(self, world: World, site: Site) -> Iterable[Document]:
        """In the past, the documents' runs are those that were over; the board has the others."""
        rows = {row["id"]: row for want in self._lists(site) for row in _runs(site, want)}
        if not world.live:
            now = world.now + site.skew
            rows = {i: row for i, row in rows.items() if 0 < (row.get("ended") or 0) <= now}
        return (rows | {run.id: board_row(site, run) for run in site.board.runs.values()}).values()

    def _lists(self, site: Site) -> list[Want]:
        """The newest runs of all flows, and those of the flow that is looked at."""
        limit = (("limit", LIMIT),)
        wants = [Want(site.number, "ls", limit, OLDEST)]
        flow = (("flow", self.flow_name), *limit)
        return [*wants, *([Want(site.number, "ls", flow, OLDEST)] if self.flow_name else [])]

    def basis(self, stage: Stage) -> tuple[Any, ...]:
        """The documents the list is made of."""
        return tuple(s.document(want) for s in stage.world.sites for want in self._lists(s))

    def wants(self, stage: Stage) -> Sequence[Want]:
        """Lists of runs, and the two that are compared."""
        wants = [want for site in stage.world.sites for want in self._lists(site)]
        return [*wants, *(self.comparison.wants(stage) if self.comparison else ())]

    def key(self, item: Entry) -> RowKey:
        """A whole run."""
        return RowKey(item.site.number, item.row["id"], -1)

    def text(self, stage: Stage, item: Entry) -> str:
        """Key, state, note, parameters, who and why."""
        row = item.row
        words = (row["run"], run_look(row["state"]).word, row.get("who"), host(item.site))
        return " ".join(str(w) for w in (*words, params(row), run_note(stage.ink, row)) if w)

    def filters(self) -> list[str]:
        """The flow, faults, the text."""
        flow = [f"flow {self.flow_name}"] if self.flow_name else []
        return [*flow, *(["only faults"] if self.faults else []), *super().filters()]

    def passes(self, stage: Stage, item: Entry) -> bool:
        """Whether the run is of the flow, is one to look at, and has the text."""
        if self.flow_name and item.row["flow"] != self.flow_name:
            return False
        if self.faults and not (faulty(item.row) or item.late(stage.world.now)):
            return False
        return super().passes(stage, item)

    def painter(self, name: str) -> Painter:
        """What makes the cells of a column."""
        return CELLS[name]

    # The list, and the comparison in its place or beside it

    def lines(self, stage: Stage, size: Size) -> list[Line]:
        """The list or the comparison; both where there is room."""
        self._left = 0
        if self.comparison is None:
            return super().lines(stage, size)
        if size.width < BESIDE_FROM:
            return self.comparison.lines(stage, size)
        self._left = size.width // 2
        left = super().lines(stage, Size(self._left, size.height))
        right = self.comparison.lines(stage, Size(size.width - self._left - 1, size.height))
        return beside(left, right, self._left, "│" if stage.ink.unicode else "|")

    def act(self, action: str, stage: Stage) -> bool:
        """Compare, faults, sort; movement of what is in front."""
        if action == "history.compare":
            self.comparison = self._compare(stage)
        elif action == "view.faults":
            self.faults = not self.faults
        elif self.comparison is not None and action.startswith("move."):
            return self.comparison.act(action, stage)
        else:
            return super().act(action, stage)
        return True

    def _compare(self, stage: Stage) -> Comparison | None:
        """The two newest marked runs, or the cursor's and the run before it of the same flow."""
        items = self.items(stage)
        marked = [item for item in items if self.key(item) in self.marks][:2]
        if len(marked) == 2:
            return Comparison(_side(marked[1]), _side(marked[0]))
        item = self.item(stage)
        before = None if item is None else run_before(item, self._all)
        return None if item is None else Comparison(before and _side(before), _side(item))

    def point(self, x: int, y: int, stage: Stage) -> bool:
        """A click on the list or on the comparison."""
        if self.comparison is None or x < self._left:
            return super().point(x, y, stage)
        return self.comparison.point(x, y, stage)

    def targets(self, stage: Stage) -> list[RowKey]:
        """Marked runs or the cursor's; of a comparison the job in hand."""
        return (self.comparison or super()).targets(stage)

    def ended(self, key: RowKey, stage: Stage) -> float | None:
        """When a run ended, by our clock; None when it is not listed, or goes on."""
        found = [entry for entry in self.items(stage) if self.key(entry) == key]
        ended = found[0].row.get("ended") if found else None
        return None if ended is None else ended - found[0].site.skew

    def back(self) -> bool:
        """Close the comparison."""
        was, self.comparison = self.comparison, None
        return was is not None

    def state_line(self, stage: Stage) -> Line:
        """As every list; and what is compared."""
        if self.comparison is None:
            return super().state_line(stage)
        return self.comparison.state_line(stage)

    def hints(self) -> Sequence[str]:
        """What its key bar shows."""
        if self.comparison is not None:
            return ("app.back", "job.log")
        return (
            "go.dag", "job.explain", "history.compare", "mark.toggle", "run.rerun_failed",
            "job.hold", "job.cancel", "view.faults", "view.filter", "view.sort",
        )  # fmt: skip

    def reset(self) -> None:
        """All runs, newest first."""
        super().reset()
        self.flow_name, self.faults = "", False

    def command(self, words: Sequence[str], stage: Stage) -> str:
        """`history daily`: the runs of one flow; further words are a filter."""
        if words:
            self.flow_name, self.comparison = words[0], None
            self.search(" ".join(words[1:]))
        return ""

    def remember(self) -> dict[str, Any]:
        """Flow and faults too."""
        return super().remember() | {"flow": self.flow_name, "faults": self.faults}

    def recall(self, kept: dict[str, Any]) -> None:
        """Take them up."""
        super().recall(kept)
        flow = kept.get("flow")
        self.flow_name = flow if isinstance(flow, str) else ""
        self.faults = kept.get("faults") is True


def _runs(site: Site, want: Want) -> Sequence[Document]:
    return (site.document(want) or {}).get("runs") or ()


def _newest(item: Entry) -> tuple[float, int]:
    return item.site.skew - (item.row.get("created") or 0.0), -item.row["id"]


def _side(item: Entry) -> Side:
    return Side(item.site, item.row)


_SORTS: tuple[Callable[[Entry, float], Any], ...] = (
    lambda _e, _now: 0,
    lambda e, now: -(e.took(now) or 0.0),
    lambda e, _now: e.row["flow"],
    lambda e, _now: rank(e.row),
)
