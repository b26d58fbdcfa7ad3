"""What is worth a message: once per change, from how runs stand."""

from __future__ import annotations

from typing import Any

import pytest

from jobmon.jobs.definition import RetryDef
from jobmon.runtime.model import Event
from jobmon.runtime.notify import wording
from jobmon.runtime.notify.rules import Known, Look, News, as_one, judge
from jobmon.runtime.notify.wording import Place
from tests.core import Driver, flow, job

CALM = Known()


def look(driver: Driver) -> Look:
    return Look(driver.run, driver.board.jobs_of(1), driver.board.shape_of(1))


def told(driver: Driver, known: Known = CALM, **options: Any) -> tuple[list[str], Known]:
    news, after = judge(look(driver), known, driver.now, **options)
    return [one.kind for one in news], after


def ran(code: int, **run: Any) -> Driver:
    """A run of one job that ended so."""
    return Driver(flow(job("A")), **run).start("A").end("A", code)


@pytest.mark.parametrize(
    ("codes", "kinds"),
    [
        ([0, 0], []),
        ([1], ["failed"]),
        ([0, 1, 0, 0], ["failed", "recovered"]),
        ([1, 1, 1, 0], ["failed", "still", "still", "recovered"]),
        ([1, 0, 1, 0], ["failed", "recovered", "failed", "recovered"]),
    ],
)
def test_runs_of_a_line_are_told_by_their_changes(codes: list[int], kinds: list[str]) -> None:
    known, heard = CALM, []
    for code in codes:
        found, known = told(ran(code), known, rerun=True)
        heard += found
    assert heard == kinds
    assert known.empty == (codes[-1] == 0)


def test_a_run_is_told_once_however_often_it_is_looked_at() -> None:
    driver = Driver(flow(job("A"), job("B"))).start("A", "B").end("A", 1)
    first, known = told(driver)
    again, known = told(driver, known)
    driver.end("B", 1)
    later, known = told(driver, known)
    assert (first, again, later) == (["failed"], [], [])


def test_a_run_is_told_at_its_first_failure_while_others_go_on() -> None:
    driver = Driver(flow(job("A"), job("B"))).start("A", "B").end("A", 1)
    assert driver.run.state == "running"
    assert told(driver)[0] == ["failed"]


def test_retries_are_silent_until_none_is_left() -> None:
    patient = job("A", retry=RetryDef(times=1, delay=60.0))
    driver = Driver(flow(patient)).start("A")
    driver.end("A", 75)
    assert driver["A"].state == "retry_wait"
    assert told(driver)[0] == []
    driver.now += 60.0
    driver.settle().start("A").end("A", 75)
    assert driver.run.state == "failed"
    assert told(driver)[0] == ["failed"]


@pytest.mark.parametrize("handled", [0, 1])
def test_a_failure_with_a_handler_is_told_only_when_the_handler_fails(handled: int) -> None:
    driver = Driver(flow(job("A", on_failure="mend"), job("mend", trigger="one_failed")))
    driver.start("A").end("A", 1)
    assert told(driver)[0] == []
    driver.start("mend").end("mend", handled)
    assert told(driver)[0] == (["failed"] if handled else [])


def test_what_is_tolerated_is_no_failure() -> None:
    driver = Driver(flow(job("A", tolerate=True))).start("A").end("A", 1)
    assert told(driver)[0] == []


def test_a_rerun_that_fails_again_still_fails_and_one_that_succeeds_recovers() -> None:
    driver = ran(1)
    _, known = told(driver)
    driver.verb("rerun", "A")
    driver.start("A").end("A", 1)
    kinds, known = told(driver, known, rerun=True)
    assert kinds == ["still"]
    driver.verb("rerun", "A")
    driver.start("A").end("A", 0)
    assert told(driver, known, rerun=True)[0] == ["recovered"]


def test_a_lost_job_is_told_as_lost_and_its_line_recovers() -> None:
    driver = Driver(flow(job("A"))).start("A").news("lose", "A", reason="reboot")
    kinds, known = told(driver)
    assert kinds == ["lost"]
    assert told(driver, known)[0] == []
    assert told(ran(1), known, rerun=True)[0] == ["failed"]
    assert told(ran(0), known, rerun=True)[0] == ["recovered"]


def test_a_lost_job_whose_probe_is_asked_is_not_told_yet() -> None:
    driver = Driver(flow(job("A"))).start("A").news("lose", "A", reason="file", probing=True)
    assert told(driver)[0] == []


def test_flags_and_manual_steps_are_told_with_their_words() -> None:
    driver = Driver(flow(job("A"), job("人", kind="manual", text="鍵を渡す"))).start("A")
    driver.news("stuck", "A", stuck=True)
    news, known = judge(look(driver), CALM, 0.0, whys={("stuck", 0): "silent for 2h"})
    assert {(one.kind, one.why) for one in news} == {("stuck", "silent for 2h"), ("waiting", "")}
    assert judge(look(driver), known, 0.0)[0] == []
    texts = [wording.of_run(Place("", "h", "/b"), one, None) for one in news]
    assert any("silent for 2h" in text.body for text in texts)
    assert any("鍵を渡す" in text.body and "jobmon done f#1 人" in text.body for text in texts)


def test_a_deadline_is_told_once_with_what_was_said_of_it() -> None:
    driver = Driver(flow(job("A"))).start("A")
    driver.fold(Event(kind="run.late", at=driver.now, run=1, why="look at A"))
    news, known = judge(look(driver), CALM, 0.0, whys={("late", -1): "look at A"})
    assert [(one.kind, one.why) for one in news] == [("late", "look at A")]
    assert told(driver, known)[0] == []
    assert "late: look at A" in wording.of_run(Place("", "h", "/b"), news[0], None).subject
    assert told(driver.end("A"), known)[1].empty


@pytest.mark.parametrize("of", [{"parent": "1/A"}, {"batch": "fill"}])
def test_runs_that_are_part_of_something_are_not_told_one_by_one(of: dict[str, str]) -> None:
    kinds, known = told(ran(1, **of))
    assert kinds == []
    assert told(ran(0, **of), Known(trouble="failed"))[1].trouble == "failed"
    assert not known.trouble


def expired(created: float, slot: float) -> News:
    driver = ran(0)
    run = driver.run
    fields = {"state": "expired", "reason": "missed", "created": created, "ended": created}
    from msgspec.structs import replace

    found, _ = judge(look(driver)._replace(run=replace(run, slot=slot, **fields)), CALM, 0.0)
    return found[0] if found else News("", look(driver), 0.0)


def test_slots_missed_together_are_one_message_and_a_refusal_in_time_is_none() -> None:
    missed = [expired(10_000.0, slot) for slot in (1000.0, 2000.0, 3000.0)]
    (one,) = as_one(missed)
    assert (one.kind, one.others) == ("late", 2)
    assert not expired(1000.0, 1000.0).kind


def test_a_message_says_what_to_do_before_what_may_be_cut() -> None:
    (news,), _ = judge(look(ran(3)), CALM, 0.0)
    card = {
        "ended_how": "exit code 3",
        "cause": {"line": "ValueError: 在庫がない", "file": "a.py", "lineno": 7, "hint": "look"},
        "last": [f"line {n} " + "あ" * 400 for n in range(40)],
        "since": "f#0",
        "changed": {"params": ["day: 1 → 2"]},
    }
    text = wording.of_run(Place("prod", "host", "/b"), news, card)
    assert text.subject == "[jobmon prod] f failed: A"
    assert len(text.body) <= 3001
    order = ["exit code 3", "host:/b", "jobmon rerun f#1 --failed", "a.py:7", "line 39"]
    places = [text.body.index(words) for words in order]
    assert places == sorted(places)
