"""The queue: every job run of active and recent runs, and what is known of the one in hand."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from math import inf
from typing import Any

from msgspec.structs import replace

from jobmon.runtime.states import State
from jobmon.tui.commandline.criteria import Criteria, recalled
from jobmon.tui.picture import Field, Line, Place, Size, arrange, beside, fill
from jobmon.tui.rows import CELLS, facts, share, to_go
from jobmon.tui.screens import detail
from jobmon.tui.screens.view import Stage, Table
from jobmon.tui.text import Cell, cell
from jobmon.tui.world import Row, RowKey, Want

FIELDS = (
    Field("np", "NP", 3),
    Field("host", "HOST", 8, keep=3, grow=1, most=20),
    Field("job", "JOB", 16, grow=3, most=40),
    Field("run", "RUN", 12, keep=4, grow=1, most=22),
    Field("state", "STATE", 17, most=28),
    Field("progress", "PROGRESS", 12, keep=6, grow=1, most=30),
    Field("percent", "PRG", 4, keep=3, right=True),
    Field("elapsed", "ELAPSED", 7, keep=1, right=True),
    Field("eta", "ETA/WHY", 13, keep=2, grow=4, most=60),
    Field("code", "RC", 3, keep=5, right=True),
    Field("try", "TRY", 3, keep=7, right=True),
    Field("started", "STARTED", 8, keep=8, right=True),
    Field("owner", "BY", 10, keep=9, most=20),
)
NARROW = ("np", "host", "job", "run", "state", "percent", "elapsed", "eta")
USUAL = (*NARROW, "progress", "code")
TICKING = ("progress", "percent", "elapsed", "eta")
MARK = "+"
"""Stands in the NP column of a marked row, for whoever sees no colours."""
WIDE_FROM = 104
PANE_FROM = Size(150, 40)
PANE = 54
ORDER = {
    State.RUNNING: 0, State.STOPPING: 0, State.STARTING: 0, State.FAILED: 1, State.LOST: 1,
    State.WAITING_HUMAN: 1, State.RETRY_WAIT: 2, State.QUEUED: 3, State.UPSTREAM_FAILED: 4,
    State.WAITING: 5,
}  # fmt: skip
"""What comes first: what runs, what needs somebody, what comes, and what is over."""
SORTS = ("standing", "job", "run", "state", "elapsed", "started")
MANY = 1_000
"""Rows from which the list is made anew at most once a second."""


class Queue(Table):
    """The first screen."""

    name = "queue"
    title = "QUEUE"
    fields = FIELDS

    def __init__(self, columns: Sequence[str] = ()) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.criteria = Criteria()
        self.sort: tuple[tuple[str, bool], ...] = ()
        self.wide = False
        self.typed: dict[Hashable, str] = {}  # action characters in the NP column
        self._items: list[RowKey] = []
        self._hidden = 0
        self._made: tuple[Any, ...] = ()
        self._at = 0.0
        self._drawn: dict[RowKey, tuple[Any, Line]] = {}  # rows, and what each was drawn from
        self._drawing: dict[RowKey, tuple[Any, Line]] = {}

    # What stands in it

    def items(self, stage: Stage) -> Sequence[RowKey]:
        """The rows that are shown, in their order."""
        world = stage.world
        made = (id(world), world.version, self.criteria, self.sort)
        calm = len(self._items) + self._hidden < MANY or abs(world.now - self._at) >= 1
        only_moved = made[0] == (self._made or (None,))[0] and made[2:] == self._made[2:]
        if made != self._made and (calm or not only_moved):
            self._made, self._at = made, world.now
            self._items = self._list(stage)
        return self._items

    def _list(self, stage: Stage) -> list[RowKey]:
        rows = list(stage.world.rows())
        kept = [row for row in rows if self.criteria.admits(facts(row))] if self.criteria else rows
        self._hidden = len(rows) - len(kept)
        kept.sort(key=standing)
        for name, down in reversed(self.sort):
            kept.sort(key=_sorter(name), reverse=down)
        keys = [row.key for row in kept]
        self.marks = {key: None for key in self.marks if key in set(keys)} if self.marks else {}
        return keys

    def lines(self, stage: Stage, size: Size) -> list[Line]:
        """The table; beside it, where there is room, what is known of the row in hand."""
        pane = size.width >= PANE_FROM.width and size.height >= PANE_FROM.height - 4
        width = size.width - PANE - 1 if pane else size.width
        self.fields = self._fields(stage, width)
        self._drawing = {}
        left = super().lines(stage, Size(width, size.height))
        self._drawn = self._drawing
        self.ticks = self._first_tick(width) if self._shown else 0
        if not pane:
            return left
        row = stage.world.row(self.cursor) if isinstance(self.cursor, RowKey) else None
        right = fill(detail.pane(stage, row, Size(PANE, size.height)), size.height)
        return beside(left, right, width, "│" if stage.ink.unicode else "|")

    def _first_tick(self, width: int) -> int:
        """Where the first of the columns begins that change by the second."""
        at = 0
        for place in arrange(self.fields, width):
            if self.fields[place.field].name in TICKING:
                return at
            at += place.width + 1
        return 0

    def _fields(self, stage: Stage, width: int) -> tuple[Field, ...]:
        """Those the settings name, or those of the width; `wide` adds the others."""
        names = self.columns or (NARROW if width < WIDE_FROM else USUAL)
        every = self.wide and not self.columns
        found = [f for f in FIELDS if every or f.name in names or f.name == "np"]
        return tuple(f for f in found if f.name != "host" or stage.world.many)

    def cells(self, stage: Stage, item: RowKey, places: Sequence[Place]) -> list[Cell]:
        """One row."""
        row = stage.world.row(item)
        if row is None:
            return [cell("") for _ in places]
        names = [self.fields[place.field].name for place in places]
        marked = MARK if item in self.marks else ""
        typed = cell(self.typed.get(item, marked), "accent")
        return [
            typed if name == "np" else CELLS[name](stage, row, place.width)
            for name, place in zip(names, places, strict=True)
        ]

    def _row(self, stage: Stage, item: Any, places: Sequence[Place], width: int) -> Line:
        """The row, drawn anew when something of it changed."""
        ground = (self.ground(stage, item), item in self.marks, item == self.cursor)
        made = (self._stamp(stage, item), ground, tuple(places), width, stage.ink)
        was = self._drawn.get(item)
        if was is None or was[0] != made:
            was = (made, super()._row(stage, item, places, width))
        self._drawing[item] = was
        return was[1]

    def _stamp(self, stage: Stage, item: RowKey) -> tuple[Any, ...]:
        """A running job changes with time, one that waits with others too, one that is over not."""
        row = stage.world.row(item)
        if row is None:
            return ()
        job = row.job
        moves: tuple[float, ...] = ()
        if row.active:
            moves = (row.now,)
        elif job.ended is None or job.state in _UNSETTLED:
            moves = (row.now // 1, stage.world.version)
        flags = (job.held, job.stale, job.old_code, job.warn)
        what = (job.state, job.since, job.ended, job.attempt, job.reason)
        hour = row.now // 3600  # a day may begin: times of the day before have their date
        known = (id(row.meter), id(row.site.histories.get(row.run.flow)))  # may come later
        return (id(stage.world), hour, *what, *moves, *flags, *known, self.typed.get(item))

    def ground(self, stage: Stage, item: RowKey) -> str:
        """What is over and well steps back."""
        row = stage.world.row(item)
        away = row is not None and row.site.away is not None
        return "dim" if away or (row is not None and row.job.state in _CALM) else ""

    def nothing(self, stage: Stage) -> list[Line]:
        """Why it is empty."""
        if self._hidden:
            text = f"  no job matches {self.criteria.words()}; `reset` shows all {self._hidden:,}"
            return [(), ((stage.ink.safe(text), "note"),)]
        if not all(site.loaded for site in stage.world.sites):
            return [(), (("  reading the state", "dim"),)]
        return first_steps(stage)

    # What can be done

    def act(self, action: str, stage: Stage) -> bool:
        """Faults, sort, width, and what every table can."""
        if action == "view.faults":
            self.criteria = replace(self.criteria, faults=not self.criteria.faults)
        elif action == "view.sort":
            self._next_sort()
        elif action == "view.wide":
            self.wide = not self.wide
        else:
            return super().act(action, stage)
        return True

    def _next_sort(self) -> None:
        now = self.sort[0][0] if self.sort else SORTS[0]
        following = SORTS[(SORTS.index(now) + 1) % len(SORTS)] if now in SORTS else SORTS[0]
        down = following in ("elapsed", "started")
        self.sort = () if following == SORTS[0] else ((following, down),)

    def search(self, text: str) -> None:
        """Only rows in which the text occurs."""
        self.criteria = replace(self.criteria, text=text)

    def reset(self) -> None:
        """All rows, as they stand."""
        self.criteria, self.sort = Criteria(), ()

    def command(self, words: Sequence[str], stage: Stage) -> str:
        """`queue ext*`: only jobs named so; `queue *`: every name."""
        if words:
            pattern = " ".join(words)
            self.criteria = replace(self.criteria, prefix="" if pattern == "*" else pattern)
        return ""

    def state_line(self, stage: Stage) -> Line:
        """Filters, sort, marks."""
        parts: list[tuple[str, str]] = []
        if self.criteria:
            text = f"{self.criteria.words()}  hides {self._hidden:,}"
            parts.append((stage.ink.safe(text) + "  ", "note"))
        if self.sort:
            order = ",".join(f"{name} {'D' if down else 'A'}" for name, down in self.sort)
            parts.append((f"sort={order}  ", "dim"))
        if self.marks:
            parts.append((f"{len(self.marks)} marked  ", "accent"))
        total = len(self._items)
        last = min(total, self.top + self._height)
        parts.append((f"{min(total, self.top + 1)}-{last}/{total:,} ", "dim"))
        return tuple(parts)

    def hints(self) -> Sequence[str]:
        """What its key bar shows."""
        return (
            "job.log", "job.explain", "job.done", "job.rerun", "job.cancel", "job.skip", "job.hold",
            "job.edit", "run.start", "view.filter", "view.faults", "run.rerun_failed", "job.mark",
            "job.kill", "go.dag", "mark.toggle",
        )  # fmt: skip

    def wants(self, stage: Stage) -> Sequence[Want]:
        """Why the row in hand stands as it does, where the pane is shown."""
        row = stage.world.row(self.cursor) if isinstance(self.cursor, RowKey) else None
        return [detail.want(row)] if row is not None and stage.world.live else []

    def remember(self) -> dict[str, Any]:
        """Filter, sort and width."""
        sort = [list(part) for part in self.sort]
        return {"criteria": self.criteria.remember(), "sort": sort, "wide": self.wide}

    def recall(self, kept: dict[str, Any]) -> None:
        """Take them up."""
        self.criteria = recalled(kept.get("criteria") or {})
        sort = kept.get("sort")
        if isinstance(sort, list) and all(isinstance(p, list) and len(p) == 2 for p in sort):
            self.sort = tuple((str(n), bool(d)) for n, d in sort if str(n) in SORT_KEYS)
        self.wide = kept.get("wide") is True


_UNSETTLED = frozenset({State.RETRY_WAIT, State.UPSTREAM_FAILED})
"""Their rows tell of others, or count down."""
_CALM = frozenset({State.SUCCEEDED, State.SKIPPED, State.EXPIRED, State.CANCELLED})


def standing(row: Row) -> tuple[Any, ...]:
    """Where a row stands when nobody sorts: what moves, what needs somebody, newest runs first."""
    rank = ORDER.get(row.job.state, 6)
    ended = row.site.skew - (row.job.ended or 0) if rank == 6 else 0
    begun = row.site.skew - row.run.created
    return (rank, ended, begun, -row.run.id, row.site.number, row.job.index)


SORT_KEYS: Mapping[str, Callable[[Row], Any]] = {
    "standing": standing,
    "job": lambda row: row.name.casefold(),
    "run": lambda row: row.run.id,
    "flow": lambda row: row.run.flow.casefold(),
    "state": lambda row: (ORDER.get(row.job.state, 6), row.job.state.value),
    "elapsed": lambda row: row.elapsed or 0.0,
    "started": lambda row: row.job.started or 0.0,
    "host": lambda row: row.site.label,
    "owner": lambda row: row.run.who.casefold(),
    "code": lambda row: -1 if row.job.code is None else row.job.code,
    "try": lambda row: row.job.attempt,
    "percent": lambda row: share(row)[0] or 0.0,
    "eta": lambda row: inf if (left := to_go(row)) is None else left,
}
HEADINGS: Mapping[str, str] = {
    "rc": "code", "by": "owner", "prg": "percent", "progress": "percent", "eta/why": "eta",
}  # fmt: skip
"""Columns that are called otherwise over the table than in filters and orders."""


def _sorter(name: str) -> Callable[[Row], Any]:
    return SORT_KEYS.get(name, standing)


def first_steps(stage: Stage) -> list[Line]:
    """What to see where nothing ever ran."""
    flows = [flow for site in stage.world.sites for flow in site.flows.get("flows", ())]
    if flows:
        names = ", ".join(str(flow["flow"]) for flow in flows[:4])
        text = stage.ink.safe(f"  nothing has run yet; there are flows: {names}")
        return [(), ((text, ""),), (), (("  n", "key"), ("  starts a run", ""))]
    return [
        (),
        (("  no flow yet. Save this as flows/hello.py:", ""),),
        (),
        (("      from jobmon.jobs import Flow", "accent"),),
        (('      flow = Flow("hello")', "accent"),),
        (('      flow.shell("greet", "echo こんにちは")', "accent"),),
        (),
        (("  n", "key"), ("  starts a run of it", "")),
        (("  L", "key"), ("  lays a sample with several flows to look at", "")),
    ]
