"""A moment of the past as a world of its own, made from recorded events and logs, and its going on.

The screens get it in the place of the present and cannot tell: the same boards, folded by the same
functions up to that moment.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from jobmon.jobs.definition import FlowDef
from jobmon.runtime import forecast, snapshot
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.model import Event
from jobmon.tui import feed
from jobmon.tui.asking import Asker
from jobmon.tui.logfiles.time import slice_of
from jobmon.tui.meters.meter import Meter
from jobmon.tui.reach import Reach
from jobmon.tui.session import Session
from jobmon.tui.world import Site, World

AHEAD = 2_000
"""Events that are read at once."""
METER_BACK, METER_AHEAD = 660.0, 120.0
"""Seconds of a log around the moment that are read for its meter."""


def world_at(moment: float, live: World, reaches: list[Reach]) -> World:
    """All sites as they were at the moment. Blocks; raises JobmonError."""
    sites = [_site_at(moment, site, reaches[site.number]) for site in live.sites]
    world = World(sites, live=False)
    world.now, world.version = moment, live.version + 1
    return world


def _site_at(moment: float, live: Site, reach: Reach) -> Site:
    site = Site(live.number, live.label)
    site.remote = live.remote
    site.hello, site.skew, site.status, site.flows = live.hello, live.skew, live.status, live.flows
    at = moment + live.skew
    body = reach.call("view", name="snapshot", args={"at": at})
    found = msgspec.convert(body, snapshot.Snapshot)
    snapshot.load(site.board, found)
    site.seq, site.loaded = found.seq, True
    site.events.extend(step.event for step in _steps(reach, max(0, found.seq - feed.BEFORE), at))
    for flow in {run.flow for run in site.board.runs.values()}:
        args = {"flow": flow, "until": at}
        site.histories[flow] = forecast.history_of(reach.call("view", name="history", args=args))
    return site


class Step(NamedTuple):
    """An event to come, and the flow version it needs to be known."""

    event: Event
    definition: FlowDef | None = None


def _steps(reach: Reach, since: int, until: float) -> list[Step]:
    args = {"since": since, "until": until, "limit": AHEAD}
    body = reach.call("view", name="events", args=args)
    return [_step(reach, event) for event in body["events"]]


def _step(reach: Reach, event: Mapping[str, Any]) -> Step:
    digest = feed.definition_of(event)
    if not digest:
        return Step(msgspec.convert(event, Event))
    body = reach.call("view", name="definition", args={"hash": digest})
    return Step(msgspec.convert(event, Event), msgspec.convert(body["definition"], FlowDef))


class Travel:
    """Takes the monitor to a moment, and lets that go on by what was recorded after it."""

    def __init__(self, session: Session, asker: Asker) -> None:
        self._session, self._asker = session, asker
        self._then = 0.0  # the present when it went on last
        self._coming: dict[int, deque[Step]] = {}
        self._until: dict[int, float] = {}  # up to when what comes is known
        self._asked: set[Any] = set()

    def to(self, moment: float | None, then: Callable[[World | JobmonError], None]) -> None:
        """Make the world of the moment and hand it to `then`; the present for None."""
        self._coming, self._until, self._asked = {}, {}, set()
        if moment is None:
            then(self._session.world)
            return
        live, reaches = self._session.world, self._session.reaches
        self._asker.work(lambda: world_at(moment, live, reaches), then)

    def advance(self, world: World, now: float) -> None:
        """Let a past world go on as fast as it is to, and fold what happened meanwhile."""
        passed, self._then = now - self._then, now
        if world.live:
            return
        if world.speed:
            world.now = min(now, world.now + min(passed, 1.0) * world.speed)
            self._fold(world)
        self._meters(world)

    def _fold(self, world: World) -> None:
        for site in world.sites:
            coming = self._coming.setdefault(site.number, deque())
            moment = world.now + site.skew
            while coming and coming[0].event.at <= moment:
                _apply(site, coming.popleft())
                world.version += 1
            if self._until.get(site.number, 0.0) < moment + 10 * world.speed:
                self._ask_events(site, moment + 60 * max(1.0, world.speed))

    def _ask_events(self, site: Site, until: float) -> None:
        if ("events", site.number) in self._asked:
            return
        self._asked.add(("events", site.number))
        coming = self._coming[site.number]
        since = coming[-1].event.seq if coming else site.seq

        def hear(answer: Any) -> None:
            self._asked.discard(("events", site.number))
            if isinstance(answer, list):
                coming.extend(answer)
                whole = len(answer) < AHEAD
                self._until[site.number] = until if whole else answer[-1].event.at

        reach = self._session.reaches[site.number]
        self._asker.work(lambda: _steps(reach, since, until), hear)

    def _meters(self, world: World) -> None:
        """What the logs of running jobs said around the moment."""
        for row in world.active():
            window = int(row.now // (METER_AHEAD / 2))
            if row.attempt and (row.attempt, window) not in self._asked:
                self._asked.add((row.attempt, window))
                self._ask_meter(row.site, row.job.key, row.attempt, row.now)

    def _ask_meter(self, site: Site, key: tuple[int, int], attempt: str, at: float) -> None:
        source = self._session.reaches[site.number].log(attempt)

        def read() -> Meter:
            meter = Meter()
            meter.add_lines(slice_of(source, at - METER_BACK, at + METER_AHEAD))
            return meter

        def hear(answer: Any) -> None:
            if isinstance(answer, Meter):
                site.meters[key] = answer

        self._asker.work(read, hear)


def _apply(site: Site, step: Step) -> None:
    event = step.event
    if step.definition is not None:
        site.board.add_definition(step.definition)
    with contextlib.suppress(JobmonError):  # about a run of long before, which is not shown
        site.board.apply(event)
    site.seq = event.seq
    site.events.append(event)
