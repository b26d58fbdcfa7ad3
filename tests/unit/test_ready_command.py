"""How the commands of ready-made jobs end, and which day it is to them."""

from __future__ import annotations

import datetime as dt

import pytest

from jobmon.jobs.kit import Data, External, Rule
from jobmon.jobs.ready.command import ended, today


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Data("no such column"), 65),
        (External("it is down"), 75),
        (Rule("somebody decides"), 78),
        (PermissionError("may not be written"), 65),
        (OSError("the disk is full"), 75),
    ],
)
def test_the_exit_code_is_that_of_the_class(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> str:
        raise error

    assert ended(work) == code
    assert capsys.readouterr() == ("", f"error: {error}\n")


def test_what_was_done_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(lambda: "saved: 3 rows") == 0
    assert capsys.readouterr() == ("saved: 3 rows\n", "")


def test_the_day_is_that_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBMON_TIME", "2026-11-24T00:30:00+09:00")
    assert today() == dt.date(2026, 11, 24)
    monkeypatch.setenv("JOBMON_TIME", "monday")
    with pytest.raises(Data, match="JOBMON_TIME=monday is no time such as 2026"):
        today()
    monkeypatch.delenv("JOBMON_TIME")
    assert abs(today() - dt.datetime.now().astimezone().date()) <= dt.timedelta(days=1)
