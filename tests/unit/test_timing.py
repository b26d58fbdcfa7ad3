"""The slots of a plan at the end of what its calendar knows."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import pytest

from jobmon.jobs.definition import CronDef
from jobmon.jobs.mistakes import WrongError
from jobmon.runtime.scheduling.timing import Timing


def tokyo(text: str) -> float:
    return dt.datetime.fromisoformat(f"{text}T00:00+09:00").timestamp()


def test_slots_before_a_year_of_which_nothing_is_known_still_come() -> None:
    timing = Timing(CronDef("0 6 * * *", "Asia/Tokyo", "JP"), {})
    slots = timing.between(tokyo("2099-12-30"), tokyo("2100-01-04"))
    assert [f"{slot.moment:%m-%d}" for slot in slots] == ["12-30", "12-31"]
    with pytest.raises(WrongError, match="JP in 2100"):
        list(timing.between(tokyo("2100-01-02"), tokyo("2100-01-04")))
    with pytest.raises(WrongError, match="JP in 2100"):
        timing.next(tokyo("2100-01-01"))


def test_what_schedules_need_is_imported_beforehand_whatever_is_wrong_with_one() -> None:
    lines = (
        "import sys; from jobmon.jobs.definition import CronDef",
        "from jobmon.runtime.scheduling.timing import prepare",
        "before = set(sys.modules)",
        "crons = [CronDef('x'), CronDef('* * * * *', calendar='XX')]",
        "prepare([*crons, CronDef('0 6 * * *', 'Asia/Tokyo', 'JP')], {}, 1.8e9)",
        "print({'croniter', 'holidays'} <= set(sys.modules) - before)",
    )
    command = [sys.executable, "-c", "\n".join(lines)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
