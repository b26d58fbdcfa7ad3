"""The past from recorded events and logs: the same picture as it was live, the same failures."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from jobmon.runtime.errors import JobmonError
from jobmon.runtime.forecasting import forecast
from jobmon.tui import folding
from jobmon.tui.feed import Feed, News
from jobmon.tui.meters.meter import Meter
from jobmon.tui.notices import banner
from jobmon.tui.picture import Size
from jobmon.tui.reach import Reach
from jobmon.tui.screens.equalizer import Equalizer
from jobmon.tui.screens.view import Stage
from jobmon.tui.screens.wall import Wall
from jobmon.tui.travel import Travel
from jobmon.tui.world import RowKey, Site, World
from tests.batch import Batch, until
from tests.core import job
from tests.tui.cli_fakes import NOW
from tests.tui.flows import flow
from tests.tui.logfakes import Remote, out
from tests.tui.worlds import UNICODE, Folder, texts

NIGHT = """
flow = Flow("night")
STEPS = "for i in 1 2 3 4 5 6 7 8; do echo progress $i/8; sleep 0.25; done"
a = flow.shell("取込", STEPS)
LINES = "i=0; while [ $i -lt 40 ]; do echo line $i; i=$((i+1)); sleep 0.05; done"
b = flow.shell("ぐずる仕事", LINES)
c = flow.shell("broken", "sleep 0.6; echo 価格が読めない >&2; exit 3")
d = flow.shell("after", "true")
[a, b, c] >> d
"""
QUICK = """
flow = Flow("quick")
flow.shell("取込", "sleep 0.01")
"""


class Live:
    """The present as the monitor has it, folded only up to the moment that is looked at."""

    def __init__(self, batch: Batch) -> None:
        self.reach = Reach(state_dir=batch.state)
        self.site = Site(0)
        self.world = World([self.site])
        self.feed = Feed(self.reach.connect, lambda: None, revive=False)
        self.feed.start()
        self.coming: list[News] = []

    def at(self, moment: float) -> World:
        """All that happened up to the moment, and what the logs say."""
        self._fold(moment)
        self.world.now = moment
        self.site.meters.clear()
        _give_meters(self.world, self.reach)
        return self.world

    def _fold(self, moment: float) -> None:
        self.hear()
        while self.coming and _when(self.coming[0]) <= moment:
            folding.fold(self.site, self.coming.pop(0), moment)
            self.world.version += 1

    def hear(self) -> int:
        """Take what arrived; the number of the newest event."""
        while not self.feed.news.empty():
            self.coming.append(self.feed.news.get())
        return max(
            (n.body["seq"] for n in self.coming if n.kind in ("event", "snapshot")), default=0
        )


def _when(news: News) -> float:
    return news.body["at"] if news.kind == "event" else 0.0


def pictures(world: World) -> list[list[str]]:
    """The equalizer and the wall, standing and lying, by every metric."""
    found = []
    for view in (Equalizer(), Wall()):
        for action in ("", "eq.metric", "eq.orient", "eq.metric"):
            if action:
                view.act(action, Stage(world, UNICODE))
            found.append(texts(view.lines(Stage(world, UNICODE), Size(120, 36))))
    return found


def test_the_picture_of_a_moment_is_the_one_that_was_live_then(batch: Batch) -> None:
    batch.flow(NIGHT)
    for run in [batch.run("night") for _ in range(3)]:
        batch.wait(run)
    live = Live(batch)
    until(live.hear, "the feed began")
    run = batch.run("night")
    status = live.reach.call("status")
    live.site.status = status
    body = live.reach.call("view", name="history", args={"flow": "night"})
    live.site.histories["night"] = forecast.history_of(body)
    until(lambda: batch.states(run)["取込"] == "running", "it runs")
    moments: list[float] = []
    for _ in range(3):
        moments.append(time.time())
        time.sleep(0.5)
    batch.wait(run)
    with batch.client() as client:
        newest = client.hello["seq"]
    until(lambda: live.hear() >= newest, "all of it has arrived")
    live.feed.close()
    seen = [(moment, pictures(live.at(moment))) for moment in moments]
    assert len({str(picture) for _, picture in seen}) == len(seen), "something moved"
    for moment, picture in seen:
        past = arrive(moment, live.world, live.reach)
        _give_meters(past, live.reach)
        for was, again in zip(picture, pictures(past), strict=True):
            assert again == was


def _give_meters(world: World, reach: Reach) -> None:
    """To all that has a process, also while it is starting, and to what failed: as the monitor."""
    failed = [row for row in world.rows() if row.job.state == "failed"]
    for row in (*world.active(), *failed):
        meter = row.site.meters[row.job.key] = Meter()
        meter.add_lines(reach.log(row.attempt).read(0, 1 << 24).data)


def arrive(moment: float, live: World, *reaches: Any) -> Any:
    """The world of a moment, or the error."""
    arrived: list[Any] = []
    travels(live, AtOnce(), *reaches).to(moment, arrived.append)
    (found,) = arrived
    return found


def travels(live: World, asker: Any, *reaches: Any) -> Travel:
    session: Any = SimpleNamespace(world=live, reaches=reaches)
    return Travel(session, asker)


class AtOnce:
    """An asker that does what it is asked before anything else."""

    def work(
        self, action: Callable[[], Any], then: Callable[[Any], None], *, site: int | None = None
    ) -> None:
        try:
            then(action())
        except JobmonError as error:
            then(error)


class Later(AtOnce):
    """One that is told when to do what it was asked."""

    def __init__(self) -> None:
        self.tasks: list[Any] = []

    def work(self, action: Any, then: Any, *, site: int | None = None) -> None:
        self.tasks.append((action, then))

    def do(self, number: int = 0) -> None:
        super().work(*self.tasks.pop(number))


def test_a_replayed_night_fails_where_and_when_it_failed(batch: Batch) -> None:
    batch.flow(NIGHT)
    batch.flow(QUICK, "quick")
    begun = time.time() - 0.05
    run = batch.run("night")
    until(lambda: batch.states(run)["broken"] == "failed", "it broke")
    batch.wait(batch.run("quick"))  # a run, and a version of a flow, that began meanwhile
    shown = batch.wait(run)
    reach = Reach(state_dir=batch.state)
    live = World([Site(0)])
    travel = travels(live, AtOnce(), reach)
    now, failures, running = time.time(), {}, set()
    travel.advance(live, now)
    arrived: list[Any] = []
    travel.to(begun, arrived.append)
    (world,) = arrived
    assert not list(world.rows()), "nothing had begun"
    world.speed = 10.0
    while world.now < shown["ended"] + 0.1:
        now += 0.01
        travel.advance(world, now)
        for row in world.rows():
            running |= {row.name} if row.job.state == "running" else set()
            if row.job.state in ("failed", "upstream_failed"):
                failures.setdefault(row.name, row.job.ended)
            assert row.job.since <= world.now + 0.001, "nothing is shown before it happened"
    ends = {job["job"]: job["ended"] for job in shown["jobs"]}
    assert failures == {"broken": ends["broken"], "after": ends["after"]}
    assert running == {"取込", "ぐずる仕事", "broken"}
    assert {r.key for _, r in world.runs()} == {"night#1", "quick#1"}
    assert world.row(RowKey(0, shown["id"], 0)).meter is not None


class Records:
    """A runtime that recorded an event of a flow every second since 0, up to its `now`."""

    def __init__(self) -> None:
        self.now = 100.0
        self.asked: list[dict[str, Any]] = []

    def call(self, op: str, **request: Any) -> dict[str, Any]:
        args = request["args"]
        if request["name"] == "snapshot":
            empty = {"runs": [], "jobs": [], "definitions": [], "hashes": [], "holds": []}
            return {"seq": int(args["at"]), "at": args["at"], **empty}
        self.asked.append(args)
        seqs = range(args["since"] + 1, int(min(self.now, args["until"])) + 1)
        return {"events": [self._event(seq) for seq in seqs]}

    def _event(self, seq: int) -> dict[str, Any]:
        kind = "flow.hold" if seq % 2 else "flow.release"
        return {"kind": kind, "at": float(seq), "seq": seq, "who": "anna", "data": {"flow": "f"}}


class Frozen:
    """A runtime that does not answer."""

    def call(self, op: str, **_: Any) -> dict[str, Any]:
        raise JobmonError(op, "it did not answer within 12 s")


def live_of(*labels: str) -> World:
    live = World([Site(number, label) for number, label in enumerate(labels)])
    live.now = 100.0
    return live


def test_of_several_moments_that_are_asked_for_the_last_is_shown() -> None:
    live, asker, arrived = live_of("east"), Later(), []
    travel = travels(live, asker, Records())
    for moment in (10.0, 20.0):
        travel.to(moment, arrived.append)
    asker.do(1)
    asker.do()
    assert [world.now for world in arrived] == [20.0]
    travel.to(30.0, arrived.append)
    travel.to(None, arrived.append)
    asker.do()
    assert arrived[1:] == [live], "nobody is taken away from the present"


def test_what_comes_in_one_world_comes_in_no_other() -> None:
    asker, arrived, records = Later(), [], Records()
    travel = travels(live_of("east"), asker, records)
    travel.to(50.0, arrived.append)
    asker.do()
    (old,) = arrived
    old.speed = 1.0
    travel.advance(old, 100.0)
    travel.to(10.0, arrived.append)
    travel.advance(old, 101.0)  # it goes on until the other one is there
    asker.do()  # its events
    asker.do()
    new = arrived[1]
    new.speed = 1.0
    for now in range(102, 112):
        travel.advance(new, now)
        while asker.tasks:
            asker.do()
    assert new.now == 20.0
    assert [event.seq for event in new.sites[0].events] == list(range(1, 21))


def test_what_is_still_to_happen_is_not_taken_for_silence() -> None:
    records = Records()
    travel = travels(live_of("east"), AtOnce(), records)
    arrived: list[Any] = []
    travel.to(90.0, arrived.append)
    (world,) = arrived
    world.speed = 60.0
    travel.advance(world, 100.0)
    for tenth in range(1, 200):
        records.now = 100.0 + tenth / 10
        travel.advance(world, records.now)
    assert world.now == records.now
    assert world.sites[0].seq >= 118, "the present is followed"
    assert len(records.asked) < 25, "it is asked once a second"


def test_one_of_several_that_cannot_be_asked_is_away_in_the_past_too() -> None:
    live = live_of("east", "west", "north")
    live.sites[2].away, live.sites[2].trouble = 60.0, "jobs go on"
    world = arrive(50.0, live, Records(), Frozen(), Records())
    east, west, north = world.sites
    assert (east.away, east.seq, east.loaded) == (None, 50, True)
    assert (west.away, west.trouble) == (100.0, "it did not answer within 12 s")
    assert (north.away, north.trouble) == (60.0, "jobs go on")
    told = "\n".join(texts(banner(Stage(world, UNICODE), 200)))
    assert "the past" in told
    assert "THE RUNTIME of west IS AWAY" in told
    assert isinstance(arrive(50.0, live_of("east"), Frozen()), JobmonError)


def test_a_log_is_read_again_only_while_more_may_be_written_there() -> None:
    folder = Folder(0, "east")
    folder.run(flow("daily", job("load")), 1)
    folder.start(1, "load")
    source = Remote(out("progress 1/2", NOW))
    travel = travels(World([]), AtOnce(), SimpleNamespace(log=lambda attempt: source))

    def reads(present: float) -> int:
        """How often it is, within two seconds of a moment that stands."""
        past = World([folder.site], live=False)
        past.now, source.asked = NOW, 0
        travel.advance(past, present)
        once = source.asked
        for tenth in range(1, 21):
            travel.advance(past, present + tenth / 10)
        return source.asked // once

    assert reads(NOW + 3600) == 1
    assert reads(NOW + 60) == 3
