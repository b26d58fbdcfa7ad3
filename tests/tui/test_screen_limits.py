"""The limits: who holds and who waits for slots, pools and locks; the initiators."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from jobmon.runtime.model import Event
from jobmon.tui.picture import Size
from jobmon.tui.rows import why
from jobmon.tui.screens.limits import Limits
from jobmon.tui.text import plain
from jobmon.tui.world import RowKey
from tests.core import flow, job
from tests.tui.cli_fakes import NOW
from tests.tui.flows import DAILY, HOURLY
from tests.tui.worlds import ASCII, HOSTILE, UNICODE, Folder, page, stage


def folder(number: int = 0, label: str = "", slots: int = 8) -> Folder:
    """daily#20: two of three hold the pool, one of two the lock."""
    one = Folder(number, label, slots)
    one.site.hello = {"pid": 812, "version": "0.1.0", "host": "etl01", "started": NOW - 7200}
    one.now = NOW - 300
    one.run(DAILY, 20)
    one.start(20, "orders", "ledger")
    return one


def line(shown: str, *words: str) -> str:
    (found,) = [row for row in shown.split("\n") if row.split()[: len(words)] == list(words)]
    return found


def test_slots_are_shown_with_their_total_and_who_waits() -> None:
    found = line(page(Limits(), stage(folder(slots=3)), 160), "slots")
    assert "3/3" in found
    assert "daily#20 orders, daily#20 web, daily#20 ledger" in found
    assert " 2 " in found.partition("3/3")[2]


def test_the_bar_is_as_full_as_the_limit() -> None:
    shown = page(Limits(), stage(folder()), 80)
    assert "─" not in line(shown, "lock", "books")
    half = line(shown.replace("▌", "█"), "slots")
    assert 0 < half.count("█") < half.count("█") + half.count("─")


def test_a_pool_tells_holders_and_waiters() -> None:
    view, on = Limits(), stage(folder())
    shown = page(view, on, 120)
    assert "2/2" in line(shown, "pool", "database")
    view.act("move.down", on)
    shown = page(view, on, 120)
    assert " held by 2    daily#20 orders, daily#20 web" in shown
    assert " waiting 1    daily#20 extra" in shown


def test_a_lock_tells_its_holder_and_those_that_wait() -> None:
    found = line(page(Limits(), stage(folder()), 120), "lock", "books")
    assert "1/1" in found
    assert "daily#20 ledger" in found
    assert "05:00" in found


def test_what_is_held_does_not_wait_for_a_limit() -> None:
    one = folder()
    key = one.key(20, "extra")
    one.fold(Event(kind="job.hold", at=NOW, run=20, job=key[1]))
    view, on = Limits(), stage(one)
    (pool,) = [item for item in view.items(on) if item.kind == "pool"]
    assert pool.waiters == ()


def test_the_more_urgent_waits_in_front() -> None:
    one = Folder(slots=0)
    one.run(HOURLY, 1)
    one.run(HOURLY, 2, priority=5)
    (slots, *_rest) = Limits().items(stage(one))
    assert [row.run.id for row in slots.waiters] == [2, 1]


def test_each_initiator_tells_pid_job_attempt_and_since() -> None:
    one = folder()
    one.site.status = {"initiators": [{"pid": 22318, "attempt": "20.0.1"},
                                       {"pid": 22400, "attempt": None}]}  # fmt: skip
    view, on = Limits(), stage(one)
    shown = page(view, on, 120)
    found = line(shown, "init", "pid", "22318")
    assert "▸ running" in found
    assert "daily#20 orders" in found
    assert "05:00" in found
    assert "idle" in line(shown, "init", "pid", "22400")
    assert shown.count("init ") == 4  # two more attempts whose initiator is not known


def test_an_initiator_is_the_job_it_runs() -> None:
    view, on = Limits(), stage(folder())
    page(view, on)
    for _ in range(3):
        view.act("move.down", on)
    page(view, on)
    assert view.targets(on) == [RowKey(0, 20, 0)]


@pytest.mark.parametrize(
    "status", [{}, {"slots": None, "pools": None, "locks": None, "initiators": None}]
)
def test_without_a_status_the_board_alone_tells(status: dict[str, Any]) -> None:
    one = folder()
    one.site.status = status
    shown = page(Limits(), stage(one), 120)
    assert line(shown, "slots").split()[4] == "3"
    assert "daily#20 web" in line(shown, "pool", "database")


def test_pools_and_locks_that_only_the_status_knows_are_free() -> None:
    one = Folder()
    one.site.status = {"pools": {"api": {"total": 5}}, "locks": {"books": {"holder": ""}}}
    shown = page(Limits(), stage(one), 120)
    assert "0/5" in line(shown, "pool", "api")
    assert "free" in line(shown, "lock", "books")


RATES = {
    "site": {"limit": "30/min", "total": 30, "used": 12, "turns": 0, "next": NOW - 1, "waiting": 0,
             "frozen_until": None, "frozen_by": ""},
    "帳簿": {"limit": "2/s", "total": 2, "used": 2, "turns": 1, "next": NOW + 5, "waiting": 0,
             "frozen_until": None, "frozen_by": ""},
    "web": {"limit": "1/s", "total": 1, "used": 0, "turns": 0, "next": NOW + 60, "waiting": 0,
            "frozen_until": NOW + 60, "frozen_by": "morning#3/collect\x1b[31m"},
}  # fmt: skip


def test_a_rate_tells_how_much_went_when_the_next_goes_and_who_froze_it() -> None:
    one = Folder()
    one.site.status = {"rates": RATES}
    shown = page(Limits(), stage(one), 120)
    assert "12/30  " in line(shown, "rate", "site")
    assert "the next" not in line(shown, "rate", "site")
    assert "2/s, the next at " in line(shown, "rate", "帳簿")
    assert "frozen until " in line(shown, "rate", "web")
    assert "by morning#3" in line(shown, "rate", "web")


def test_a_freeze_tells_how_it_is_ended() -> None:
    one = Folder()
    one.site.status = {"rates": RATES}
    view, on = Limits(), stage(one)
    page(view, on, 120)
    told: dict[str, str] = {}
    for _ in view.items(on):
        item = view.item(on)
        assert item is not None
        told[item.name] = "\n".join(plain(row) for row in view.below(on, Size(120, 40)))
        view.act("move.down", on)
    assert [name for name, text in told.items() if "--thaw" in text] == ["web"]
    assert "jobmon limits --thaw web" in told["web"]


def test_a_job_that_waits_for_its_rate_says_so_in_the_queue() -> None:
    one = Folder()
    one.limits = msgspec.structs.replace(one.limits, rates={"web": 0})
    one.site.status = {"rates": RATES}
    one.run(flow(job("A", rate="web")), 1)
    (row,) = [item for item in Limits().items(stage(one)) if item.name == "web"]
    assert [waiter.name for waiter in row.waiters] == ["A"]
    assert why(row.waiters[0]).startswith("the rate web is frozen until ")


def test_a_lock_held_outside_tells_by_whom_and_since_when() -> None:
    one = Folder()
    locks = {"帳簿.xlsx": {"holder": "book.py (pid 7)", "since": NOW - 90, "waiting": 0}}
    one.site.status = {"locks": locks}
    found = line(page(Limits(), stage(one), 120), "lock", "帳簿.xlsx")
    assert "1/1" in found
    assert "book.py (pid 7)" in found
    assert "01:30" in found


def test_a_host_tells_what_serves_it_and_since_when() -> None:
    found = line(page(Limits(), stage(folder()), 120), "host", "etl01")
    assert "up" in found
    assert "pid 812" in found
    assert "2:00:00" in found


def test_a_host_that_is_away_says_why_and_its_rows_step_back() -> None:
    one = folder()
    one.site.away, one.site.trouble = NOW - 60, "connection refused"
    view, on = Limits(), stage(one)
    found = line(page(view, on, 120), "host", "etl01")
    assert "away" in found
    assert "connection refused" in found
    assert "01:00" in found
    assert {view.ground(on, item) for item in view.items(on)} == {"dim"}


def test_several_sites_stand_side_by_side_kind_by_kind() -> None:
    view, on = Limits(), stage(folder(0, "a"), folder(1, "b"))
    shown = page(view, on, 120)
    assert shown.split("\n")[0].startswith("HOST")
    assert [(i.kind, i.site.label) for i in view.items(on)][:2] == [("slots", "a"), ("slots", "b")]


def test_the_filter_finds_limits_by_who_holds_them() -> None:
    view, on = Limits(), stage(folder())
    view.search("ledger")
    assert {item.kind for item in view.items(on)} == {"slots", "lock", "init"}
    assert "hides" in plain(view.state_line(on))


def test_many_holders_are_cut_with_a_sign() -> None:
    one = Folder(slots=200)
    for number in range(1, 100):
        one.run(HOURLY, number)
    assert ", …" in page(Limits(), stage(one))


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 30), (160, 48)])
@pytest.mark.parametrize("ink", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_names_and_hostile_text_stay_in_their_cells(size: tuple[int, int], ink: Any) -> None:
    one, two = folder(0, "東京支店の夜間バッチ機"), folder(1, HOSTILE)
    two.site.away, two.site.trouble = NOW, HOSTILE
    one.site.status = {"pools": {HOSTILE: {"total": 3}}, "locks": {HOSTILE: {}},
                        "initiators": [{"pid": HOSTILE, "attempt": HOSTILE}]}  # fmt: skip
    one.site.hello |= {"home": HOSTILE, "host": HOSTILE}
    page(Limits(), stage(one, two, ink=ink), *size)
