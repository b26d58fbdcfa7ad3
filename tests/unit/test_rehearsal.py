"""A night told line by line: what is asked of it afterwards, and what cannot be told."""

from __future__ import annotations

import pytest

from jobmon.jobs import Cron, Flow, Retry
from jobmon.runtime.errors import NotFoundError, UsageError
from jobmon.runtime.testing import Notification, Rehearsal


def morning(**options: object) -> Flow:
    flow = Flow("朝", params={"day": "today"}, **options)  # pyright: ignore[reportArgumentType]
    a = flow.shell("A", "true")
    b = flow.shell("B", "true", retry=Retry(2, delay="2s"))
    c = flow.shell("集計", "true")
    d = flow.shell("D", "true")
    e = flow.manual("E", "look at it")
    _ = a >> b >> c, b >> d, [c, d] >> e
    return flow


def kinds(night: Rehearsal) -> list[str]:
    return [message.kind for message in night.notifications]


def test_a_job_fails_twice_and_the_night_is_well() -> None:
    night = Rehearsal(morning()).fail("B", times=2).at("2026-11-01 01:30")
    assert night.order == ["A", "B", "集計", "D", "E"]
    assert (night.outcome, night.attempts["B"], night.starts["B"]) == (
        "succeeded",
        3,
        [1.0, 4.0, 7.0],
    )
    assert kinds(night) == ["waiting"]
    assert night.board.runs[1].params["day"] == "2026-11-01"


def test_what_people_are_told() -> None:
    night = Rehearsal(morning()).fail("集計").fail("D", code=65)
    assert night.notifications == [Notification("failed", "集計", 3.0, 1)]
    lost = Rehearsal(morning()).lose("A")
    assert (lost.outcome, kinds(lost)) == ("blocked", ["lost"])
    mended = Rehearsal(morning(), manual="wait").fail("A").until("A", "failed")
    mended.run()
    mended.verb("rerun", "A")
    mended.run().verb("done", "E")
    assert [m.kind for m in mended.run().notifications] == ["failed", "waiting", "recovered"]


def test_failures_told_one_after_the_other_happen_so() -> None:
    night = Rehearsal(morning()).fail("B", code=75).fail("B", times=2)
    codes = [event.data["code"] for event in night.events if "code" in event.data]
    assert (night.states["B"], night.attempts["B"]) == ("failed", 3)
    assert [code for code in codes if code] == [75, 1, 1]


def test_what_a_person_does_before_anything_starts() -> None:
    night = Rehearsal(morning()).skip("A", "D")
    assert (night.states["A"], night.states["D"], night.outcome) == (
        "skipped",
        "skipped",
        "succeeded",
    )
    assert night.order == ["B", "集計", "E"]
    held = Rehearsal(morning()).hold("B")
    assert (held.order, held.states["B"]) == (["A"], "queued")


def test_what_jobs_leave_and_how_long_they_take() -> None:
    flow = Flow("x", params={"size": 3})
    load = flow.shell("load", "true")
    big = flow.shell("big", "true", when=load.output["rows"] > 10)
    night = Rehearsal(flow).outputs(load={"rows": 11}).takes("load", "12m").takes(big.name, 5)
    assert night.ended == {"load": 720.0, "big": 725.0}
    small = Rehearsal(flow).outputs({"load": {"rows": 1}}).params(size=7)
    assert (small.states["big"], small.board.runs[1].params["size"]) == ("skipped", 7)


def test_the_time_is_read_in_the_zone_of_the_schedule() -> None:
    tokyo = Rehearsal(morning(schedule=Cron("10 6 * * *", tz="Asia/Tokyo"))).at("2026-11-01 06:10")
    assert tokyo.board.runs[1].time == "2026-11-01T06:10:00+09:00"
    new_york = morning(schedule=Cron("30 1 * * *", tz="America/New_York"))
    first = Rehearsal(new_york).at("2026-11-01 01:30").board.runs[1].time
    assert first == "2026-11-01T01:30:00-04:00", "of the two half past one the first"


@pytest.mark.parametrize("tell", ["fail", "lose", "skip", "hold", "until"])
def test_a_job_that_is_not_there_is_named_at_once(tell: str) -> None:
    night = Rehearsal(morning())
    with pytest.raises(NotFoundError, match="no job '集"):
        getattr(night, tell)("集系", *["failed"] * (tell == "until"))
    with pytest.raises(NotFoundError, match="集計"):
        night.takes("集系", 3)


def test_what_makes_no_sense_is_refused_with_the_reason() -> None:
    night = Rehearsal(morning())
    with pytest.raises(UsageError, match="code from 1"):
        night.fail("A", code=0)
    with pytest.raises(UsageError, match="takes 'long'"):
        night.takes("A", "long")
    with pytest.raises(UsageError, match="at='noon'"):
        night.at("noon")
    assert night.outcome == "succeeded"
    with pytest.raises(UsageError, match="has run already"):
        night.fail("A")


def test_what_a_failing_test_shows_tells_each_job_and_does_not_begin_it() -> None:
    flow = Flow("朝")
    load, tell = flow.shell("load", "true"), flow.shell("tell", "true")
    _ = load >> tell
    night = Rehearsal(flow)
    assert repr(night) == "<朝: not begun>"
    assert night.fail("load").outcome == "failed"
    assert repr(night) == "<朝 failed: load failed, tell upstream_failed>"
