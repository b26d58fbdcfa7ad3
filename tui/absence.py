"""A runtime that is not there: what is said of it, and when it is started again. Pure."""

from __future__ import annotations

from typing import NamedTuple

from jobmon.runtime.client import OtherProtocolError, SilentRuntimeError
from jobmon.runtime.errors import JobmonError

SOON, SELDOM = 0.5, 30.0
"""Seconds between two starts: the first ones, and later where none lasts."""
STEADY = 10.0
"""Seconds for which a runtime that lasts is there."""


class Gone(NamedTuple):
    """What is the matter with a runtime, in a word or two, and more of it: why, and what helps."""

    what: str
    more: str


class Absence:
    """When to start a runtime that is gone: at once, but ever more seldom one that does not last.

    One that was stopped in order is started when somebody asks for it; so is every one where that
    is not `allowed`.
    """

    def __init__(self, *, allowed: bool) -> None:
        self._allowed = allowed
        self._stopped = self._asked = False
        self._since: float | None = None
        self._pause, self._from = SOON, 0.0
        self._trouble: Gone | None = None

    def may_start(self, now: float) -> bool:
        """Whether it is to be started now."""
        return self._asked or (self._allowed and not self._stopped and now >= self._from)

    def ask(self) -> None:
        """Somebody wants it started."""
        self._asked = True

    def stopped(self) -> None:
        """It says that it leaves."""
        self._stopped = True

    def ended(self, now: float) -> None:
        """It is there."""
        self._stopped = self._asked = False
        self._since, self._trouble = now, None

    def began(self, now: float) -> None:
        """It is there no more."""
        lasted = self._since is not None and now - self._since > STEADY
        self._pause = SOON if lasted else min(SELDOM, 2 * self._pause)
        self._since, self._from = None, now + self._pause

    def not_started(self, now: float, error: JobmonError) -> None:
        """It could not be started."""
        self._asked = False
        self._trouble = Gone("CANNOT BE STARTED", _why(error))
        self.began(now)

    def told(self, error: Exception | None = None) -> Gone:
        """What to say of it. `error` is what came of the last look, None: it hung up."""
        if isinstance(error, OtherProtocolError):
            return Gone("CANNOT BE TALKED TO", _why(error))
        if isinstance(error, SilentRuntimeError):
            return silent(error)
        if error is not None and not isinstance(error, JobmonError):
            return not_understood(error)
        return self._trouble or self._away(error.hint if error else "it is looked for")

    def _away(self, hint: str) -> Gone:
        if self._stopped:
            return Gone("IS STOPPED", f"jobs go on; {_UP if self._allowed else hint}")
        return Gone("IS AWAY", f"jobs go on; {'it is started again' if self._allowed else hint}")


_UP = "`up` starts it again"


def silent(error: SilentRuntimeError) -> Gone:
    """It is there and does not answer."""
    return Gone("DOES NOT ANSWER", _why(error))


def not_understood(error: Exception) -> Gone:
    """It said what does not fit what is known here."""
    why = f"{type(error).__name__}: {error}; is it of another version? jobmon status"
    return Gone("IS NOT UNDERSTOOD", why)


def _why(error: JobmonError) -> str:
    return f"{error.why}; {error.hint}" if error.hint else error.why
