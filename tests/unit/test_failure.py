"""The failure card: how it ended in words, what changed, what to run next."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jobmon.runtime.failure import LAST_LINES, card, changed, ended_how
from jobmon.runtime.model import Attempt, JobRun, Run
from jobmon.runtime.settle import TO_FAIL
from jobmon.runtime.states import State

RUN = Run(id=7, key="morning#7", flow="morning", definition="d", time="2026-11-23T06:10:00+09:00")
TRACEBACK = [
    {"t": 1.0, "s": "out", "m": "港青果: 7 offers"},
    {"t": 1.1, "s": "err", "m": "Traceback (most recent call last):"},
    {"t": 1.1, "s": "err", "m": '  File "/home/mike/my shop/collect.py", line 52, in sakura'},
    {"t": 1.1, "s": "err", "m": '    price = yen(card["price"])'},
    {"t": 1.1, "s": "err", "m": "KeyError: 'price'"},
]


def job_run(state: State = State.FAILED, **fields: Any) -> JobRun:
    given: dict[str, Any] = {"attempt": 1, "tries": 1} | fields
    return JobRun(run=7, index=0, state=state, **given)


def attempt(**fields: Any) -> Attempt:
    given: dict[str, Any] = {"outcome": "failed", "reason": "exit"} | fields
    return Attempt(run=7, job=0, n=1, created=100.0, **given)


def test_a_traceback_gives_the_whole_card() -> None:
    before = attempt(fingerprint={"job": "a", "params": {"day": "2026-11-22"}, "files": {"x": "1"}})
    now = attempt(
        code=1, fingerprint={"job": "a", "params": {"day": "2026-11-23"}, "files": {"x": "2"}}
    )
    found = card(RUN, "collect", job_run(), now, TRACEBACK, before, since="morning#6")
    assert found == {
        "job": "collect",
        "run": "morning#7",
        "attempt": 1,
        "state": "failed",
        "ended_how": "exit code 1: the usual code for any failure",
        "cause": {
            "line": "KeyError: 'price'",
            "file": "/home/mike/my shop/collect.py",
            "lineno": 52,
            "from": "traceback",
            "hint": "",
        },
        "last": [record["m"] for record in TRACEBACK],
        "changed": {
            "code": [],
            "params": ["day: 2026-11-22 → 2026-11-23"],
            "env": [],
            "files": ["x"],
        },
        "since": "morning#6",
        "next": [
            "$EDITOR +52 '/home/mike/my shop/collect.py'",
            "jobmon rerun morning#7 collect",
            "jobmon logs morning#7 collect",
        ],
    }
    assert json.loads(json.dumps(found)) == found


def test_a_job_that_never_succeeded_has_nothing_to_compare_with() -> None:
    now = attempt(code=1, fingerprint={"job": "a", "params": {"day": "x"}})
    found = card(RUN, "collect", job_run(), now, [], since="morning#6")
    assert found["since"] is None
    assert found["changed"] == {"code": [], "params": [], "env": [], "files": []}
    assert found["cause"] is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"code": 3}, "exit code 3"),
        ({"code": 2}, "exit code 2: wrong usage"),
        ({"code": 65}, "exit code 65: class data"),
        ({"code": 75}, "exit code 75: class external"),
        ({"code": 78}, "exit code 78: class rule"),
        ({"code": 126}, "exit code 126: a command was found but"),
        ({"code": 127}, "exit code 127: a command was not found"),
        ({"code": 137}, "exit code 137: a program inside it was killed by SIGKILL (9): by the"),
        ({"code": 143}, "killed by SIGTERM (15): asked to end by something other than jobmon"),
        ({"code": 255}, "exit code 255: ssh"),
        ({"signal": 9, "reason": "signal"}, "killed by SIGKILL (9): by the kernel, for want of"),
        ({"signal": 11, "reason": "signal"}, "killed by SIGSEGV (11): it touched memory"),
        ({"signal": 63, "reason": "signal"}, "killed by signal (63)"),
        (
            {"reason": "timeout", "signal": 15, "started": 100.0, "ended": 700.4},
            "timed out after 10m",
        ),
        ({"reason": "spawn", "error": "./go: not found"}, "could not be started"),
        ({"reason": "output", "error": "too large", "code": 0}, "its output was refused"),
    ],
)
def test_how_it_ended_in_words(fields: dict[str, Any], words: str) -> None:
    assert words in ended_how(job_run(), attempt(**fields))


def test_our_own_signals_are_not_blamed_on_others() -> None:
    stopped = attempt(outcome="cancelled", reason="stop", signal=15)
    assert ended_how(job_run(State.CANCELLED, reason="mike: wrong day"), stopped) == (
        "cancelled: mike: wrong day"
    )


def test_a_kill_names_the_memory_it_had_reached() -> None:
    killed = attempt(reason="signal", signal=9, rusage={"maxrss": 3.5 * 2**30})
    assert ended_how(job_run(), killed).endswith("its memory reached 3.5 GiB")


@pytest.mark.parametrize(
    ("run_of_job", "words"),
    [
        (job_run(State.UPSTREAM_FAILED, reason="collect failed"), "never started: collect failed"),
        (job_run(State.LOST, reason="reboot"), "the machine was restarted while it ran"),
        (job_run(State.LOST), "lost: nobody can know how it ended"),
        (job_run(State.CANCELLED, reason="wrong day"), "cancelled: wrong day"),
        (job_run(by_operator=True, reason="wrong day"), "marked failed by a person: wrong day"),
        (
            job_run(by_operator=True, reason=f"lost (initiator); {TO_FAIL}"),
            "lost: nobody can know how it ended; the process that supervised it was killed;"
            " declared to fail then",
        ),
    ],
)
def test_ends_that_no_process_had(run_of_job: JobRun, words: str) -> None:
    assert words in ended_how(run_of_job, None)


def test_what_a_person_did_is_said_once_and_has_no_other_cause() -> None:
    cancelled = job_run(State.CANCELLED, reason="cancelled by anna: wrong day")
    assert ended_how(cancelled, None) == "cancelled by anna: wrong day"
    marked = job_run(by_operator=True, reason="marked failed by anna: x")
    found = card(RUN, "load", marked, attempt(code=1), TRACEBACK)
    assert (found["ended_how"], found["cause"]) == ("marked failed by anna: x", None)


def test_an_attempt_from_before_a_reset_is_not_blamed() -> None:
    reset = job_run(tries=0, reason="the secret db has no source")
    found = card(RUN, "load", reset, attempt(code=1), TRACEBACK)
    assert found["ended_how"] == "never started: the secret db has no source"
    assert (found["cause"], found["last"], found["attempt"]) == (None, [], 0)
    assert found["next"] == [], "there is nothing to look at yet: explain says what to do"


@pytest.mark.parametrize("reason", ["timeout", "signal"])
def test_the_last_words_of_a_job_that_was_ended_are_no_cause(reason: str) -> None:
    ended = attempt(reason=reason, signal=9)
    said = card(RUN, "load", job_run(), ended, [{"s": "err", "m": "40 % done"}])
    assert (said["cause"], said["last"]) == (None, ["40 % done"])
    known = card(RUN, "load", job_run(), ended, [{"s": "err", "m": "database is locked"}])
    assert known["cause"]["from"] == "pattern"


def test_the_command_that_could_not_be_started_is_the_cause() -> None:
    spawn = attempt(reason="spawn", error="./publish.sh: Permission denied")
    found = card(RUN, "publish", job_run(), spawn, [])
    assert found["cause"]["line"] == "./publish.sh: Permission denied"


def test_a_lost_job_is_looked_at_before_it_is_run_again() -> None:
    found = card(RUN, "公開", job_run(State.LOST), attempt(outcome="lost"), TRACEBACK)
    assert found["next"] == [
        "jobmon logs morning#7 公開",
        "jobmon mark morning#7 公開 success",
        "jobmon rerun morning#7 公開",
    ]


def test_commands_survive_a_shell() -> None:
    found = card(RUN, "prices; rm -rf $HOME", job_run(), attempt(code=1), [])
    assert found["next"][0] == "jobmon rerun morning#7 'prices; rm -rf $HOME'"


def test_differences_are_named() -> None:
    then = {"job": "a", "params": {"p": "1"}, "env": {"A": "x", "B": "y"}, "files": {"old.py": "1"}}
    now = {"job": "b", "params": {"p": "2"}, "env": {"A": "z", "C": "y"}, "files": {"new.py": "1"}}
    assert changed(attempt(fingerprint=now), attempt(fingerprint=then)) == {
        "code": ["the job's own lines in the flow"],
        "params": ["p: 1 → 2"],
        "env": ["A", "B (gone)", "C (new)"],
        "files": ["old.py (gone)", "new.py (new)"],
    }


def test_only_the_last_lines_are_kept() -> None:
    records = [{"s": "out", "m": f"行 {n}"} for n in range(100)]
    last = card(RUN, "collect", job_run(), attempt(code=1), records)["last"]
    assert len(last) == LAST_LINES
    assert last[-1] == "行 99"
