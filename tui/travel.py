"""A moment of the past as a world of its own, made from recorded events and logs, and its going on.

The screens get it in the place of the present and cannot tell: the same boards, folded by the same
functions up to that moment.
"""

from __future__ import annotations

import contextlib
import math
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from jobmon.jobs.definition import FlowDef
from jobmon.runtime import snapshot
from jobmon.runtime.errors import JobmonError
from jobmon.runtime.forecasting import forecast
from jobmon.runtime.model import Event
from jobmon.tui import feed
from jobmon.tui.asking import Asker
from jobmon.tui.logfiles.time import slice_of
from jobmon.tui.meters.meter import Meter
from jobmon.tui.reach import Reach
from jobmon.tui.session import Session
from jobmon.tui.world import Row, Site, World

AHEAD = 2_000
"""Events that are read at once."""
METER_BACK, METER_AHEAD = 660.0, 120.0
"""Seconds of a log around the moment that are read for its meter."""


PAUSE = 1.0
"""Seconds after which what is not all known yet is asked for again."""


def _blank(live: Site) -> Site:
    """What is true of a site at any time."""
    site = Site(live.number, live.label)
    site.remote = live.remote
    site.hello, site.skew, site.status, site.flows = live.hello, live.skew, live.status, live.flows
    return site


def _absent(live: Site, error: JobmonError, now: float) -> Site:
    """One that cannot be asked how it was."""
    site = _blank(live)
    site.away = now if live.away is None else live.away
    site.absent, site.trouble = live.absent, live.trouble or error.why or str(error)
    return site


def _site_at(moment: float, live: Site, reach: Reach) -> Site:
    """A site as it was at the moment. Blocks; raises JobmonError."""
    site, at = _blank(live), moment + live.skew
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
    flow = msgspec.convert(body["definition"], FlowDef).known_as(digest)
    return Step(msgspec.convert(event, Event), flow)


class Future:
    """What is known of what came after, in one world of the past. `due`: when to ask (again)."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.coming: dict[int, deque[Step]] = {site.number: deque() for site in world.sites}
        self.until: dict[int, float] = {}  # up to when what comes is known
        self.due: dict[Any, float] = {}

    def begin(self, what: Any, now: float) -> bool:
        """Whether it is due; until it is `over` it is asked for no more."""
        due = now >= self.due.get(what, 0.0)
        if due:
            self.due[what] = math.inf
        return due

    def over(self, what: Any, asked: float) -> None:
        """There was an answer, which may not be the last word."""
        self.due[what] = asked + PAUSE


class Travel:
    """Takes the monitor to a moment, and lets that go on by what was recorded after it."""

    def __init__(self, session: Session, asker: Asker) -> None:
        self._session, self._asker = session, asker
        self._then = 0.0  # the present when it went on last
        self._future = Future(session.world)
        self._wanted = 0  # the newest request's number: answers to others come too late

    def to(self, moment: float | None, then: Callable[[World | JobmonError], None]) -> None:
        """Make the world of the moment and hand it to `then`; the present for None.

        One that cannot be asked is away in it, where there are others.
        """
        self._wanted += 1
        live = self._session.world
        if moment is None:
            then(live)
            return
        number, answers = self._wanted, {}

        def hear(site: Site, answer: Any) -> None:
            answers[site.number] = answer
            if number == self._wanted and len(answers) == len(live.sites):
                then(_gathered(moment, live, answers))

        for site in live.sites:
            self._ask_site(moment, site, hear)

    def _ask_site(self, moment: float, site: Site, hear: Callable[[Site, Any], None]) -> None:
        reach = self._session.reaches[site.number]

        def read() -> Site:
            return _site_at(moment, site, reach)

        if site.away is not None:  # it would keep the others waiting
            hear(site, JobmonError("look at the past", site.trouble))
        else:
            self._asker.work(read, lambda answer: hear(site, answer), site=site.number)

    def advance(self, world: World, now: float) -> None:
        """Let a past world go on as fast as it is to, and fold what happened meanwhile."""
        passed, self._then = now - self._then, now
        if world.live:
            return
        if self._future.world is not world:
            self._future = Future(world)
        if world.speed:
            world.now = min(now, world.now + min(passed, 1.0) * world.speed)
            self._fold(self._future, now)
        self._meters(self._future, now)

    def _fold(self, future: Future, now: float) -> None:
        world = future.world
        for site in world.sites:
            if site.away is not None:
                continue
            coming, moment = future.coming[site.number], world.now + site.skew
            while coming and coming[0].event.at <= moment:
                _apply(site, coming.popleft())
                world.version += 1
            if future.until.get(site.number, 0.0) < moment + 10 * world.speed:
                self._ask_events(future, site, now)

    def _ask_events(self, future: Future, site: Site, now: float) -> None:
        """What comes in the next minute; of what is still to happen nothing is known."""
        ahead = 60 * max(1.0, future.world.speed)
        until = min(future.world.now + ahead, now) + site.skew
        if not future.begin(("events", site.number), now):
            return
        coming = future.coming[site.number]
        since = coming[-1].event.seq if coming else site.seq

        def hear(answer: Any) -> None:
            future.over(("events", site.number), now)
            if isinstance(answer, list):
                coming.extend(answer)
                whole = len(answer) < AHEAD
                future.until[site.number] = until if whole else answer[-1].event.at

        reach = self._session.reaches[site.number]
        self._asker.work(lambda: _steps(reach, since, until), hear, site=site.number)

    def _meters(self, future: Future, now: float) -> None:
        """What the logs of running jobs said around the moment."""
        for row in future.world.active():
            window = int(row.now // (METER_AHEAD / 2))
            if row.attempt and future.begin((row.attempt, window), now):
                self._ask_meter(future, row, (row.attempt, window), now)

    def _ask_meter(self, future: Future, row: Row, what: tuple[str, int], now: float) -> None:
        site, at = row.site, row.now
        source = self._session.reaches[site.number].log(row.attempt)

        def look() -> Meter:
            meter = Meter()
            meter.add_lines(slice_of(source, at - METER_BACK, at + METER_AHEAD))
            return meter

        def hear(answer: Any) -> None:
            read = isinstance(answer, Meter)
            if read:
                site.meters[row.job.key] = answer
            if not read or at + METER_AHEAD > now + site.skew:  # more was to be written
                future.over(what, now)

        self._asker.work(look, hear, site=site.number)


def _gathered(
    moment: float, live: World, answers: Mapping[int, Site | JobmonError]
) -> World | JobmonError:
    """The world of the moment; the error where nobody can be asked."""
    errors = [answer for answer in answers.values() if isinstance(answer, JobmonError)]
    if len(errors) == len(answers):
        return errors[0]
    found = [(site, answers[site.number]) for site in live.sites]
    sites = [a if isinstance(a, Site) else _absent(site, a, live.now) for site, a in found]
    world = World(sites, live=False)
    world.now, world.version = moment, live.version + 1
    return world


def _apply(site: Site, step: Step) -> None:
    event = step.event
    if step.definition is not None:
        site.board.add_definition(step.definition)
    with contextlib.suppress(JobmonError):  # about a run of long before, which is not shown
        site.board.apply(event)
    site.seq = event.seq
    site.events.append(event)
