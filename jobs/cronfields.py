"""The fields of a cron expression, before anything is made of them. Pure."""

from __future__ import annotations

import re

from jobmon.jobs.mistakes import WrongError

HINT = "minute hour day month weekday, as in 10 6 * * 1-5"
_BY_CHANCE = re.compile(r"(^|,)[rh](\(|/|,|$)", re.IGNORECASE)


def fields(expression: str) -> list[str]:
    """Minute, hour, day, month, weekday. Raises WrongError when there are not five of them, or one
    leaves its value to chance (R, H): such a slot would be another one each time it is looked at.
    """
    found = expression.split()
    if len(found) != 5:
        raise WrongError("has not five fields", HINT)
    if chance := next((field for field in found if _BY_CHANCE.search(field)), ""):
        raise WrongError(f"is not possible: {chance} leaves it to chance", HINT)
    return found
