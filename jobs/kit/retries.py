"""Trying again what failed because of the world outside: a few times, and not too soon."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar, overload

from jobmon.jobs.kit.outcomes import External, JobFailure
from jobmon.jobs.kit.rates import seconds_asked

F = TypeVar("F", bound=Callable[..., Any])
Kinds = tuple[type[Exception], ...]
FIRST, LONGEST = 0.5, 8.0
"""Seconds before the second try, doubled each time; and the longest of these pauses."""
TEMPORARY = {408, 425, 429}
"""Answers of HTTP in the 400s that may be others later."""
_COROUTINE = 0x80 | 0x200
_LASTING = (
    FileExistsError,
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)


@overload
def backoff(function: F, /, *, tries: int = ..., within: float = ..., on: Kinds = ...) -> F: ...
@overload
def backoff(*, tries: int = ..., within: float = ..., on: Kinds = ...) -> Callable[[F], F]: ...
def backoff(
    function: Callable[..., Any] | None = None,
    /,
    *,
    tries: int = 3,
    within: float = 300.0,
    on: Kinds = (External, OSError),
) -> Any:
    """Call a function again when it fails: `@backoff`, `@backoff(tries=5)`, `backoff(get)(url)`.

    At most `tries` calls, with pauses of 0.5, 1, 2, 4, 8, 8 ... seconds, longer when the failure
    says so: `External(..., retry_after=30)`, or an HTTP error with a `Retry-After`. It never waits
    past `within` seconds after the first call: then the failure is raised at once. Only failures of
    the kinds `on` are met again, and of those not what stays as it is: a file that is not there,
    an HTTP 404. Each new try is told on stderr. Raises the last failure.
    """
    options = {"tries": tries, "within": within, "on": on}
    if function is None:
        return functools.partial(backoff, **options)
    if getattr(getattr(function, "__code__", None), "co_flags", 0) & _COROUTINE:
        raise TypeError(f"backoff calls plain functions; {_name(function)} is an async one")

    if tries < 1:
        raise ValueError(f"backoff tries at least once, not {tries} times")

    @functools.wraps(function, updated=())
    def again(*args: Any, **kwargs: Any) -> Any:
        end = time.monotonic() + within
        for done in range(1, tries):
            try:
                return function(*args, **kwargs)
            except on as error:
                seconds = max(min(LONGEST, FIRST * 2 ** min(done - 1, 10)), asked(error))
                if not passing(error) or time.monotonic() + seconds > end:
                    raise
                _tell(_name(function), error, seconds)
                time.sleep(seconds)
        return function(*args, **kwargs)

    return again


def passing(error: BaseException) -> bool:
    """Whether the same call may succeed later."""
    status = _status(error)
    if status is not None:
        return status >= 500 or status in TEMPORARY
    return not isinstance(error, _LASTING)


def asked(error: BaseException) -> float:
    """Seconds that the failure asks to wait, by its `retry_after` or its HTTP headers; else 0."""
    told = getattr(error, "retry_after", None)
    if told is None:
        headers: Any = getattr(getattr(error, "response", error), "headers", None)
        told = headers.get("Retry-After") if hasattr(headers, "get") else None
    return 0.0 if told is None else seconds_asked(told)


def _status(error: BaseException) -> int | None:
    """The HTTP status of the errors of urllib, httpx and requests."""
    for holder, name in ((getattr(error, "response", None), "status_code"), (error, "code")):
        found = getattr(holder, name, None)
        if isinstance(found, int) and 100 <= found < 600:
            return found
    return None


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", type(function).__name__).lstrip("_")


def _tell(name: str, error: BaseException, seconds: float) -> None:
    plain = isinstance(error, JobFailure) and error.args  # its text says all
    said = str(error) if plain else f"{type(error).__name__}: {error}".strip(": ")
    said = said.replace("\n", " ")
    print(f"warning: {name} failed ({said}), trying again in {seconds:g} s", file=sys.stderr)  # noqa: T201
