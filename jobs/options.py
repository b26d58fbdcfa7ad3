"""The options of a job and of a flow: what each accepts, and how it is kept."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypedDict

import msgspec

from jobmon.jobs.definition import EFFECTS, ON_LOST, TRIGGERS, CronDef, RetryDef
from jobmon.jobs.durations import seconds_of
from jobmon.jobs.mistakes import WrongError, nearest

if TYPE_CHECKING:
    from os import PathLike

CLASSES = ("external", "data", "rule")
OVERLAP = ("skip", "queue", "cancel_running", "allow")
CATCHUP = ("latest", "none", "all")
SHIFT = ("skip", "next", "previous")
LONGEST_CRON = 256
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_SHOWN = 30
_DURATION_HINT = 'write seconds as a number, or a text such as "2s", "10m", "1h30m"'


class Retry:
    """`Retry(3, delay="2s", backoff=2, max_delay="8s")`: three further attempts, waiting 2, 4, 8 s.

    `on` names the failure classes that are tried again when a class is known; a failure of no known
    class always is.
    """

    __slots__ = ("backoff", "delay", "max_delay", "on", "times")

    def __init__(
        self,
        times: int,
        delay: str | float = 0,
        backoff: float = 1,
        max_delay: str | float | None = None,
        on: str | Iterable[str] = ("external",),
    ) -> None:
        self.times, self.delay, self.backoff = times, delay, backoff
        self.max_delay, self.on = max_delay, on


class Cron:
    """`Cron("10 6 * * 1-5", tz="Asia/Tokyo")`: five fields, read in that zone (local without).

    `calendar="JP"` leaves business days alone (a country, or a name of [calendars]); `shift` says
    what becomes of a slot on another day: "skip", "next", "previous". `blackout`: windows without
    slots, "2026-12-29..2027-01-03" or "01:00-03:00".
    """

    __slots__ = ("blackout", "calendar", "expression", "shift", "tz")

    def __init__(
        self,
        expression: str,
        tz: str = "",
        *,
        calendar: str = "",
        shift: str = "skip",
        blackout: str | Iterable[str] = (),
    ) -> None:
        self.expression, self.tz = expression, tz
        self.calendar, self.shift, self.blackout = calendar, shift, blackout


class JobOptions(TypedDict, total=False):
    """The keywords every job takes. Their meaning is in docs/flows.md."""

    retry: Retry | int
    timeout: str | float | timedelta
    grace: str | float | timedelta
    env: Mapping[str, Any]
    cwd: str | PathLike[str]
    python: str | PathLike[str]
    ok_codes: int | Iterable[int]
    warn_codes: int | Iterable[int]
    effects: str
    trigger: str
    when: Any
    tolerate: bool
    on_failure: Any
    pool: str
    rate: str
    lock: str
    priority: int
    tags: str | Iterable[str]
    group: str
    description: str
    on_lost: str
    verify: str | Iterable[str]
    artifacts: str | Iterable[str]
    skip_value: Any
    map: Any
    map_key: str
    max_parallel: int
    map_most: int
    repeat: Any


class FlowOptions(TypedDict, total=False):
    """The keywords a flow takes besides params."""

    schedule: Cron | str
    deadline: str
    overlap: str
    catchup: str
    catchup_max: int
    catchup_window: str | float | timedelta
    start_within: str | float | timedelta
    after: Any
    triggers: Any
    fail_fast: bool
    finally_: Any
    tags: str | Iterable[str]
    description: str


def duration(value: Any) -> float:
    """Seconds from a number, a timedelta or a text such as "1h30m". Raises WrongError."""
    seconds = seconds_of(value)
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        raise WrongError(f"{value!r} is no duration", _DURATION_HINT)
    return seconds


def _timeout(value: Any) -> float:
    seconds = duration(value)
    if not seconds:
        raise WrongError("a timeout of 0 would end the job at once", "leave it out for no limit")
    return seconds


def text(value: Any) -> str:
    """A text any program can receive. Raises WrongError."""
    if not isinstance(value, str):
        raise WrongError(f"{value!r} is no text", 'write it in quotes: "..."')
    if "\0" in value:
        raise WrongError("a NUL character", "no program can receive it: take it out")
    return value


def plain(value: Any) -> str | int | float | date:
    """A value with one obvious text: what an argv item or an env value can be."""
    if hasattr(value, "__fspath__"):
        return value.__fspath__()
    if not isinstance(value, str | int | float | date):
        raise WrongError(
            f"{value!r} is no text or number", "give a text, number, date, Param or output"
        )
    return value


def _path(value: Any) -> str:
    return text(value.__fspath__() if hasattr(value, "__fspath__") else value)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or hasattr(value, "__fspath__"):
        return (_path(value),)
    if not isinstance(value, Iterable):
        raise WrongError(f"{value!r} is no list of texts", 'write ["...", "..."]')
    return tuple(_path(item) for item in value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise WrongError(f"{value!r} is neither True nor False", "write True or False")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**31:
        raise WrongError(f"{value!r} is no whole number of usual size", "write a number such as 5")
    return value


def _codes(value: Any) -> tuple[int, ...]:
    several = isinstance(value, Iterable) and not isinstance(value, str)
    items: tuple[Any, ...] = tuple(value) if several else (value,)
    for item in items:
        if isinstance(item, bool) or not isinstance(item, int) or not 0 <= item <= 255:
            raise WrongError(f"{item!r} is no exit code", "exit codes are numbers from 0 to 255")
    return tuple(sorted(set(items)))


def one_of(*words: str) -> Callable[[Any], str]:
    """A reader that accepts exactly these words."""

    def read(value: Any) -> str:
        if isinstance(value, str) and value in words:
            return value
        raise WrongError(f"{value!r} is not known here", choose(value, words))

    return read


def choose(value: object, words: Iterable[str]) -> str:
    """A hint: the word that was probably meant, or what there is to choose from."""
    words = list(words)
    if near := nearest(value, words):
        return f"did you mean {near!r}?"
    shown = ", ".join(words[:_SHOWN]) + (", ..." if len(words) > _SHOWN else "")
    return f"choose from {shown}" if words else "there is none here"


def _retry(value: Any) -> RetryDef:
    if isinstance(value, int) and not isinstance(value, bool):
        value = Retry(value)
    if not isinstance(value, Retry):
        raise WrongError(f"{value!r} is no Retry", 'write Retry(3, delay="2s")')
    if _integer(value.times) < 0 or value.times > 1000:
        raise WrongError(f"Retry({value.times})", "between 0 and 1000 further attempts")
    return RetryDef(
        times=value.times,
        delay=duration(value.delay),
        backoff=_backoff(value.backoff),
        max_delay=None if value.max_delay is None else duration(value.max_delay),
        on=tuple(one_of(*CLASSES)(item) for item in _texts(value.on)),
    )


def _backoff(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 100:
        raise WrongError(f"backoff={value!r}", "a number from 1 (same wait) to 100")
    return float(value)


def _verify(value: Any) -> tuple[str, ...] | str:
    found = text(value).strip() if isinstance(value, str) else _texts(value)
    if not found:
        raise WrongError("verify is an empty command", "a command that exits 0 when it is done")
    return found


def json_value(value: Any) -> Any:
    """A value as JSON has it. Raises WrongError."""
    try:
        return msgspec.to_builtins(value, str_keys=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise WrongError(f"{value!r} is no JSON value", str(error)) from None


def _schedule(value: Any) -> CronDef:
    cron = Cron(value) if isinstance(value, str) else value
    if not isinstance(cron, Cron):
        raise WrongError(f"{value!r} is no schedule", 'write Cron("10 6 * * 1-5", tz="Asia/Tokyo")')
    if len(text(cron.expression)) > LONGEST_CRON:
        raise WrongError(
            f"a schedule of {len(cron.expression)} characters", f"at most {LONGEST_CRON}"
        )
    return CronDef(
        cron.expression.strip(),
        text(cron.tz),
        text(cron.calendar),
        one_of(*SHIFT)(cron.shift),
        tuple(_texts(cron.blackout)),
    )


def _positive(value: Any) -> int:
    if _integer(value) < 1:
        raise WrongError(f"{value!r} is too small", "a whole number from 1 on")
    return value


def _deadline(value: Any) -> str:
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise WrongError(f"{value!r} is no time of day", 'write it as "06:10"')
    return value


Reader = Callable[[Any], Any]
JOB: dict[str, Reader] = {
    "retry": _retry,
    "timeout": _timeout,
    "grace": duration,
    "cwd": _path,
    "python": _path,
    "ok_codes": _codes,
    "warn_codes": _codes,
    "effects": one_of(*EFFECTS),
    "trigger": one_of(*TRIGGERS),
    "tolerate": _flag,
    "pool": text,
    "rate": text,
    "lock": text,
    "priority": _integer,
    "tags": _texts,
    "group": text,
    "description": text,
    "on_lost": one_of(*ON_LOST),
    "verify": _verify,
    "artifacts": _texts,
    "skip_value": json_value,
}
"""Readers of the options that need nothing but their value."""
FLOW: dict[str, Reader] = {
    "schedule": _schedule,
    "deadline": _deadline,
    "overlap": one_of(*OVERLAP),
    "catchup": one_of(*CATCHUP),
    "catchup_max": _positive,
    "catchup_window": duration,
    "start_within": _timeout,
    "fail_fast": _flag,
    "tags": _texts,
    "description": text,
}
