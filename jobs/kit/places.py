"""Where limits are kept that jobs, scripts and the runtime share, and by which clock.

Standard library alone; `tomllib` is loaded only when a limit is looked up.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import time
from typing import Any

CONFIG = "jobmon.toml"
STATE = ".jobmon"
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_boots: list[str] = []
_tables: dict[str, tuple[object, dict[str, Any]]] = {}


def now() -> float:
    """Seconds since this machine started: the same for all its processes, set by nobody."""
    return time.clock_gettime(_CLOCK)


def boot() -> str:
    """Which start of the machine `now` counts from; "" where that cannot be told."""
    if not _boots:
        try:
            with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
                _boots.append(file.read().strip())
        except OSError:
            _boots.append("")
    return _boots[0]


def home() -> str | None:
    """The batch folder: $JOBMON_HOME, jobmon.toml here or above, ~/jobmon; None: there is none."""
    named = os.environ.get("JOBMON_HOME")
    if named:
        return os.path.abspath(os.path.expanduser(named))
    here = os.path.abspath(os.getcwd())
    while not os.path.isfile(os.path.join(here, CONFIG)):
        if here == os.path.dirname(here):
            usual = os.path.expanduser("~/jobmon")
            return usual if os.path.isdir(usual) else None
        here = os.path.dirname(here)
    return here


def folder(name: str) -> str:
    """The folder `name` of the state, made if missing. Without a batch folder it is the user's."""
    batch = home()
    if batch is None:
        usual = os.path.expanduser(os.environ.get("XDG_STATE_HOME") or "~/.local/state")
        os.makedirs(usual, exist_ok=True)
        state = os.path.join(usual, "jobmon")
    else:
        state = os.path.join(batch, STATE)
    for path in (state, os.path.join(state, name)):
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
    return os.path.join(state, name)


def digest(name: str) -> str:
    """What a file is called that belongs to a name of people's choice. Raises ValueError."""
    if not isinstance(name, str) or not name or "\0" in name:
        raise ValueError(f"{name!r} is no name: give a text such as 'site'")
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def who() -> str:
    """Who this process is to people: the job it belongs to, or its script and pid."""
    path = sys.argv[0] if sys.argv else ""
    script = os.path.basename(path.removesuffix("/__main__.py")) or "python"
    return os.environ.get("JOBMON_KEY") or f"{script} (pid {os.getpid()})"


def table(name: str) -> dict[str, Any]:
    """A table of jobmon.toml, with that of the profile over it; {} when nothing can be read."""
    batch = home()
    if batch is None:
        return {}
    profile = os.environ.get("JOBMON_PROFILE")
    found: dict[str, Any] = {}
    for file in (CONFIG, f"jobmon.{profile}.toml" if profile else ""):
        part = _document(os.path.join(batch, file)).get(name) if file else None
        found |= part if isinstance(part, dict) else {}
    return found


def _document(path: str) -> dict[str, Any]:
    """What the file says, read again when it has changed."""
    try:
        stat = os.stat(path)
        stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if path not in _tables or _tables[path][0] != stamp:
            import tomllib

            with open(path, "rb") as file:
                _tables[path] = (stamp, tomllib.load(file))
    except (OSError, ValueError):  # a broken file is told by `jobmon check`
        return {}
    return _tables[path][1]
