"""The door of a runtime: the settings, and the lock that lets one in. Light to import.

Whoever starts many runtimes at once has all but one end here, before anything costly is loaded.
"""

from __future__ import annotations

import contextlib
import json
import sys

from jobmon.runtime import config, disk
from jobmon.runtime.config import Settings
from jobmon.runtime.errors import JobmonError, StateError


def main(home: str, *, detached: bool) -> int:
    """Serve `home` until told to stop; the exit code is an EXIT_* of errors.py.

    Detached, what keeps it from starting is one line of JSON on stderr for whoever started it.
    """
    try:
        settings = config.load(config.find_home(home))
        lock = _lock(settings)
    except JobmonError as error:
        say(error, as_json=detached)
        return error.exit_code
    try:
        from jobmon.runtime import daemon

        return daemon.main(settings, lock, detached=detached)
    finally:
        lock.release()


def _lock(settings: Settings) -> disk.WriterLock:
    try:
        disk.prepare_state(settings.state_dir)
        lock = disk.WriterLock(settings.state_dir)
        lock.acquire()
    except OSError as error:
        hint = "make room or mend the permissions, then try again: jobmon doctor"
        raise StateError(f"prepare {settings.state_dir}", str(error), hint) from error
    return lock


def say(error: JobmonError, *, as_json: bool) -> None:
    """Tell whoever started this why it ends."""
    body = {"code": error.code, "what": error.what, "why": error.why, "hint": error.hint}
    with contextlib.suppress(OSError):  # whoever started it may have gone
        print(json.dumps(body) if as_json else f"jobmon: {error}", file=sys.stderr)  # noqa: T201
