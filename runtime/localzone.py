"""The zone of this machine, by its IANA name."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

LINK = Path("/etc/localtime")
NAMED = Path("/etc/timezone")


def local_zone(environ: Mapping[str, str] = os.environ) -> str:
    """By $TZ, the link /etc/localtime or /etc/timezone; else the present offset, as +09:00.

    An offset knows no changes of the clocks: schedules without a zone then have none.
    """
    return next((name for name in _candidates(environ) if _there(name)), None) or _offset()


def here(instant: float) -> dt.datetime:
    """The instant with the zone of this machine, which knows when the clocks change."""
    name = local_zone()
    where = None if name[0] in "+-" else ZoneInfo(name)
    return dt.datetime.fromtimestamp(instant, where) if where else _by_offset(instant)


def _by_offset(instant: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(instant).astimezone()


def _candidates(environ: Mapping[str, str]) -> Iterator[str]:
    if "TZ" in environ:  # whatever it says, programs do not look further
        yield _below_zoneinfo(environ["TZ"].removeprefix(":")) or "UTC"
        return
    if LINK.is_symlink():
        yield _below_zoneinfo(os.path.realpath(LINK))
    if NAMED.is_file():
        yield NAMED.read_text(encoding="utf-8", errors="replace").strip()


def _below_zoneinfo(path: str) -> str:
    """`Asia/Tokyo` from that name or the path of its file."""
    return path.rpartition("zoneinfo/")[2]


def _there(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return False
    return True


def _offset() -> str:
    return time.strftime("%z")[:3] + ":" + time.strftime("%z")[3:]
