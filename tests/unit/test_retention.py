"""Which runs may go: by age and by room, never the newest, never what lives."""

from __future__ import annotations

from jobmon.runtime.keeping.retention import DAY, Bounds, Kept, going, per_flow

NOW = 1000 * DAY
OLD = NOW - 100 * DAY


def run(number: int, *, ended: float | None = OLD, state: str = "succeeded", **fields: object):
    values = {"flow": "夜間", "bytes": 10} | fields
    return Kept(number, f"夜間#{number}", state=state, ended=ended, **values)  # type: ignore[arg-type]


def ids(runs: list[Kept], days: int = 90, keep: int = 2, most: int = 0) -> dict[int, str]:
    return {each.run.id: each.why for each in going(runs, Bounds(days, keep, most), NOW)}


def test_the_old_ones_go_but_for_the_newest() -> None:
    assert ids([run(n) for n in range(1, 6)]) == {1: "days", 2: "days", 3: "days"}
    assert ids([run(n) for n in range(1, 6)], days=0) == {}


def test_with_too_many_bytes_the_oldest_go_though_they_are_young() -> None:
    young = [run(n, ended=NOW - DAY) for n in range(1, 7)]
    assert ids(young, most=45) == {1: "bytes", 2: "bytes"}
    assert ids(young, most=1) == {1: "bytes", 2: "bytes", 3: "bytes", 4: "bytes"}
    assert ids(young, most=1, keep=6) == {}


def test_one_flow_pays_for_no_other() -> None:
    other = run(9, flow="other", bytes=10**9, ended=NOW)
    assert ids([run(1, ended=NOW), run(2, ended=NOW), run(3, ended=NOW), other], most=100) == {}


def test_what_is_not_over_stays() -> None:
    runs = [run(1, state="blocked", ended=None), *(run(n) for n in range(2, 6))]
    assert ids(runs, most=1) == {2: "days", 3: "days"}


def test_records_of_what_never_ran_take_no_place_and_go_by_age() -> None:
    expired = [run(n, state="expired", bytes=0) for n in range(3, 9)]
    assert ids([run(1), run(2), *expired]) == dict.fromkeys(range(3, 9), "days")
    young = [each._replace(ended=NOW - DAY) for each in expired]
    assert ids([run(1), run(2), *young], most=1) == {}


def test_the_sums_of_each_flow() -> None:
    runs = [*(run(n) for n in range(1, 4)), run(4, flow="a", bytes=99), run(5, flow="a", ended=NOW)]
    found = going(runs, Bounds(90, 1, 5), NOW)
    assert per_flow(found) == [
        {"flow": "a", "runs": 1, "bytes": 99, "old": 1, "over": 0},
        {"flow": "夜間", "runs": 2, "bytes": 20, "old": 2, "over": 0},
    ]
