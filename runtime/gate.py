"""The door of a runtime: the settings, and the lock that lets one in. Light to import.

Whoever starts many runtimes at once has all but one end here, before anything costly is loaded.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys

from jobmon.runtime import config, disk
from jobmon.runtime.config import Settings
from jobmon.runtime.errors import JobmonError, StateError
from jobmon.runtime.settings.profiles import VARIABLE


def main(home: str, *, detached: bool) -> int:
    """Serve `home` until told to stop; the exit code is an EXIT_* of errors.py.

    Detached, what keeps it from starting is one line of JSON on stderr for whoever started it.
    """
    try:
        folder = config.find_home(home)
        _as_before(disk.WriterLock(folder / config.STATE_NAME))
        settings = config.load(folder)
        lock = _lock(settings)
    except JobmonError as error:
        say(error, as_json=detached)
        return error.exit_code
    try:
        from jobmon.runtime import daemon

        return daemon.main(settings, lock, detached=detached)
    finally:
        lock.release()


def _as_before(lock: disk.WriterLock) -> None:
    """Where none is named, take the profile of a runtime that was killed: whoever starts the next
    one, such as a monitor that is open, need not know that the folder is in production.
    """
    before = lock.holder().get("profile")
    if VARIABLE not in os.environ and before and isinstance(before, str):
        os.environ[VARIABLE] = before  # also for its flow files and jobs


def _lock(settings: Settings) -> disk.WriterLock:
    try:
        disk.prepare_state(settings.state_dir)
        lock = disk.WriterLock(settings.state_dir)
        lock.acquire(settings.profile)
    except OSError as error:
        hint = "make room or mend the permissions, then try again: jobmon doctor"
        raise StateError(f"prepare {settings.state_dir}", str(error), hint) from error
    return lock


def say(error: JobmonError, *, as_json: bool) -> None:
    """Tell whoever started this why it ends."""
    body = {"code": error.code, "what": error.what, "why": error.why, "hint": error.hint}
    with contextlib.suppress(OSError):  # whoever started it may have gone
        print(json.dumps(body) if as_json else f"jobmon: {error}", file=sys.stderr)  # noqa: T201
