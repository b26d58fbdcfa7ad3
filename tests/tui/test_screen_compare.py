"""Two runs compared: parameters, code, and the jobs that differ most."""

from __future__ import annotations

from typing import Any

import pytest

from jobmon.tui.screens.compare import Comparison, Side, changes, versions
from jobmon.tui.screens.history import History
from jobmon.tui.text import plain
from jobmon.tui.world import RowKey
from tests.tui.cli_fakes import NOW, job, ls, show
from tests.tui.worlds import ASCII, HOSTILE, UNICODE, Folder, asked, give, page, stage


def done(name: str, took: float, state: str = "succeeded", code: int | None = 0) -> dict[str, Any]:
    return job(name, state, started=NOW - 1000, ended=NOW - 1000 + took, code=code, attempt=1)


def run(number: int, *jobs: dict[str, Any], **more: Any) -> dict[str, Any]:
    fields = {"run": f"daily#{number}", "id": number, "flow": "daily", "definition": "abc12345ff",
              "created": NOW - 9000 + number, "started": NOW - 8990 + number,
              "ended": NOW - 500 + number}  # fmt: skip
    return show(list(jobs), "succeeded", **fields | more)


BEFORE = run(30, done("fetch", 60), done("load", 30), done("mail", 1), done("zip", 5),
             params={"day": "2026-08-30", "mode": "full"})  # fmt: skip
AFTER = run(31, done("fetch", 125), done("load", 30, "failed", 8), done("mail", 1.2),
            done("push", 3), params={"day": "2026-08-31", "mode": "full"},
            definition="def67890aa")  # fmt: skip


def opened(before: dict[str, Any] = BEFORE, after: dict[str, Any] = AFTER, **more: Any) -> Any:
    """The history of both runs with the comparison open, before its documents came."""
    view, on = History(), stage(Folder(), **more)
    give(view, on, "ls", ls(after, before))
    page(view, on)
    assert view.act("history.compare", on)
    return view, on


def answered(before: dict[str, Any] = BEFORE, after: dict[str, Any] = AFTER, **more: Any) -> Any:
    view, on = opened(before, after, **more)
    give(view, on, "show", before, run=before["run"])
    give(view, on, "show", after, run=after["run"])
    return view, on


def test_the_jobs_that_differ_most_come_first() -> None:
    found = changes(BEFORE, AFTER)
    assert [change.job for change in found] == ["load", "push", "zip", "fetch", "mail"]
    assert [change.weight for change in found] == [3, 3, 3, 1, 0]


def test_a_little_longer_is_no_change_and_another_code_is() -> None:
    before = run(1, done("a", 100), done("b", 1, code=0))
    after = run(2, done("a", 110), done("b", 1, code=4))
    assert [(c.job, c.weight) for c in changes(before, after)] == [("b", 2), ("a", 0)]


def test_a_job_that_runs_counts_up_to_now() -> None:
    before = run(1, done("a", 10))
    after = run(2, job("a", "running", started=NOW - 40))
    assert changes(before, after, NOW)[0].more == pytest.approx(30.0)


def test_the_versions_of_a_run_are_those_its_attempts_used() -> None:
    tries = [{"definition": "new", "created": 5.0}, {"definition": "old", "created": 1.0}]
    assert versions({"definition": "old", "attempts": tries}) == ("old", "new")
    assert versions({"definition": "old", "attempts": []}) == ("old",)


def test_a_run_is_compared_with_the_one_before_it_of_its_flow() -> None:
    view, on = opened()
    wanted = {dict(args)["run"] for name, args in asked(view, on) if name == "show"}
    assert wanted == {"daily#30", "daily#31"}
    assert "both runs are being read" in page(view, on)


def test_what_changed_is_told_at_once() -> None:
    view, on = answered()
    shown = page(view, on, 100)
    assert "day = 2026-08-30 → 2026-08-31" in shown
    assert "mode" not in shown
    assert "changed  abc12345 → def67890" in shown
    assert "4 of 5 jobs" in shown
    (load,) = [line for line in shown.split("\n") if line.startswith("load")]
    assert "✓ succeeded" in load
    assert "✗ failed" in load
    assert "0→8" in load
    (fetch,) = [line for line in shown.split("\n") if line.startswith("fetch")]
    assert "+01:05" in fetch
    assert "not there" in shown


def test_what_is_the_same_is_said_too() -> None:
    shown = page(*answered(BEFORE, BEFORE | {"run": "daily#31", "id": 31}))
    assert "params   the same" in shown
    assert "code     the same, abc12345" in shown
    assert "0 of 4 jobs" in shown


def test_two_marked_runs_are_compared_the_older_one_first() -> None:
    view, on = History(), stage(Folder())
    give(view, on, "ls", ls(*(run(number) for number in (5, 4, 3, 2))))
    page(view, on)
    view.act("mark.toggle", on)  # goes down with each
    view.act("move.down", on)
    view.act("mark.toggle", on)
    view.act("history.compare", on)
    comparison = view.comparison
    assert comparison is not None
    assert comparison.before is not None
    assert comparison.before.row["run"] == "daily#3"
    assert comparison.after.row["run"] == "daily#5"


def test_without_an_earlier_run_it_says_so() -> None:
    view, on = History(), stage(Folder())
    give(view, on, "ls", ls(run(5), run(4, flow="other", run="other#4")))
    page(view, on)
    view.act("history.compare", on)
    assert "no run of daily before daily#5 is known" in page(view, on)


def test_escape_closes_it_and_then_leaves() -> None:
    view, on = answered()
    assert "esc closes it" in plain(view.state_line(on))
    assert view.back() is True
    assert view.back() is False
    assert "newest first" in plain(view.state_line(on))


def test_where_there_is_room_the_list_stays_beside_it() -> None:
    view, on = answered()
    shown = page(view, on, 160, 48)
    assert "│" in shown
    assert "daily#31" in shown.split("\n")[1]
    assert "│" not in page(view, on, 120)


def test_moving_and_verbs_concern_the_job_in_hand() -> None:
    view, on = answered()
    page(view, on)
    view.act("move.down", on)
    view.act("move.up", on)
    assert view.targets(on) == [RowKey(0, 31, 1)]  # load, of the later run
    view.act("move.down", on)
    view.act("move.down", on)
    assert view.targets(on) == [RowKey(0, 30, 3)]  # zip, which only the earlier one has


def test_a_click_goes_to_the_pane_that_was_clicked() -> None:
    view, on = answered()
    lines = page(view, on, 160, 48).split("\n")
    row = next(i for i, line in enumerate(lines) if "│fetch" in line)
    assert view.point(100, row, on)
    assert view.comparison.cursor == RowKey(0, 31, 0)


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 30), (160, 48)])
@pytest.mark.parametrize("ink", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_names_and_hostile_text_stay_in_their_cells(size: tuple[int, int], ink: Any) -> None:
    jobs = [done("日次売上集計", 4), done(HOSTILE, 9, "half_done")]
    before = run(1, *jobs, params={HOSTILE: HOSTILE, "a": {"b": [1]}}, definition=HOSTILE)
    after = run(2, *jobs, params={HOSTILE: "x", "c": None})
    view, on = answered(before, after, ink=ink)
    page(view, on, *size)


def test_it_stands_alone_too() -> None:
    view, on = answered()
    alone = Comparison(Side(on.world.sites[0], BEFORE), Side(on.world.sites[0], AFTER))
    assert len(alone.wants(on)) == 2
    assert alone.items(on) == view.comparison.items(on)
