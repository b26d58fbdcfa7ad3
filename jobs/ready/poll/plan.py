"""The calls that start, poll and cancel a job of another system, and what their answers mean."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from jobmon.jobs.ready.web import paths, settings

Name = str
Path = str
"""JMESPath into an answer."""


class Call(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request. `{name}` and `$SECRET` stand in all of its texts."""

    url: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    headers: dict[str, str] = {}
    json: Any = None


class Start(Call, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The call that starts. Its answer has the id, and what later calls need by `keep`.

    `header`: the answer has the id there, usually in Location.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    id: Path = "id"
    header: str = ""
    keep: dict[Name, Path] = {}


class Poll(Call, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The call that asks how it stands, `every` so often."""

    status: Path = "status"
    done: list[Any]
    failed: list[Any]
    reason: Path = ""
    progress: Path = ""
    result: Path = ""
    every: float | str = 5.0


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A TOML file of `poll`. Times are seconds or texts such as "2h".

    `timeout` is for one answer, `patience` for how long it may not be reached, `within` for the
    whole job. `idempotent`: the other side knows a repetition by the header Idempotency-Key.
    """

    start: Start
    poll: Poll
    cancel: Call | None = None
    headers: dict[str, str] = {}
    idempotent: bool = False
    timeout: float | str = 30.0
    patience: float | str = 600.0
    within: float | str = 0.0

    def seconds(self) -> dict[str, float]:
        """The lengths of time, by name. Raises Rule for what is none."""
        told = {name: getattr(self, name) for name in ("timeout", "patience", "within")}
        told["every"] = self.poll.every
        return {name: settings.seconds(value, name) for name, value in told.items()}

    def check(self) -> None:
        """Raises Rule for a path that is none: before anything is started."""
        wanted = [self.start.id, *self.start.keep.values(), self.poll.status, self.poll.reason]
        for path in filter(None, [*wanted, self.poll.progress, self.poll.result]):
            paths.search(path, None)
