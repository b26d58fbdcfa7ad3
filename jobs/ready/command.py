"""What the commands of ready-made jobs share: the day of the run, and how they end."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Callable

from jobmon.jobs.kit.outcomes import Data, External, JobFailure
from jobmon.jobs.kit.retries import passing


def ended(work: Callable[[], str]) -> int:
    """Print what the work says, or why it failed; returns the exit code.

    It is that of the class of the failure; an OSError that may pass is External, else Data.
    """
    try:
        print(work())  # noqa: T201 - a command
    except JobFailure as error:
        return _told(error, error.exit_code)
    except OSError as error:
        return _told(error, (External if passing(error) else Data).exit_code)
    return 0


def _told(error: Exception, code: int) -> int:
    print(f"error: {error}", file=sys.stderr)  # noqa: T201
    return code


def today() -> dt.date:
    """The day of the run ($JOBMON_TIME); outside a job, today. Raises Data for what is no time."""
    told = os.environ.get("JOBMON_TIME")
    if not told:
        return dt.datetime.now().astimezone().date()
    try:
        return dt.datetime.fromisoformat(told).date()
    except ValueError:
        raise Data(f"$JOBMON_TIME={told} is no time such as 2026-11-23T07:00:00+09:00") from None
