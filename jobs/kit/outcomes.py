"""How a python job says what kind of failure it met."""

from __future__ import annotations


class JobFailure(Exception):  # noqa: N818 - the classes are named by their cause
    """A failure whose class is known. `exit_code` is what the process of the job ends with."""

    exit_code = 1


class External(JobFailure):
    """The world outside failed and may recover: a site is down, a network is slow. Retried.

    `retry_after`: what the other side asked for, seconds or the text of its header; see `backoff`.
    """

    exit_code = 75

    def __init__(self, *args: object, retry_after: float | str | None = None) -> None:
        super().__init__(*args)
        self.retry_after = retry_after


class Data(JobFailure):
    """The input is wrong: trying again with the same input would fail the same way."""

    exit_code = 65


class Rule(JobFailure):
    """A business rule says no: somebody has to decide or correct something."""

    exit_code = 78
