"""The zone of this machine, by its IANA name."""

from __future__ import annotations

import datetime as dt
import io
import os
import time
import zoneinfo
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

LINK = Path("/etc/localtime")
NAMED = Path("/etc/timezone")
WEEK = 7 * 86400


def local_zone(environ: Mapping[str, str] = os.environ) -> str:
    """By $TZ, the link /etc/localtime or /etc/timezone, or what /etc/localtime is a copy of.

    Else the present offset, as +09:00: it knows no changes of the clocks.
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
    if LINK.is_file():
        yield _alike(LINK.read_bytes())


@lru_cache(maxsize=1)
def _alike(data: bytes) -> str:
    """The first zone whose clocks show the same as this file, which has lost its name; "" if none.

    Containers have such copies. All zones are looked at: half a second, once.
    """
    try:
        seen = _shown(ZoneInfo.from_file(io.BytesIO(data)))
    except ValueError:
        return ""
    names = sorted(zoneinfo.available_timezones())
    return next((name for name in names if _shown(ZoneInfo.no_cache(name)) == seen), "")


def _shown(zone: ZoneInfo) -> list[tuple[dt.timedelta | None, str | None]]:
    """Offset and abbreviation of each week from last year to the year after next."""
    now = int(time.time())
    weeks = range(now - 52 * WEEK, now + 104 * WEEK, WEEK)
    moments = (dt.datetime.fromtimestamp(at, zone) for at in weeks)
    return [(moment.utcoffset(), moment.tzname()) for moment in moments]


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
