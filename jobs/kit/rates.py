"""So many in so long, for all processes together: jobs, and scripts outside jobmon."""

from __future__ import annotations

import itertools
import os
import time

from jobmon.jobs.kit import places
from jobmon.jobs.kit.bucket import Bucket, Limit

USUAL_FREEZE = 60.0
LONGEST_FREEZE = 86400.0
"""Seconds: an answer that asks for more is asked again after a day."""
LOOK = 2.0
"""Seconds between looks at whether a turn still stands, while it is being waited for."""
_serial = itertools.count()


def rate(name: str, limit: str | None = None, *, timeout: float | None = None) -> None:
    """Wait until one more may go by the rate `name`; all processes of the batch folder share it.

    How much it is stands in `[rates]` of jobmon.toml; `limit`, such as "30/min", is for where
    nothing does. Raises TimeoutError at once when the turn would come later than in `timeout`
    seconds (0: now or not at all), and LookupError when nobody knows the limit.
    """
    bucket = _bucket(name, limit)
    owner = f"{os.getpid()}.{next(_serial)}"
    by = None if timeout is None else places.now() + timeout
    early = 0.0
    while True:
        try:
            at = _take(bucket, owner, by)
            if places.now() - at > 0 and _fresh(bucket, owner, at):
                return
            _wait(bucket, owner, at, early)
        except TimeoutError:
            raise
        except BaseException:  # from the moment at which it has one
            with bucket.change() as window:
                window.drop(owner)
            raise
        if bucket.look().good(places.now(), owner):
            return
        early = min(1.0, 2 * max(0.0, places.now() - at))  # it woke too late: next time sooner


def retry_after(name: str, value: str | float | None = None, limit: str | None = None) -> float:
    """Let nobody go by the rate `name` for a while: the other side said it is too much.

    `value` is what its answer told: seconds, or the date of a `Retry-After` header; None or what
    cannot be read: a minute. At most a day. A longer freeze is never shortened. Returns the seconds
    that are left.
    """
    seconds = min(LONGEST_FREEZE, seconds_asked(value))
    with _bucket(name, limit).change() as window:
        now = places.now()
        window.freeze(now, now + seconds, places.who())
        return max(0.0, window.frozen - now)


def limit_of(name: str, told: str | None = None) -> Limit | None:
    """What jobmon.toml says of the rate; else what was `told`; None: neither. Raises ValueError."""
    from jobmon.jobs.durations import rate_of

    declared = rate_of(places.table("rates").get(name))
    given = None if told is None else rate_of(told)
    if told is not None and given is None:
        raise ValueError(f"{told!r} is no rate: write it as '30/min', '5/s' or '100/h'")
    return declared or given


def _bucket(name: str, limit: str | None) -> Bucket:
    bucket = Bucket(places.folder("limits"), name, limit_of(name, limit))
    try:
        bucket.look()
    except LookupError:
        hint = (
            f'add {name} = "30/min" to [rates] in {places.CONFIG}, or say it: rate({name!r}, ...)'
        )
        raise LookupError(f"nothing limits the rate {name!r}: {hint}") from None
    return bucket


def _take(bucket: Bucket, owner: str, by: float | None) -> float:
    with bucket.change() as window:
        window.drop(owner)
        now = places.now()
        if by is not None and window.next(now) > max(by, now):
            left = window.next(now) - now
            raise TimeoutError(f"the rate {bucket.name} lets nobody go for {left:.1f} s")
        return window.take(now, owner)


def _fresh(bucket: Bucket, owner: str, at: float) -> bool:
    """Whether the way back from the file was short, as it is but for a machine that is busy."""
    return places.now() - at < 0.02 or bucket.look().good(places.now(), owner)


def _wait(bucket: Bucket, owner: str, at: float, early: float) -> None:
    """Until the turn comes, or is called off by a freeze or its end."""
    wake = at - early
    while (left := wake - places.now()) > 0:
        time.sleep(min(left, LOOK))
        if left > LOOK and not bucket.look().has(owner):
            return
    while (left := at - places.now()) > 0:
        time.sleep(left)


def seconds_asked(value: str | float | None) -> float:
    """Seconds from now, not negative, of a `Retry-After`; a minute for what cannot be read."""
    try:
        if value is not None:
            return max(0.0, float(value))
    except ValueError:
        from email.utils import parsedate_to_datetime

        try:
            return max(0.0, parsedate_to_datetime(str(value)).timestamp() - time.time())
        except (ValueError, OverflowError, OSError):
            pass
    return USUAL_FREEZE
