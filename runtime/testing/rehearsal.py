"""A run in virtual time that is told line by line, and happens when it is first asked about."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from jobmon.jobs.definition import FlowDef
from jobmon.jobs.durations import seconds_of
from jobmon.runtime.board import Board
from jobmon.runtime.errors import UsageError
from jobmon.runtime.model import Event
from jobmon.runtime.results import Results
from jobmon.runtime.testing.messages import Notification
from jobmon.runtime.testing.said import HasDefinition, check_names, moment_of
from jobmon.runtime.testing.simulation import Simulation


class Rehearsal(Results):
    """`Rehearsal(flow).fail("B", times=2).at("2026-11-01 01:30").states`.

    Each method tells more of the night and returns the rehearsal itself; a name that no job has
    raises NotFoundError at once. `options` are those of `Simulation`. What came of it is as in a
    `Simulation`; once that was asked for, nothing more can be told.
    """

    def __init__(self, flow: FlowDef | HasDefinition, **options: Any) -> None:
        self.flow = flow if isinstance(flow, FlowDef) else flow.definition()
        self._options = options

    # What is to happen

    def fail(self, job: str, *, times: int = 1, code: int = 1) -> Rehearsal:
        """The next `times` attempts of `job` exit with `code`; said again, those after them do."""
        if times < 1 or not 0 < code < 256:
            why = f"fail({job!r}, times={times}, code={code})"
            raise UsageError(self._what, why, "times from 1, code from 1 to 255")
        told = self._of("fail", job).get(job, ())
        ends = [1] * told if isinstance(told, int) else list(told)
        return self._told("fail", {job: [*ends, *[code] * times]})

    def lose(self, *jobs: str) -> Rehearsal:
        """Nobody learns how the first attempt of these ended: its supervisor was killed."""
        return self._named("lost", jobs)

    def skip(self, *jobs: str) -> Rehearsal:
        """A person skips these before anything starts."""
        return self._named("skip", jobs)

    def hold(self, *jobs: str) -> Rehearsal:
        """A person holds these before anything starts: they wait to be released."""
        return self._named("hold", jobs)

    def takes(self, job: str, length: float | str) -> Rehearsal:
        """Each attempt of `job` takes that long: seconds, or a text such as "12m"."""
        seconds = seconds_of(length)
        if seconds is None or not 0 <= seconds < float("inf"):
            raise UsageError(self._what, f"{job} takes {length!r}", 'seconds, or such as "1h30m"')
        return self._told("durations", {job: seconds}, job)

    def outputs(self, given: Mapping[str, Any] | None = None, /, **named: Any) -> Rehearsal:
        """The JSON that jobs leave: `outputs({"load": {"rows": 3}})` or `outputs(load=...)`."""
        found = {**(given or {}), **named}
        return self._told("outputs", found, *found)

    def params(self, given: Mapping[str, Any] | None = None, /, **named: Any) -> Rehearsal:
        """Parameters of the run, as `-p` would give them."""
        return self._told("params", {**(given or {}), **named})

    def at(self, moment: str) -> Rehearsal:
        """Its logical time: "2026-11-01 01:30"; in the zone of its schedule, else UTC."""
        self._free()
        moment_of(self.flow, moment)
        self._options["at"] = moment
        return self

    # What came of it

    def until(self, job: str, state: str) -> Simulation:
        """Go only until `job` is in `state`: the simulation, for verbs in between and its `run`."""
        self._free()
        check_names(self.flow, [job])
        self._begun = True
        return self._made.until(job, state)

    @property
    def board(self) -> Board:  # pyright: ignore[reportIncompatibleVariableOverride] - made late
        """The board as the run left it."""
        return self._ran.board

    @property
    def events(self) -> list[Event]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """All that happened."""
        return self._ran.events

    @property
    def notifications(self) -> list[Notification]:
        """What people would have been told, in order."""
        return self._ran.notifications

    @cached_property
    def _made(self) -> Simulation:
        return Simulation(self.flow, **self._options)

    @cached_property
    def _ran(self) -> Simulation:
        self._begun = True
        return self._made.run()

    @property
    def _what(self) -> str:
        return f"simulate {self.flow.name}"

    def _free(self) -> None:
        if self._begun:
            why = "it has run already: its outcome was asked for"
            raise UsageError(self._what, why, "tell all of it first, or begin another one")

    def _of(self, option: str, *jobs: str) -> dict[str, Any]:
        """What was told under an option, to be added to."""
        self._free()
        check_names(self.flow, jobs)
        return dict(self._options.get(option) or {})

    def _told(self, option: str, more: Mapping[str, Any], *jobs: str) -> Rehearsal:
        self._options[option] = self._of(option, *jobs) | dict(more)
        return self

    def _named(self, option: str, jobs: tuple[str, ...]) -> Rehearsal:
        self._free()
        check_names(self.flow, jobs)
        self._options[option] = (*self._options.get(option, ()), *jobs)
        return self
