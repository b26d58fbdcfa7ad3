"""Worlds with jobs on the lanes, for tests of the equalizer and the wallboard."""

from __future__ import annotations

from typing import Any, NamedTuple

from jobmon.jobs.definition import FlowDef
from jobmon.runtime.forecasting.forecast import FlowHistory, JobHistory, Past
from jobmon.runtime.model import RUN_TERMINAL, Event, JobRun, Run
from jobmon.runtime.states import State
from jobmon.tui.ink import Ink
from jobmon.tui.screens.view import Stage
from jobmon.tui.world import Site, World
from tests.core import job

NOW = 1_763_856_849.0
UNICODE = Ink(colour=True, unicode=True, width=80, terminal=True)
ASCII = Ink(colour=False, unicode=False, width=80, terminal=True, encoding="ascii")


class Read(NamedTuple):
    """What a meter tells at a moment."""

    progress: float | None = None
    rate: float = 0.0
    pulse: float = 0.0
    strip: tuple[float, ...] = (0.0,) * 60
    peak: float = 0.0
    peak_rate: float = 0.0
    quiet: float | None = None
    cpu: float | None = None
    cpu_strip: tuple[float, ...] = (0.0,) * 60
    moving: bool = False
    last: str | None = None


class Told:
    """A meter that tells the same at every moment."""

    def __init__(self, read: Read) -> None:
        self.read = read

    def at(self, _t: float) -> Read:
        return self.read


class Ground:
    """A world that is made by saying which jobs there are: each in a run of its own flow."""

    def __init__(self, slots: int = 8, sites: int = 1) -> None:
        self.world = World([Site(n, f"host{n}") for n in range(sites)])
        self.world.now = NOW
        for site in self.world.sites:
            site.loaded = True
            site.status = {"slots": {"total": slots // sites}}
        self._runs = 0

    def add(
        self, name: str, state: str = "running", began: float | None = 60.0, *,
        read: Read | None = None, took: tuple[float, ...] = (), site: int = 0, flow: str = "daily",
        **fields: Any,
    ) -> JobRun:  # fmt: skip
        """A job that began so many seconds ago; `took` are its earlier runs."""
        self._runs += 1
        place, number = self.world.sites[site], self._runs
        digest = place.board.add_definition(FlowDef(name=f"{flow}{number}", jobs=(job(name),)))
        run = Run(
            id=number, key=f"{flow}{number}#{number}", flow=f"{flow}{number}", definition=digest,
            time="2026-11-23T06:10:00+09:00", created=NOW - 900, started=NOW - 900,
            state=state if state in RUN_TERMINAL else "running", ended=fields.get("ended"),
        )  # fmt: skip
        given: dict[str, Any] = {"attempt": 1, "tries": 1, "since": NOW - (began or 0.0)} | fields
        given.setdefault("started", None if began is None else NOW - began)
        made = JobRun(run=number, index=0, state=State(state), **given)
        place.board.load(run, [made])
        if read is not None:
            place.meters[made.key] = Told(read)  # pyright: ignore[reportArgumentType]
        past = [Past(f"r{i}", "succeeded", 0.0, seconds) for i, seconds in enumerate(took)]
        place.histories[run.flow] = FlowHistory({name: JobHistory(past)})
        self.world.version += 1
        return made

    def happen(self, kind: str, run: int, at: float, attempt: int = 1, **data: Any) -> None:
        """An event of a run's job, on the board and in the stream."""
        site = self.world.sites[0]
        event = Event(kind=f"job.{kind}", at=at, run=run, job=0, attempt=attempt, data=data)
        site.board.apply(event)
        site.events.append(event)
        self.world.version += 1

    def stage(self, ink: Ink = UNICODE) -> Stage:
        """What a screen is given."""
        return Stage(self.world, ink)


def wave(*heights: float) -> tuple[float, ...]:
    """A minute of output that rises and falls through these heights."""
    steps = 59 / max(1, len(heights) - 1)
    found = []
    for second in range(60):
        at = min(len(heights) - 2, int(second / steps)) if len(heights) > 1 else 0
        part = second / steps - at
        low, high = heights[at], heights[min(at + 1, len(heights) - 1)]
        ripple = 0.12 * ((second * 7) % 5 - 2) / 2 * (low + high) / 2
        found.append(max(0.0, min(1.0, low + (high - low) * part + ripple)))
    return tuple(found)


def night(slots: int = 8) -> Ground:
    """A night as it is: half of the slots taken, two failures, somebody waited for."""
    ground = Ground(slots)
    usual = tuple(float(s) for s in range(130, 170, 2))
    ground.add(
        "extract.orders", began=80.0, took=usual,
        read=Read(0.55, 5.1, 0.62, wave(0.2, 0.5, 0.4, 0.7, 0.6), 0.83, 7.2, None, 1.8,
                  wave(0.4, 0.6, 0.5), True, "page 56/100 rows=500"),
    )  # fmt: skip
    ground.add(
        "extract.web", began=190.0, took=usual,
        read=Read(0.8, 0.4, 0.12, wave(0.9, 0.9, 0.2, 0.1, 0.2), 0.95, 9.0, None, 0.3,
                  wave(0.5, 0.2, 0.1), True, "429 from api, sleeping 1.0s"),
    )  # fmt: skip
    ground.add(
        "scrape.prices",
        began=50.0,
        took=tuple(float(s) for s in range(170, 200)),
        read=Read(None, 2.0, 0.35, wave(0.3, 0.3, 0.35), 0.5, 2.9, None, 0.6, wave(0.2, 0.3), True),
    )
    ground.add(
        "日次売上集計", began=432.0, took=tuple(float(s) for s in range(300, 330)),
        read=Read(None, 0.0, 0.0, wave(0.4, 0.1, 0.0, 0.0), 0.2, 1.1, 41.0, 0.0, wave(0.1, 0.0)),
    )  # fmt: skip
    ground.add("first.time", began=12.0, read=Read(None, 12.0, 0.9, wave(0.0, 0.0, 0.9), 0.9, 14.0))
    ground.add(
        "report.pdf",
        "failed",
        200.0,
        took=usual,
        ended=NOW - 149,
        code=8,
        reason="exit",
        cause="data",
        read=Read(0.42, last="no such table: sales_d"),
    )
    ground.add("backup.db", "failed", 1950.0, ended=NOW - 150, reason="timeout", took=usual)
    ground.add("sync.crm", "lost", 2950.0, ended=NOW - 1150, reason="reboot")
    ground.add("approve", "waiting_human", None)
    ground.add("scrape.shop", "retry_wait", 300.0, ended=NOW - 15, due=NOW + 45, tries=2, code=1)
    for at, name in enumerate(("clean.tmp", "load.orders", "在庫取込", "vacuum", "mail.report")):
        ground.add(name, "queued", None, since=NOW - 90 + at)
    ground.add("upload.s3", "queued", None, held=True, held_by="ops")
    for at in range(41):
        ended = NOW - 60 - at * 83
        ground.add(f"ok{at}", "succeeded", ended=ended, started=ended - 30)
    for at in range(300):
        ended = NOW - 4000 - at * 270
        state = "failed" if at in (40, 41, 170) else "cancelled" if at == 90 else "succeeded"
        tries = 2 if at in (60, 200) else 1
        ground.add(f"old{at}", state, ended=ended, started=ended - 30, tries=tries, code=1)
    return ground
