"""One base error: what was being done, to what, why it failed, and what to run next."""

from __future__ import annotations

EXIT_OK = 0
EXIT_RUN_FAILED = 1
EXIT_USAGE = 2
EXIT_OTHER_RUNTIME = 3
EXIT_NOT_FOUND = 4
EXIT_REFUSED = 5
EXIT_NO_RUNTIME = 6


class JobmonError(Exception):
    """Something jobmon was asked to do and did not do.

    `what` says the operation and its object, `why` the cause, `hint` the command or edit that
    goes on from here. `exit_code` is what the command line exits with; `code` names the error on
    the wire.
    """

    code = "error"
    exit_code = EXIT_RUN_FAILED

    def __init__(self, what: str, why: str = "", hint: str = "") -> None:
        super().__init__(what, why, hint)
        self.what, self.why, self.hint = what, why, hint

    def __str__(self) -> str:
        text = f"{self.what}: {self.why}" if self.why else self.what
        return f"{text}\n  {self.hint}" if self.hint else text


class UsageError(JobmonError):
    """The call's words are off: an unknown option, a wrong parameter value, a bad setting."""

    code = "usage"
    exit_code = EXIT_USAGE


class OtherRuntimeError(JobmonError):
    """Another runtime already serves this batch folder."""

    code = "other_runtime"
    exit_code = EXIT_OTHER_RUNTIME


class NotFoundError(JobmonError):
    """No flow, run, job or folder of that name."""

    code = "not_found"
    exit_code = EXIT_NOT_FOUND


class RefusedError(JobmonError):
    """A verb that may not act in the present state; `why` names the state."""

    code = "refused"
    exit_code = EXIT_REFUSED


class NoRuntimeError(JobmonError):
    """The command needs a runtime and none is there, or it could not be started."""

    code = "no_runtime"
    exit_code = EXIT_NO_RUNTIME


class StateError(JobmonError):
    """What lies in `.jobmon/` cannot be read or written: damage, no room, no permission."""

    code = "state"
    exit_code = EXIT_NO_RUNTIME


ERRORS = {
    cls.code: cls
    for cls in (
        JobmonError,
        UsageError,
        OtherRuntimeError,
        NotFoundError,
        RefusedError,
        NoRuntimeError,
        StateError,
    )
}


def as_error(body: dict[str, str]) -> JobmonError:
    """The error that a process told of as JSON: its `code`, `what`, `why` and `hint`."""
    kind = ERRORS.get(body["code"], JobmonError)
    return kind(body["what"], body.get("why", ""), body.get("hint", ""))
