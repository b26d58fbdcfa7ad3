"""What the screens show: the boards of one or several runtimes at one moment. Pure.

The moment is the present, or one of the past made again from its events: screens cannot tell.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from jobmon.jobs.definition import JobDef
from jobmon.runtime.board import Board
from jobmon.runtime.forecasting.forecast import FlowHistory, JobHistory
from jobmon.runtime.model import Event, JobKey, JobRun, Run
from jobmon.runtime.states import ACTIVE, State

if TYPE_CHECKING:
    from jobmon.tui.meters.meter import Meter

Document = Mapping[str, Any]
EVENTS_KEPT = 5_000
"""Newest events a site keeps for the syslog screen."""


class RowKey(NamedTuple):
    """A job run wherever it stands on a screen: site number, run id, job index (-1: the run)."""

    site: int
    run: int
    job: int


class Want(NamedTuple):
    """A document a screen needs while it is shown: of which site, by name and arguments.

    It is asked again when it is older than `every` seconds. `tag` tells apart answers to the same
    question of different moments.
    """

    site: int
    name: str
    args: tuple[tuple[str, Any], ...] = ()
    every: float = 10.0
    tag: str = ""


class Site:
    """One runtime: its board as folded so far, and what is known around it.

    `label` names it in the host column. `remote`: its files are on another machine. `away` is since
    when it does not answer, None while it does; `silent` when it is there all the same. `skew` is
    its clock minus ours in seconds. `seq` is the number of the last event folded.
    `status` and `flows` are its newest documents of these names. `histories` by flow; `meters` by
    job key, of the newest attempt. `events` are the newest ones, `documents` what screens asked
    for, by what they asked. `absent` says what is the matter while it is away, `trouble` why, and
    what helps. `adrift`: what it told does not fit together, and a snapshot is needed.
    """

    def __init__(self, number: int, label: str = "") -> None:
        self.number, self.label = number, label
        self.board = Board()
        self.hello: dict[str, Any] = {}
        self.remote = False
        self.loaded = False
        self.away: float | None = None
        self.absent = self.trouble = ""
        self.silent = self.adrift = False
        self.skew = 0.0
        self.seq = 0
        self.status: Document = {}
        self.flows: Document = {}
        self.histories: dict[str, FlowHistory] = {}
        self.meters: dict[JobKey, Meter] = {}
        self.events: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self.documents: dict[Want, Document] = {}

    def clock(self, now: float) -> float:
        """Its own time at our `now`; it stands still while nothing is heard of it."""
        return (now if self.away is None else min(now, self.away)) + self.skew

    def document(self, want: Want) -> Document | None:
        """The newest answer to a want; None before the first."""
        return self.documents.get(want)


class Row(NamedTuple):
    """A job run with all a screen may want to know of it. `now` is the moment by its site's clock.

    `many`: there are several sites, so that names alone do not tell which.
    """

    site: Site
    run: Run
    job: JobRun
    now: float

    @property
    def key(self) -> RowKey:
        """What it is known by."""
        return RowKey(self.site.number, self.job.run, self.job.index)

    @property
    def jobdef(self) -> JobDef:
        """What its next, or present, attempt is made of."""
        return self.site.board.jobdef(self.job.key)

    @property
    def name(self) -> str:
        """The job's name."""
        return self.site.board.name(self.job.key)

    @property
    def history(self) -> JobHistory:
        """Its earlier runs."""
        return self.site.histories.get(self.run.flow, FlowHistory()).of(self.name)

    @property
    def meter(self) -> Meter | None:
        """What is read from its newest attempt's log, while that is watched."""
        return self.site.meters.get(self.job.key)

    @property
    def attempt(self) -> str:
        """The id of its newest attempt; "" before the first."""
        job = self.job
        return f"{job.run}.{job.index}.{job.attempt}" if job.attempt else ""

    @property
    def active(self) -> bool:
        """It has a process."""
        return self.job.state in ACTIVE

    @property
    def elapsed(self) -> float | None:
        """Seconds since its start, or from start to end; None when it has not started."""
        if self.job.started is None:
            return None
        end = self.now if self.job.ended is None else self.job.ended
        return max(0.0, end - self.job.started)

    @property
    def late(self) -> bool:
        """It runs longer than nine of ten of its runs did: the runtime said so, or will soon."""
        elapsed = self.elapsed
        running = self.job.state in (State.RUNNING, State.STOPPING)
        late = self.job.late or (elapsed is not None and self.history.late(elapsed))
        return running and late


class World:
    """All sites at the moment `now`. `version` grows whenever jobs, runs or flows changed.

    `live` is False for a moment of the past; `speed` is then how fast it goes on (0: it stands).
    """

    def __init__(self, sites: list[Site], *, live: bool = True) -> None:
        self.sites = sites
        self.now = 0.0
        self.version = 0
        self.live, self.speed = live, 1.0 if live else 0.0

    def runs(self) -> Iterator[tuple[Site, Run]]:
        """Every run that is known here: all that are not over, and the newest of the others."""
        for site in self.sites:
            for run in site.board.runs.values():
                yield site, run

    def rows(self) -> Iterator[Row]:
        """Every job run of these."""
        for site, run in self.runs():
            now = site.clock(self.now)
            for job in site.board.jobs_of(run.id):
                yield Row(site, run, job, now)

    def row(self, key: RowKey) -> Row | None:
        """The job run of that key, None when it is not there (any more)."""
        if not 0 <= key.site < len(self.sites):
            return None
        if (key.run, key.job) not in self.sites[key.site].board.jobs:
            return None
        return self.row_of(*key)

    def row_of(self, site: int, run: int, job: int) -> Row:
        """The job run of that place. Raises KeyError when it is not there."""
        found = self.sites[site]
        now = found.clock(self.now)
        return Row(found, found.board.runs[run], found.board.jobs[run, job], now)

    def names(self, key: RowKey) -> tuple[str, str]:
        """The key of its run and the name of its job ("" for the run itself), "" where unknown.

        Of a run that is not kept here any more they stand in the documents that list it.
        """
        site = self.sites[key.site]
        if key.run in site.board.runs:
            known = (key.run, key.job) in site.board.jobs
            name = site.board.name((key.run, key.job)) if known else ""
            return site.board.runs[key.run].key, name
        told = [r for d in site.documents.values() for r in (d, *(d.get("runs") or ()))]
        rows = [row for row in told if row.get("id") == key.run and row.get("run")]
        jobs = [j["job"] for r in rows for j in r.get("jobs") or () if j["index"] == key.job]
        return (str(rows[0]["run"]) if rows else ""), (str(jobs[0]) if jobs else "")

    def active(self) -> list[Row]:
        """The job runs that have a process."""
        return [row for site, run in self.runs() for row in self._active_of(site, run)]

    def _active_of(self, site: Site, run: Run) -> list[Row]:
        book = site.board.books[run.id]
        if not any(book.counts[state] for state in ACTIVE):
            return []
        now = site.clock(self.now)
        return [Row(site, run, job, now) for job in book.jobs if job.state in ACTIVE]

    @property
    def many(self) -> bool:
        """Several runtimes: each row says whose it is."""
        return len(self.sites) > 1

    def slots(self) -> int:
        """Jobs that may run at once, over all sites."""
        return sum((site.status.get("slots") or {}).get("total", 0) for site in self.sites)
