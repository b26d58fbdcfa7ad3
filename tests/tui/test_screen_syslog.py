"""The system log: events as they come, older ones where few are known, names that stay."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from jobmon.runtime.model import Event
from jobmon.tui.screens.syslog import Syslog
from jobmon.tui.text import plain
from jobmon.tui.world import RowKey
from tests.tui.cli_fakes import NOW
from tests.tui.flows import DAILY, HOURLY
from tests.tui.worlds import ASCII, HOSTILE, UNICODE, Folder, asked, give, page, stage


def folder(number: int = 0, label: str = "") -> Folder:
    one = Folder(number, label)
    one.now = NOW - 100
    one.run(HOURLY, 21, params={"day": "2026-08-31"})
    one.start(21, "fetch")
    return one


def hold(why: str = "", seq: int = 0, at: float = NOW - 5, **data: Any) -> Event:
    return Event(kind="flow.hold", at=at, seq=seq, who="anna@pts/1", why=why,
                 data={"flow": "hourly"} | data)  # fmt: skip


def older(*numbers: int) -> dict[str, Any]:
    events = [Event(kind="job.succeed", at=NOW - 5000 + n, seq=n, run=7, job=1, attempt=2)
              for n in numbers]  # fmt: skip
    names = {"7": {"run": "nightly#7", "jobs": ["a", "在庫取込"]}}
    return {"events": [msgspec.to_builtins(event) for event in events], "names": names}


def what(view: Syslog, on: Any) -> list[str]:
    return [item.event.kind for item in view.items(on)]


def test_the_newest_is_at_the_bottom_and_followed() -> None:
    one = folder()
    view, on = Syslog(), stage(one)
    assert what(view, on) == ["run.created", "job.ready", "job.launch", "job.started"]
    page(view, on)
    assert view.cursor == (0, 4)
    one.end(21, "fetch", 3)
    on.world.version += 1
    shown = page(view, on)
    assert view.cursor == (0, one.site.seq)
    assert "✗ fail" in shown
    assert "exit code 3" in shown
    assert "following" in plain(view.state_line(on))


def test_an_event_that_changes_no_job_is_shown_too() -> None:
    one = folder()
    view, on = Syslog(), stage(one)
    page(view, on)
    one.site.events.append(Event(kind="runtime.stopped", at=NOW, seq=99, who="runtime"))
    assert what(view, on)[-1] == "runtime.stopped"


def test_each_event_tells_run_job_what_who_and_why() -> None:
    one = folder()
    one.fold(hold("feed is empty"))
    shown = page(Syslog(), stage(one), 160)
    assert "hourly#21" in shown
    assert "fetch" in shown
    assert "▸ started" in shown
    assert "day=2026-08-31" in shown
    (held,) = [line for line in shown.split("\n") if "H flow hold" in line]
    assert held.split()[2] == "hourly"
    assert "anna@pts/1" in held
    assert '"feed is empty"' in held


def test_going_up_stops_following_and_says_how_many_are_newer() -> None:
    one = folder()
    view, on = Syslog(), stage(one)
    page(view, on)
    view.act("move.up", on)
    cursor = view.cursor
    one.end(21, "fetch")
    on.world.version += 1
    page(view, on)
    assert view.cursor == cursor
    assert f"{one.site.seq - 3} newer below" in plain(view.state_line(on))
    view.act("move.bottom", on)
    page(view, on)
    assert view.cursor == (0, one.site.seq)
    assert "following" in plain(view.state_line(on))


def test_where_few_are_known_older_ones_are_asked_for_once() -> None:
    view, on = Syslog(), stage(folder())
    assert asked(view, on) == {("events", (("limit", 500),))}
    give(view, on, "events", older(1, 2))
    assert asked(view, on) == set()


def test_older_events_stand_before_those_seen_here_each_once() -> None:
    one = Folder()
    one.site.seq = 10
    one.run(HOURLY, 21)
    view, on = Syslog(), stage(one)
    page(view, on)
    give(view, on, "events", older(8, 9, 10, 11, 12))
    assert [item.event.seq for item in view.items(on)] == [8, 9, 10, 11, 12, 13]
    assert "nightly#7" in page(view, on, 120)
    assert "在庫取込" in page(view, on, 120)
    assert "succeed #2" in page(view, on, 120)


def test_many_events_ask_for_none() -> None:
    one = folder()
    one.site.events.extend(hold(seq=n) for n in range(100, 700))
    assert asked(Syslog(), stage(one)) == set()


def test_the_name_of_a_run_stays_when_the_board_forgets_it() -> None:
    one = folder()
    view, on = Syslog(), stage(one)
    one.end(21, "fetch", 1)
    page(view, on)
    assert one.site.board.forget_if_over(21)
    on.world.version += 1
    assert "hourly#21" in page(view, on)


def test_a_run_that_nobody_can_name_is_a_number() -> None:
    one = Folder()
    one.site.events.append(Event(kind="job.started", at=NOW, seq=1, run=77, job=2))
    assert "run 77" in page(Syslog(), stage(one))


def test_events_of_several_sites_are_in_the_order_of_time_by_our_clock() -> None:
    one, two = Folder(0, "a"), Folder(1, "b")
    two.site.skew = 1000.0
    one.site.events.extend([hold(seq=1, at=NOW - 30), hold(seq=2, at=NOW - 10)])
    two.site.events.append(hold(seq=1, at=NOW + 980))
    view, on = Syslog(), stage(one, two)
    assert [(i.site.label, i.event.seq) for i in view.items(on)] == [("a", 1), ("b", 1), ("a", 2)]


def test_a_stream_that_begins_again_is_read_again() -> None:
    one = folder()
    view, on = Syslog(), stage(one)
    page(view, on)
    one.site.events.clear()
    one.site.events.append(hold(seq=1))
    assert what(view, on) == ["flow.hold"]


def test_no_more_events_are_kept_than_a_site_keeps() -> None:
    one = Folder()
    view, on = Syslog(), stage(one)
    for number in range(1, 7001):
        one.site.events.append(hold(seq=number))
        if number % 500 == 0:
            view.items(on)
    assert len(view.items(on)) <= 5500
    assert view.items(on)[-1].event.seq == 7000


def test_the_filter_goes_over_names_people_and_reasons() -> None:
    one = folder()
    one.fold(hold("棚卸"))
    view, on = Syslog(), stage(one)
    for text, kinds in (("FETCH", 3), ("anna", 2), ("棚卸", 1), ("flow hold", 1)):
        view.search(text)
        assert len(view.items(on)) == kinds, text
    view.search("nobody")
    assert '5 events hidden by filter "nobody"' in page(view, on)
    view.reset()
    assert len(view.items(on)) == 5


def test_syslog_takes_a_run_on_the_command_line() -> None:
    one = folder()
    one.run(DAILY, 22)
    view, on = Syslog(), stage(one)
    view.command(["hourly#21"], on)
    assert {item.run for item in view.items(on)} == {"hourly#21"}


def test_an_event_leads_to_its_job_or_its_run() -> None:
    view, on = Syslog(), stage(folder())
    page(view, on)
    assert view.targets(on) == [RowKey(0, 21, 0)]
    view.act("move.top", on)
    assert view.targets(on) == [RowKey(0, 21, -1)]


def test_all_of_the_event_under_the_cursor_is_told_below() -> None:
    one = folder()
    one.fold(hold("a long reason " * 4))
    shown = page(Syslog(), stage(one))
    assert "flow.hold hourly" in shown
    assert 'by anna@pts/1 "a long reason a long reason' in shown


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 30), (160, 48)])
@pytest.mark.parametrize("ink", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_names_and_hostile_text_stay_in_their_cells(size: tuple[int, int], ink: Any) -> None:
    one, two = Folder(0, HOSTILE), folder(1, "b")
    one.run(DAILY, 3, params={HOSTILE: HOSTILE})
    bad = Event(kind=HOSTILE, at=NOW, seq=90, who=HOSTILE, why=HOSTILE,
                data={"flow": HOSTILE, "reason": HOSTILE})  # fmt: skip
    one.site.events.append(bad)
    page(Syslog(), stage(one, two, ink=ink), *size)
