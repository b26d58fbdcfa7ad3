"""`python -m tests.brisk`: a runtime that looks around often, for tests that wait for its looks."""

from __future__ import annotations

import sys

from jobmon.runtime import __main__, daemon, lookout
from jobmon.runtime.hook import door
from jobmon.runtime.limits import limiter
from jobmon.runtime.scheduling import scheduler
from jobmon.runtime.triggers import files, outcomes
from jobmon.runtime.wrapped import intake

OFTEN = 0.1


def main() -> int:
    """Serve like `python -m jobmon.runtime`, with which it has all options in common."""
    hurry()
    return __main__.main()


def hurry() -> None:
    """Have the runtime of this process look around often."""
    daemon.LOOK_AROUND = door.TOKEN_KEPT = files.EVERY = intake.EVERY = OFTEN
    limiter.LOOK = OFTEN
    scheduler.SOON = files.SOON = outcomes.SOON = OFTEN / 4
    lookout.SETTLES, lookout.RESTS, files.RESTS = OFTEN / 2, 0, 1.0


if __name__ == "__main__":
    sys.exit(main())
