"""The system log: everything that happened, as it happens, and who did it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from itertools import takewhile
from typing import Any, NamedTuple

import msgspec

from jobmon.runtime.model import Event
from jobmon.tui.commandline.criteria import fold
from jobmon.tui.lines import clock
from jobmon.tui.look import event_look
from jobmon.tui.picture import Field, Line, Size, fit
from jobmon.tui.screens.filtered import Filtered, Painter, host
from jobmon.tui.screens.view import Stage
from jobmon.tui.text import Cell, cell, moment
from jobmon.tui.words import ended
from jobmon.tui.world import EVENTS_KEPT, Document, RowKey, Site, Want

FEW = 500
"""With fewer events than this, as many older ones are asked for."""
DAY = 24 * 3600.0
DETAIL_FROM = 18
"""Lines from which all that is known of the event under the cursor is told under the table."""
COLUMNS = (
    Field("seq", "SEQ", 7, keep=5, right=True),
    Field("time", "TIME", 12),
    Field("run", "RUN", 12, keep=2, grow=1, most=30),
    Field("job", "JOB", 12, keep=1, grow=1, most=30),
    Field("what", "WHAT", 13, grow=1, most=20),
    Field("who", "WHO", 10, keep=4, grow=1, most=20),
    Field("why", "WHY", 12, keep=3, grow=4, most=120),
)


class Entry(NamedTuple):
    """An event with the names its numbers mean; `text` is what a filter looks in."""

    site: Site
    event: Event
    run: str
    job: str
    why: str
    text: str

    @property
    def at(self) -> float:
        """When it happened, by our clock."""
        return self.event.at - self.site.skew


class Syslog(Filtered):
    """Events, the newest at the bottom. `following`: the cursor stays on the newest."""

    name = "syslog"
    title = "SYSLOG"
    noun = "event"
    columns = COLUMNS
    empty = "nothing has happened yet"

    def __init__(self) -> None:
        super().__init__()
        self.following = True
        self._logs: dict[int, list[Entry]] = {}
        self._made: tuple[Any, ...] = ()

    def everything(self, stage: Stage) -> Sequence[Entry]:
        """The events of all sites in the order of time; only what is new is read anew."""
        made = (id(stage.world), *self._older(stage))
        if made != self._made:
            self._logs = {}
        self._made = made
        logs = [self._log(site) for site in stage.world.sites]
        return logs[0] if len(logs) == 1 else list(merge(*logs, key=lambda entry: entry.at))

    def _older(self, stage: Stage) -> list[Document | None]:
        return [site.document(_want(site)) for site in stage.world.sites]

    def _log(self, site: Site) -> list[Entry]:
        log = self._logs.get(site.number)
        if log is None or (log and site.events and site.events[-1].seq < log[-1].event.seq):
            log = self._logs[site.number] = [_entry(site, event) for event in _before(site)]
        last = log[-1].event.seq if log else 0
        new = [*takewhile(lambda event: event.seq > last, reversed(site.events))]
        log += [_entry(site, event) for event in reversed(new)]
        del log[: -(EVENTS_KEPT + FEW)]
        return log

    def basis(self, stage: Stage) -> tuple[Any, ...]:
        """The newest event of each site, and the documents of older ones."""
        newest = [site.events[-1].seq if site.events else 0 for site in stage.world.sites]
        return (*newest, *self._older(stage))

    def wants(self, stage: Stage) -> Sequence[Want]:
        """Older events, once, where few are known."""
        few = [site for site in stage.world.sites if len(site.events) < FEW]
        return [_want(site) for site in few if site.document(_want(site)) is None]

    def key(self, item: Entry) -> tuple[int, int]:
        """An event's number at its site."""
        return (item.site.number, item.event.seq)

    def text(self, stage: Stage, item: Entry) -> str:
        """Names, what, who and why."""
        return item.text

    def painter(self, name: str) -> Painter:
        """What makes the cells of a column."""
        return _PAINTERS[name]

    def lines(self, stage: Stage, size: Size) -> list[Line]:
        """The newest, or where the cursor was left."""
        items = self.items(stage)
        if self.following and items:
            self._place, self.cursor = len(items) - 1, self.key(items[-1])
        return super().lines(stage, size)

    def act(self, action: str, stage: Stage) -> bool:
        """Going up stops following, the last row takes it up again."""
        done = super().act(action, stage)
        if action.startswith("move."):
            self._watch(stage)
        return done

    def point(self, x: int, y: int, stage: Stage) -> bool:
        """A click stops following, unless it is on the newest."""
        done = super().point(x, y, stage)
        self._watch(stage)
        return done

    def _watch(self, stage: Stage) -> None:
        items = self.items(stage)
        self.following = not items or self.cursor == self.key(items[-1])

    def below(self, stage: Stage, size: Size) -> list[Line]:
        """All of the event under the cursor: what a row may have to cut."""
        item = self.item(stage)
        if item is None or size.height < DETAIL_FROM:
            return []
        lines = [
            ((f" {word:<6}", "dim"), (stage.ink.safe(text), "")) for word, text in _facts(item)
        ]
        rule = ((stage.ink.lines.rule * size.width, "rule"),)
        return [rule, *(fit(line, size.width, stage.ink.lines.cut) for line in lines)]

    def targets(self, stage: Stage) -> list[RowKey]:
        """The job that the event under the cursor is about, else the run."""
        item = self.item(stage)
        if item is None or not item.event.run:
            return []
        return [RowKey(item.site.number, item.event.run, item.event.job)]

    def state_line(self, stage: Stage) -> Line:
        """As every list; and whether it follows."""
        line, dot = super().state_line(stage), (f" {stage.ink.lines.dot} ", "dim")
        if self.following:
            return (*line, dot, ("following", "ok"))
        newer = len(self.items(stage)) - 1 - self._find(self.items(stage))
        return (*line, dot, (f"{newer:,} newer below", "note"), (" (G follows)", "dim"))

    def reset(self) -> None:
        """All events, the newest of them."""
        super().reset()
        self.following = True

    def hints(self) -> Sequence[str]:
        """What its key bar shows."""
        return ("job.log", "view.filter", "move.bottom", "move.top", "go.history")


def _want(site: Site) -> Want:
    return Want(site.number, "events", (("limit", FEW),), every=3600.0)


def _before(site: Site) -> Iterator[Event]:
    """The older events that were asked for, up to the first that was seen here."""
    first = site.events[0].seq if site.events else None
    for told in (site.document(_want(site)) or {}).get("events") or ():
        event = msgspec.convert(told, Event)
        if first is None or event.seq < first:
            yield event


def _entry(site: Site, event: Event) -> Entry:
    run, job = _names(site, event)
    why = _why(event)
    words = (host(site), run, job, event_look(event.kind).word, event.who, why)
    return Entry(site, event, run, job, why, fold("\n".join(words)))


def _names(site: Site, event: Event) -> tuple[str, str]:
    """The run (or the flow) and the job, from the board, else from the document."""
    if not event.run:
        return str(event.data.get("flow") or ""), ""
    board = site.board
    if event.run in board.runs:
        known = (event.run, event.job) in board.jobs
        return board.runs[event.run].key, board.name((event.run, event.job)) if known else ""
    told: Document = (site.document(_want(site)) or {}).get("names", {}).get(str(event.run)) or {}
    jobs = told.get("jobs") or ()
    name = str(jobs[event.job]) if 0 <= event.job < len(jobs) else ""
    return str(told.get("run") or f"run {event.run}"), name


def _why(event: Event) -> str:
    """How it ended, what was given, and what was said, each once."""
    how = ended(event.data)
    said = f'"{event.why}"' if event.why and event.why not in how else ""
    return " ".join(part for part in (how, _given(event), said) if part)


def _given(event: Event) -> str:
    data = event.data
    if event.kind == "run.created":
        params = data.get("run", {}).get("params") or {}
        return " ".join(f"{name}={value}" for name, value in params.items())
    if event.kind == "runtime.started":
        return f"{data.get('adopted', 0)} of {data.get('open', 0)} open attempts adopted"
    return ""


def _facts(item: Entry) -> list[tuple[str, str]]:
    """When and where, what, by whom and why: always as many lines."""
    event = item.event
    what = " ".join(part for part in (event.kind, item.run, item.job) if part)
    attempt = f", attempt {event.attempt}" if event.attempt else ""
    when = f"{moment(event.at, event.at, full=True)}, event {event.seq}"
    by = f"by {event.who}" if event.who else ""
    return [("when", when), ("what", what + attempt), ("why", " ".join([by, item.why]).strip())]


def _time(stage: Stage, item: Entry, _width: int) -> Cell:
    """To the millisecond, as long as the time of day alone tells when it was; else the day."""
    now = stage.world.now + item.site.skew
    lately = abs(now - item.event.at) < DAY
    return cell(clock(item.event.at) if lately else moment(item.event.at, now), "dim")


def _what(stage: Stage, item: Entry, _width: int) -> Cell:
    look, attempt = event_look(item.event.kind), item.event.attempt
    number = (f" #{attempt}", "dim") if attempt > 1 else ("", "")
    return ((stage.ink.safe(f"{stage.ink.sign(look)} {look.word}"), look.style), number)


_PAINTERS: Mapping[str, Painter] = {
    "seq": lambda _stage, item, _w: cell(str(item.event.seq or ""), "dim"),
    "time": _time,
    "run": lambda stage, item, _w: cell(stage.ink.safe(item.run)),
    "job": lambda stage, item, _w: cell(stage.ink.safe(item.job), "bold"),
    "what": _what,
    "who": lambda stage, item, _w: cell(stage.ink.safe(item.event.who), "dim"),
    "why": lambda stage, item, _w: cell(stage.ink.safe(item.why)),
}
