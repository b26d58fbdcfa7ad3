"""A runtime that dies, freezes, changes or says strange things: told, borne, and taken up again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobmon.runtime.client import SilentRuntimeError
from jobmon.tui import asking, feed, folding, reach
from jobmon.tui.session import Opening, Session
from jobmon.tui.settings import ScreenSettings
from jobmon.tui.world import Site
from tests.batch import until
from tests.tui.fakeruntime import FakeRuntime
from tests.tui.onlooker import Onlooker, looking
from tests.tui.worlds import UNICODE


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second of waiting takes a tenth of one."""
    monkeypatch.setattr(feed, "PAUSE", 0.05)
    monkeypatch.setattr(reach, "ANSWER", 0.5)
    monkeypatch.setattr(asking, "STATUS_EVERY", 0.2)
    monkeypatch.setattr(asking, "AGAIN", 0.1)


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[FakeRuntime]:
    found = FakeRuntime(tmp_path / "runtime.sock")
    found.live()
    yield found
    found.die()


@pytest.fixture
def onlooker(runtime: FakeRuntime) -> Iterator[Onlooker]:
    with looking(Opening(sockets=(runtime.path,))) as found:
        in_step(found, runtime)
        until(lambda: runtime.followed, "it is followed")
        yield found


def in_step(onlooker: Onlooker, runtime: FakeRuntime) -> None:
    """The screen shows what there is, as the present."""

    def same(_picture: str) -> bool:
        site = onlooker.site
        return site.seq == runtime.seq and site.away is None and site.loaded

    onlooker.until(same, "the screen is in step")
    assert onlooker.site.board.held_flows.keys() == runtime.holds.keys()


def test_a_runtime_that_went_is_told_and_taken_up_again(
    onlooker: Onlooker, runtime: FakeRuntime
) -> None:
    runtime.hold("a")
    in_step(onlooker, runtime)
    runtime.die()
    onlooker.sees("THE RUNTIME IS AWAY since", "this is 00:0", "jobs go on")
    assert onlooker.site.board.held_flows, "what was known stays to be seen"
    clock = onlooker.site.clock(onlooker.session.world.now)
    assert onlooker.site.clock(onlooker.session.world.now + 100) == clock, "its clock stands"
    runtime.hold("b")
    runtime.live()
    in_step(onlooker, runtime)
    runtime.hold("c")
    in_step(onlooker, runtime)


def test_a_frozen_runtime_is_told_and_recovers_by_itself(
    onlooker: Onlooker, runtime: FakeRuntime
) -> None:
    runtime.freeze(on=True)
    onlooker.sees("THE RUNTIME DOES NOT ANSWER since", "runtime.log")
    runtime.freeze(on=False)
    in_step(onlooker, runtime)


def test_a_frozen_runtime_holds_up_no_other(
    onlooker: Onlooker, runtime: FakeRuntime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    well = FakeRuntime(tmp_path / "well.sock")
    well.live()
    with looking(Opening(sockets=(runtime.path, well.path))) as both:
        in_step(both, runtime)
        monkeypatch.setattr(reach, "ANSWER", 60.0)
        runtime.freeze(on=True)
        unheard = [both.ask(0) for _ in range(8)]
        heard, here = both.ask(1), []
        both.asker.work(lambda: "a file", here.append)
        both.until(lambda _: heard() and here, "the others are read")
        assert not any(answer() for answer in unheard)
        runtime.freeze(on=False)
    well.die()


def due(onlooker: Onlooker, moment: float, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What would be asked for at that moment."""
    begun: set[str] = set()
    wanted = asking.wanted(onlooker.monitor.view, onlooker.monitor.stage)
    monkeypatch.setattr(onlooker.asker, "_begin", lambda want: begun.add(want.name))
    onlooker.asker.fetch(wanted, onlooker.session.world, moment)
    return begun


def test_one_that_is_silent_is_asked_for_its_status_alone(
    onlooker: Onlooker, runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "FLOWS_EVERY", 0.1)
    runtime.freeze(on=True)
    onlooker.sees("DOES NOT ANSWER")
    assert due(onlooker, time.time() + 60, monkeypatch) == {"status"}


def test_a_document_that_came_late_is_as_fresh_as_any(
    onlooker: Onlooker, runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "STATUS_EVERY", 60.0)
    onlooker.asker.again("status")
    runtime.takes = 0.3
    status, asked = onlooker.site.status, time.time()
    onlooker.until(lambda _: onlooker.site.status is not status, "it came")
    assert "status" not in due(onlooker, asked + 60.1, monkeypatch)
    assert "status" in due(onlooker, time.time() + 60.1, monkeypatch)


def test_what_takes_long_to_be_done_is_waited_for_and_what_is_only_looked_at_is_not(
    runtime: FakeRuntime,
) -> None:
    runtime.takes = 0.8
    reached = reach.Reach(sock=runtime.path)
    assert reached.call("verb", verb="cancel") == {}
    assert reached.call("run", flow="a") == {}
    for op, args in (("verb", {"verb": "cancel", "preview": True}), ("view", {"name": "flows"})):
        with pytest.raises(SilentRuntimeError):
            reached.call(op, **args)


def test_what_is_done_apart_is_seen_through_and_fills_no_reader(
    onlooker: Onlooker,
) -> None:
    go, heard = threading.Event(), []
    for number in range(5):
        onlooker.asker.apart(lambda n=number: go.wait(30) and n, heard.append)
    read = onlooker.ask(0)
    onlooker.until(lambda _: read(), "documents are read meanwhile")
    onlooker.asker.close()
    assert onlooker.asker.busy
    threads = [thread for thread in threading.enumerate() if thread.name == "apart"]
    assert [thread.daemon for thread in threads] == [False] * 5, "the process waits for them"
    go.set()
    onlooker.asker.finish()
    assert not onlooker.asker.busy
    onlooker.tick()
    assert sorted(heard) == list(range(5))


def test_one_that_has_much_to_say_silences_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(Opening(sockets=(Path("a"), Path("b"))), UNICODE, ScreenSettings())
    told: list[str] = []

    def fold(site: Site, news: feed.News, now: float) -> None:
        told.append(site.label)
        time.sleep(0.001)

    monkeypatch.setattr(folding, "fold", fold)
    session.feeds = [feed.Feed(lambda _: None, lambda: None, revive=False) for _ in range(2)]  # type: ignore[arg-type,return-value]
    for following in session.feeds:
        for _ in range(100):
            following.news.put(feed.News("event"))
    assert session.fold(0.0, 0.02)
    assert set(told) == {"a", "b"}


def test_after_a_silence_all_is_asked_anew_as_the_line_may_be_another(
    onlooker: Onlooker, runtime: FakeRuntime
) -> None:
    runtime.freeze(on=True)
    onlooker.sees("DOES NOT ANSWER")
    runtime.deaf = True  # as where ssh died and forwards anew: nothing comes by the old way
    runtime.hold("meanwhile")
    runtime.freeze(on=False)
    in_step(onlooker, runtime)


def test_a_runtime_of_another_protocol_is_told_with_what_to_do(
    onlooker: Onlooker, runtime: FakeRuntime
) -> None:
    runtime.die()
    runtime.hello["proto"] = (7, 8)
    runtime.live()
    onlooker.sees("THE RUNTIME CANNOT BE TALKED TO", "jobmon 9.9", "kill 4242", "jobmon up")
    onlooker.monitor.press("6")
    assert "HISTORY" in onlooker.tick()
    runtime.die()
    runtime.hello["proto"] = (1, 8)
    runtime.live()
    in_step(onlooker, runtime)


def test_a_runtime_with_an_earlier_database_is_shown_as_it_is(
    onlooker: Onlooker, runtime: FakeRuntime
) -> None:
    runtime.hold("a", "b", "c")
    in_step(onlooker, runtime)
    runtime.die()
    runtime.seq, runtime.holds, runtime.events = 1, {}, []
    runtime.live()
    in_step(onlooker, runtime)
    runtime.hold("new")
    in_step(onlooker, runtime)


def test_events_that_do_not_fit_cost_one_snapshot_and_no_alarm(
    onlooker: Onlooker, runtime: FakeRuntime
) -> None:
    before = runtime.asked.count("snapshot")
    runtime.seq += 1  # one is missing
    runtime.hold(*map(str, range(500)))
    in_step(onlooker, runtime)
    runtime.tell("flow.hold", flow="x")
    in_step(onlooker, runtime)
    runtime.tell("job.started")  # of a run that nobody knows
    in_step(onlooker, runtime)
    assert runtime.asked.count("snapshot") <= before + 3
    assert not onlooker.banners


def test_when_it_says_that_events_were_left_out_a_snapshot_is_taken(
    onlooker: Onlooker, runtime: FakeRuntime
) -> None:
    runtime.deaf = True
    runtime.hold(*map(str, range(100)))
    runtime.deaf = False
    runtime.say({"resync": runtime.seq})
    in_step(onlooker, runtime)
    assert not onlooker.banners


@pytest.mark.parametrize("strange", [
    {"snapshot": {"seq": "many"}},
    {"snapshot": []},
    {"events": {"events": [{"kind": 3}]}},
])  # fmt: skip
def test_what_is_not_understood_is_told_and_borne(
    onlooker: Onlooker, runtime: FakeRuntime, strange: dict[str, object]
) -> None:
    runtime.die()
    runtime.strange = strange
    runtime.live()
    onlooker.sees("THE RUNTIME IS NOT UNDERSTOOD since", "another version")
    runtime.die()
    runtime.strange = {}
    runtime.live()
    in_step(onlooker, runtime)


def test_its_troubles_are_told_on_every_screen_beside_what_was_said(
    onlooker: Onlooker, runtime: FakeRuntime
) -> None:
    trouble = "no space left on \x1b[31mthe disk"
    runtime.strange = {"status": {"now": time.time(), "troubles": [trouble]}}
    onlooker.sees("TROUBLE: no space left on")
    onlooker.monitor.press("8")
    onlooker.monitor.say("held 1 job")
    picture = onlooker.sees("SYSLOG", "TROUBLE", "held 1 job")
    assert "\x1b" not in picture
    runtime.strange = {}
    onlooker.until(lambda picture: "TROUBLE" not in picture, "it is over")


def test_a_line_that_is_no_message_is_borne(onlooker: Onlooker, runtime: FakeRuntime) -> None:
    runtime.say({"event": "nothing"})
    onlooker.sees("THE RUNTIME")
    in_step(onlooker, runtime)


def test_news_that_nobody_takes_do_not_grow_without_bound(
    monkeypatch: pytest.MonkeyPatch, runtime: FakeRuntime
) -> None:
    monkeypatch.setattr(feed, "HELD", 50)
    with looking(Opening(sockets=(runtime.path,))) as onlooker:
        in_step(onlooker, runtime)
        names = map(str, range(5_000))
        busy = threading.Thread(target=lambda: runtime.hold(*names), daemon=True)
        busy.start()
        news = onlooker.session.feeds[0].news
        until(lambda: news.qsize() == 50, "the screen is behind")
        busy.join(0.2)
        assert busy.is_alive(), "what is too much stays in the runtime"
        until(lambda: onlooker.tick() and not busy.is_alive(), "it catches up")
        in_step(onlooker, runtime)


def test_a_screen_is_left_at_once_whatever_the_runtime_does(
    onlooker: Onlooker, runtime: FakeRuntime
) -> None:
    runtime.freeze(on=True)
    (following,) = onlooker.session.feeds
    onlooker.session.close()
    until(lambda: not following.is_alive(), "the feed has ended")
